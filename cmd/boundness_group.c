/* SPDX-License-Identifier: Apache-2.0 */
#include "boundness_group.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "sched/waits.h"
#include "cmd.h"
#include "proc/cgroup.h"
#include "proc/fault_cost.h"
#include "proc/machine.h"
#include "proc/task.h"
#include "report/group_print.h"
#include "session/signals.h"
#include "session/workload.h"

#define PROCESSES_MAX 8192 /* accounts; a kilobyte of kernel memory each */
#define PERIOD_MS     100
#define USAGE_TICKS   5 /* periods from one reading of what the processes used to the next */
#define COMMAND_SIZE  256

/* A process that was there when we came, joined the cgroup, or was created by one of them. */
struct known {
	pid_t pid;
	bool ended;
	bool created; /* meanwhile: all that it used counts */
	struct hw_usage first, last;
	char command[COMMAND_SIZE];
};

struct watch {
	const struct boundness_group *args;
	struct hw_waits *waits;
	struct hw_signals *signals;
	struct hw_workload *workload; /* NULL without a command */
	char *cgroup;
	struct known *known; /* by pid */
	size_t n, cap;
	uint32_t seen; /* accounts whose process was noted */
	double start_s, throttled_s, steal_s;
};

static void watch_done(struct watch *w)
{
	hw_waits_free(w->waits);
	hw_workload_free(w->workload);
	hw_signals_free(w->signals);
	free(w->cgroup);
	free(w->known);
}
HW_DEFINE_AUTO_DONE(struct watch, watch_done)

/* --- who is watched --- */

