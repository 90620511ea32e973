/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/evidence.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/amount.h"
#include "base/cleanup.h"
#include "bound/sentences.h"
#include "bound/shape.h"

HW_DEFINE_AUTO(char **, hw_sentences_free)

/* A class, and a row of it, that takes less of the wall time is not worth a sentence. */
static const double class_matters = 0.05;
static const double row_matters = 0.01;
/* CPUs used from which on threads or processes clearly ran at once; of a short run the CPU time
 * before its first instruction and the clock's steps can be as much. */
static const double parallel_cpus = 1.05;
static const double parallel_s = 0.02;

struct writer {
	const struct hw_bound_facts *facts;
	const struct hw_budget *budget;
	char ***list;
};

#define say(w, ...) hw_sentences_add((w)->list, __VA_ARGS__)

static double pct_of_wall(const struct writer *w, double seconds)
{
	return seconds / w->budget->wall_s * 100;
}

static bool matters(const struct writer *w, enum hw_slice slice)
{
	return w->budget->seconds[slice] >= row_matters * w->budget->wall_s;
}

/* Figures in a sentence: @value with its digits in threes, in a buffer of the caller's block. */
#define GROUPED(value) hw_grouped((char[HW_GROUPED_SIZE]){ 0 }, (double)(value), 0)

static int say_starved_measured(struct writer *w)
{
	static const char *const by[] = {
		[HW_STARVED_OTHERS] = "other programs had the CPUs",
		[HW_STARVED_QUOTA] = "the CPU quota of the cgroup was used up",
		[HW_STARVED_STEAL] = "the hypervisor gave the CPUs to others",
	};
	const struct hw_wall *wall = w->facts->wall;
	double seconds = w->budget->seconds[HW_SLICE_STARVED];
	char figures[96] = "";

	if (wall->throttled_s > 0 || wall->steal_s > 0)
		snprintf(figures, sizeof(figures),
			 " (held back by a quota %.3f s, stolen from all CPUs %.3f s)",
			 wall->throttled_s, wall->steal_s);
	return say(w, "runnable but without a CPU for %.3f s (%.1f %% of wall): %s%s", seconds,
		   pct_of_wall(w, seconds), by[hw_shape_starved_by(wall, w->facts->cpus)], figures);
}

static int say_starved(struct writer *w)
{
	double seconds = w->budget->seconds[HW_SLICE_STARVED];

	if (hw_bound_facts_measured(w->facts))
		return say_starved_measured(w);
	return say(w,
		   "runnable but without a CPU for %.3f s (%.1f %% of wall): other programs, or a "
		   "CPU quota, were in the way",
		   seconds, pct_of_wall(w, seconds));
}

/* How many threads ran at once, and what the others waited for. */
static int say_width(struct writer *w)
{
	const struct hw_wall *wall = w->facts->wall;
	struct hw_shape shape;

	hw_shape_of(wall, &shape);
	return say(w,
		   "of %.3f s busy, one thread ran alone for %.3f s, %.2f on average; threads "
		   "waited %.3f s in all for a CPU, %.3f s for locks, %.3f s for the GIL",
		   shape.busy_s, wall->width_s[1], shape.width, wall->thread_s[HW_WALL_STARVED],
		   wall->thread_s[HW_WALL_LOCK], wall->thread_s[HW_WALL_GIL]);
}

/* The waits of @class that matter. */
static int say_waits(struct writer *w, enum hw_bound_class class)
{
	int r = 0;

	for (unsigned int i = HW_WALL_DISK; r >= 0 && i < HW_WALL_CLASSES; i++) {
		enum hw_slice slice = hw_slice_of_wait(i);
		double seconds = w->budget->seconds[slice];

		if (hw_slice_class(slice) == class && matters(w, slice))
			r = say(w,
				"nothing ran and the run %s for %.3f s (%.1f %% of wall); all "
				"threads together waited so for %.3f s",
				hw_time_kind(slice)->doing, seconds, pct_of_wall(w, seconds),
				w->facts->wall->thread_s[i]);
	}
	return r;
}

