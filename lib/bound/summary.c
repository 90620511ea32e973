/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/summary.h"

#include <inttypes.h>

#include "bound/sentences.h"

/* A part of the wall time below this share is not worth its words. */
static const double part_matters = 0.10;
/* More cores than that were used at once; short runs have rounded CPU times. */
static const double parallel_cores = 1.05;
/* Threads beside the running one: named when they waited as long as this share of the run. */
static const double beside_matters = 0.5;
/* Waits that took less of the wall time than this cost nothing. */
static const double nothing = 0.01;

struct summary {
	const struct hw_bound_case *c;
	const struct hw_budget *b;
	const struct hw_wall *wall; /* NULL: not measured */
	struct hw_writer words;
};

#define put(s, ...) hw_writer_put(&(s)->words, __VA_ARGS__)

static double wall_share(const struct summary *s, double seconds)
{
	return hw_case_share(s->c, seconds);
}

static void put_percent(struct summary *s, double seconds, bool first)
{
	put(s, " for %.0f %%", 100 * wall_share(s, seconds));
	if (first)
		put(s, " of %s", HW_SECONDS(s->b->wall_s));
}

/* Why there was no CPU. */
static void put_starved_by(struct summary *s)
{
	enum hw_starved_by by;

	if (!s->wall) {
		put(s, ", held back by other programs or a quota");
		return;
	}
	by = hw_shape_starved_by(s->wall, s->c->facts->cpus);
	put(s, ", %s", hw_starved_words(by)->clause);
	if (by == HW_STARVED_QUOTA)
		put(s, " (%s)", HW_SECONDS(s->wall->throttled_s));
	else if (by == HW_STARVED_STEAL)
		put(s, " (%s stolen)", HW_SECONDS(s->wall->steal_s));
}

/* Nothing when it was not starved much. */
static void put_starved(struct summary *s)
{
	double seconds = s->b->seconds[HW_SLICE_STARVED];

	if (!hw_case_is_starved(s->c))
		return;
	put(s, "; for %.0f %% (%s) it %s", 100 * wall_share(s, seconds), HW_SECONDS(seconds),
	    hw_time_kind(HW_SLICE_STARVED)->doing);
	put_starved_by(s);
}

/* The wait, of those worth a word, in which the threads of the session spent the most time. */
static enum hw_wall_class longest_beside(const struct hw_wall *wall)
{
	enum hw_wall_class longest = HW_WALL_DISK;

	for (unsigned int class = HW_WALL_DISK; class < HW_WALL_CLASSES; class++)
		if (hw_time_kind(hw_slice_of_wait(class))->beside &&
		    wall->thread_s[class] > wall->thread_s[longest])
			longest = class;
	return longest;
}

/* One thread ran at a time: what were the others doing? */
static void put_others(struct summary *s)
{
	enum hw_wall_class class = longest_beside(s->wall);
	double waited_s = s->wall->thread_s[class];
	bool two = s->wall->threads_peak == 2;

	if (s->wall->threads_peak < 2 || waited_s < beside_matters * s->b->wall_s)
		return;
	put(s,
	    "; of up to %" PRIu64 " threads one ran at a time, the %s waited beside it (%s%s %s)",
	    s->wall->threads_peak, two ? "other" : "others", HW_SECONDS(waited_s),
	    two ? "" : " in all", hw_time_kind(hw_slice_of_wait(class))->beside);
	if (wall_share(s, s->wall->seconds[class]) < nothing)
		put(s, ", which held nothing up");
}

static void put_width(struct summary *s)
{
	const struct hw_shape *shape = &s->c->shape;

	if (!s->wall)
		return;
	if (shape->gil_fight)
		put(s,
		    ", one thread at a time although %.1f wanted to run on average: they waited "
		    "%s in all for the GIL",
		    shape->wanting, HW_SECONDS(s->wall->thread_s[HW_WALL_GIL]));
	else if (shape->takes_turns)
		put(s,
		    ", one thread at a time: %" PRIu64 " threads took turns, %s switches a second, "
		    "and waited %s in all for locks or for each other's work",
		    s->wall->threads_peak, HW_GROUPED(shape->switches_per_s),
		    HW_SECONDS(s->wall->thread_s[HW_WALL_LOCK]));
	else if (shape->one_by_one)
		put_others(s);
	else if (shape->wanting > shape->width + 0.5)
		put(s, "; %.1f threads wanted to run on average, %.1f could", shape->wanting,
		    shape->width);
}

static void put_cores(struct summary *s)
{
	double cores = s->wall		   ? s->c->shape.width
		       : s->b->busy_s > 0 ? s->b->cpu_s / s->b->busy_s
					   : 0;

	if (s->c->shape.one_by_one)
		put(s, " on one core");
	else if (cores > parallel_cores)
		put(s, " on %.1f cores", cores);
}

