/* SPDX-License-Identifier: Apache-2.0
 * What `hwprof doctor` tells: what of the machine's answers means that something works, or works in
 * part, or does not, and the one thing that would help. */
#ifndef HW_DOCTOR_CHECKS_H
#define HW_DOCTOR_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "doctor/answers.h"

enum hw_check_status { HW_CHECK_OK, HW_CHECK_LIMITED, HW_CHECK_MISSING };

struct hw_check {
	const char *name; /* static */
	bool needed;	  /* nothing can be recorded while this is missing */
	enum hw_check_status status;
	char value[256]; /* what was found; "": it does not apply here, and is not shown */
	char fix[256];	 /* the one thing that would help, "" when status is HW_CHECK_OK */
};

#define HW_CHECKS 19

/* Judges @a: all checks, in the order in which people are told. */
void hw_checks_judge(const struct hw_answers *a, struct hw_check ret[static HW_CHECKS]);

/* The first of @checks without which nothing can be recorded; NULL: recording works. */
const struct hw_check *hw_checks_obstacle(const struct hw_check checks[static HW_CHECKS]);

const char *hw_check_status_name(enum hw_check_status status); /* "ok", "limited", "missing" */

#endif