static int say_cpu(struct writer *w)
{
	const struct hw_usage *u = &w->facts->usage;
	double cpus = w->budget->cpu_s / w->budget->wall_s;
	int r;

	r = say(w, "user %.3f s + system %.3f s in %.3f s of wall time: %.2f CPUs used", u->user_s,
		u->sys_s, u->wall_s, cpus);
	if (r >= 0 && hw_bound_facts_measured(w->facts))
		return say_width(w);
	if (r >= 0 && cpus > parallel_cpus && w->budget->cpu_s - u->wall_s > parallel_s)
		r = say(w,
			"threads or processes ran at once: busy seconds are scaled to wall time");
	return r;
}

/* The most that memory can have held up, as a share. */
static double stall_limit(const struct hw_bound_facts *facts)
{
	return facts->pmu_stall_limit >= 0 ? facts->pmu_stall_limit : 1;
}

/* What the PMU counted of it, beside the estimate from samples where both are there. */
static int say_stall_counts(struct writer *w)
{
	const struct hw_bound_facts *f = w->facts;
	bool counted = f->pmu_stall >= 0;
	const struct hw_metric *metric = counted ? f->pmu_metric : f->pmu_limit_metric;
	char samples[80] = "";

	if (!counted && f->pmu_stall_limit < 0)
		return 0;
	if (f->stall_share >= 0)
		snprintf(samples, sizeof(samples), ", from samples %.0f %% +- %.0f points",
			 f->stall_share * 100, f->stall_error * 100);
	return say(w, "memory stall: PMU %s%.1f %% of cycles (%s = %s)%s", counted ? "" : "at most ",
		   (counted ? f->pmu_stall : f->pmu_stall_limit) * 100, metric->name,
		   metric->formula, samples);
}

static int say_memory(struct writer *w)
{
	const struct hw_usage *u = &w->facts->usage;
	const double *seconds = w->budget->seconds;
	enum hw_stall_method method = hw_bound_facts_stall_method(w->facts);
	int r = 0;

	if (matters(w, HW_SLICE_FAULTS) && w->facts->sampled[HW_SLICE_FAULTS] < 0)
		r = say(w,
			"%s page faults x %.2f us, as measured on this machine: %.3f s of "
			"%.3f s system time (an estimate)",
			GROUPED(hw_usage_memory_faults(u)), w->facts->page_fault_s * 1e6,
			fmin(u->sys_s, (double)hw_usage_memory_faults(u) * w->facts->page_fault_s), u->sys_s);
	if (r >= 0 && matters(w, HW_SLICE_STALL) && method == HW_STALL_COUNTED)
		return say(w, "held up by memory for %.3f s of wall time, as the core counts it",
			   seconds[HW_SLICE_STALL]);
	if (r >= 0 && matters(w, HW_SLICE_STALL) && method == HW_STALL_SAMPLED)
		return say(w,
			   "%.0f %% of the user time was held up by memory (an estimate without a "
			   "counter for it, from where the samples lie, +- %.0f points)",
			   fmin(w->facts->stall_share, stall_limit(w->facts)) * 100,
			   w->facts->stall_error * 100);
	if (r >= 0 && matters(w, HW_SLICE_STALL))
		r = say(w,
			"%s last-level cache misses x %d ns, at most user time: held up by memory "
			"for %.3f s of wall time (an estimate, misses that overlap cost less)",
			GROUPED(w->facts->cache_misses), HW_BOUND_MISS_NS, seconds[HW_SLICE_STALL]);
	return r;
}

static int say_io(struct writer *w)
{
	const struct hw_usage *u = &w->facts->usage;
	const double *seconds = w->budget->seconds;
	bool measured = hw_bound_facts_measured(w->facts);
	int r = measured ? say_waits(w, HW_BOUND_IO) : 0;

	if (r >= 0 && !measured && matters(w, HW_SLICE_DISK))
		r = say(w,
			"%s blocks of 512 bytes from and %s to storage, %s major faults, %s "
			"voluntary switches: about %.3f s of waiting for storage (an estimate)",
			GROUPED(u->in_blocks), GROUPED(u->out_blocks),
			GROUPED(hw_usage_read_faults(u)),
			GROUPED(u->voluntary_switches), seconds[HW_SLICE_DISK]);
	if (r >= 0 && matters(w, HW_SLICE_IO_WAIT))
		r = say(w,
			"%s voluntary switches beside %s read and write calls that moved %s bytes: "
			"about %.3f s in short waits; rusage cannot tell network, pipe and lock "
			"apart",
			GROUPED(u->voluntary_switches), GROUPED(u->io_calls),
			GROUPED((double)u->read_chars + (double)u->written_chars),
			seconds[HW_SLICE_IO_WAIT]);
	if (r >= 0 && matters(w, HW_SLICE_KERNEL_IO) && w->facts->sampled[HW_SLICE_KERNEL_IO] < 0)
		r = say(w,
			"%.3f s of the kernel's work went to I/O by the number and size of the "
			"calls (an estimate)",
			seconds[HW_SLICE_KERNEL_IO]);
	return r;
}

