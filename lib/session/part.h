/* SPDX-License-Identifier: Apache-2.0
 * A part of a session: the command, the counters, the scheduler's account, a timer. session/loop.h
 * runs them together; session/subject.h and session/meters.h have the real ones, tests have their
 * own.
 *
 * To add one: a struct for its state, the operations it has a use for, and a line in
 * session/measure.c that says when it takes part, and where in the order. */
#ifndef HW_SESSION_PART_H
#define HW_SESSION_PART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "event/event.h"
#include "event/perf.h"
#include "proc/usage.h"
#include "profile/wall.h"
#include "session/recorder.h"
#include "session/failure.h"

/* What a session has measured: each part fills in its own and may read what those before it
 * filled. */
struct hw_measured {
	pid_t pid;     /* of the command or the process attached to; 0: of several, the machine */
	pid_t command; /* of the command; 0: there is none */
	uint64_t begin_ns, now_ns; /* of the measuring, and of the present turn of the loop */
	double wall_s;	 /* that the measuring lasted; from its stop on */
	int exit_status; /* of the command: 0..255, or 128 + N when signal N ended it; -1: none */
	struct hw_usage usage;
	struct hw_count counts[HW_EVENTS_MAX]; /* one per event, in their order */
	struct hw_wall wall;
	/* Why the wall is not known: the scheduler could not be watched, or its account is not to
	 * be believed, a sentence. */
	struct hw_failure no_wall;
	char *wall_doubt;
	struct hw_recorder_totals recorded;
	/* Of a group of processes: those for which there was no room, what no account has, what the
	 * quota of its cgroup held back and the hypervisor took meanwhile. */
	uint64_t left_out, missed;
	double throttled_s, steal_s;
};

void hw_measured_done(struct hw_measured *m);
HW_DEFINE_AUTO_DONE(struct hw_measured, hw_measured_done)

/* Any may be NULL. @self is hw_session_part.self. All return 0 or a negative errno, and then fill
 * *why (its error may be left 0); what can be found out without it has been tried before. */
struct hw_session_part_ops {
	/* Takes what is needed, so that what can be refused is refused before anything runs. */
	int (*open)(void *self, struct hw_measured *m, struct hw_failure *why);
	/* The measuring begins now. */
	int (*begin)(void *self, struct hw_measured *m, struct hw_failure *why);
	/* A descriptor that is readable when poll() has news; -1: none. It may change. */
	int (*fd)(const void *self);
	/* Called whenever something woke the loop. Positive: the session is over. Does not
	 * block. */
	int (*poll)(void *self, struct hw_measured *m, struct hw_failure *why);
	/* Called every period_ns. Positive: the session is over. */
	int (*tick)(void *self, struct hw_measured *m, struct hw_failure *why);
	/* The measuring is over, whatever the others still have to wait for. */
	int (*stop)(void *self, struct hw_measured *m, struct hw_failure *why);
	/* Completes @m; may wait. */
	int (*end)(void *self, struct hw_measured *m, struct hw_failure *why);
	/* Gives everything back, however far it came; once. */
	void (*close)(void *self);
};

struct hw_session_part {
	const struct hw_session_part_ops *ops;
	void *self;
	uint64_t period_ns; /* of its tick */
	/* NULL: the session fails with it. Else it goes on without, and the reason is kept here. */
	struct hw_failure *optional;
};

#endif
