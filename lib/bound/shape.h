/* SPDX-License-Identifier: Apache-2.0
 * The shape of a run as the scheduler saw it: how many threads ran at once, how many wanted to, and
 * what kept them from it. Figures of a struct hw_wall that is known. */
#ifndef HW_BOUND_SHAPE_H
#define HW_BOUND_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/wall.h"

/* From this share of wall time on a want of CPUs is the first thing to know: design, section 4. */
#define HW_STARVED_MUCH 0.10

struct hw_shape {
	double busy_s;
	double width;	 /* threads on CPUs while busy, on average; 0 when nothing ran */
	bool one_by_one; /* for 85 % of busy time exactly one thread ran */
	/* Threads that ran, wanted to (starved, or waiting for the GIL), on average of the time in
	 * which there was one. */
	double wanting;
	bool gil_fight; /* one by one, and another half of a thread or more wants the GIL */
	/* One by one, and threads that are blocked in locks are woken over and over: the lock, or
	 * the work, goes from hand to hand. Idle threads of a pool are blocked too, but stay so. */
	bool takes_turns;
	double switches_per_s;
};

void hw_shape_of(const struct hw_wall *w, struct hw_shape *ret);

enum hw_starved_by { HW_STARVED_OTHERS, HW_STARVED_QUOTA, HW_STARVED_STEAL };

/* What most of the time without a CPU is due to. Quota: the cgroup held its threads back for half
 * of it or more. Steal: the hypervisor took half of it or more, per CPU of @cpus (0 unknown: 1).
 * Else other programs, or this one's other threads. */
enum hw_starved_by hw_shape_starved_by(const struct hw_wall *w, uint32_t cpus);

/* What is said of a want of CPUs, by its reason. */
struct hw_starved_words {
	const char *clause; /* "it had no CPU, ..." */
	const char *reason; /* a sentence */
	const char *remedy;
};
const struct hw_starved_words *hw_starved_words(enum hw_starved_by by);

#endif
