/* SPDX-License-Identifier: Apache-2.0
 * The budget: where each second of wall time went.
 *
 * Measured at the scheduler (hw_wall): busy, at least one thread on a CPU, and each wait have their
 * time; busy time is split as the CPU time of all threads was. Else busy is the CPU time, at most
 * the wall time, and the rest was spent waiting; what getrusage(2) cannot tell is estimated from
 * counts by the named costs in budget.c, each bounded by the time that it is a part of, so that an
 * estimate moves time between rows and never makes any. */
#ifndef HW_BOUND_BUDGET_H
#define HW_BOUND_BUDGET_H

#include "bound/facts.h"

/* What a last-level cache miss costs: the latency of DRAM, 70 to 100 ns on servers of today. Misses
 * overlap, so that the product with their number is an upper bound. */
#define HW_BOUND_MISS_NS 80

/* Below this share of wall time no class is the answer: the verdict is HW_BOUND_MIXED. */
#define HW_BOUND_MIN_SHARE 0.40

struct hw_budget {
	double seconds[HW_SLICES];	   /* sum to wall_s */
	double by_class[HW_BOUND_CLASSES]; /* the same, by class */
	double wall_s, cpu_s;		   /* cpu_s: of all threads */
	double busy_s;			   /* the sum of the busy slices */
};

/* Splits the wall time of @facts. Returns 0 and fills *ret, or -EINVAL when there is none to divide
 * or its times are no numbers. */
int hw_budget_split(const struct hw_bound_facts *facts, struct hw_budget *ret);

#endif
