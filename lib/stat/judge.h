/* SPDX-License-Identifier: Apache-2.0
 * From what was counted to the verdict: the facts that the counters, the metrics and the usage of
 * the runs are, and what bound/verdict.h makes of them. */
#ifndef HW_STAT_JUDGE_H
#define HW_STAT_JUDGE_H

#include "bound/verdict.h"
#include "stat/stat.h"

/* Judges the mean of the runs of @stat; @page_fault_s: see struct hw_bound_facts. Returns 0 and fills
 * *ret (hw_verdict_done()), -EINVAL without wall time, or -ENOMEM. */
int hw_stat_judge(const struct hw_stat *stat, double page_fault_s, struct hw_verdict *ret);

/* Sets the usage, the scheduler's account, the hardware counts and what the metrics tell of memory
 * in *facts, initialized before. They borrow the account from @stat. */
void hw_stat_facts(const struct hw_stat *stat, struct hw_bound_facts *facts);

#endif
