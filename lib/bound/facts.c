/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/facts.h"

#include <math.h>

#define PAGE_BLOCKS 8 /* of 512 bytes */

void hw_bound_facts_init(struct hw_bound_facts *facts)
{
	*facts = (struct hw_bound_facts){
		.cycles = -1,
		.instructions = -1,
		.cache_misses = -1,
		.page_fault_s = -1,
		.stall_share = -1,
		.stall_error = -1,
		.pmu_stall = -1,
		.pmu_stall_limit = -1,
	};
	for (int slice = 0; slice < HW_SLICES_SAMPLED; slice++)
		facts->sampled[slice] = -1;
}

void hw_bound_facts_set_metric(struct hw_bound_facts *facts, const struct hw_metric *metric,
			       double value)
{
	double share = fmin(fmax(value / 100, 0), 1);

	switch (metric->role) {
	case HW_METRIC_MEMORY_STALL:
		facts->pmu_stall = share;
		facts->pmu_metric = metric;
		break;
	case HW_METRIC_STALL_BOUND:
		facts->pmu_stall_limit = share;
		facts->pmu_limit_metric = metric;
		break;
	case HW_METRIC_LLC_MPKI:
		if (facts->instructions > 0)
			facts->cache_misses = value * facts->instructions / 1000;
		break;
	case HW_METRIC_PLAIN:
		break;
	}
}

bool hw_bound_facts_measured(const struct hw_bound_facts *facts)
{
	return facts->wall && facts->wall->known && facts->wall->wall_s > 0;
}

bool hw_bound_facts_sampled(const struct hw_bound_facts *facts)
{
	return facts->sampled[HW_SLICE_USER] >= 0;
}

double hw_bound_facts_ipc(const struct hw_bound_facts *facts)
{
	return facts->cycles > 0 && facts->instructions >= 0 ? facts->instructions / facts->cycles
							     : -1;
}

double hw_bound_facts_mpki(const struct hw_bound_facts *facts)
{
	return facts->instructions > 0 && facts->cache_misses >= 0
		       ? facts->cache_misses * 1000 / facts->instructions
		       : -1;
}

double hw_bound_facts_storage_ops(const struct hw_bound_facts *facts)
{
	const struct hw_usage *u = &facts->usage;

	return ((double)u->in_blocks + (double)u->out_blocks) / PAGE_BLOCKS +
	       (double)hw_usage_read_faults(u);
}

enum hw_stall_method hw_bound_facts_stall_method(const struct hw_bound_facts *facts)
{
	if (facts->pmu_stall >= 0)
		return HW_STALL_COUNTED;
	if (facts->stall_share >= 0)
		return HW_STALL_SAMPLED;
	return hw_bound_facts_mpki(facts) >= 0 ? HW_STALL_BY_MISSES : HW_STALL_UNKNOWN;
}

enum hw_evidence_level hw_bound_facts_level(const struct hw_bound_facts *facts)
{
	if (hw_bound_facts_ipc(facts) >= 0)
		return HW_EVIDENCE_HARDWARE;
	return hw_bound_facts_sampled(facts) || hw_bound_facts_measured(facts) ? HW_EVIDENCE_BPF
									  : HW_EVIDENCE_RUSAGE;
}

const char *hw_evidence_level_name(enum hw_evidence_level level)
{
	static const char *const names[] = {
		[HW_EVIDENCE_RUSAGE] = "rusage",
		[HW_EVIDENCE_BPF] = "bpf",
		[HW_EVIDENCE_HARDWARE] = "hardware",
	};

	return names[level];
}
