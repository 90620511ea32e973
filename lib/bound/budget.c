/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/budget.h"

#include <errno.h>
#include <math.h>

/* Below one instruction a cycle, with more than 10 LLC misses per 1,000 of them, at 80 ns and
 * 3 GHz a core that overlaps nothing waits 2.4 cycles for memory per instruction: code that
 * computes has an IPC above 1 and 0 to 2 such misses. */
static const double stall_ipc = 1.0;
static const double stall_mpki = 10.0;

/* Kernel work for I/O: entering and leaving a call with its file look-ups (0.2 to 1 us measured
 * for 1-byte reads and writes of files and pipes), copying (some 4 GB/s), and going to sleep and
 * being woken, with the interrupt that does so. */
static const double call_s = 1e-6;
static const double char_s = 0.25e-9;
static const double switch_s = 10e-6;

/* An fsync of one page on ext4 was measured to sleep 3.6 times: data, journal, commit, flush. */
static const double waits_per_op = 4;
/* The longest wait for storage taken for granted: a seek and half a turn of a hard disk. */
static const double disk_wait_s = 10e-3;
/* The same for other I/O: a round trip in a data centre. What takes longer waits for something to
 * happen, not for the I/O. */
static const double io_wait_s = 1e-3;

/* System time by counts: page faults first, at their measured cost, then I/O. */
static void split_system(const struct hw_bound_facts *facts, double sys_s, double *seconds)
{
	const struct hw_usage *u = &facts->usage;
	double faults = (double)hw_usage_memory_faults(u) * fmax(facts->page_fault_s, 0);
	/* a program that only sleeps or waits for locks changes tasks too: count no more switches
	 * than the I/O can have caused */
	double switches =
		fmin((double)u->voluntary_switches,
		     (double)u->io_calls + hw_bound_facts_storage_ops(facts) * waits_per_op);
	double io = (double)u->io_calls * call_s +
		    ((double)u->read_chars + (double)u->written_chars) * char_s +
		    switches * switch_s;

	seconds[HW_SLICE_FAULTS] = fmin(sys_s, faults);
	seconds[HW_SLICE_KERNEL_IO] = fmin(sys_s - seconds[HW_SLICE_FAULTS], io);
	seconds[HW_SLICE_KERNEL] = sys_s - seconds[HW_SLICE_FAULTS] - seconds[HW_SLICE_KERNEL_IO];
}

/* CPU time by the shares that samples of it saw. */
static bool split_sampled(const struct hw_bound_facts *facts, double cpu_s, double *seconds)
{
	double sum = 0;

	for (int slice = 0; slice < HW_SLICES_SAMPLED; slice++) {
		if (facts->sampled[slice] < 0)
			return false;
		sum += facts->sampled[slice];
	}
	for (int slice = 0; sum > 0 && slice < HW_SLICES_SAMPLED; slice++)
		seconds[slice] = cpu_s * facts->sampled[slice] / sum;
	return sum > 0;
}

static double misses_s(const struct hw_bound_facts *facts)
{
	if (hw_bound_facts_ipc(facts) < 0 || hw_bound_facts_ipc(facts) >= stall_ipc ||
	    !(hw_bound_facts_mpki(facts) > stall_mpki))
		return 0;
	return facts->cache_misses * HW_BOUND_MISS_NS / 1e9;
}

/* User time held up by memory. Estimates are held within what the PMU says is the most. */
static double stalled_s(const struct hw_bound_facts *facts, double user_s)
{
	double most_s = facts->pmu_stall_limit >= 0 ? user_s * facts->pmu_stall_limit : user_s;

	switch (hw_bound_facts_stall_method(facts)) {
	case HW_STALL_COUNTED:
		return user_s * fmin(facts->pmu_stall, 1);
	case HW_STALL_SAMPLED:
		return fmin(most_s, user_s * facts->stall_share);
	case HW_STALL_BY_MISSES:
		return fmin(most_s, misses_s(facts));
	default:
		return 0;
	}
}

