/* SPDX-License-Identifier: Apache-2.0
 * Whom a session is about, and the parts that tell when it is over: the command, processes that are
 * there already, the user's signals, a limit of time. As in session/meters.h. */
#ifndef HW_SESSION_SUBJECT_H
#define HW_SESSION_SUBJECT_H

#include <stddef.h>

#include "session/part.h"

struct hw_signals;
struct hw_workload;

/* Whom a session is about. */
struct hw_measure_subject {
	char *const *argv;  /* a command, NULL-terminated; NULL: none */
	const int *fds;	    /* as in struct hw_workload_opts */
	const pid_t *pids;  /* processes that are there: measured in the command's place */
	size_t n_pids;
	const char *cgroup; /* those in it, as hw_cgroup_find() takes it: for a group only */
	bool all_cpus;	    /* the machine: measured in the place of both */
};

bool hw_measure_is_attached(const struct hw_measure_subject *s);

/* The command of @subject: held from open to begin. The session is over when it has ended; its end
 * waits for that, and fills in pid, exit_status and usage. */
struct hw_command_part {
	const struct hw_measure_subject *subject;
	struct hw_signals *signals; /* NULL */
	struct hw_workload *workload;
};
struct hw_session_part hw_command_part(struct hw_command_part *self);

/* What the user's signals mean to a command of hwprof: they go to the command, else they end the
 * session. */
struct hw_signals_part {
	struct hw_signals *signals;
	const struct hw_command_part *command;
};
struct hw_session_part hw_signals_part(struct hw_signals_part *self);

/* The session is over when the processes attached to have all ended. Where pidfd_open(2) is refused,
 * as by the seccomp filters of some containers, /proc is asked ten times a second. */
struct hw_watched_process {
	pid_t pid;
	int fd; /* < 0: refused */
};
struct hw_process_part {
	const struct hw_measure_subject *subject;
	struct hw_watched_process *watched; /* those that are there still, from @ended on; owned */
	size_t n, ended;
};
struct hw_session_part hw_process_part(struct hw_process_part *self);

/* Ends the session after a time. */
struct hw_session_part hw_duration_part(uint64_t duration_ns);

#endif
