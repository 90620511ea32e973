/* SPDX-License-Identifier: Apache-2.0
 * What bounds a program: a budget of its wall time that adds up, and the verdict drawn from it. */
#ifndef HW_BOUND_VERDICT_H
#define HW_BOUND_VERDICT_H

#include <stddef.h>

#include "base/cleanup.h"
#include "bound/budget.h"

struct hw_budget_row {
	/* busy: "user", "memory-stall", "page-faults", "kernel-io", "kernel"; not: "starved"
	 * (runnable without a CPU), "disk"; where the waits were measured "network", "pipe",
	 * "lock", "gil", "sleep", "child", "other", else "io-wait" (short waits among I/O calls),
	 * "idle" */
	const char *class;
	double seconds, share;
};

#define HW_BUDGET_MAX 16

struct hw_verdict {
	struct hw_budget_row budget[HW_BUDGET_MAX]; /* seconds sum to usage.wall_s, shares to 1 */
	size_t n_budget;
	const char *class; /* "cpu", "memory", "io", "idle", "lock", "mixed" */
	double share;	   /* of wall time in that class; of "mixed": in the largest */
	char *sentence;	   /* the verdict as one sentence, owned */
	enum hw_evidence_level level;
	char **evidence, **advice; /* sentences, NULL-terminated, owned */
};

/* Judges @facts by their @budget. Returns 0 and fills *ret (release with hw_verdict_done()), or
 * -ENOMEM. */
int hw_verdict_write(const struct hw_bound_facts *facts, const struct hw_budget *budget,
		     struct hw_verdict *ret);
void hw_verdict_done(struct hw_verdict *v); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_verdict, hw_verdict_done)

/* Splits the budget of @facts and judges them by it. -EINVAL too: hw_budget_split(). */
int hw_bound_judge(const struct hw_bound_facts *facts, struct hw_verdict *ret);

#endif
