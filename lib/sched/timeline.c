/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static double begin_of(const struct hw_timeline *t, size_t i)
{
	return i ? t->points[i - 1].end_s : 0;
}

/* What @i lacks to its length; negative: has too much. */
static double lack_of(const struct hw_timeline *t, size_t i)
{
	double lack = t->points[i].end_s - begin_of(t, i);

	for (int class = 0; class < HW_WALL_CLASSES; class ++)
		lack -= t->points[i].seconds[class];
	return lack;
}

/* The wait that ended in the last stretch and had begun before it: it has all that is too much, so
 * it is the largest part, busy and starved time apart, which are never late. */
static int late_class(const struct hw_wall_point *p)
{
	int late = HW_WALL_OTHER;

	for (int class = HW_WALL_DISK; class < HW_WALL_CLASSES; class ++)
		if (p->seconds[class] > p->seconds[late])
			late = class;
	return late;
}

static void move_back(struct hw_timeline *t)
{
	size_t last = t->n - 1;
	struct hw_wall_point *p = &t->points[last];
	double excess = -lack_of(t, last);
	int class = late_class(p);

	if (excess > p->seconds[class])
		excess = p->seconds[class];
	for (size_t i = last; i-- && excess > 0;) {
		double lack = lack_of(t, i), part = lack < excess ? lack : excess;

		if (part <= 1e-9)
			return; /* a wait has no gaps */
		t->points[i].seconds[class] += part;
		p->seconds[class] -= part;
		excess -= part;
	}
}

static void halve(struct hw_timeline *t)
{
	for (size_t i = 0; i < t->n / 2; i++) {
		struct hw_wall_point p = t->points[2 * i + 1];

		for (int class = 0; class < HW_WALL_CLASSES; class ++)
			p.seconds[class] += t->points[2 * i].seconds[class];
		if (t->points[2 * i].rss_bytes > p.rss_bytes)
			p.rss_bytes = t->points[2 * i].rss_bytes;
		t->points[i] = p;
	}
	t->n /= 2;
	t->interval_s *= 2;
}

int hw_timeline_add(struct hw_timeline *t, double now_s, const double seconds[HW_WALL_CLASSES],
		    uint64_t rss_bytes, bool last)
{
	struct hw_wall_point p = { .end_s = now_s, .rss_bytes = rss_bytes };
	double length = now_s - begin_of(t, t->n);
	int r;

	if (length <= 0 || (!last && length < t->interval_s))
		return 0;
	if (t->n == HW_WALL_POINTS_MAX)
		halve(t);
	r = hw_reserve(t->points, t->cap, t->n + 1);
	if (r < 0)
		return r;
	for (int class = 0; class < HW_WALL_CLASSES; class ++) {
		p.seconds[class] = seconds[class] - t->before[class];
		if (p.seconds[class] < 0)
			p.seconds[class] = 0;
	}
	memcpy(t->before, seconds, sizeof(t->before));
	t->points[t->n++] = p;
	move_back(t);
	return 0;
}

void hw_timeline_done(struct hw_timeline *t)
{
	free(t->points);
	*t = (struct hw_timeline){ 0 };
}
