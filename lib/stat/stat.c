/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/stat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/explain.h"
#include "stat/plausible.h"

#define FIGURE(field_, kind_, label_, ...)                                   \
	{                                                                    \
		.key = #field_, .offset = offsetof(struct hw_usage, field_), \
		.kind = HW_FIGURE_##kind_, .label = (label_), __VA_ARGS__    \
	}

const struct hw_figure hw_figures[HW_FIGURES] = {
	FIGURE(wall_s, SECONDS, "wall time"),
	FIGURE(user_s, SECONDS, "user time"),
	FIGURE(sys_s, SECONDS, "system time"),
	FIGURE(cpu_wait_s, SECONDS, "first thread waited for a CPU", .of_task = true),
	FIGURE(max_rss_bytes, BYTES, "maximum resident set", .of_task = true),
	FIGURE(minor_faults, COUNT, "minor page faults"),
	FIGURE(major_faults, COUNT, "major page faults"),
	FIGURE(voluntary_switches, COUNT, "voluntary switches", .of_task = true),
	FIGURE(involuntary_switches, COUNT, "involuntary switches", .of_task = true),
	FIGURE(in_blocks, COUNT, "blocks of 512 bytes in"),
	FIGURE(out_blocks, COUNT, "blocks of 512 bytes out"),
	FIGURE(read_bytes, BYTES, "read from storage", .of_io = true),
	FIGURE(write_bytes, BYTES, "written to storage", .of_io = true),
	FIGURE(read_chars, BYTES, "by read calls, caches included", .of_io = true),
	FIGURE(written_chars, BYTES, "by write calls, caches included", .of_io = true),
	FIGURE(io_calls, COUNT, "read and write calls", .of_io = true),
};

static double figure_of(const struct hw_figure *figure, const struct hw_usage *usage)
{
	const void *field = (const char *)usage + figure->offset;

	return figure->kind == HW_FIGURE_SECONDS ? *(const double *)field : (double)*(const uint64_t *)field;
}

static void set_figure(const struct hw_figure *figure, struct hw_usage *usage, double value)
{
	void *field = (char *)usage + figure->offset;

	if (figure->kind == HW_FIGURE_SECONDS)
		*(double *)field = value;
	else
		*(uint64_t *)field = (uint64_t)llround(value);
}

bool hw_stat_has_figure(const struct hw_stat *stat, const struct hw_figure *figure)
{
	return (stat->usage.io_known || !figure->of_io) && !(stat->all_cpus && figure->of_task);
}

void hw_mean_add(struct hw_mean *m, double value)
{
	double distance = value - m->mean;

	m->n++;
	m->mean += distance / (double)m->n;
	m->sum_sq += distance * (value - m->mean);
}

double hw_mean_deviation(const struct hw_mean *m)
{
	return m->n < 2 ? 0 : sqrt(m->sum_sq / (double)(m->n - 1));
}

int hw_stat_init(struct hw_stat *stat, const struct hw_events *events)
{
	struct hw_stat_row *rows = calloc(events->count, sizeof(*rows));

	if (!rows && events->count)
		return -ENOMEM;
	for (size_t i = 0; i < events->count; i++)
		rows[i].event = &events->items[i];
	*stat = (struct hw_stat){ .events = events, .rows = rows, .n_rows = events->count };
	return 0;
}

void hw_stat_done(struct hw_stat *stat)
{
	for (size_t i = 0; i < stat->n_rows; i++)
		free(stat->rows[i].reason);
	free(stat->rows);
	free(stat->wall_reason);
	hw_wall_done(&stat->wall);
	*stat = (struct hw_stat){ 0 };
}

/* A count that could not be in one run is believed in none. */
static void add_count(struct hw_stat_row *row, const struct hw_count *count)
{
	row->doubtful_zero = hw_count_is_doubtful_zero(row->event, count);
	if (row->status != HW_COUNTER_NOT_BELIEVED)
		row->status = count->status;
	row->user_only = count->user_only;
	if (count->status != HW_COUNTER_OK) {
		if (!row->reason)
			row->reason = hw_event_explain(row->event, count->error);
		return;
	}
	hw_mean_add(&row->running_pct, count->running_pct);
	if (count->running_pct > 0)
		hw_mean_add(&row->value, count->value);
}

