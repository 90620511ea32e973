/* SPDX-License-Identifier: Apache-2.0
 * What could be gained in a run: rules (bound/rules.c) that look at its figures, each with
 * evidence, advice that follows from it, and the most that it could gain. */
#ifndef HW_BOUND_FINDINGS_H
#define HW_BOUND_FINDINGS_H

#include <stddef.h>

#include "base/cleanup.h"
#include "bound/rules.h"

#define HW_FINDINGS_MAX 5

struct hw_findings {
	struct hw_finding items[HW_FINDINGS_MAX]; /* the strongest first */
	size_t n;
};

/* What could gain less than 3 % of the wall time is no finding. Names belong to the profile behind
 * @c->places. Returns 0 and fills *ret (release with hw_findings_done()), or -ENOMEM. */
int hw_findings_find(const struct hw_bound_case *c, struct hw_findings *ret);
void hw_findings_done(struct hw_findings *findings); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_findings, hw_findings_done)

#endif
