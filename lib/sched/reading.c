/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/reading.h"

#include <math.h>
#include <stddef.h>

#include "advance.h"

void hw_reading_settle(struct hw_wall_account *a, uint64_t now_ns)
{
	if (a->begin && (a->n[HW_THREAD_RUNNING] || a->n[HW_THREAD_RUNNABLE]))
		hw_account_advance(a, now_ns, HW_WALL_OTHER);
}

void hw_reading_wall(const struct hw_wall_account *a, double wall_s, enum hw_wall_class open,
		     struct hw_wall *ret)
{
	double left = wall_s;

	*ret = (struct hw_wall){
		.known = true,
		.wall_s = wall_s,
		.switches = a->switches,
		.threads = a->threads,
		.threads_peak = a->peak,
		.charged_s = (double)a->charged_ns / 1e9,
	};
	for (int class = 0; class < HW_WALL_CLASSES; class++) {
		ret->seconds[class] = (double)a->wall_ns[class] / 1e9;
		ret->thread_s[class] = (double)a->thread_ns[class] / 1e9;
		left -= ret->seconds[class];
	}
	for (int width = 0; width < HW_WALL_WIDTHS; width++)
		ret->width_s[width] = (double)a->width_ns[width] / 1e9;
	if (left < 0) { /* by rounding, or the account is a moment younger than @wall_s */
		ret->wall_s -= left;
		left = 0;
	}
	ret->seconds[open] += left;
	ret->width_s[0] += left;
}

void hw_reading_cut(struct hw_wall *wall, double wall_s, enum hw_wall_class open)
{
	const enum hw_wall_class from[] = { open, HW_WALL_PIPE };

	for (size_t i = 0; wall_s > 0 && i < sizeof(from) / sizeof(from[0]); i++) {
		double beyond = fmin(wall->wall_s - wall_s, wall->seconds[from[i]]);

		if (beyond <= 0)
			continue;
		wall->seconds[from[i]] -= beyond;
		wall->width_s[0] -= beyond;
		wall->wall_s -= beyond;
	}
}
