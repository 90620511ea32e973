/* SPDX-License-Identifier: Apache-2.0
 * The runs of `hwprof compare`, measured and judged. */
#ifndef HW_CMD_COMPARE_RUN_H
#define HW_CMD_COMPARE_RUN_H

#include <stdbool.h>

#include "event/event.h"
#include "stat/comparison.h"

struct compare_command {
	const char *text;
	char *const *argv; /* NULL-terminated */
};

struct compare_args {
	struct hw_events events;
	struct compare_command commands[HW_SIDES];
	size_t pairs, warmups;
	bool ignore_failures, show_output;
};

/* Warms up and adds the pairs to @c, which is initialized, until all are done, a command fails or a
 * signal asks for the end; only whole pairs are added. Returns 0, or, with the reason printed, the
 * exit status with which to end once the pairs that there are have been reported. */
int compare_run(const struct compare_args *args, struct hw_comparison *c);

#endif
