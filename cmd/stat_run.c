/* SPDX-License-Identifier: Apache-2.0 */
#include "stat_run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "kernel/refusal.h"
#include "proc/task.h"
#include "sched/waits.h"
#include "base/exit.h"
#include "session/signals.h"
#include "session/workload.h"

/* A process we attach to may vanish with its figures: they are read this often to have recent
 * ones. */
#define USAGE_PERIOD_S 0.5
#define WAITS_PERIOD_S 0.05 /* of hw_waits_tick() */


struct run {
	const struct stat_args *args;
	FILE *out;
	struct hw_stat *stat;
	struct hw_signals *signals;
	struct hw_workload *workload; /* NULL without a command */
	struct hw_counters *counters; /* NULL: nothing can be counted, counters_error says why */
	int counters_error;
	struct hw_waits *waits; /* NULL: the scheduler is not watched */
	int waits_error;	/* why not; 0 when nobody asked */
	int pid_fd;			 /* readable once the process attached to has ended; -1 */
	struct hw_usage first, last;	 /* of the process or machine attached to */
	double start_s; /* CLOCK_MONOTONIC, as are the times of the next interval and readings */
	double tick_s, usage_s, waits_s;
	struct hw_count before[HW_EVENTS_MAX]; /* at the end of the last interval */
	bool header_due;
	bool output_failed;
};

static void run_done(struct run *run)
{
	hw_counters_free(run->counters);
	hw_waits_free(run->waits);
	if (run->signals)
		run->stat->asked = hw_signals_last(run->signals);
	hw_workload_free(run->workload);
	hw_signals_free(run->signals);
	if (run->pid_fd >= 0)
		close(run->pid_fd);
}
HW_DEFINE_AUTO_DONE(struct run, run_done)

static bool is_attached(const struct run *run)
{
	return run->args->pid || run->args->all_cpus;
}

static int read_usage(const struct run *run, struct hw_usage *ret)
{
	return run->args->pid ? hw_usage_of_process(run->args->pid, ret) : hw_usage_of_machine(ret);
}

static void read_counts(const struct run *run, struct hw_count *counts)
{
	for (size_t i = 0; i < run->args->events.count; i++) {
		int r = run->counters_error;

		if (run->counters)
			r = hw_counters_read(run->counters, i, &counts[i]);
		if (r < 0)
			counts[i] =
				(struct hw_count){ .status = hw_counter_status_of(r), .error = r };
	}
}

/* Scaled totals may shrink a little when the scale changes: an interval is never negative. */
static void print_interval(struct run *run)
{
	struct hw_count now[HW_EVENTS_MAX], grown[HW_EVENTS_MAX];
	int r;

	read_counts(run, now);
	for (size_t i = 0; i < run->args->events.count; i++) {
		grown[i] = now[i];
		grown[i].value -= run->before[i].value;
		if (grown[i].value < 0)
			grown[i].value = 0;
		run->before[i] = now[i];
	}
	r = run->args->printer->interval(run->out, run->stat, run->args->separator,
					 hw_clock_s() - run->start_s, grown, run->header_due);
	run->header_due = false;
	if (r < 0 || fflush(run->out) == EOF)
		run->output_failed = true;
}

/* Does what is due and returns in how many ms there is more to do; -1: not before something
 * happens. */
static int do_what_is_due(struct run *run)
{
	double now = hw_clock_s(), next = -1;

	if (run->args->interval_ms) {
		double interval_s = (double)run->args->interval_ms / 1e3;

		if (now >= run->tick_s) {
			print_interval(run);
			while (run->tick_s <= now) /* a stopped hwprof skips what it missed */
				run->tick_s += interval_s;
		}
		next = run->tick_s;
	}
	if (run->args->pid) {
		if (now >= run->usage_s) {
			read_usage(run, &run->last);
			run->usage_s = now + USAGE_PERIOD_S;
		}
		if (next < 0 || run->usage_s < next)
			next = run->usage_s;
	}
	if (run->waits) {
		if (now >= run->waits_s) {
			hw_waits_tick(run->waits, 0);
			run->waits_s = now + WAITS_PERIOD_S;
		}
		if (next < 0 || run->waits_s < next)
			next = run->waits_s;
	}
	return next < 0 ? -1 : (int)((next - now) * 1e3) + 1;
}

/* Until the command or process ends, or somebody asks for the end. */
static int watch(struct run *run)
{
	struct pollfd fds[] = {
		{ .fd = hw_signals_fd(run->signals), .events = POLLIN },
		{ .fd = run->pid_fd, .events = POLLIN },
	};
	int r;

	while ((r = hw_signals_look(run->signals, run->workload)) == 0 && !fds[1].revents) {
		int timeout_ms = do_what_is_due(run);

		if (poll(fds, 2, timeout_ms) < 0 && errno != EINTR)
			return -errno;
	}
	return r < 0 ? r : 0;
}

static int cannot_run(const char *name, int error)
{
	const char *remedy = "";

	if (error == -ENOENT && strchr(name, '/'))
		remedy = "; check the path, and the interpreter in its first line";
	else if (error == -ENOENT)
		remedy = "; check the name and $PATH";
	else if (error == -EACCES)
		remedy = "; make it executable with chmod +x, or name its interpreter before it";
	else if (error == -ENOEXEC)
		remedy = "; it is no program for this machine";
	log_error("cannot run '%s': %s%s", name, strerror(-error), remedy);
	return hw_workload_exit_of_exec_error(error);
}