static void disbelieve(struct hw_stat *stat, const struct hw_usage *usage,
		       const struct hw_count *counts)
{
	unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_CONF);

	for (size_t i = 0; i < stat->n_rows; i++) {
		struct hw_stat_row *row = &stat->rows[i];

		if (row->status == HW_COUNTER_OK &&
		    hw_count_is_impossible(stat->events, i, counts, usage, cpus, &row->reason))
			row->status = HW_COUNTER_NOT_BELIEVED;
	}
}

void hw_stat_add_run(struct hw_stat *stat, const struct hw_usage *usage, const struct hw_wall *wall,
		     const struct hw_count *counts)
{
	stat->usage.io_known = usage->io_known && (!stat->runs || stat->usage.io_known);
	stat->runs++;
	hw_wall_average(&stat->wall, wall, stat->runs);
	for (size_t i = 0; i < HW_FIGURES; i++) {
		hw_mean_add(&stat->figures[i], figure_of(&hw_figures[i], usage));
		set_figure(&hw_figures[i], &stat->usage, stat->figures[i].mean);
	}
	for (size_t i = 0; i < stat->n_rows; i++)
		add_count(&stat->rows[i], &counts[i]);
	disbelieve(stat, usage, counts);
}

bool hw_stat_row_counted(const struct hw_stat_row *row)
{
	return row->status == HW_COUNTER_OK && row->value.n > 0;
}

/* --- what a count amounts to beside the others --- */

#define HW(name) PERF_TYPE_HARDWARE, PERF_COUNT_HW_##name
#define LAST_LEVEL_LOAD_MISSES                                                          \
	PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_LL | PERF_COUNT_HW_CACHE_OP_READ << 8 | \
				    PERF_COUNT_HW_CACHE_RESULT_MISS << 16

/* value of the event / value of the other x factor is what is said. The first rule whose
 * other event was counted holds. */
static const struct derived_rule {
	uint32_t type;
	uint64_t config;
	uint32_t per_type;
	uint64_t per_config;
	double factor;
	const char *unit;
} derived_rules[] = {
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

double hw_stat_beside(const struct hw_stat *stat, const struct hw_stat_row *like, uint32_t type,
		      uint64_t config)
{
	for (size_t i = 0; i < stat->n_rows; i++) {
		const struct hw_stat_row *row = &stat->rows[i];

		if (row->event->attr.type == type && row->event->attr.config == config &&
		    hw_stat_row_counted(row) && (type == PERF_TYPE_SOFTWARE || same_modes(row, like)))
			return row->value.mean;
	}
	return -1;
}

double hw_cpus_utilized(const struct hw_usage *usage)
{
	return usage->wall_s > 0 ? (usage->user_s + usage->sys_s) / usage->wall_s : 0;
}

static struct hw_stat_derived rate(double per_s)
{
	if (per_s >= 1e9)
		return (struct hw_stat_derived){ per_s / 1e9, "G/sec" };
	if (per_s >= 1e6)
		return (struct hw_stat_derived){ per_s / 1e6, "M/sec" };
	if (per_s >= 1e3)
		return (struct hw_stat_derived){ per_s / 1e3, "K/sec" };
	return (struct hw_stat_derived){ per_s, "/sec" };
}

bool hw_stat_derive(const struct hw_stat *stat, const struct hw_stat_row *row,
		    struct hw_stat_derived *ret)
{
	double clock_ns, cpu_s;

	if (!hw_stat_row_counted(row))
		return false;
	for (size_t i = 0; i < sizeof(derived_rules) / sizeof(derived_rules[0]); i++) {
		const struct derived_rule *rule = &derived_rules[i];
		double per;

		if (row->event->attr.type != rule->type || row->event->attr.config != rule->config)
			continue;
		per = hw_stat_beside(stat, row, rule->per_type, rule->per_config);
		if (per > 0) {
			*ret = (struct hw_stat_derived){ row->value.mean / per * rule->factor,
							 rule->unit };
			return true;
		}
	}
	if (!strcmp(row->event->unit, "ns")) {
		if (!(stat->usage.wall_s > 0))
			return false;
		*ret = (struct hw_stat_derived){ row->value.mean / 1e9 / stat->usage.wall_s,
						 "CPUs utilized" };
		return true;
	}
	clock_ns = hw_stat_beside(stat, row, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK);
	cpu_s = clock_ns >= 0 ? clock_ns / 1e9 : stat->usage.user_s + stat->usage.sys_s;
	if (row->event->unit[0] || !(row->value.mean > 0) || !(cpu_s > 0))
		return false;
	*ret = rate(row->value.mean / cpu_s);
	return true;
}
