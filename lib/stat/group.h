/* SPDX-License-Identifier: Apache-2.0
 * The verdicts about a group of processes, worst first. */
#ifndef HW_STAT_GROUP_H
#define HW_STAT_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "bound/verdict.h"

struct hw_group_member {
	pid_t pid;
	char *command; /* owned */
	bool alive;    /* at the end */
	bool named;    /* the user asked for this very process */
	bool has_usage;
	struct hw_usage usage; /* while it was watched; all zeros without has_usage */
	struct hw_wall wall;   /* without a timeline */
	struct hw_verdict verdict; /* by hw_group_judge() */
};

struct hw_group {
	struct hw_group_member *members; /* owned */
	size_t n, cap;
	const char *title;  /* "the machine", "cgroup /x"; NULL: processes that were named */
	double wall_s;	    /* how long it was watched */
	double throttled_s; /* what the cgroup's quota held back meanwhile; 0 also when not known */
	double steal_s;	    /* what the hypervisor took from the machine */
	uint32_t cpus;	    /* of the machine */
	uint64_t left_out;  /* processes for which there was no room */
	uint64_t missed;    /* threads and events of the scheduler that are in no account */
};

void hw_group_done(struct hw_group *g); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_group, hw_group_done)

/* Adds a member, whose command it takes over (NULL: there was no memory for it); the verdict comes
 * later. Returns 0 or -ENOMEM. */
int hw_group_add(struct hw_group *g, const struct hw_group_member *m);

/* Time that @m worked, or wanted to and could not: on CPUs, starved, or waiting for storage. What a
 * peer, a lock or a timer made it wait is not in it: seen from outside, a server without requests
 * and one whose database is slow wait for the same. */
double hw_group_worked_s(const struct hw_group_member *m);

/* Whether @m did next to nothing: it worked for less than a thousandth of @g's wall time, or a
 * hundredth if it has ended, when nothing is left to do about it. Not of those that were named. */
bool hw_group_is_idle(const struct hw_group *g, const struct hw_group_member *m);

/* Judges every member and sorts them, worst first: by hw_group_worked_s(), then by the time they
 * waited for anything but a timer. @page_fault_s as in struct hw_bound_facts. 0 or -ENOMEM. */
int hw_group_judge(struct hw_group *g, double page_fault_s);

/* The CPUs that @m kept busy, on average. */
double hw_group_cpus(const struct hw_group_member *m);

/* The wall time of @m by the columns of a list of processes. */
void hw_group_columns(const struct hw_group_member *m, double ret[static HW_COLUMNS]);

#endif
