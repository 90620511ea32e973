/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/evidence.h"

#include <math.h>
#include <stdio.h>

#include "bound/sentences.h"

/* A class, and a row of it, that takes less of the wall time is not worth a sentence. */
static const double class_matters = 0.05;
static const double row_matters = 0.01;
/* CPUs used from which on threads or processes clearly ran at once; of a short run the CPU time
 * before its first instruction and the clock's steps can be as much. */
static const double parallel_cpus = 1.05;
static const double parallel_s = 0.02;

struct evidence {
	const struct hw_bound_case *c;
	const struct hw_bound_facts *facts;
	const struct hw_usage *usage;
	const double *seconds; /* of the budget */
	struct hw_writer words;
};

#define say(e, ...) hw_writer_say(&(e)->words, __VA_ARGS__)

static double wall_percent(const struct evidence *e, double seconds)
{
	return 100 * hw_case_share(e->c, seconds);
}

static bool matters(const struct evidence *e, enum hw_slice slice)
{
	return hw_case_share(e->c, e->seconds[slice]) >= row_matters;
}

static void say_starved(struct evidence *e)
{
	const struct hw_wall *wall = e->c->wall;
	double seconds = e->seconds[HW_SLICE_STARVED];
	const char *reason = "other programs, or a CPU quota, were in the way";
	char figures[96] = "";

	if (wall)
		reason = hw_starved_words(hw_shape_starved_by(wall, e->facts->cpus))->reason;
	if (wall && (wall->throttled_s > 0 || wall->steal_s > 0))
		snprintf(figures, sizeof(figures),
			 " (held back by a quota %.3f s, stolen from all CPUs %.3f s)",
			 wall->throttled_s, wall->steal_s);
	say(e, "runnable but without a CPU for %.3f s (%.1f %% of wall): %s%s", seconds,
	    wall_percent(e, seconds), reason, figures);
}

/* The measured waits of @class that matter. */
static void say_waits(struct evidence *e, enum hw_bound_class class)
{
	for (unsigned int i = HW_WALL_DISK; i < HW_WALL_CLASSES; i++) {
		enum hw_slice slice = hw_slice_of_wait(i);
		double seconds = e->seconds[slice];

		if (hw_slice_class(slice) == class && matters(e, slice))
			say(e,
			    "nothing ran and the run %s for %.3f s (%.1f %% of wall); all threads "
			    "together waited so for %.3f s",
			    hw_time_kind(slice)->doing, seconds, wall_percent(e, seconds),
			    e->c->wall->thread_s[i]);
	}
}

/* CPU time, how many threads ran at once, and what the others waited for. */
static void say_cpu(struct evidence *e)
{
	const struct hw_usage *u = e->usage;
	const struct hw_wall *wall = e->c->wall;
	double cpu_s = e->c->budget->cpu_s, cpus = hw_case_share(e->c, cpu_s);

	say(e, "user %.3f s + system %.3f s in %.3f s of wall time: %.2f CPUs used", u->user_s,
	    u->sys_s, u->wall_s, cpus);
	if (wall)
		say(e,
		    "of %.3f s busy, one thread ran alone for %.3f s, %.2f on average; threads "
		    "waited %.3f s in all for a CPU, %.3f s for locks, %.3f s for the GIL",
		    e->c->shape.busy_s, wall->width_s[1], e->c->shape.width,
		    wall->thread_s[HW_WALL_STARVED], wall->thread_s[HW_WALL_LOCK],
		    wall->thread_s[HW_WALL_GIL]);
	else if (cpus > parallel_cpus && cpu_s - u->wall_s > parallel_s)
		say(e, "threads or processes ran at once: busy seconds are scaled to wall time");
}

/* The most that memory can have held up, as a share. */
static double stall_limit(const struct hw_bound_facts *facts)
{
	return facts->pmu_stall_limit >= 0 ? facts->pmu_stall_limit : 1;
}

/* What the PMU counted of it, beside the estimate from samples where both are there. */
static void say_stall_counts(struct evidence *e)
{
	const struct hw_bound_facts *f = e->facts;
	bool counted = f->pmu_stall >= 0;
	const struct hw_metric *metric = counted ? f->pmu_metric : f->pmu_limit_metric;
	char samples[80] = "";

	if (!counted && f->pmu_stall_limit < 0)
		return;
	if (f->stall_share >= 0)
		snprintf(samples, sizeof(samples), ", from samples %.0f %% +- %.0f points",
			 f->stall_share * 100, f->stall_error * 100);
	say(e, "memory stall: PMU %s%.1f %% of cycles (%s = %s)%s", counted ? "" : "at most ",
	    (counted ? f->pmu_stall : f->pmu_stall_limit) * 100, metric->name, metric->formula,
	    samples);
}

static void say_memory(struct evidence *e)
{
	const struct hw_usage *u = e->usage;
	double faults_s = (double)hw_usage_memory_faults(u) * e->facts->page_fault_s;

	if (matters(e, HW_SLICE_FAULTS) && !hw_bound_facts_sampled(e->facts))
		say(e,
		    "%s page faults x %.2f us, as measured on this machine: %.3f s of %.3f s "
		    "system time (an estimate)",
		    HW_GROUPED(hw_usage_memory_faults(u)), e->facts->page_fault_s * 1e6,
		    fmin(u->sys_s, faults_s), u->sys_s);
	if (!matters(e, HW_SLICE_STALL))
		return;
	switch (hw_bound_facts_stall_method(e->facts)) {
	case HW_STALL_COUNTED:
		say(e, "held up by memory for %.3f s of wall time, as the core counts it",
		    e->seconds[HW_SLICE_STALL]);
		break;
	case HW_STALL_SAMPLED:
		say(e,
		    "%.0f %% of the user time was held up by memory (an estimate without a counter "
		    "for it, from where the samples lie, +- %.0f points)",
		    fmin(e->facts->stall_share, stall_limit(e->facts)) * 100,
		    e->facts->stall_error * 100);
		break;
	default:
		say(e,
		    "%s last-level cache misses x %d ns, at most user time: held up by memory for "
		    "%.3f s of wall time (an estimate, misses that overlap cost less)",
		    HW_GROUPED(e->facts->cache_misses), HW_BOUND_MISS_NS,
		    e->seconds[HW_SLICE_STALL]);
		break;
	}
}

