/* SPDX-License-Identifier: Apache-2.0
 * How much blocked time a sample stands for: so much that samples do not weigh, however many threads are
 * blocked. */
#ifndef HW_SCHED_OFF_RATE_H
#define HW_SCHED_OFF_RATE_H

#include <stdint.h>

#define HW_OFF_RATE_PER_S 500 /* samples of all threads; each costs microseconds */

struct hw_off_rate {
	uint64_t least_ns; /* the period that was asked for; 0: no samples */
	uint64_t taken;	   /* samples, and when, at the last look */
	uint64_t at_ns;
};

/* The period from now on, when it was @period_ns until @now_ns (CLOCK_MONOTONIC) and @taken samples have
 * been taken in all: twice or half of it, or the same, at the least least_ns. Looks closer than 20 ms to
 * the one before change nothing. */
uint64_t hw_off_rate_next(struct hw_off_rate *rate, uint64_t now_ns, uint64_t taken,
			  uint64_t period_ns);

#endif
