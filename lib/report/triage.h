/* SPDX-License-Identifier: Apache-2.0
 * The triage page of `hwprof boundness`: what bounds it, where, and what to gain. */
#ifndef HW_REPORT_TRIAGE_H
#define HW_REPORT_TRIAGE_H

#include <stdio.h>

#include "bound/verdict.h"
#include "profile/profile.h"
#include "report/hot.h"
#include "report/style.h"

struct hw_triage {
	const struct hw_profile *profile;
	const struct hw_verdict *verdict;
	const struct hw_hot *hot; /* NULL: the profile has no samples over CPU time */
};

/* Prints the page; the errors of @f are for the caller to look at. Returns 0 or -ENOMEM. */
int hw_triage_print(FILE *f, const struct hw_triage *t, const struct hw_style *style);

/* Prints one object; its format is in man/hwprof-boundness.1. Returns 0, -EIO, -ENOMEM. */
int hw_triage_print_json(FILE *f, const struct hw_triage *t);

#endif
