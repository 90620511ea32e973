/* SPDX-License-Identifier: Apache-2.0
 * bench_native DEPTH SECONDS: burns CPU time below DEPTH calls (at least one). Prints the same line
 * as work.py, BEGIN being the clock at its first instructions: it is linked statically, so that no
 * loader runs before main. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Some ten microseconds of work without a call. */
static uint64_t spin(uint64_t x)
{
	for (int i = 0; i < 5000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	return x | 1;
}

static __attribute__((noinline)) uint64_t burn(uint64_t x, double seconds)
{
	double end = seconds_of(CLOCK_PROCESS_CPUTIME_ID) + seconds;

	while (seconds_of(CLOCK_PROCESS_CPUTIME_ID) < end)
		for (int i = 0; i < 100; i++)
			x = spin(x);
	return x;
}

static __attribute__((noinline)) uint64_t descend(uint64_t x, int depth, double seconds)
{
	return (depth > 1 ? descend(x + 1, depth - 1, seconds) : burn(x, seconds)) + (uint64_t)depth;
}

int main(int argc, char **argv)
{
	double begin = seconds_of(CLOCK_MONOTONIC), end, cpu;

	if (argc != 3) {
		fputs("usage: bench_native DEPTH SECONDS\n", stderr);
		return 2;
	}
	if (descend(1, atoi(argv[1]), atof(argv[2])) == 0)
		return 1;
	end = seconds_of(CLOCK_MONOTONIC);
	cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	printf("%d %.9f %.9f %.9f\n", (int)getpid(), begin, end, cpu);
	return 0;
}
