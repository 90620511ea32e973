/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "bound/evidence.h"
#include "bound/sentences.h"
#include "bound/shape.h"

/* A part of the wall time below this share is not worth its words. */
static const double part_matters = 0.10;
/* More cores than that were used at once; short runs have rounded CPU times. */
static const double parallel_cores = 1.05;
/* Threads beside the running one: named when they waited as long as this share of the run. */
static const double beside_matters = 0.5;
/* Waits that took less of the wall time than this cost nothing. */
static const double nothing = 0.01;

static const char *const doing[HW_SLICES] = {
	[HW_SLICE_USER] = "computed",
	[HW_SLICE_STALL] = "was held up by memory",
	[HW_SLICE_FAULTS] = "had page faults handled",
	[HW_SLICE_KERNEL_IO] = "had the kernel work for its I/O",
	[HW_SLICE_KERNEL] = "was in the kernel",
	[HW_SLICE_STARVED] = "was ready to run but had no CPU",
	[HW_SLICE_DISK] = "waited for the disk",
	[HW_SLICE_NETWORK] = "waited for the network",
	[HW_SLICE_PIPE] = "waited for pipes",
	[HW_SLICE_IO_WAIT] = "waited, in short waits, beside its reads and writes",
	[HW_SLICE_LOCK] = "stood still at locks",
	[HW_SLICE_GIL] = "stood still at the GIL",
	[HW_SLICE_SLEEP] = "slept or waited for a timer",
	[HW_SLICE_CHILD] = "waited for a child process",
	[HW_SLICE_OTHER] = "waited for something else",
	[HW_SLICE_IDLE] = "waited",
};

/* What threads that wait beside a running one wait for. A thread of a pool without work is blocked
 * in a lock as well: the kernel sees a futex in both cases. */
static const char *const beside[HW_WALL_CLASSES] = {
	[HW_WALL_DISK] = "for the disk",
	[HW_WALL_NETWORK] = "for the network",
	[HW_WALL_PIPE] = "for pipes",
	[HW_WALL_SLEEP] = "asleep",
	[HW_WALL_LOCK] = "for locks or other threads",
	[HW_WALL_GIL] = "for the GIL",
	[HW_WALL_OTHER] = "for something else",
};

struct writer {
	const struct hw_bound_facts *facts;
	const struct hw_budget *b;
	const struct hw_wall *wall; /* NULL: not measured */
	struct hw_shape shape;
	FILE *f;
};

const char *hw_slice_doing(enum hw_slice slice)
{
	return doing[slice];
}

static double share(const struct writer *w, double seconds)
{
	return seconds / w->b->wall_s;
}

static const char *seconds_text(char buf[static 32], double seconds)
{
	if (seconds >= 99.5)
		snprintf(buf, 32, "%.0f s", seconds);
	else if (seconds >= 9.95)
		snprintf(buf, 32, "%.1f s", seconds);
	else if (seconds >= 0.995)
		snprintf(buf, 32, "%.2f s", seconds);
	else if (seconds >= 0.995e-3)
		snprintf(buf, 32, "%.3g ms", seconds * 1e3);
	else
		snprintf(buf, 32, "%.3g us", seconds * 1e6);
	return buf;
}
#define SECONDS(seconds) seconds_text((char[32]){ 0 }, seconds)

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
		doing[HW_SLICE_STARVED]);
	say_starved_by(w);
}

/* The wait in which the threads of the session spent the most time. That a shell waits for what it
 * has started is no news. */
static enum hw_wall_class longest_beside(const struct hw_wall *wall)
{
	enum hw_wall_class longest = HW_WALL_DISK;

	for (int class = HW_WALL_DISK; class < HW_WALL_CLASSES; class++)
		if (class != HW_WALL_CHILD && wall->thread_s[class] > wall->thread_s[longest])
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
		w->wall->threads_peak == 2 ? "" : " in all", beside[class]);
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
	static const enum hw_slice parts[] = { HW_SLICE_STALL, HW_SLICE_FAULTS,
					       HW_SLICE_KERNEL_IO };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (share(w, w->b->seconds[parts[i]]) >= part_matters)
			fprintf(w->f, ", %.0f %% %s", 100 * share(w, w->b->seconds[parts[i]]),
				parts[i] == HW_SLICE_STALL    ? "held up by memory"
				: parts[i] == HW_SLICE_FAULTS ? "in page faults"
							      : "in the kernel for I/O");
}

static void say_cpu(const struct writer *w)
{
	fputs("CPU-bound", w->f);
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
		fprintf(w->f, "%s%s", first ? ": " : ", ", doing[largest]);
		say_percent(w, w->b->seconds[largest], first);
		if (largest == HW_SLICE_STALL &&
		    hw_bound_facts_stall_method(w->facts) == HW_STALL_SAMPLED)
			fprintf(w->f, " (an estimate, +- %.0f points)",
				100 * share(w, w->facts->stall_error *
						       (w->b->seconds[HW_SLICE_USER] +
							w->b->seconds[HW_SLICE_STALL])));
	}
}

static void say_waiting(const struct writer *w, enum hw_bound_class class, const char *title)
{
	const double *seconds = w->b->seconds;
	double computing_s = seconds[HW_SLICE_USER] + seconds[HW_SLICE_STALL];
	bool said_kernel =
		class == HW_BOUND_IO && share(w, seconds[HW_SLICE_KERNEL_IO]) >= part_matters;

	fputs(title, w->f);
	say_slices(w, class);
	if (!said_kernel && share(w, w->b->busy_s) >= part_matters)
		fprintf(w->f, ", ran for %.0f %%", 100 * share(w, w->b->busy_s));
	else if (said_kernel && share(w, computing_s) >= part_matters)
		fprintf(w->f, ", computed for %.0f %%", 100 * share(w, computing_s));
}

static void say_memory(const struct writer *w)
{
	double computing_s = w->b->seconds[HW_SLICE_USER] + w->b->seconds[HW_SLICE_KERNEL];

	fputs("Memory-bound", w->f);
	say_cores(w);
	say_slices(w, HW_BOUND_MEMORY);
	if (share(w, computing_s) >= part_matters)
		fprintf(w->f, ", computed for %.0f %%", 100 * share(w, computing_s));
	say_width(w);
}

static void say_mixed(const struct writer *w)
{
	static const char *const names[HW_BOUND_CLASSES] = {
		[HW_BOUND_CPU] = "CPU",
		[HW_BOUND_MEMORY] = "memory",
		[HW_BOUND_IO] = "I/O",
		[HW_BOUND_LOCK] = "locks",
		[HW_BOUND_IDLE] = "asleep or waiting",
	};
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
		fprintf(w->f, "%s%s %.0f %%", n ? ", " : "", names[largest],
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
	case HW_BOUND_IO:
		say_waiting(w, class, "I/O-bound");
		break;
	case HW_BOUND_LOCK:
		say_waiting(w, class, "Held up by locks");
		break;
	default:
		say_waiting(w, class, "Waiting, not working");
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
