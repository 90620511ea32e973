/* SPDX-License-Identifier: Apache-2.0
 * Why a session cannot go on, or goes on without one of its parts: an error number, what it was
 * about, and the words for it, the same for every command. */
#ifndef HW_SESSION_FAILURE_H
#define HW_SESSION_FAILURE_H

#include <stdbool.h>
#include <sys/types.h>

#include "event/event.h"

enum hw_failed {
	HW_FAILED_OTHER,
	HW_FAILED_FORK,	     /* no process, or not what it needs */
	HW_FAILED_RUN,	     /* execve(2) of the command @object */
	HW_FAILED_REAP,	     /* waiting for the command @object */
	HW_FAILED_WAIT,	     /* poll(2) */
	HW_FAILED_PROCESS,   /* @pid, to be attached to, has ended */
	HW_FAILED_USAGE,     /* reading what was used before */
	HW_FAILED_SCHEDULER, /* bpf(2), to watch the scheduler */
	HW_FAILED_PROGRAMS,  /* bpf(2), to sample */
	HW_FAILED_SIDEBAND,  /* the events that tell of mappings and forks, or memory for them */
	HW_FAILED_EVENT,     /* perf_event_open(2) of @event, to sample it */
	HW_FAILED_OFF_CPU,   /* sampling blocked time, which was insisted on */
	HW_FAILED_FILE,	     /* writing the profile @object */
	HW_FAILED_RECORDING, /* the same, while it grows */
	HW_FAILED_CGROUP,    /* there is no cgroup @object */
	HW_FAILED_WATCH,     /* the processes of a group, while they are watched */
};

struct hw_failure {
	enum hw_failed what;
	int error;	    /* negative errno; 0: nothing has failed */
	const char *object; /* borrowed from who asked for the session; NULL */
	pid_t pid;
	struct hw_event event; /* with the rate that was asked for; its name is borrowed */
};

/* One line, "what on which object: cause; remedy", without a full stop. Caller frees; NULL without
 * memory. Some causes are looked for here and now, see kernel/refusal.h. */
char *hw_failure_text(const struct hw_failure *f);

/* Cause and remedy alone, to follow on what they mean for the caller. */
char *hw_failure_cause(const struct hw_failure *f);

#endif
