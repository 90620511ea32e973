/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/judge.h"

#include <math.h>
#include <unistd.h>

#include "stat/metric_values.h"

static void set_count_facts(const struct hw_stat *stat, struct hw_bound_facts *facts)
{
	for (size_t i = 0; i < stat->n_rows; i++) {
		const struct hw_stat_row *row = &stat->rows[i];

		if (row->event->attr.type != PERF_TYPE_HARDWARE ||
		    row->event->attr.config != PERF_COUNT_HW_CPU_CYCLES || !hw_stat_row_counted(row))
			continue;
		facts->cycles = row->value.mean;
#define BESIDE(name) hw_stat_beside(stat, row, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##name)
		facts->instructions = BESIDE(INSTRUCTIONS);
		facts->cache_misses = BESIDE(CACHE_MISSES);
#undef BESIDE
		return;
	}
}

void hw_stat_facts(const struct hw_stat *stat, struct hw_bound_facts *facts)
{
	facts->usage = stat->usage;
	facts->wall = stat->wall.known ? &stat->wall : NULL;
	facts->cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	set_count_facts(stat, facts);
	for (struct hw_metric_value m = { 0 }; hw_metric_value_next(stat, &m);)
		/* a stall that was never seen while millions of cycles passed was not counted */
		if (!isnan(m.value) && !m.doubtful)
			hw_bound_facts_set_metric(facts, m.metric, m.value);
}

int hw_stat_judge(const struct hw_stat *stat, double page_fault_s, struct hw_verdict *ret)
{
	struct hw_bound_facts facts;

	hw_bound_facts_init(&facts);
	hw_stat_facts(stat, &facts);
	facts.page_fault_s = page_fault_s;
	return hw_bound_judge(&facts, ret);
}
