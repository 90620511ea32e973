/* SPDX-License-Identifier: Apache-2.0
 * The table of `hwprof boundness` for several processes: watches them and prints it. */
#ifndef HW_CMD_GROUP_H
#define HW_CMD_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "session/measure.h"

struct group_args {
	struct hw_measure_subject subject;
	uint64_t duration_ns; /* 0: until they have ended or the user interrupts */
	bool json;
	FILE *f;
	const char *name; /* of @f, for messages; NULL */
};

/* Returns the exit status for hwprof: the command's, or HW_EXIT_* with the reason printed. */
int group(const struct group_args *args);

#endif