static int process_ended(const struct run *run)
{
	log_error("process %d has ended: nothing to measure", (int)run->args->pid);
	return HW_EXIT_OURS;
}

/* Opens the counters; without them the rest is measured all the same. */
static int open_counters(struct run *run)
{
	struct hw_counters_opts opts = {
		.all_cpus = run->args->all_cpus,
		.enable_on_exec = !is_attached(run),
	};

	if (!run->args->all_cpus)
		opts.pid = run->args->pid ? run->args->pid : hw_workload_pid(run->workload);
	run->counters_error = hw_counters_open(&run->args->events, &opts, &run->counters);
	if (run->counters_error == -ESRCH && run->args->pid)
		return process_ended(run);
	return 0;
}

/* Watches the scheduler, where that is permitted; without it the budget is estimated. */
static void open_waits(struct run *run)
{
	const struct hw_waits_opts opts = { 0 };
	int r;

	if (run->args->all_cpus)
		return; /* a machine always has something that runs */
	r = hw_waits_open(&opts, &run->waits);
	if (r < 0)
		run->waits_error = r;
}

static void begin_waits(struct run *run)
{
	int r = 0;

	if (run->waits)
		r = hw_waits_add(run->waits, run->args->pid ? run->args->pid
							    : hw_workload_pid(run->workload));

	if (r < 0) {
		run->waits_error = r;
		run->waits = hw_waits_free(run->waits);
	}
}

static int prepare(struct run *run)
{
	const struct stat_args *args = run->args;
	struct hw_workload_opts opts = { .argv = args->argv, .fds = args->fds };
	int r = hw_signals_new(!args->argv, &run->signals);

	opts.signals = run->signals;
	if (r >= 0 && args->argv)
		r = hw_workload_spawn(&opts, &run->workload);
	if (r < 0) {
		log_error("cannot start a process: %s; see `ulimit -u`", strerror(-r));
		return HW_EXIT_OURS;
	}
	if (args->pid) {
		run->pid_fd = hw_task_pidfd(args->pid);
		if (run->pid_fd == -ESRCH)
			return process_ended(run);
	}
	r = open_counters(run);
	if (r)
		return r;
	open_waits(run);
	if (is_attached(run)) {
		r = read_usage(run, &run->first);
		if (r == -ESRCH)
			return process_ended(run);
		if (r < 0) {
			log_error("cannot read what has been used so far: %s; is /proc mounted?",
				  strerror(-r));
			return HW_EXIT_OURS;
		}
		run->last = run->first;
	}
	read_counts(run, run->before);
	return 0;
}

/* The account of the scheduler, unless it has lost sight of threads: then the budget is estimated.
 * Of a process attached to @usage has another part: no children, and clock ticks. */
static void end_waits(struct run *run, const struct hw_usage *usage, struct hw_wall *ret)
{
	hw_autofree char *why = NULL;

	if (!run->waits || hw_waits_end(run->waits, usage->wall_s, ret) < 0 || !ret->known)
		return;
	if (hw_waits_believable(run->waits, ret, is_attached(run) ? NULL : usage, &why))
		return;
	if (!run->stat->wall_reason)
		run->stat->wall_reason = hw_take_ptr(why);
	hw_wall_done(ret);
}

static int finish(struct run *run, int *ret_status)
{
	struct hw_count counts[HW_EVENTS_MAX];
	hw_auto(hw_wall_done) struct hw_wall wall = { 0 };
	struct hw_usage usage = { 0 };
	int r;

	if (run->args->interval_ms)
		print_interval(run);
	read_counts(run, counts);
	if (is_attached(run)) /* gone: what was read last stands */
		read_usage(run, &run->last);
	*ret_status = 0;
	if (run->args->argv) {
		r = hw_workload_reap(run->workload, &usage, ret_status);
		if (r < 0) {
			log_error_errno(r, "cannot wait for %s", run->args->argv[0]);
			return HW_EXIT_OURS;
		}
	}
	if (is_attached(run))
		usage = hw_usage_diff(&run->first, &run->last);
	end_waits(run, &usage, &wall);
	if (run->waits_error < 0 && !run->stat->wall_reason)
		run->stat->wall_reason = hw_bpf_explain(run->waits_error);
	hw_stat_add_run(run->stat, &usage, &wall, counts);
	if (!run->output_failed)
		return 0;
	log_error("cannot write %s: %s", run->args->path ? run->args->path : "to stderr",
		  strerror(EIO));
	return *ret_status ? *ret_status : HW_EXIT_OURS;
}

int stat_run(const struct stat_args *args, FILE *out, struct hw_stat *stat, int *ret_status)
{
	hw_auto(run_done) struct run run = {
		.args = args,
		.out = out,
		.stat = stat,
		.pid_fd = -1,
		.header_due = stat->runs == 0,
	};
	int r = prepare(&run);

	if (r)
		return r;
	run.start_s = hw_clock_s();
	run.tick_s = run.start_s + (double)args->interval_ms / 1e3;
	run.usage_s = run.start_s + USAGE_PERIOD_S;
	begin_waits(&run);
	if (args->argv) {
		r = hw_workload_start(run.workload);
		if (r < 0)
			return cannot_run(args->argv[0], r);
	}
	r = watch(&run);
	if (r < 0) {
		log_error_errno(r, "cannot wait for events");
		return HW_EXIT_OURS;
	}
	return finish(&run, ret_status);
}
