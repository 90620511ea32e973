/* SPDX-License-Identifier: Apache-2.0
 * What bounds a program: a budget of its wall time that adds up, and the verdict drawn from it. */
#ifndef HW_BOUND_VERDICT_H
#define HW_BOUND_VERDICT_H

#include <stddef.h>

#include "base/cleanup.h"
#include "bound/case.h"

/* A row of the budget that has time in it. They are in the order of hw_time_kinds. */
struct hw_budget_row {
	enum hw_slice slice;
	double seconds, share;
};

struct hw_verdict {
	struct hw_budget_row budget[HW_SLICES]; /* seconds sum to wall_s, shares to 1 */
	size_t n_budget;
	enum hw_bound_class class;
	double share;	   /* of wall time in that class; of HW_BOUND_MIXED: in the largest */
	char *sentence;	   /* the verdict as one sentence, owned */
	enum hw_evidence_level level;
	char **evidence, **advice; /* sentences, NULL-terminated, owned */
};

/* Judges a run. Returns 0 and fills *ret (release with hw_verdict_done()), or -ENOMEM. */
int hw_verdict_write(const struct hw_bound_case *c, struct hw_verdict *ret);
void hw_verdict_done(struct hw_verdict *v); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_verdict, hw_verdict_done)

/* The same of what is known without samples: splits its budget first. -EINVAL too, see
 * hw_budget_split(). */
int hw_bound_judge(const struct hw_bound_facts *facts, struct hw_verdict *ret);

#endif
