/* SPDX-License-Identifier: Apache-2.0
 * The triage page of `hwprof boundness`, one screen: what bounds the run, where its time went and
 * when, the functions and lines behind it, what could be gained, and what nobody could measure. */
#ifndef HW_REPORT_TRIAGE_H
#define HW_REPORT_TRIAGE_H

#include <stdio.h>

#include "bound/diagnosis.h"
#include "profile/profile.h"
#include "report/style.h"

/* Prints the page about @p; the errors of @f are for the caller to look at. Returns 0 or -ENOMEM.
 */
int hw_triage_print(FILE *f, const struct hw_profile *p, const struct hw_diagnosis *d,
		    const struct hw_style *style);

/* Prints one object; its format is in man/hwprof-boundness.1. Returns 0, -EIO, -ENOMEM. */
int hw_triage_print_json(FILE *f, const struct hw_profile *p, const struct hw_diagnosis *d);

#endif
