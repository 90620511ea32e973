/* SPDX-License-Identifier: Apache-2.0
 * What `hwprof doctor` looks at: the kernel, its settings and this user's rights. */
#ifndef HW_DOCTOR_CHECKS_H
#define HW_DOCTOR_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

enum hw_check_status { HW_CHECK_OK, HW_CHECK_LIMITED, HW_CHECK_MISSING };

struct hw_check_result {
	enum hw_check_status status;
	char value[256]; /* what was found; "": it does not apply here, and is not shown */
	char fix[256];	 /* the one thing that would help, "" when status is HW_CHECK_OK */
};

struct hw_check {
	const char *name;
	bool needed; /* nothing can be recorded while this is missing */
	void (*run)(struct hw_check_result *ret);
};

extern const struct hw_check hw_checks[];
extern const size_t hw_n_checks;

const char *hw_check_status_name(enum hw_check_status status); /* "ok", "limited", "missing" */

#endif
