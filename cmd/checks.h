/* SPDX-License-Identifier: Apache-2.0
 * What `hwprof doctor` looks at: the kernel, its settings and this user's rights. */
#ifndef HW_CMD_CHECKS_H
#define HW_CMD_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

enum check_status { CHECK_OK, CHECK_LIMITED, CHECK_MISSING };

struct check_result {
	enum check_status status;
	char value[256]; /* what was found; "": it does not apply here, and is not shown */
	char fix[256];	 /* the one thing that would help, "" when status is CHECK_OK */
};

struct check {
	const char *name;
	bool needed; /* nothing can be recorded while this is missing */
	void (*run)(struct check_result *ret);
};

extern const struct check checks[];
extern const size_t n_checks;

const char *check_status_name(enum check_status status); /* "ok", "limited", "missing" */

#endif
