/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/wall.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/text.h"

#define CHARGED_EARLY_MAX_S 50e-6 /* each switch; 17 us were measured on a busy virtual machine */

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
	average(&mean->charged_s, next->charged_s, n);
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

static bool falls_short(double s, double of_s)
{
	return of_s - s > 0.1 * of_s && of_s - s > 0.02;
}

/* What the kernel may have charged to threads that were about to run: they were runnable then, and an
 * interrupt is over soon, which bounds it where others had the CPUs for long. */
static double charged_early(const struct hw_wall *w)
{
	return fmin(w->thread_s[HW_WALL_STARVED], CHARGED_EARLY_MAX_S * (double)w->switches);
}

enum hw_wall_doubt hw_wall_doubt(const struct hw_wall *w, uint64_t missed,
				 const struct hw_usage *usage)
{
	if (missed > (w->switches + w->threads) / 1000)
		return HW_WALL_MISSED_EVENTS;
	if (usage && falls_short(w->charged_s, usage->user_s + usage->sys_s))
		return HW_WALL_MISSED_THREADS;
	if (falls_short(w->thread_s[HW_WALL_BUSY] + charged_early(w), w->charged_s))
		return HW_WALL_MISSED_TIME;
	return HW_WALL_BELIEVED;
}

char *hw_wall_doubt_text(const struct hw_wall *w, uint64_t missed, const struct hw_usage *usage)
{
	switch (hw_wall_doubt(w, missed, usage)) {
	case HW_WALL_BELIEVED:
		break;
	case HW_WALL_MISSED_EVENTS:
		return hw_text("the scheduler's account missed %" PRIu64 " events, and saw %" PRIu64
			       " switches of %" PRIu64 " threads",
			       missed, w->switches, w->threads);
	case HW_WALL_MISSED_THREADS:
		return hw_text("the scheduler's account has lost sight of threads: those it saw used "
			       "%.3f s of CPU time, the command %.3f s",
			       w->charged_s, usage->user_s + usage->sys_s);
	case HW_WALL_MISSED_TIME:
		return hw_text("the scheduler's account has missed switches: it saw threads on CPUs for "
			       "%.3f s, and the kernel charged them %.3f s",
			       w->thread_s[HW_WALL_BUSY], w->charged_s);
	}
	return NULL;
}

void hw_wall_done(struct hw_wall *w)
{
	free(w->points);
	*w = (struct hw_wall){ 0 };
}
