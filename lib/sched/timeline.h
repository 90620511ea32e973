/* SPDX-License-Identifier: Apache-2.0
 * The stretches of a session, made from readings of its account. The account gives a wait to its
 * cause when it ends; a reading taken before that misses it, and the next one has too much. */
#ifndef HW_SCHED_TIMELINE_H
#define HW_SCHED_TIMELINE_H

#include <stdint.h>

#include "profile/wall.h"

struct hw_timeline {
	struct hw_wall_point *points; /* owned */
	size_t n, cap;
	double interval_s;		/* no stretch is shorter, but for the last one */
	double before[HW_WALL_CLASSES]; /* the last reading */
};

/* All zeros but for the interval. */
#define HW_TIMELINE_INIT ((struct hw_timeline){ .interval_s = 0.05 })

/* Adds the stretch that ends @now_s after the begin, when @seconds had been spent in each class so
 * far; unless the last one ended less than the interval ago and this is not the @last. What a
 * stretch has beyond its length moves to those before it which lack as much. Past
 * HW_WALL_POINTS_MAX each two become one, and the interval doubles. 0, -ENOMEM. */
int hw_timeline_add(struct hw_timeline *t, double now_s, const double seconds[HW_WALL_CLASSES],
		    uint64_t rss_bytes, bool last);

void hw_timeline_done(struct hw_timeline *t);

#endif
