/* SPDX-License-Identifier: Apache-2.0
 * What bounds a program: a budget of its wall time that adds up, and the verdict drawn from it. */
#ifndef HW_BOUND_VERDICT_H
#define HW_BOUND_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "event/core.h"
#include "proc/usage.h"
#include "profile/wall.h"

/* How the facts were come by, best last: counts of getrusage(2) and /proc alone; the scheduler, or
 * samples of stacks; hardware counters. */
enum hw_evidence_level { HW_EVIDENCE_RUSAGE, HW_EVIDENCE_BPF, HW_EVIDENCE_HARDWARE };

/* Everything that may be known. Counts are negative when they are not. */
struct hw_bound_facts {
	struct hw_usage usage;
	/* The waits as the scheduler saw them; borrowed. NULL, or not known: they are estimated
	 * from the counts of usage. */
	const struct hw_wall *wall;
	uint32_t cpus; /* of the machine; 0 unknown */
	double cycles, instructions, cache_references, cache_misses, branches, branch_misses;
	double page_fault_s; /* what one minor fault costs on this machine, seconds; < 0 unknown */
	/* From on-CPU samples (a profile with stacks), as shares of busy time; < 0 unknown. */
	double sampled_user, sampled_fault, sampled_io, sampled_kernel;
	uint64_t n_samples; /* behind those shares: their standard error is printed */
	/* Of sampled_user: the part held up by memory and its error, estimated without a PMU
	 * (bound/stall.h); < 0 unknown. */
	double stall_share, stall_error;
	/* Counted by the PMU: the share of cycles that waited for memory, and how many it can have
	 * been at the most, as of all stalls; < 0 unknown. The metrics they come from, static; NULL. */
	double pmu_stall, pmu_stall_limit;
	const struct hw_metric *pmu_metric, *pmu_limit_metric;
};

/* Sets every count to unknown, the usage to zero. */
void hw_bound_facts_init(struct hw_bound_facts *facts);

/* Takes from @metric, which must be static, what bears on the verdict; @value is in its unit. Fetches
 * from memory replace facts->cache_misses where instructions are known. */
void hw_bound_facts_set_metric(struct hw_bound_facts *facts, const struct hw_metric *metric,
			 double value);

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

/* Judges @facts. Returns 0 and fills *ret (release with hw_verdict_done()), or -EINVAL when
 * wall_s is not positive, -ENOMEM. */
int hw_bound_judge(const struct hw_bound_facts *facts, struct hw_verdict *ret);
void hw_verdict_done(struct hw_verdict *v); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_verdict, hw_verdict_done)

const char *hw_evidence_level_name(enum hw_evidence_level level); /* "rusage", "bpf", "hardware" */

/* Whether the waits of @facts were measured at the scheduler. */
bool hw_bound_facts_measured(const struct hw_bound_facts *facts);

/* Measures what a minor page fault costs here, the release of the page included, by touching fresh
 * anonymous pages of our own for well under a millisecond. Seconds, or < 0 when it could not be
 * done. */
double hw_bound_calibrate_fault(void);

#endif