static void say_io(struct evidence *e)
{
	const struct hw_usage *u = e->usage;

	if (e->c->wall)
		say_waits(e, HW_BOUND_IO);
	else if (matters(e, HW_SLICE_DISK))
		say(e,
		    "%s blocks of 512 bytes from and %s to storage, %s major faults, %s voluntary "
		    "switches: about %.3f s of waiting for storage (an estimate)",
		    HW_GROUPED(u->in_blocks), HW_GROUPED(u->out_blocks),
		    HW_GROUPED(hw_usage_read_faults(u)), HW_GROUPED(u->voluntary_switches),
		    e->seconds[HW_SLICE_DISK]);
	if (matters(e, HW_SLICE_IO_WAIT))
		say(e,
		    "%s voluntary switches beside %s read and write calls that moved %s bytes: "
		    "about %.3f s in short waits; rusage cannot tell network, pipe and lock apart",
		    HW_GROUPED(u->voluntary_switches), HW_GROUPED(u->io_calls),
		    HW_GROUPED((double)u->read_chars + (double)u->written_chars),
		    e->seconds[HW_SLICE_IO_WAIT]);
	if (matters(e, HW_SLICE_KERNEL_IO) && !hw_bound_facts_sampled(e->facts))
		say(e,
		    "%.3f s of the kernel's work went to I/O by the number and size of the calls "
		    "(an estimate)",
		    e->seconds[HW_SLICE_KERNEL_IO]);
}

static void say_idle(struct evidence *e)
{
	double idle_s = e->seconds[HW_SLICE_IDLE];

	if (e->c->wall)
		say_waits(e, HW_BOUND_IDLE);
	else
		say(e,
		    "nothing ran for %.3f s (%.1f %% of wall) beyond what its I/O explains, with "
		    "%s voluntary switches: sleep, a timer, another process, a socket or a lock; "
		    "rusage cannot tell them apart",
		    idle_s, wall_percent(e, idle_s), HW_GROUPED(e->usage->voluntary_switches));
}

static void say_lock(struct evidence *e)
{
	if (e->c->wall)
		say_waits(e, HW_BOUND_LOCK);
}

/* Where samples of CPUs were: "of 400 samples on a CPU 60.0 % were in user code, ...". */
static void say_sampled(struct evidence *e)
{
	const struct hw_bound_facts *f = e->facts;
	bool first = true;

	if (!hw_bound_facts_sampled(f) || !f->n_samples)
		return;
	hw_writer_put(&e->words, "of %s samples on a CPU", HW_GROUPED(f->n_samples));
	for (int i = 0; i < HW_SLICES; i++) {
		enum hw_slice slice = hw_time_kinds[i].slice;

		if (slice >= HW_SLICES_SAMPLED || slice == HW_SLICE_KERNEL) /* the rest */
			continue;
		hw_writer_put(&e->words, "%s%.1f %% %s%s", first ? " " : ", ",
			     f->sampled[slice] * 100, first ? "were " : "", hw_time_kinds[i].part);
		first = false;
	}
	say(e, " (standard error at most %.1f points)", 50 / sqrt((double)f->n_samples));
}

static void say_counts(struct evidence *e)
{
	const struct hw_bound_facts *f = e->facts;
	double ipc = hw_bound_facts_ipc(f), mpki = hw_bound_facts_mpki(f);

	if (ipc >= 0 && mpki >= 0)
		say(e,
		    "%.2f instructions per cycle, %.2f last-level cache misses per 1,000 "
		    "instructions",
		    ipc, mpki);
	else if (ipc >= 0)
		say(e, "%.2f instructions per cycle", ipc);
	else if (f->stall_share < 0 &&
		 hw_case_share(e->c, e->seconds[HW_SLICE_USER]) >= HW_BOUND_MIN_SHARE)
		say(e, "no hardware counters: how much of the user time waited for memory is not "
		       "known");
	say_stall_counts(e);
}

int hw_evidence_write(const struct hw_bound_case *c, enum hw_bound_class largest, char ***ret)
{
	static void (*const say_class[HW_BOUND_CLASSES])(struct evidence *) = {
		[HW_BOUND_CPU] = say_cpu,   [HW_BOUND_MEMORY] = say_memory, [HW_BOUND_IO] = say_io,
		[HW_BOUND_LOCK] = say_lock, [HW_BOUND_IDLE] = say_idle,
	};
	struct evidence e = {
		.c = c,
		.facts = c->facts,
		.usage = &c->facts->usage,
		.seconds = c->budget->seconds,
	};
	int r;

	if (hw_case_is_starved(c))
		say_starved(&e);
	say_class[largest](&e);
	for (int class = 0; class < HW_BOUND_CLASSES; class++)
		if (class != (int)largest &&
		    (class == HW_BOUND_CPU ||
		     hw_case_share(c, c->budget->by_class[class]) >= class_matters))
			say_class[class](&e);
	say_counts(&e);
	say_sampled(&e);
	r = hw_writer_take(&e.words, ret);
	hw_writer_done(&e.words);
	return r;
}
