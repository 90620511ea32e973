/* SPDX-License-Identifier: Apache-2.0
 * Runs of one or two commands, one after the other: in rounds, of which the first may be
 * warm-ups. */
#ifndef HW_SESSION_PLAN_H
#define HW_SESSION_PLAN_H

#include <stdbool.h>
#include <stddef.h>

enum { HW_PLAN_SIDES_MAX = 2 };

struct hw_plan_step {
	bool warmup;
	size_t round;	    /* of the warm-ups, or of the rest, from 0 */
	unsigned int side;  /* whose turn it is: 0 or 1 */
	unsigned int first; /* whose turn was first in this round */
	bool round_ends;    /* with this step */
};

struct hw_plan {
	unsigned int sides; /* commands: 1 or 2 */
	size_t warmups, rounds;
	/* Makes the run. Anything but 0 ends the plan. */
	int (*run)(void *ctx, const struct hw_plan_step *step);
	void *ctx;
	/* Draws 0 or 1, or a negative errno. NULL: getrandom(2). */
	int (*draw)(void *ctx);
};

/* Returns 0 when all was run, what @run returned, or the negative errno of the draw. With two
 * commands the order in a round is drawn anew each time: an alternating one could march in step
 * with something else on the machine, and the test of the difference rests on the draw. */
int hw_plan_run(const struct hw_plan *plan);

#endif