static int say_idle(struct writer *w)
{
	const struct hw_usage *u = &w->facts->usage;
	double idle_s = w->budget->seconds[HW_SLICE_IDLE];

	if (hw_bound_facts_measured(w->facts))
		return say_waits(w, HW_BOUND_IDLE);
	return say(w,
		   "nothing ran for %.3f s (%.1f %% of wall) beyond what its I/O explains, with %s "
		   "voluntary switches: sleep, a timer, another process, a socket or a lock; "
		   "rusage cannot tell them apart",
		   idle_s, pct_of_wall(w, idle_s), GROUPED(u->voluntary_switches));
}

static int say_lock(struct writer *w)
{
	return hw_bound_facts_measured(w->facts) ? say_waits(w, HW_BOUND_LOCK) : 0;
}

static int say_sampled(struct writer *w)
{
	const struct hw_bound_facts *f = w->facts;
	double ipc = hw_bound_facts_ipc(f), mpki = hw_bound_facts_mpki(f);
	int r = 0;

	if (ipc >= 0 && mpki >= 0)
		r = say(w,
			"%.2f instructions per cycle, %.2f last-level cache misses per 1,000 "
			"instructions",
			ipc, mpki);
	else if (ipc >= 0)
		r = say(w, "%.2f instructions per cycle", ipc);
	else if (f->stall_share < 0 &&
		 w->budget->seconds[HW_SLICE_USER] >= HW_BOUND_MIN_SHARE * w->budget->wall_s)
		r = say(w, "no hardware counters: how much of the user time waited for memory is "
			   "not known");
	if (r >= 0)
		r = say_stall_counts(w);
	if (r >= 0 && f->sampled[HW_SLICE_USER] >= 0 && f->n_samples)
		r = say(w,
			"of %s samples on a CPU %.1f %% were in user code, %.1f %% in page faults, "
			"%.1f %% in the kernel's I/O (standard error at most %.1f points)",
			GROUPED(f->n_samples), f->sampled[HW_SLICE_USER] * 100, f->sampled[HW_SLICE_FAULTS] * 100,
			f->sampled[HW_SLICE_KERNEL_IO] * 100, 50 / sqrt((double)f->n_samples));
	return r;
}

int hw_evidence_write(const struct hw_bound_facts *facts, const struct hw_budget *budget,
		      enum hw_bound_class largest, char ***ret)
{
	static int (*const say_class[HW_BOUND_CLASSES])(struct writer *) = {
		[HW_BOUND_CPU] = say_cpu,   [HW_BOUND_MEMORY] = say_memory, [HW_BOUND_IO] = say_io,
		[HW_BOUND_LOCK] = say_lock, [HW_BOUND_IDLE] = say_idle,
	};
	hw_auto(hw_sentences_free) char **list = NULL;
	struct writer w = { .facts = facts, .budget = budget, .list = &list };
	int r = 0;

	if (budget->seconds[HW_SLICE_STARVED] > HW_STARVED_MUCH * budget->wall_s)
		r = say_starved(&w);
	if (r >= 0)
		r = say_class[largest](&w);
	for (int c = 0; r >= 0 && c < HW_BOUND_CLASSES; c++)
		if (c != (int)largest &&
		    (c == HW_BOUND_CPU || budget->by_class[c] >= class_matters * budget->wall_s))
			r = say_class[c](&w);
	if (r >= 0)
		r = say_sampled(&w);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(list);
	return 0;
}

