/* SPDX-License-Identifier: Apache-2.0
 * What the programs bound_*.c share: each takes the name of a case, works for about SECONDS, and why
 * its verdict is what it is stands in tests/workloads/bound_cases.py. */
#ifndef BOUND_H
#define BOUND_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECONDS 1.0

struct bound_case {
	const char *name;
	void (*run)(const char *arg);
};

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void nap(double seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds,
			      .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };

	nanosleep(&t, NULL);
}

/* Ends the program when a thing that must work does not. */
static inline void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(2);
}

static volatile uint64_t burnt; /* for the compiler not to drop the work */

/* Multiplies and shifts in registers. */
static inline void burn(double seconds)
{
	uint64_t x = 88172645463325252u;

	for (double end = now() + seconds; now() < end;)
		for (int i = 0; i < 20000; i++)
			x = x * 6364136223846793005u + (x >> 29);
	burnt = x;
}

static inline int run_case(const struct bound_case *cases, size_t n, int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < n; i++) {
		if (strcmp(cases[i].name, argv[1]))
			continue;
		cases[i].run(argc > 2 ? argv[2] : NULL);
		return 0;
	}
	fprintf(stderr, "usage: %s CASE [ARGUMENT], one of:", argv[0]);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, " %s", cases[i].name);
	fputc('\n', stderr);
	return 2;
}

#endif
