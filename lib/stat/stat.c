/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/stat.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "stat/figures.h"
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

static bool is_double(const struct hw_figure *figure)
{
	return figure->kind == HW_FIGURE_SECONDS;
}

double hw_figure_get(const struct hw_figure *figure, const struct hw_usage *usage)
{
	const void *field = (const char *)usage + figure->offset;

	return is_double(figure) ? *(const double *)field : (double)*(const uint64_t *)field;
}

static void set_figure(const struct hw_figure *figure, struct hw_usage *usage, double value)
{
	void *field = (char *)usage + figure->offset;

	if (is_double(figure))
		*(double *)field = value;
	else
		*(uint64_t *)field = (uint64_t)llround(value);
}

bool hw_figure_known(const struct hw_figure *figure, const struct hw_stat *stat)
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

void hw_stat_init(struct hw_stat *stat, const struct hw_events *events)
{
	*stat = (struct hw_stat){ .events = events, .n_rows = events->count };
	for (size_t i = 0; i < events->count; i++)
		stat->rows[i].event = &events->items[i];
}

void hw_stat_done(struct hw_stat *stat)
{
	for (size_t i = 0; i < stat->n_rows; i++) {
		free(stat->rows[i].reason);
		stat->rows[i].reason = NULL;
	}
	free(stat->wall_reason);
	stat->wall_reason = NULL;
	hw_wall_done(&stat->wall);
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
		hw_mean_add(&stat->figures[i], hw_figure_get(&hw_figures[i], usage));
		set_figure(&hw_figures[i], &stat->usage, stat->figures[i].mean);
	}
	for (size_t i = 0; i < stat->n_rows; i++)
		add_count(&stat->rows[i], &counts[i]);
	disbelieve(stat, usage, counts);
}

bool hw_row_counted(const struct hw_stat_row *row)
{
	return row->status == HW_COUNTER_OK && row->value.n > 0;
}

const char *hw_counter_status_name(enum hw_counter_status status)
{
	static const char *const names[] = {
		[HW_COUNTER_OK] = "ok",
		[HW_COUNTER_NOT_SUPPORTED] = "not-supported",
		[HW_COUNTER_NOT_PERMITTED] = "not-permitted",
		[HW_COUNTER_NOT_BELIEVED] = "not-believed",
	};

	return names[status];
}