static int advise_cpu(struct writer *w)
{
	int r = 0;

	if (w->budget->seconds[HW_SLICE_STARVED] > HW_STARVED_MUCH * w->budget->wall_s)
		r = say(w, "give it more CPU first: an idle machine, a larger quota (cpu.max of "
			   "its cgroup), fewer workers than CPUs");
	if (r >= 0 && !w->facts->n_samples)
		r = say(w, "find the hot lines: `hwprof boundness COMMAND`");
	if (r >= 0 && w->budget->cpu_s < parallel_cpus * w->budget->wall_s)
		r = say(w, "it used one CPU at a time: if the work can be split, spread it over "
			   "processes (Python threads share the GIL)");
	return r;
}

static int advise_memory(struct writer *w)
{
	if (w->budget->seconds[HW_SLICE_STALL] > w->budget->seconds[HW_SLICE_FAULTS])
		return say(w, "see which code misses the cache: `hwprof record -g -e cache-misses "
			      "COMMAND`; then smaller items, sequential access, work in blocks");
	return say(w, "see who touches fresh memory: `hwprof record -g -e page-faults COMMAND`; "
		      "then reuse buffers instead of freeing them, or set MALLOC_TRIM_THRESHOLD_ "
		      "and MALLOC_MMAP_THRESHOLD_ higher, or use huge pages");
}

static int advise_io(struct writer *w)
{
	static const struct {
		enum hw_slice slice;
		const char *advice;
	} advice[] = {
		{ HW_SLICE_DISK, "wait less often: fewer fsync calls, larger and batched "
				 "transfers, reading ahead" },
		{ HW_SLICE_NETWORK, "wait less often: several requests at once, connections that "
				    "stay open, batches instead of round trips" },
		{ HW_SLICE_PIPE, "the other end of the pipe is the slow part: look at that "
				 "program, or hand over larger pieces" },
		{ HW_SLICE_IO_WAIT, "wait less often: fewer round trips, batches, several "
				    "requests at once" },
		{ HW_SLICE_KERNEL_IO, "fewer and larger calls, larger buffers; `hwprof report "
				      "--tree` of a recording (`hwprof record -g COMMAND`) shows "
				      "which calls cost" },
	};
	size_t largest = 0;

	for (size_t i = 1; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (w->budget->seconds[advice[i].slice] > w->budget->seconds[advice[largest].slice])
			largest = i;
	return say(w, "%s", advice[largest].advice);
}

static int advise_lock(struct writer *w)
{
	if (w->budget->seconds[HW_SLICE_GIL] > w->budget->seconds[HW_SLICE_LOCK])
		return say(w, "threads queue for the GIL: use processes, or native code that "
			      "releases it");
	return say(w, "hold the lock for less time, or give each thread its own data");
}

static int advise_idle(struct writer *w)
{
	const double *seconds = w->budget->seconds;

	if (seconds[HW_SLICE_CHILD] >
	    seconds[HW_SLICE_SLEEP] + seconds[HW_SLICE_OTHER] + seconds[HW_SLICE_IDLE])
		return say(w, "it waits for another process: look at that one");
	return say(w, "it mostly waits: a faster CPU or disk will not help, waiting less will "
		      "(timers, polling intervals, steps one after the other that could overlap)");
}

static int advise_mixed(struct writer *w)
{
	return say(w,
		   "no class reaches %.0f %% of wall time: `hwprof boundness COMMAND` shows the "
		   "lines behind each part",
		   HW_BOUND_MIN_SHARE * 100);
}

int hw_advice_write(const struct hw_bound_facts *facts, const struct hw_budget *budget,
		    enum hw_bound_class largest, char ***ret)
{
	static int (*const advise_class[HW_BOUND_CLASSES])(struct writer *) = {
		[HW_BOUND_CPU] = advise_cpu,   [HW_BOUND_MEMORY] = advise_memory,
		[HW_BOUND_IO] = advise_io,     [HW_BOUND_LOCK] = advise_lock,
		[HW_BOUND_IDLE] = advise_idle,
	};
	hw_auto(hw_sentences_free) char **list = NULL;
	struct writer w = { .facts = facts, .budget = budget, .list = &list };
	int r;

	if (budget->by_class[largest] < HW_BOUND_MIN_SHARE * budget->wall_s)
		r = advise_mixed(&w);
	else
		r = advise_class[largest](&w);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(list);
	return 0;
}