static size_t place_of(const struct watch *w, pid_t pid)
{
	size_t low = 0, high = w->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->known[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct known *find_known(const struct watch *w, pid_t pid)
{
	size_t at = place_of(w, pid);

	return at < w->n && w->known[at].pid == pid ? &w->known[at] : NULL;
}

/* Notes @pid and what it has used so far, unless it has gone, was known or is ours. 1: noted. */
static int note(struct watch *w, pid_t pid)
{
	struct known k = { .pid = pid };
	size_t at = place_of(w, pid);

	if (pid == getpid() || (w->workload && pid == hw_workload_pid(w->workload)) ||
	    find_known(w, pid) ||
	    hw_usage_of_process(pid, &k.first) < 0)
		return 0;
	k.last = k.first;
	if (hw_task_command(pid, k.command, sizeof(k.command)) < 0)
		return 0; /* a thread of the kernel */
	if (hw_reserve(w->known, w->cap, w->n + 1) < 0)
		return -ENOMEM;
	memmove(&w->known[at + 1], &w->known[at], (w->n - at) * sizeof(k));
	w->known[at] = k;
	w->n++;
	return 1;
}

/* Notes those that were created since the last time, while they are there to be asked. */
static int note_created(struct watch *w)
{
	pid_t pid;

	while ((pid = hw_waits_pid(w->waits, w->seen + 1))) {
		int r = note(w, pid);

		if (r < 0)
			return r;
		if (r > 0)
			find_known(w, pid)->created = true;
		w->seen++;
	}
	return 0;
}

static int note_all(struct watch *w, const pid_t *pids, size_t n, bool add)
{
	for (size_t i = 0; i < n; i++) {
		int r = note(w, pids[i]);

		if (r > 0 && add)
			r = hw_waits_add(w->waits, pids[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Those that the cgroup has now. Returns their number; 0 also when it has gone. */
static int look_into_cgroup(struct watch *w)
{
	hw_autofree pid_t *pids = NULL;
	int n = hw_cgroup_processes(w->cgroup, &pids), r;

	if (n < 0)
		return n == -ENOENT ? 0 : n;
	r = note_all(w, pids, (size_t)n, true);
	return r < 0 ? r : n;
}

static int look_at_machine(struct watch *w)
{
	hw_autofree pid_t *pids = NULL;
	int n = hw_task_processes(&pids), r;

	if (n < 0)
		return n;
	r = note_all(w, pids, (size_t)n, false);
	return r < 0 ? r : hw_waits_add(w->waits, 0);
}

/* Whom to watch is added once the accounts are open. 0 or a negative errno. */
static int add_first(struct watch *w)
{
	int r;

	if (w->args->all)
		return look_at_machine(w);
	if (w->cgroup) {
		r = look_into_cgroup(w);
		return r < 0 ? r : 0;
	}
	return note_all(w, w->args->pids, w->args->n_pids, true);
}

/* --- until when --- */

/* What vanishes with a process is read now and then; whether any is left. */
static bool read_usages(struct watch *w)
{
	bool alive = false;

	for (size_t i = 0; i < w->n; i++) {
		struct known *k = &w->known[i];

		if (!k->ended && hw_usage_of_process(k->pid, &k->last) < 0)
			k->ended = true;
		if (!k->ended)
			hw_task_command(k->pid, k->command, sizeof(k->command));
		alive |= !k->ended && !k->created;
	}
	return alive;
}

/* The largest figure seen: that of a process that has gone cannot be read. */
static void look_at_quota(const struct watch *w, double *ret)
{
	double throttled_s = 0;

	if (w->cgroup && w->n)
		throttled_s = hw_machine_throttled_s(w->known[w->n - 1].pid);
	if (throttled_s > *ret)
		*ret = throttled_s;
}

/* Every PERIOD_MS. 1: nobody is left to watch; 0; or a negative errno. */
static int look(struct watch *w, size_t tick, double *throttled_s)
{
	bool usage_due = tick % USAGE_TICKS == 0 && !w->args->all;
	int r = hw_waits_tick(w->waits, 0);

	if (r < 0)
		return r;
	if (w->cgroup) {
		r = look_into_cgroup(w);
		if (r <= 0)
			return r < 0 ? r : 1;
	}
	look_at_quota(w, throttled_s);
	r = note_created(w);
	if (r < 0)
		return r;
	return usage_due && !read_usages(w) && !w->cgroup;
}

static int run(struct watch *w, double *throttled_s)
{
	struct pollfd fd = { .fd = hw_signals_fd(w->signals), .events = POLLIN };
	bool limited = w->args->duration_ns != 0;
	double end_s = w->start_s + (double)w->args->duration_ns / 1e9, next_s = w->start_s;
	size_t tick = 1;
	int r;

	while ((r = hw_signals_look(w->signals, w->workload)) == 0) {
		double now = hw_clock_s(), until;

		if (limited && now >= end_s)
			return 0;
		if (now >= next_s) {
			r = look(w, tick++, throttled_s);
			if (r)
				return r < 0 ? r : 0;
			next_s = now + PERIOD_MS / 1e3;
		}
		until = limited && end_s < next_s ? end_s : next_s;
		if (poll(&fd, 1, (int)((until - now) * 1e3) + 1) < 0 && errno != EINTR)
			return -errno;
	}
	return r < 0 ? r : 0;
}

/* --- what came of it --- */

static bool is_named(const struct watch *w, pid_t pid)
{
	for (size_t i = 0; i < w->args->n_pids; i++)
		if (w->args->pids[i] == pid)
			return true;
	return false;
}

/* What process @p used meanwhile: one that began meanwhile, all that it has used. */
static void fill_usage(const struct watch *w, const struct hw_waits_process *p, double wall_s,
		       struct hw_group_member *m)
{
	struct known *k = find_known(w, p->pid);
	struct hw_usage now;

	if (k) {
		if (p->alive)
			hw_usage_of_process(p->pid, &k->last);
		else if (w->args->all)
			return; /* it was not read until its end */
		m->usage = k->created ? k->last : hw_usage_diff(&k->first, &k->last);
	} else if (p->alive && p->wall.wall_s < wall_s && hw_usage_of_process(p->pid, &now) == 0) {
		m->usage = now;
	} else {
		return;
	}
	m->has_usage = m->usage.user_s >= 0 && m->usage.sys_s >= 0;
	if (!m->has_usage)
		m->usage = (struct hw_usage){ 0 };
}

/* What is known of one that has ended may be from before it called execve(2): then the name of its
 * program, which is always right, does not fit. */
static char *command_of(const struct watch *w, const struct hw_waits_process *p)
{
	const struct known *k = find_known(w, p->pid);
	char text[COMMAND_SIZE];

	if (p->alive && hw_task_command(p->pid, text, sizeof(text)) == 0)
		return strdup(text);
	if (k && (!k->created || !strncmp(k->command, p->comm, strlen(p->comm))))
		return strdup(k->command);
	return strdup(p->comm);
}

static int add_member(const struct watch *w, const struct hw_waits_process *p, struct hw_group *g)
{
	struct hw_group_member m = {
		.pid = p->pid,
		.alive = p->alive,
		.named = is_named(w, p->pid),
		.wall = p->wall,
		.command = command_of(w, p),
	};

	if (!m.command || hw_reserve(g->members, g->cap, g->n + 1) < 0) {
		free(m.command);
		return -ENOMEM;
	}
	fill_usage(w, p, g->wall_s, &m);
	g->members[g->n++] = m;
	return 0;
}

static int gather(struct watch *w, struct hw_group *g)
{
	hw_autofree struct hw_waits_process *list = NULL;
	ssize_t n = hw_waits_processes(w->waits, &list, &g->left_out);

	g->missed = hw_waits_missed(w->waits);
	for (ssize_t i = 0; i < n; i++) {
		int r = add_member(w, &list[i], g);

		if (r < 0)
			return r;
	}
	return n < 0 ? (int)n : 0;
}

static int print(const struct boundness_group *args, const struct hw_group *g)
{
	struct hw_style style;

	if (args->json)
		return hw_group_print_json(args->f, g);
	setlocale(LC_CTYPE, ""); /* may the terminal show UTF-8? */
	style = hw_style_of(fileno(args->f));
	return hw_group_print(args->f, g, &style);
}

/* Returns 0 or HW_EXIT_OURS, with the reason printed. */
static int show(struct watch *w, double throttled_s)
{
	hw_auto(hw_group_done) struct hw_group g = {
		.wall_s = hw_clock_s() - w->start_s,
		.throttled_s = throttled_s - w->throttled_s,
		.steal_s = hw_machine_steal_s() - w->steal_s,
		.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
	};
	hw_autofree char *title = NULL;
	int r = gather(w, &g);

	if (w->cgroup && asprintf(&title, "cgroup %s", w->args->cgroup) < 0)
		title = NULL;
	g.title = w->args->all ? "the machine" : title;
	if (r >= 0 && !g.n) {
		log_error("there was no process to measure%s", w->cgroup ? " in the cgroup" : "");
		return HW_EXIT_OURS;
	}
	if (r >= 0)
		r = hw_group_judge(&g, hw_fault_cost_s());
	if (r < 0) {
		log_error_errno(r, "cannot judge the processes");
		return HW_EXIT_OURS;
	}
	r = print(w->args, &g);
	if (r < 0)
		log_error_errno(r, "cannot print the table%s%s", w->args->name ? " to " : "",
				w->args->name ? w->args->name : "");
	return r < 0 ? HW_EXIT_OURS : 0;
}

/* --- the run --- */

/* Everything that can be refused, is refused here: 0 or HW_EXIT_OURS with the reason printed. */
static int prepare(struct watch *w)
{
	const struct hw_waits_opts opts = { .processes = PROCESSES_MAX };
	int r = 0;

	if (w->args->cgroup)
		r = hw_cgroup_find(w->args->cgroup, &w->cgroup);
	if (r < 0) {
		log_error("no cgroup '%s': name a folder that has a cgroup.procs, or one below "
			  "/sys/fs/cgroup; /proc/PID/cgroup tells in which a process is",
			  w->args->cgroup);
		return HW_EXIT_OURS;
	}
	r = hw_signals_new(!w->args->command, &w->signals);
	if (r >= 0 && w->args->command)
		r = hw_workload_spawn(&(struct hw_workload_opts){ .argv = w->args->command,
								  .signals = w->signals },
				      &w->workload);
	if (r < 0) {
		log_error_errno(r, "cannot start");
		return HW_EXIT_OURS;
	}
	r = hw_waits_open(&opts, &w->waits);
	if (r < 0) {
		log_error("the scheduler cannot be watched: %s; it needs root, or CAP_BPF and "
			  "CAP_PERFMON; `hwprof doctor` tells what is missing", strerror(-r));
		return HW_EXIT_OURS;
	}
	w->steal_s = hw_machine_steal_s();
	w->start_s = hw_clock_s();
	r = add_first(w);
	if (r < 0)
		log_error_errno(r, "cannot watch the processes");
	look_at_quota(w, &w->throttled_s);
	return r < 0 ? HW_EXIT_OURS : 0;
}

static int start(struct watch *w)
{
	int r = w->args->command ? hw_workload_start(w->workload) : 0;

	if (!r)
		return 0;
	log_error("cannot run %s: %s", w->args->command[0], strerror(-r));
	return hw_workload_exit_of_exec_error(r);
}

int boundness_group(const struct boundness_group *args)
{
	hw_auto(watch_done) struct watch w = { .args = args };
	double throttled_s;
	struct hw_usage usage;
	int r = prepare(&w), status = 0;

	if (!r)
		r = start(&w);
	if (r)
		return r;
	throttled_s = w.throttled_s;
	r = run(&w, &throttled_s);
	if (r < 0) {
		log_error_errno(r, "cannot watch the processes");
		return HW_EXIT_OURS;
	}
	r = show(&w, throttled_s);
	if (args->command)
		hw_workload_reap(w.workload, &usage, &status);
	return status ? status : r;
}
