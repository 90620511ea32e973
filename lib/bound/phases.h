/* SPDX-License-Identifier: Apache-2.0
 * The phases of a run: where on its timeline the mix of running and waiting changed for good.
 *
 * The cut is the one that fits best: over all ways to cut the stretches of a hw_wall into runs of
 * neighbours, the least sum of squared distances of each stretch's class shares (weighted with its
 * length) to the mean of its phase, plus a penalty for each phase. The penalty is that of the BIC
 * (Schwarz 1978): the number of a phase's parameters, times log(number of stretches), times the
 * variance of the noise, which is taken from the steps between neighbours: a program that
 * alternates quickly is noisy, not changing. With at most HW_WALL_POINTS_MAX stretches the best cut
 * is found exactly, by dynamic programming over the place of the last cut (Jackson et al. 2005). */
#ifndef HW_BOUND_PHASES_H
#define HW_BOUND_PHASES_H

#include <stddef.h>

#include "profile/wall.h"

/* More would tell nobody anything: the penalty grows until there are no more. */
#define HW_PHASES_MAX 8

struct hw_phase {
	double begin_s, end_s;		 /* after the begin of the session */
	double seconds[HW_WALL_CLASSES]; /* sum to about end_s - begin_s */
	enum hw_wall_class class;	 /* the largest */
	double share;			 /* of that class */
};

struct hw_phases {
	struct hw_phase items[HW_PHASES_MAX]; /* without gaps, in order */
	size_t n;			      /* 0 when @w is not known */
};

/* Busy and starved are one to the cut. A phase lasts 2 % of the run and two stretches at least, and
 * differs from its neighbours by 20 points of share. A run without points is one phase.
 * Returns 0 and fills *ret, or -ENOMEM. */
int hw_phases_cut(const struct hw_wall *w, struct hw_phases *ret);

#endif
