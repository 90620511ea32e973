/* SPDX-License-Identifier: Apache-2.0
 * A run as it is judged: all that the texts and the rules look at, put together once. */
#ifndef HW_BOUND_CASE_H
#define HW_BOUND_CASE_H

#include <stdbool.h>

#include "bound/budget.h"
#include "bound/faults.h"
#include "bound/places.h"
#include "bound/shape.h"

/* Everything in it is borrowed. */
struct hw_bound_case {
	const struct hw_bound_facts *facts;
	const struct hw_budget *budget;
	const struct hw_wall *wall;	/* NULL: the waits were not measured */
	struct hw_shape shape;		/* of wall; all zeros without it */
	const struct hw_places *places; /* NULL: no samples */
	const struct hw_faults *faults; /* NULL: no page faults were recorded with their pages */
};

/* A case without samples. */
void hw_bound_case_init(struct hw_bound_case *c, const struct hw_bound_facts *facts,
			const struct hw_budget *budget);

/* @seconds as a share of the wall time. */
double hw_case_share(const struct hw_bound_case *c, double seconds);

/* Whether a want of CPUs is the first thing to know. */
bool hw_case_is_starved(const struct hw_bound_case *c);

/* The function with most time in @slice; NULL when none has any, or there are no samples. */
const struct hw_place *hw_case_top(const struct hw_bound_case *c, enum hw_slice slice);

#endif
