/* SPDX-License-Identifier: Apache-2.0
 * What could be gained in a run: rules (bound/rules.c) that look at its figures, each with
 * evidence, advice that follows from it, and the most that it could gain. */
#ifndef HW_BOUND_FINDINGS_H
#define HW_BOUND_FINDINGS_H

#include <stddef.h>
#include <stdint.h>

#include "bound/faults.h"
#include "bound/places.h"

#define HW_FINDINGS_MAX 5

/* What the rules look at. */
struct hw_findings_input {
	const struct hw_bound_facts *facts;
	const struct hw_budget *budget;
	const struct hw_places *places; /* NULL: no samples */
	const struct hw_faults *faults; /* NULL: no page faults were recorded with their pages */
};

struct hw_finding {
	const char *rule;		 /* "interpreted-loop"; all are in bound/rules.c */
	char *title, *evidence, *advice; /* owned; no full stop */
	const char *function, *file;	 /* where; "" when it is about the whole run */
	const char *module;
	uint32_t line; /* 0 unknown */
	/* Wall time that is gone and how many times as fast the run is if all that the finding is
	 * about went away: an upper bound, Amdahl's law. */
	double gain_s, speedup;
	double score; /* what they are ordered by: gain_s, less for what is hard or uncertain */
};

struct hw_findings {
	struct hw_finding items[HW_FINDINGS_MAX]; /* the strongest first */
	size_t n;
};

/* What could gain less than 3 % of the wall time is no finding. Names belong to the profile behind
 * @in->places. Returns 0 and fills *ret (release with hw_findings_done()), or -ENOMEM. */
int hw_findings_find(const struct hw_findings_input *in, struct hw_findings *ret);
void hw_findings_done(struct hw_findings *findings); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_findings, hw_findings_done)

#endif
