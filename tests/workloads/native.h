/* SPDX-License-Identifier: Apache-2.0
 * What the native workloads share. Each runs for argv[1] seconds of CPU time (1 if not given) and
 * has one known chain of calls; all are built without frame pointers. */
#ifndef NATIVE_H
#define NATIVE_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

/* A function that stays one, with its own name and its own frame. */
#if defined(__clang__)
#define KEEP __attribute__((noinline, used))
#else
#define KEEP __attribute__((noipa, used))
#endif

/* Some ten microseconds of work without a call. */
static inline __attribute__((always_inline)) uint64_t spin(uint64_t x)
{
	for (int i = 0; i < 5000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	return x | 1;
}

static inline double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline double seconds_wanted(int argc, char **argv)
{
	return argc > 1 ? atof(argv[1]) : 1.0;
}

#endif