/* The CPU time of all threads. */
static void split_cpu(const struct hw_bound_facts *facts, struct hw_budget *b)
{
	double user_s = fmax(facts->usage.user_s, 0), sys_s = fmax(facts->usage.sys_s, 0);

	if (user_s + sys_s == 0 && hw_bound_facts_measured(facts)) /* a process that has gone */
		user_s = fmax(facts->wall->thread_s[HW_WALL_BUSY], 0);
	b->cpu_s = user_s + sys_s;
	if (!split_sampled(facts, b->cpu_s, b->seconds)) {
		b->seconds[HW_SLICE_USER] = user_s;
		split_system(facts, sys_s, b->seconds);
	}
	b->seconds[HW_SLICE_STALL] = stalled_s(facts, b->seconds[HW_SLICE_USER]);
	b->seconds[HW_SLICE_USER] -= b->seconds[HW_SLICE_STALL];
}

/* Scales the CPU time to @busy_s of wall time: threads that ran at once fill the same second. */
static void scale_busy(struct hw_budget *b, double busy_s)
{
	double sum = 0;

	for (int slice = 0; slice < HW_SLICES_BUSY; slice++)
		sum += b->seconds[slice];
	for (int slice = 0; slice < HW_SLICES_BUSY; slice++)
		b->seconds[slice] *= sum > 0 ? busy_s / sum : 0;
	if (!(sum > 0)) /* ran for less than a step of the clocks of user and system time */
		b->seconds[HW_SLICE_USER] = busy_s;
	b->busy_s = busy_s;
}

/* The part of @wait_s, made up of *@switches waits of one length, that @candidates of them took
 * when none of these lasted longer than @longest_s; takes them out of *@switches. */
static double part_of_wait(double wait_s, double *switches, double candidates, double longest_s)
{
	double n_waits = fmin(*switches, candidates), part;

	if (!(n_waits > 0))
		return 0;
	part = fmin(wait_s * n_waits / *switches, n_waits * longest_s);
	*switches -= n_waits;
	return part;
}

static void split_waiting(const struct hw_bound_facts *facts, double wait_s, double *seconds)
{
	const struct hw_usage *u = &facts->usage;
	double switches = (double)u->voluntary_switches;

	seconds[HW_SLICE_STARVED] = fmin(wait_s, fmax(u->cpu_wait_s, 0));
	wait_s -= seconds[HW_SLICE_STARVED];
	seconds[HW_SLICE_DISK] = part_of_wait(
		wait_s, &switches, hw_bound_facts_storage_ops(facts) * waits_per_op, disk_wait_s);
	wait_s -= seconds[HW_SLICE_DISK];
	seconds[HW_SLICE_IO_WAIT] = part_of_wait(wait_s, &switches, (double)u->io_calls, io_wait_s);
	seconds[HW_SLICE_IDLE] = wait_s - seconds[HW_SLICE_IO_WAIT];
}

/* The scheduler's clock starts with the command's first instruction and ends with its last thread:
 * what its classes miss of @b's wall time, fractions of a millisecond, is "other". */
static void split_measured(const struct hw_wall *w, struct hw_budget *b)
{
	double sum = 0, scale, busy_s;

	for (int class = 0; class < HW_WALL_CLASSES; class++)
		sum += fmax(w->seconds[class], 0);
	scale = sum > b->wall_s ? b->wall_s / sum : 1;
	busy_s = scale * fmax(w->seconds[HW_WALL_BUSY], 0);
	scale_busy(b, busy_s);
	b->seconds[HW_SLICE_OTHER] = fmax(b->wall_s - scale * sum, 0);
	for (unsigned int class = HW_WALL_BUSY + 1; class < HW_WALL_CLASSES; class++)
		b->seconds[hw_slice_of_wait(class)] += scale * fmax(w->seconds[class], 0);
}

int hw_budget_split(const struct hw_bound_facts *facts, struct hw_budget *ret)
{
	const struct hw_usage *u = &facts->usage;
	struct hw_budget b = { .wall_s = u->wall_s };

	if (!(u->wall_s > 0) || !isfinite(u->wall_s) || !isfinite(u->user_s) ||
	    !isfinite(u->sys_s))
		return -EINVAL;
	split_cpu(facts, &b);
	if (hw_bound_facts_measured(facts)) {
		split_measured(facts->wall, &b);
	} else {
		scale_busy(&b, fmin(b.cpu_s, b.wall_s));
		split_waiting(facts, b.wall_s - b.busy_s, b.seconds);
	}
	for (int slice = 0; slice < HW_SLICES; slice++)
		b.by_class[hw_slice_class(slice)] += b.seconds[slice];
	*ret = b;
	return 0;
}
