/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/shape.h"

/* Of busy time with exactly one thread on a CPU: the rest is hand-overs, which overlap. */
static const double alone = 0.85;
/* Threads that want the GIL beside the one that has it, from which on it is a fight. */
static const double gil_wanting = 0.5;
/* Work or a lock that goes from hand to hand: switches a second, how long a blocked thread waits
 * for its turn at most, and how many are blocked on average at least. */
static const double turn_switches_per_s = 1000;
static const double turn_wait_s = 10e-3;
static const double turn_blocked = 0.5;

static bool takes_turns(const struct hw_wall *w, const struct hw_shape *s)
{
	double blocked_s = w->thread_s[HW_WALL_LOCK];

	return s->one_by_one && s->switches_per_s >= turn_switches_per_s &&
	       blocked_s >= turn_blocked * w->wall_s &&
	       blocked_s / (double)w->switches <= turn_wait_s;
}

void hw_shape_of(const struct hw_wall *w, struct hw_shape *ret)
{
	const double *t = w->thread_s, *s = w->seconds;
	double wanted_s = s[HW_WALL_BUSY] + s[HW_WALL_STARVED] + s[HW_WALL_GIL];
	struct hw_shape shape = { .busy_s = s[HW_WALL_BUSY] };

	if (shape.busy_s > 0) {
		shape.width = t[HW_WALL_BUSY] / shape.busy_s;
		shape.one_by_one = w->width_s[1] >= alone * shape.busy_s;
	}
	if (wanted_s > 0)
		shape.wanting = (t[HW_WALL_BUSY] + t[HW_WALL_STARVED] + t[HW_WALL_GIL]) / wanted_s;
	if (w->wall_s > 0)
		shape.switches_per_s = (double)w->switches / w->wall_s;
	shape.gil_fight = shape.one_by_one && t[HW_WALL_GIL] >= gil_wanting * wanted_s;
	shape.takes_turns = !shape.gil_fight && takes_turns(w, &shape);
	*ret = shape;
}

enum hw_starved_by hw_shape_starved_by(const struct hw_wall *w, uint32_t cpus)
{
	double starved_s = w->seconds[HW_WALL_STARVED];

	if (w->throttled_s > 0 && w->throttled_s >= starved_s / 2)
		return HW_STARVED_QUOTA;
	if (w->steal_s > 0 && w->steal_s / (cpus ? cpus : 1) >= starved_s / 2)
		return HW_STARVED_STEAL;
	return HW_STARVED_OTHERS;
}

const struct hw_starved_words *hw_starved_words(enum hw_starved_by by)
{
	static const struct hw_starved_words words[] = {
		[HW_STARVED_OTHERS] = { "which other programs had", "other programs had the CPUs",
					"stop or move the other programs (top(1) names them), or "
					"give this one CPUs of its own" },
		[HW_STARVED_QUOTA] = { "held back by the CPU quota of its cgroup",
				       "the CPU quota of the cgroup was used up",
				       "raise the CPU quota of its cgroup (cpu.max), or start "
				       "fewer threads so that the quota lasts" },
		[HW_STARVED_STEAL] = { "which the hypervisor gave to others",
				       "the hypervisor gave the CPUs to others",
				       "the virtual machine shares its CPUs: take a larger one, or "
				       "one with CPUs of its own" },
	};

	return &words[by];
}
