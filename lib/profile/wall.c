/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/wall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[HW_WALL_CLASSES] = {
	[HW_WALL_BUSY] = "busy",       [HW_WALL_STARVED] = "starved", [HW_WALL_DISK] = "disk",
	[HW_WALL_NETWORK] = "network", [HW_WALL_PIPE] = "pipe",	      [HW_WALL_SLEEP] = "sleep",
	[HW_WALL_LOCK] = "lock",       [HW_WALL_GIL] = "gil",	      [HW_WALL_CHILD] = "child",
	[HW_WALL_OTHER] = "other",
};

const char *hw_wall_class_name(enum hw_wall_class class)
{
	return class < HW_WALL_CLASSES ? names[class] : "?";
}

int hw_wall_class_of(const char *name)
{
	for (int class = 0; class < HW_WALL_CLASSES; class ++)
		if (!strcmp(names[class], name))
			return class;
	return -EINVAL;
}

static void average(double *mean, double next, uint64_t n)
{
	*mean += (next - *mean) / (double)n;
}

static void average_count(uint64_t *mean, uint64_t next, uint64_t n)
{
	*mean = (*mean * (n - 1) + next + n / 2) / n;
}

void hw_wall_average(struct hw_wall *mean, const struct hw_wall *next, uint64_t n)
{
	mean->known = next->known && (n == 1 || mean->known);
	average(&mean->wall_s, next->wall_s, n);
	average(&mean->throttled_s, next->throttled_s, n);
	average(&mean->steal_s, next->steal_s, n);
	for (int i = 0; i < HW_WALL_CLASSES; i++) {
		average(&mean->seconds[i], next->seconds[i], n);
		average(&mean->thread_s[i], next->thread_s[i], n);
	}
	for (int i = 0; i < HW_WALL_WIDTHS; i++)
		average(&mean->width_s[i], next->width_s[i], n);
	average_count(&mean->switches, next->switches, n);
	average_count(&mean->threads, next->threads, n);
	average_count(&mean->threads_peak, next->threads_peak, n);
}

bool hw_wall_agrees(const struct hw_wall *w, const struct hw_usage *usage)
{
	double used_s = usage->user_s + usage->sys_s, missing_s = used_s - w->thread_s[HW_WALL_BUSY];

	return missing_s <= 0.1 * used_s || missing_s <= 0.02 + 2e-6 * (double)w->switches;
}

void hw_wall_done(struct hw_wall *w)
{
	free(w->points);
	*w = (struct hw_wall){ 0 };
}
