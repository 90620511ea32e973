/* SPDX-License-Identifier: Apache-2.0
 * The part that keeps an account of every process: of those that were named, of a cgroup, or of the
 * machine, and of all that they create meanwhile. */
#ifndef HW_SESSION_GROUP_PART_H
#define HW_SESSION_GROUP_PART_H

#include <stddef.h>

#include "session/subject.h"

/* A process, while it was watched. */
struct hw_watched {
	pid_t pid;
	const char *command; /* valid during the call */
	bool alive;	     /* at the end */
	bool named;	     /* the user asked for this very process */
	bool has_usage;
	struct hw_usage usage; /* all zeros without has_usage */
	struct hw_wall wall;   /* owns nothing */
};

struct watched_process;

/* Fills in left_out, missed, throttled_s and steal_s. The session is over when the cgroup is empty;
 * a process part tells when those that were named have ended. */
struct hw_group_part {
	const struct hw_measure_subject *subject;
	/* Called for each process when the session is over. Returns 0, or a negative errno that
	 * fails it. */
	int (*tell)(void *ctx, const struct hw_watched *process);
	void *ctx;

	struct hw_waits *waits;
	char *cgroup;
	struct watched_process *watched; /* by pid */
	size_t n, cap;
	uint32_t seen; /* accounts whose process was noted */
	size_t ticks;
	double first_throttled_s, first_steal_s;
};
struct hw_session_part hw_group_part(struct hw_group_part *self);

#endif
