/* SPDX-License-Identifier: Apache-2.0
 * Instructions per cycle, and cache misses per 1,000 instructions, of a line or function, where
 * these events were sampled in one recording. Estimates: samples tell the share that a place has of
 * each event, the counters tell the sums. */
#ifndef HW_VIEW_RATIOS_H
#define HW_VIEW_RATIOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "view/table.h"

/* The events that ratios are made of; misses are those of the last cache. */
enum hw_part { HW_PART_CYCLES, HW_PART_INSTRUCTIONS, HW_PART_MISSES, HW_PARTS };

struct hw_ratio_sums {
	struct hw_weight parts[HW_PARTS];
};

struct hw_ratio {
	double value; /* < 0: too few samples to say */
	double error; /* standard error of it, from the numbers of samples */
};

struct hw_ratios {
	int events[HW_PARTS];	/* by number in the session; negative: none */
	double scale[HW_PARTS]; /* what a unit of the sum of periods stands for */
	bool ipc, misses;	/* which ratios there are */
	struct hw_ratio_sums *self; /* by row of the table; NULL without any ratio */
};

/* Finds the events: those that count in the same modes as event @like of the session, or, if that
 * is none of them, as the first that counts instructions (event/role.h).
 *
 * The scale of an event is what it counted, divided by the sum of the periods of its samples:
 * which mends samples that were lost or came late, and, by the time it was enabled over that on a
 * counter, events that took turns. Where the count is not known only the times are used. */
void hw_ratios_find(const struct hw_profile *p, uint16_t like, struct hw_ratios *ret);

/* Finds the events and adds up what stood at the leaf, by row of @t, which was built of @v by
 * function, line, position or module; by thread or process there are no ratios.
 * Returns 0 and fills *ret (release with hw_ratios_done()), or -ENOMEM. */
int hw_ratios_build(const struct hw_view *v, const struct hw_table *t, struct hw_ratios *ret);
void hw_ratios_done(struct hw_ratios *r); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_ratios, hw_ratios_done)

/* The ratios of @sums. Of numbers n and m of samples the relative error is at most
 * sqrt(1/n + 1/m), as each is binomial; above a quarter nothing is said: it takes 32 samples of
 * each. */
struct hw_ratio hw_ratio_ipc(const struct hw_ratios *r, const struct hw_ratio_sums *sums);
struct hw_ratio hw_ratio_misses(const struct hw_ratios *r, const struct hw_ratio_sums *sums);

#endif
