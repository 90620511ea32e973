/* SPDX-License-Identifier: Apache-2.0
 * The table of `hwprof boundness` for several processes: watches them and prints it. */
#ifndef HW_CMD_BOUNDNESS_GROUP_H
#define HW_CMD_BOUNDNESS_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Which processes: one of the three. */
struct boundness_group {
	const pid_t *pids;
	size_t n_pids;
	const char *cgroup; /* as hw_cgroup_find() takes it */
	bool all;	    /* the machine */
	uint64_t duration_ns; /* 0: until they have ended or the user interrupts */
	char **command;	    /* as long as it runs; NULL */
	bool json;
	FILE *f;
	const char *name; /* of @f, for messages */
};

/* Returns the exit status for hwprof: the command's, or HW_EXIT_* with the reason printed. */
int boundness_group(const struct boundness_group *args);

#endif