/* What else than computing filled the busy time. */
static void put_busy_parts(struct summary *s)
{
	for (int i = 0; i < HW_SLICES; i++) {
		const struct hw_time_kind *kind = &hw_time_kinds[i];
		double seconds = s->b->seconds[kind->slice];

		if (kind->slice < HW_SLICES_BUSY && kind->bound != HW_BOUND_CPU &&
		    wall_share(s, seconds) >= part_matters)
			put(s, ", %.0f %% %s", 100 * wall_share(s, seconds), kind->part);
	}
}

static void put_cpu(struct summary *s)
{
	put(s, "%s", hw_bound_words(HW_BOUND_CPU)->headline);
	put_cores(s);
	if (hw_case_is_starved(s->c))
		put(s, " and short of CPU");
	put(s, ": busy");
	put_percent(s, s->b->busy_s, true);
	put_busy_parts(s);
	put_width(s);
	put_starved(s);
}

/* The slices of @class worth their words, the largest first. */
static void put_slices(struct summary *s, enum hw_bound_class class)
{
	bool said[HW_SLICES] = { false };

	for (bool first = true;; first = false) {
		int largest = -1;

		for (int i = 0; i < HW_SLICES; i++)
			if (hw_slice_class(i) == class && !said[i] &&
			    (largest < 0 || s->b->seconds[i] > s->b->seconds[largest]))
				largest = i;
		if (largest < 0 || (!first && wall_share(s, s->b->seconds[largest]) < part_matters))
			return;
		said[largest] = true;
		put(s, "%s%s", first ? ": " : ", ", hw_time_kind(largest)->doing);
		put_percent(s, s->b->seconds[largest], first);
		if (largest == HW_SLICE_STALL &&
		    hw_bound_facts_stall_method(s->c->facts) == HW_STALL_SAMPLED)
			put(s, " (an estimate, +- %.0f points)",
			    100 * wall_share(s, s->c->facts->stall_error *
						      (s->b->seconds[HW_SLICE_USER] +
						       s->b->seconds[HW_SLICE_STALL])));
	}
}

static void put_waiting(struct summary *s, enum hw_bound_class class)
{
	const double *seconds = s->b->seconds;
	double computing_s = seconds[HW_SLICE_USER] + seconds[HW_SLICE_STALL];
	bool said_kernel =
		class == HW_BOUND_IO && wall_share(s, seconds[HW_SLICE_KERNEL_IO]) >= part_matters;

	put(s, "%s", hw_bound_words(class)->headline);
	put_slices(s, class);
	if (!said_kernel && wall_share(s, s->b->busy_s) >= part_matters)
		put(s, ", ran for %.0f %%", 100 * wall_share(s, s->b->busy_s));
	else if (said_kernel && wall_share(s, computing_s) >= part_matters)
		put(s, ", computed for %.0f %%", 100 * wall_share(s, computing_s));
}

static void put_memory(struct summary *s)
{
	double computing_s = s->b->seconds[HW_SLICE_USER] + s->b->seconds[HW_SLICE_KERNEL];

	put(s, "%s", hw_bound_words(HW_BOUND_MEMORY)->headline);
	put_cores(s);
	put_slices(s, HW_BOUND_MEMORY);
	if (wall_share(s, computing_s) >= part_matters)
		put(s, ", computed for %.0f %%", 100 * wall_share(s, computing_s));
	put_width(s);
}

static void put_mixed(struct summary *s)
{
	bool said[HW_BOUND_CLASSES] = { false };

	put(s, "Mixed: nothing takes %.0f %% of %s: ", 100 * HW_BOUND_MIN_SHARE,
	    HW_SECONDS(s->b->wall_s));
	for (int n = 0; n < HW_BOUND_CLASSES; n++) {
		int largest = -1;

		for (int c = 0; c < HW_BOUND_CLASSES; c++)
			if (!said[c] &&
			    (largest < 0 || s->b->by_class[c] > s->b->by_class[largest]))
				largest = c;
		said[largest] = true;
		if (n && wall_share(s, s->b->by_class[largest]) < part_matters)
			break;
		put(s, "%s%s %.0f %%", n ? ", " : "", hw_bound_words(largest)->among,
		    100 * wall_share(s, s->b->by_class[largest]));
	}
}

static void put_class(struct summary *s, enum hw_bound_class class)
{
	switch (class) {
	case HW_BOUND_CPU:
		put_cpu(s);
		return; /* has said how it was starved */
	case HW_BOUND_MEMORY:
		put_memory(s);
		break;
	default:
		put_waiting(s, class);
		break;
	}
	put_starved(s);
}

int hw_summary_write(const struct hw_bound_case *c, enum hw_bound_class largest, char **ret)
{
	struct summary s = { .c = c, .b = c->budget, .wall = c->wall };
	int r;

	if (hw_case_share(c, s.b->by_class[largest]) >= HW_BOUND_MIN_SHARE) {
		put_class(&s, largest);
	} else {
		put_mixed(&s);
		put_starved(&s);
	}
	r = hw_writer_take_text(&s.words, ret);
	hw_writer_done(&s.words);
	return r;
}
