/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/figures.h"

#include <string.h>

#define HW(name) PERF_TYPE_HARDWARE, PERF_COUNT_HW_##name
#define LAST_LEVEL_LOAD_MISSES                                                          \
	PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_LL | PERF_COUNT_HW_CACHE_OP_READ << 8 | \
				    PERF_COUNT_HW_CACHE_RESULT_MISS << 16

/* value of the event / value of the other x factor is what the text says. The first rule whose
 * other event was counted holds. */
static const struct rule {
	uint32_t type;
	uint64_t config;
	uint32_t per_type;
	uint64_t per_config;
	double factor;
	const char *text;
} rules[] = {
	/* cycles per ns */
	{ HW(CPU_CYCLES), PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 1, "GHz" },
	{ HW(INSTRUCTIONS), HW(CPU_CYCLES), 1, "instructions per cycle" },
	{ HW(BRANCH_MISSES), HW(BRANCH_INSTRUCTIONS), 100, "% of all branches" },
	{ HW(CACHE_MISSES), HW(INSTRUCTIONS), 1000, "per 1,000 instructions" },
	{ HW(CACHE_MISSES), HW(CACHE_REFERENCES), 100, "% of all references" },
	{ LAST_LEVEL_LOAD_MISSES, HW(INSTRUCTIONS), 1000, "per 1,000 instructions" },
};

static bool same_modes(const struct hw_stat_row *a, const struct hw_stat_row *b)
{
	const struct perf_event_attr *x = &a->event->attr, *y = &b->event->attr;

	return x->exclude_user == y->exclude_user && x->exclude_kernel == y->exclude_kernel &&
	       x->exclude_hv == y->exclude_hv && a->user_only == b->user_only;
}

double hw_count_beside(const struct hw_stat *stat, const struct hw_stat_row *like, uint32_t type,
		       uint64_t config)
{
	for (size_t i = 0; i < stat->n_rows; i++) {
		const struct hw_stat_row *row = &stat->rows[i];

		if (row->event->attr.type == type && row->event->attr.config == config &&
		    hw_row_counted(row) && (type == PERF_TYPE_SOFTWARE || same_modes(row, like)))
			return row->value.mean;
	}
	return -1;
}

double hw_cpus_utilized(const struct hw_usage *usage)
{
	return usage->wall_s > 0 ? (usage->user_s + usage->sys_s) / usage->wall_s : 0;
}

static double cpu_seconds(const struct hw_stat *stat, const struct hw_stat_row *row)
{
	double clock_ns = hw_count_beside(stat, row, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK);

	return clock_ns >= 0 ? clock_ns / 1e9 : stat->usage.user_s + stat->usage.sys_s;
}

static void format_rate(char *buf, double per_s)
{
	static const struct {
		double least;
		const char *unit;
	} steps[] = { { 1e9, "G/sec" }, { 1e6, "M/sec" }, { 1e3, "K/sec" }, { 0, "/sec" } };
	size_t i = 0;

	while (per_s < steps[i].least)
		i++;
	snprintf(buf, HW_DERIVED_SIZE, "%.3f %s", per_s / (steps[i].least > 0 ? steps[i].least : 1),
		 steps[i].unit);
}

/* The figure of the first rule that fits, "" when none does. */
static bool apply_rules(char *buf, const struct hw_stat *stat, const struct hw_stat_row *row)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];
		double per;

		if (row->event->attr.type != rule->type || row->event->attr.config != rule->config)
			continue;
		per = hw_count_beside(stat, row, rule->per_type, rule->per_config);
		if (per > 0) {
			snprintf(buf, HW_DERIVED_SIZE, "%.3f %s",
				 row->value.mean / per * rule->factor, rule->text);
			return true;
		}
	}
	return false;
}

const char *hw_derived(char buf[static HW_DERIVED_SIZE], const struct hw_stat *stat, size_t i)
{
	const struct hw_stat_row *row = &stat->rows[i];
	double cpu_s = cpu_seconds(stat, row);

	buf[0] = 0;
	if (!hw_row_counted(row) || apply_rules(buf, stat, row))
		return buf;
	if (!strcmp(row->event->unit, "ns")) {
		if (stat->usage.wall_s > 0)
			snprintf(buf, HW_DERIVED_SIZE, "%.3f CPUs utilized",
				 row->value.mean / 1e9 / stat->usage.wall_s);
	} else if (!row->event->unit[0] && row->value.mean > 0 && cpu_s > 0) {
		format_rate(buf, row->value.mean / cpu_s);
	}
	return buf;
}
