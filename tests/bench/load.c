/* SPDX-License-Identifier: Apache-2.0
 * bench_load: prints the milliseconds that all BPF programs and maps of `hwprof record -g` take to
 * be loaded, verified and compiled by the kernel, and attached to what they follow; and how many of
 * them are CPU time. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "capture/sampler.h"

static double ms_of(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(void)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_sampler_free) struct hw_sampler *s = NULL;
	hw_autofree char *bad = NULL;
	struct hw_recorder_opts opts = {
		.events = &events,
		.frequency_hz = 997,
		.stacks = true,
		.unwind_bytes = 64 << 20,
	};
	int r = hw_events_parse(&events, "cpu-clock", &bad);
	double start = ms_of(CLOCK_MONOTONIC), cpu = ms_of(CLOCK_PROCESS_CPUTIME_ID);

	if (r >= 0)
		r = hw_sampler_load(&opts, NULL, &s);
	if (r < 0) {
		fprintf(stderr, "bench_load: %s\n", strerror(-r));
		return 1;
	}
	printf("%.3f %.3f\n", ms_of(CLOCK_MONOTONIC) - start,
	       ms_of(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	return 0;
}
