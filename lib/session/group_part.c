/* SPDX-License-Identifier: Apache-2.0 */
#include "session/group_part.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/sorted.h"
#include "proc/cgroup.h"
#include "proc/machine.h"
#include "proc/task.h"
#include "sched/waits.h"

#define PROCESSES_MAX	8192 /* accounts; a kilobyte of kernel memory each */
#define GROUP_PERIOD_NS 100000000u
#define USAGE_TICKS	5 /* periods from one reading of what the processes used to the next */
#define COMMAND_SIZE	256

/* A process that was there when we came, joined the cgroup, or was created by one of them. */
struct watched_process {
	pid_t pid;
	bool ended;
	bool created; /* meanwhile: all that it used counts */
	struct hw_usage first, last;
	char command[COMMAND_SIZE];
};

/* --- who is watched --- */

static size_t place_of_pid(const struct hw_group_part *g, pid_t pid)
{
	return hw_lower_bound(i, g->n, g->watched[i].pid < pid);
}

static struct watched_process *find_watched(const struct hw_group_part *g, pid_t pid)
{
	size_t at = place_of_pid(g, pid);

	return at < g->n && g->watched[at].pid == pid ? &g->watched[at] : NULL;
}

/* Notes @pid and what it has used so far, unless it has gone, was noted or is ours. 1: noted. */
static int note_process(struct hw_group_part *g, const struct hw_measured *m, pid_t pid)
{
	struct watched_process p = { .pid = pid };
	size_t at = place_of_pid(g, pid);

	if (pid == getpid() || pid == m->command || find_watched(g, pid) ||
	    hw_usage_of_process(pid, &p.first) < 0)
		return 0;
	p.last = p.first;
	if (hw_task_command(pid, p.command, sizeof(p.command)) < 0)
		return 0; /* a thread of the kernel */
	if (hw_reserve(g->watched, g->cap, g->n + 1) < 0)
		return -ENOMEM;
	memmove(&g->watched[at + 1], &g->watched[at], (g->n - at) * sizeof(p));
	g->watched[at] = p;
	g->n++;
	return 1;
}

/* Notes those that were created since the last time, while they are there to be asked. */
static int note_created(struct hw_group_part *g, const struct hw_measured *m)
{
	pid_t pid;

	while ((pid = hw_waits_pid(g->waits, g->seen + 1))) {
		int r = note_process(g, m, pid);

		if (r < 0)
			return r;
		if (r > 0)
			find_watched(g, pid)->created = true;
		g->seen++;
	}
	return 0;
}

