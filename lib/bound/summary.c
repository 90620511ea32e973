/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/amount.h"
#include "base/cleanup.h"
#include "bound/evidence.h"
#include "bound/shape.h"

/* A part of the wall time below this share is not worth its words. */
static const double part_matters = 0.10;
/* More cores than that were used at once; short runs have rounded CPU times. */
static const double parallel_cores = 1.05;
/* Threads beside the running one: named when they waited as long as this share of the run. */
static const double beside_matters = 0.5;
/* Waits that took less of the wall time than this cost nothing. */
static const double nothing = 0.01;

struct writer {
	const struct hw_bound_facts *facts;
	const struct hw_budget *b;
	const struct hw_wall *wall; /* NULL: not measured */
	struct hw_shape shape;
	FILE *f;
};

static double share(const struct writer *w, double seconds)
{
	return seconds / w->b->wall_s;
}

#define SECONDS(seconds) hw_amount_seconds((char[HW_AMOUNT_SIZE]){ 0 }, seconds)

static void say_percent(const struct writer *w, double seconds, bool first)
{
	fprintf(w->f, " for %.0f %%", 100 * share(w, seconds));
	if (first)
		fprintf(w->f, " of %s", SECONDS(w->b->wall_s));
}

/* Why there was no CPU. */
static void say_starved_by(const struct writer *w)
{
	if (!w->wall) {
		fputs(", held back by other programs or a quota", w->f);
		return;
	}
	switch (hw_shape_starved_by(w->wall, w->facts->cpus)) {
	case HW_STARVED_QUOTA:
		fprintf(w->f, ", held back by the CPU quota of its cgroup (%s)",
			SECONDS(w->wall->throttled_s));
		break;
	case HW_STARVED_STEAL:
		fprintf(w->f, ", which the hypervisor gave to others (%s stolen)",
			SECONDS(w->wall->steal_s));
		break;
	case HW_STARVED_OTHERS:
		fputs(", which other programs had", w->f);
		break;
	}
}

static bool starved_much(const struct writer *w)
{
	return share(w, w->b->seconds[HW_SLICE_STARVED]) >= HW_STARVED_MUCH;
}

