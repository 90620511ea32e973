/* SPDX-License-Identifier: Apache-2.0 */
#include "session/subject.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "proc/task.h"
#include "session/signals.h"
#include "session/workload.h"

#define ASK_PERIOD_NS 100000000u /* whether it has ended, where no descriptor tells */

bool hw_measure_is_attached(const struct hw_measure_subject *s)
{
	return s->n_pids || s->cgroup || s->all_cpus;
}

/* --- the command --- */

static int command_open(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_command_part *c = self;
	const struct hw_workload_opts opts = {
		.argv = c->subject->argv,
		.fds = c->subject->fds,
		.signals = c->signals,
	};

	why->what = HW_FAILED_FORK;
	why->error = hw_workload_spawn(&opts, &c->workload);
	if (why->error < 0)
		return why->error;
	m->command = hw_workload_pid(c->workload);
	if (!hw_measure_is_attached(c->subject))
		m->pid = m->command;
	return 0;
}

static int command_begin(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_command_part *c = self;

	(void)m;
	*why = (struct hw_failure){ .what = HW_FAILED_RUN, .object = c->subject->argv[0] };
	return hw_workload_start(c->workload);
}

static int command_fd(const void *self)
{
	return hw_workload_fd(((const struct hw_command_part *)self)->workload);
}

static int command_poll(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_command_part *c = self;

	(void)m;
	*why = (struct hw_failure){ .what = HW_FAILED_REAP, .object = c->subject->argv[0] };
	return hw_workload_poll(c->workload);
}

static int command_end(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_command_part *c = self;

	*why = (struct hw_failure){ .what = HW_FAILED_REAP, .object = c->subject->argv[0] };
	return hw_workload_reap(c->workload, &m->usage, &m->exit_status);
}

static void command_close(void *self)
{
	struct hw_command_part *c = self;

	c->workload = hw_workload_free(c->workload);
}

struct hw_session_part hw_command_part(struct hw_command_part *self)
{
	static const struct hw_session_part_ops ops = {
		.open = command_open,
		.begin = command_begin,
		.fd = command_fd,
		.poll = command_poll,
		.tick = command_poll, /* for want of a descriptor, and of the signals, which tell too */
		.end = command_end,
		.close = command_close,
	};

	return (struct hw_session_part){ .ops = &ops,
					 .self = self,
					 .period_ns = self->signals ? 0 : ASK_PERIOD_NS };
}

/* --- the user's signals --- */

static int signals_fd(const void *self)
{
	return hw_signals_fd(((const struct hw_signals_part *)self)->signals);
}

static int signals_poll(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_signals_part *s = self;

	(void)m;
	why->what = HW_FAILED_WAIT;
	return hw_workload_pass_on(s->command ? s->command->workload : NULL, s->signals);
}

struct hw_session_part hw_signals_part(struct hw_signals_part *self)
{
	static const struct hw_session_part_ops ops = { .fd = signals_fd, .poll = signals_poll };

	return (struct hw_session_part){ .ops = &ops, .self = self };
}

/* --- processes that are there already --- */

static int process_open(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_process_part *p = self;
	pid_t gone = 0;

	p->watched = calloc(p->subject->n_pids, sizeof(*p->watched));
	if (!p->watched)
		return -ENOMEM;
	for (size_t i = 0; i < p->subject->n_pids; i++) {
		pid_t pid = p->subject->pids[i];
		int fd = hw_task_pidfd(pid);

		if (fd == -ESRCH || (fd < 0 && hw_task_process_has_ended(pid)))
			gone = pid;
		else
			p->watched[p->n++] = (struct hw_watched_process){ .pid = pid, .fd = fd };
	}
	*why = (struct hw_failure){ .what = HW_FAILED_PROCESS, .pid = gone };
	if (!p->n)
		return -ESRCH;
	m->pid = p->subject->n_pids == 1 ? p->subject->pids[0] : 0;
	return 0;
}

/* One after the other: that of the first which is not known to have ended. */
static int process_fd(const void *self)
{
	const struct hw_process_part *p = self;

	return p->ended < p->n ? p->watched[p->ended].fd : -1;
}

static bool process_has_ended(const struct hw_watched_process *w)
{
	struct pollfd fd = { .fd = w->fd, .events = POLLIN };

	return w->fd >= 0 ? poll(&fd, 1, 0) == 1 : hw_task_process_has_ended(w->pid);
}

static int process_poll(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_process_part *p = self;

	(void)m;
	(void)why;
	while (p->ended < p->n && process_has_ended(&p->watched[p->ended]))
		p->ended++;
	return p->ended == p->n;
}

static void process_close(void *self)
{
	struct hw_process_part *p = self;

	for (size_t i = 0; i < p->n; i++)
		if (p->watched[i].fd >= 0)
			close(p->watched[i].fd);
	free(p->watched);
	p->watched = NULL;
}

struct hw_session_part hw_process_part(struct hw_process_part *self)
{
	static const struct hw_session_part_ops ops = {
		.open = process_open,
		.fd = process_fd,
		.poll = process_poll,
		.tick = process_poll, /* the same */
		.close = process_close,
	};

	return (struct hw_session_part){ .ops = &ops,
					 .self = self,
					 .period_ns = ASK_PERIOD_NS };
}

/* --- a limit of time --- */

static int duration_tick(void *self, struct hw_measured *m, struct hw_failure *why)
{
	(void)self;
	(void)m;
	(void)why;
	return 1;
}

struct hw_session_part hw_duration_part(uint64_t duration_ns)
{
	static const struct hw_session_part_ops ops = { .tick = duration_tick };

	return (struct hw_session_part){ .ops = &ops, .period_ns = duration_ns };
}