static int note_processes(struct hw_group_part *g, const struct hw_measured *m, const pid_t *pids,
			  size_t n, bool add)
{
	for (size_t i = 0; i < n; i++) {
		int r = note_process(g, m, pids[i]);

		if (r > 0 && add)
			r = hw_waits_add(g->waits, pids[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Those that the cgroup has now. Returns their number; 0 also when it has gone. */
static int look_into_cgroup(struct hw_group_part *g, const struct hw_measured *m)
{
	hw_autofree pid_t *pids = NULL;
	int n = hw_cgroup_processes(g->cgroup, &pids), r;

	if (n < 0)
		return n == -ENOENT ? 0 : n;
	r = note_processes(g, m, pids, (size_t)n, true);
	return r < 0 ? r : n;
}

static int look_at_machine(struct hw_group_part *g, const struct hw_measured *m)
{
	hw_autofree pid_t *pids = NULL;
	int n = hw_task_processes(&pids), r;

	if (n < 0)
		return n;
	r = note_processes(g, m, pids, (size_t)n, false);
	return r < 0 ? r : hw_waits_add(g->waits, 0);
}

/* The largest figure seen: that of a process that has gone cannot be read. */
static double throttled_so_far(const struct hw_group_part *g)
{
	return g->cgroup && g->n ? hw_machine_throttled_s(g->watched[g->n - 1].pid) : 0;
}

/* --- the steps --- */

static int group_open(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_group_part *g = self;
	const struct hw_waits_opts opts = { .processes = PROCESSES_MAX };
	int r = 0;

	(void)m;
	*why = (struct hw_failure){ .what = HW_FAILED_CGROUP, .object = g->subject->cgroup };
	if (g->subject->cgroup)
		r = hw_cgroup_find(g->subject->cgroup, &g->cgroup);
	if (r < 0)
		return r;
	why->what = HW_FAILED_SCHEDULER;
	return hw_waits_open(&opts, &g->waits);
}

static int group_begin(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_group_part *g = self;
	const struct hw_measure_subject *s = g->subject;
	int r;

	why->what = HW_FAILED_WATCH;
	g->first_steal_s = hw_machine_steal_s();
	if (s->all_cpus)
		r = look_at_machine(g, m);
	else if (g->cgroup)
		r = look_into_cgroup(g, m);
	else
		r = note_processes(g, m, s->pids, s->n_pids, true);
	g->first_throttled_s = m->throttled_s = throttled_so_far(g);
	return r < 0 ? r : 0;
}

/* What vanishes with a process is read now and then. */
static void read_usages(struct hw_group_part *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct watched_process *p = &g->watched[i];

		if (!p->ended && hw_usage_of_process(p->pid, &p->last) < 0)
			p->ended = true;
		if (!p->ended)
			hw_task_command(p->pid, p->command, sizeof(p->command));
	}
}

static int group_tick(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_group_part *g = self;
	double throttled_s;
	int r = hw_waits_tick(g->waits, 0);

	why->what = HW_FAILED_WATCH;
	if (r < 0)
		return r;
	if (g->cgroup) {
		r = look_into_cgroup(g, m);
		if (r <= 0)
			return r < 0 ? r : 1;
	}
	throttled_s = throttled_so_far(g);
	if (throttled_s > m->throttled_s)
		m->throttled_s = throttled_s;
	r = note_created(g, m);
	if (r >= 0 && ++g->ticks % USAGE_TICKS == 0 && !g->subject->all_cpus)
		read_usages(g);
	return r;
}

/* --- what came of it --- */

static bool is_asked_for(const struct hw_measure_subject *s, pid_t pid)
{
	for (size_t i = 0; i < s->n_pids; i++)
		if (s->pids[i] == pid)
			return true;
	return false;
}

/* What process @p used meanwhile: one that began meanwhile, all that it has used. */
static void fill_usage(const struct hw_group_part *g, const struct hw_waits_process *p,
		       double wall_s, struct hw_watched *ret)
{
	struct watched_process *known = find_watched(g, p->pid);
	struct hw_usage now;

	if (known) {
		if (p->alive)
			hw_usage_of_process(p->pid, &known->last);
		else if (g->subject->all_cpus)
			return; /* it was not read until its end */
		ret->usage = known->created ? known->last
					    : hw_usage_diff(&known->first, &known->last);
	} else if (p->alive && p->wall.wall_s < wall_s && hw_usage_of_process(p->pid, &now) == 0) {
		ret->usage = now;
	} else {
		return;
	}
	ret->has_usage = ret->usage.user_s >= 0 && ret->usage.sys_s >= 0;
	if (!ret->has_usage)
		ret->usage = (struct hw_usage){ 0 };
}

/* What is known of one that has ended may be from before it called execve(2): then the name of its
 * program, which is always right, does not fit. @text has room for COMMAND_SIZE. */
static const char *command_of(const struct hw_group_part *g, const struct hw_waits_process *p,
			      char *text)
{
	const struct watched_process *known = find_watched(g, p->pid);

	if (p->alive && hw_task_command(p->pid, text, COMMAND_SIZE) == 0)
		return text;
	if (known && (!known->created || !strncmp(known->command, p->comm, strlen(p->comm))))
		return known->command;
	return p->comm;
}

static int group_stop(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_group_part *g = self;
	hw_autofree struct hw_waits_process *list = NULL;
	ssize_t n = hw_waits_processes(g->waits, &list, &m->left_out);

	why->what = HW_FAILED_WATCH;
	m->missed = hw_waits_missed(g->waits);
	m->throttled_s -= g->first_throttled_s;
	m->steal_s = hw_machine_steal_s() - g->first_steal_s;
	for (ssize_t i = 0; i < n; i++) {
		char text[COMMAND_SIZE];
		struct hw_watched w;
		int r;

		/* The end of the last ends the session, by a descriptor that tells before its thread
		 * has left the CPU, which is when the account sees it. */
		list[i].alive = list[i].alive && !hw_task_process_has_ended(list[i].pid);
		w = (struct hw_watched){
			.pid = list[i].pid,
			.command = command_of(g, &list[i], text),
			.alive = list[i].alive,
			.named = is_asked_for(g->subject, list[i].pid),
			.wall = list[i].wall,
		};
		fill_usage(g, &list[i], m->wall_s, &w);
		r = g->tell(g->ctx, &w);
		if (r < 0)
			return r;
	}
	return n < 0 ? (int)n : 0;
}

static void group_close(void *self)
{
	struct hw_group_part *g = self;

	g->waits = hw_waits_free(g->waits);
	free(g->cgroup);
	free(g->watched);
	g->cgroup = NULL;
	g->watched = NULL;
}

struct hw_session_part hw_group_part(struct hw_group_part *self)
{
	static const struct hw_session_part_ops ops = {
		.open = group_open,
		.begin = group_begin,
		.tick = group_tick,
		.stop = group_stop,
		.close = group_close,
	};

	return (struct hw_session_part){ .ops = &ops, .self = self, .period_ns = GROUP_PERIOD_NS };
}