/* Nothing when it was not starved much. */
static void say_starved(const struct writer *w)
{
	double seconds = w->b->seconds[HW_SLICE_STARVED];

	if (!starved_much(w))
		return;
	fprintf(w->f, "; for %.0f %% (%s) it %s", 100 * share(w, seconds), SECONDS(seconds),
		hw_time_kind(HW_SLICE_STARVED)->doing);
	say_starved_by(w);
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
static void say_others(const struct writer *w)
{
	enum hw_wall_class class = longest_beside(w->wall);
	double waited_s = w->wall->thread_s[class];

	if (w->wall->threads_peak < 2 || waited_s < beside_matters * w->b->wall_s)
		return;
	fprintf(w->f,
		"; of up to %llu threads one ran at a time, the %s waited beside it (%s%s %s)",
		(unsigned long long)w->wall->threads_peak,
		w->wall->threads_peak == 2 ? "other" : "others", SECONDS(waited_s),
		w->wall->threads_peak == 2 ? "" : " in all", hw_time_kind(hw_slice_of_wait(class))->beside);
	if (share(w, w->wall->seconds[class]) < nothing)
		fputs(", which held nothing up", w->f);
}

static void say_width(const struct writer *w)
{
	const struct hw_shape *s = &w->shape;

	if (!w->wall)
		return;
	if (s->gil_fight)
		fprintf(w->f,
			", one thread at a time although %.1f wanted to run on average: they "
			"waited %s in all for the GIL",
			s->wanting, SECONDS(w->wall->thread_s[HW_WALL_GIL]));
	else if (s->takes_turns)
		fprintf(w->f,
			", one thread at a time: %llu threads took turns, %s switches a second, "
			"and waited %s in all for locks or for each other's work",
			(unsigned long long)w->wall->threads_peak,
			hw_grouped((char[HW_GROUPED_SIZE]){ 0 }, s->switches_per_s, 0),
			SECONDS(w->wall->thread_s[HW_WALL_LOCK]));
	else if (s->one_by_one)
		say_others(w);
	else if (s->wanting > s->width + 0.5)
		fprintf(w->f, "; %.1f threads wanted to run on average, %.1f could", s->wanting,
			s->width);
}

static void say_cores(const struct writer *w)
{
	double cores = w->wall ? w->shape.width : w->b->busy_s > 0 ? w->b->cpu_s / w->b->busy_s : 0;

	if (w->wall && w->shape.one_by_one)
		fputs(" on one core", w->f);
	else if (cores > parallel_cores)
		fprintf(w->f, " on %.1f cores", cores);
}

/* What else than computing filled the busy time. */
static void say_busy_parts(const struct writer *w)
{
	for (int i = 0; i < HW_SLICES; i++) {
		const struct hw_time_kind *kind = &hw_time_kinds[i];
		double seconds = w->b->seconds[kind->slice];

		if (kind->slice < HW_SLICES_BUSY && kind->bound != HW_BOUND_CPU &&
		    share(w, seconds) >= part_matters)
			fprintf(w->f, ", %.0f %% %s", 100 * share(w, seconds), kind->part);
	}
}

static void say_cpu(const struct writer *w)
{
	fputs(hw_bound_words(HW_BOUND_CPU)->headline, w->f);
	say_cores(w);
	if (starved_much(w))
		fputs(" and short of CPU", w->f);
	fputs(": busy", w->f);
	say_percent(w, w->b->busy_s, true);
	say_busy_parts(w);
	say_width(w);
	say_starved(w);
}

/* The slices of @class worth their words, the largest first. */
static void say_slices(const struct writer *w, enum hw_bound_class class)
{
	bool said[HW_SLICES] = { false };

	for (bool first = true;; first = false) {
		int largest = -1;

		for (int i = 0; i < HW_SLICES; i++)
			if (hw_slice_class(i) == class && !said[i] &&
			    (largest < 0 || w->b->seconds[i] > w->b->seconds[largest]))
				largest = i;
		if (largest < 0 || (!first && share(w, w->b->seconds[largest]) < part_matters))
			return;
		said[largest] = true;
		fprintf(w->f, "%s%s", first ? ": " : ", ", hw_time_kind(largest)->doing);
		say_percent(w, w->b->seconds[largest], first);
		if (largest == HW_SLICE_STALL &&
		    hw_bound_facts_stall_method(w->facts) == HW_STALL_SAMPLED)
			fprintf(w->f, " (an estimate, +- %.0f points)",
				100 * share(w, w->facts->stall_error *
						       (w->b->seconds[HW_SLICE_USER] +
							w->b->seconds[HW_SLICE_STALL])));
	}
}

static void say_waiting(const struct writer *w, enum hw_bound_class class)
{
	const double *seconds = w->b->seconds;
	double computing_s = seconds[HW_SLICE_USER] + seconds[HW_SLICE_STALL];
	bool said_kernel =
		class == HW_BOUND_IO && share(w, seconds[HW_SLICE_KERNEL_IO]) >= part_matters;

	fputs(hw_bound_words(class)->headline, w->f);
	say_slices(w, class);
	if (!said_kernel && share(w, w->b->busy_s) >= part_matters)
		fprintf(w->f, ", ran for %.0f %%", 100 * share(w, w->b->busy_s));
	else if (said_kernel && share(w, computing_s) >= part_matters)
		fprintf(w->f, ", computed for %.0f %%", 100 * share(w, computing_s));
}

static void say_memory(const struct writer *w)
{
	double computing_s = w->b->seconds[HW_SLICE_USER] + w->b->seconds[HW_SLICE_KERNEL];

	fputs(hw_bound_words(HW_BOUND_MEMORY)->headline, w->f);
	say_cores(w);
	say_slices(w, HW_BOUND_MEMORY);
	if (share(w, computing_s) >= part_matters)
		fprintf(w->f, ", computed for %.0f %%", 100 * share(w, computing_s));
	say_width(w);
}

static void say_mixed(const struct writer *w)
{
	bool said[HW_BOUND_CLASSES] = { false };

	fprintf(w->f, "Mixed: nothing takes %.0f %% of %s: ", 100 * HW_BOUND_MIN_SHARE,
		SECONDS(w->b->wall_s));
	for (int n = 0; n < HW_BOUND_CLASSES; n++) {
		int largest = -1;

		for (int c = 0; c < HW_BOUND_CLASSES; c++)
			if (!said[c] &&
			    (largest < 0 || w->b->by_class[c] > w->b->by_class[largest]))
				largest = c;
		said[largest] = true;
		if (n && share(w, w->b->by_class[largest]) < part_matters)
			break;
		fprintf(w->f, "%s%s %.0f %%", n ? ", " : "", hw_bound_words(largest)->among,
			100 * share(w, w->b->by_class[largest]));
	}
}

static void say_class(const struct writer *w, enum hw_bound_class class)
{
	switch (class) {
	case HW_BOUND_CPU:
		say_cpu(w);
		return; /* has said how it was starved */
	case HW_BOUND_MEMORY:
		say_memory(w);
		break;
	default:
		say_waiting(w, class);
		break;
	}
	say_starved(w);
}

static void say_verdict(const struct writer *w, enum hw_bound_class largest)
{
	if (w->b->by_class[largest] >= HW_BOUND_MIN_SHARE * w->b->wall_s) {
		say_class(w, largest);
		return;
	}
	say_mixed(w);
	say_starved(w);
}

int hw_summary_write(const struct hw_bound_facts *facts, const struct hw_budget *budget,
		     enum hw_bound_class largest, char **ret)
{
	hw_autofree char *text = NULL;
	struct writer w = { .facts = facts, .b = budget };
	size_t size;

	if (hw_bound_facts_measured(facts)) {
		w.wall = facts->wall;
		hw_shape_of(w.wall, &w.shape);
	}
	w.f = open_memstream(&text, &size);
	if (!w.f)
		return -ENOMEM;
	say_verdict(&w, largest);
	if (fclose(w.f) != 0 || !text)
		return -ENOMEM;
	*ret = hw_take_ptr(text);
	return 0;
}
