/* SPDX-License-Identifier: Apache-2.0
 * What is known of a run before anything is concluded from it: the bottom of lib/bound. */
#ifndef HW_BOUND_FACTS_H
#define HW_BOUND_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "event/core.h"
#include "proc/usage.h"
#include "profile/time_kinds.h"
#include "profile/wall.h"

/* How the facts were come by, best last: counts of getrusage(2) and /proc alone; the scheduler, or
 * samples of stacks; hardware counters. */
enum hw_evidence_level { HW_EVIDENCE_RUSAGE, HW_EVIDENCE_BPF, HW_EVIDENCE_HARDWARE };

/* How the time that was held up by memory is known, best first. */
enum hw_stall_method {
	HW_STALL_COUNTED,   /* by the core's own event for it */
	HW_STALL_SAMPLED,   /* bound/stall.h */
	HW_STALL_BY_MISSES, /* their number, at HW_BOUND_MISS_NS each, where they are many */
	HW_STALL_UNKNOWN,
};

/* Everything that may be known. Counts are negative when they are not. */
struct hw_bound_facts {
	struct hw_usage usage;
	/* The waits as the scheduler saw them; borrowed. NULL, or not known: they are estimated
	 * from the counts of usage. */
	const struct hw_wall *wall;
	uint32_t cpus; /* of the machine; 0 unknown */
	double cycles, instructions, cache_misses;
	double page_fault_s; /* what one minor fault costs on this machine, seconds; < 0 unknown */
	/* From on-CPU samples (a profile with stacks), as shares of busy time; < 0 unknown. */
	double sampled[HW_SLICES_SAMPLED];
	uint64_t n_samples; /* behind those shares: their standard error is printed */
	/* Of sampled[HW_SLICE_USER]: the part held up by memory and its error, estimated without a
	 * PMU (bound/stall.h); < 0 unknown. */
	double stall_share, stall_error;
	/* Counted by the PMU: the share of cycles that waited for memory, and how many it can have
	 * been at the most, as of all stalls; < 0 unknown. The metrics they come from are static, or
	 * NULL. */
	double pmu_stall, pmu_stall_limit;
	const struct hw_metric *pmu_metric, *pmu_limit_metric;
};

/* Sets every count to unknown, the usage to zero. */
void hw_bound_facts_init(struct hw_bound_facts *facts);

/* Takes from @metric, which must be static, what bears on the verdict; @value is in its unit.
 * Fetches from memory replace facts->cache_misses where instructions are known. */
void hw_bound_facts_set_metric(struct hw_bound_facts *facts, const struct hw_metric *metric,
			       double value);

/* Whether the waits of @facts were measured at the scheduler. */
bool hw_bound_facts_measured(const struct hw_bound_facts *facts);

/* Whether samples tell how busy time is to be split. */
bool hw_bound_facts_sampled(const struct hw_bound_facts *facts);

/* Derived figures, < 0 when the counts are not known: instructions per cycle, and last-level cache
 * misses per 1,000 instructions. */
double hw_bound_facts_ipc(const struct hw_bound_facts *facts);
double hw_bound_facts_mpki(const struct hw_bound_facts *facts);

/* Page-sized transfers from and to storage, and major faults: what a wait for a disk may be for. */
double hw_bound_facts_storage_ops(const struct hw_bound_facts *facts);

enum hw_stall_method hw_bound_facts_stall_method(const struct hw_bound_facts *facts);

enum hw_evidence_level hw_bound_facts_level(const struct hw_bound_facts *facts);
const char *hw_evidence_level_name(enum hw_evidence_level level); /* "rusage", "bpf", "hardware" */

#endif
