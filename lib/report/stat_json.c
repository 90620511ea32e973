/* SPDX-License-Identifier: Apache-2.0 */
#include "report/stat_print.h"

#include <errno.h>
#include <math.h>

#include "report/json.h"
#include "report/verdict_json.h"
#include "report/wall_json.h"
#include "stat/metric_values.h"

/* Whole numbers as such; means and scaled units keep their fraction. */
static json_t *number(double value)
{
	return value >= 0 && value == floor(value) ? hw_json_count(value) : hw_json_real(value);
}

/* Adds the figures to @o. */
static int add_figures(json_t *o, const struct hw_stat *stat)
{
	for (size_t i = 0; i < HW_FIGURES; i++) {
		const struct hw_figure *figure = &hw_figures[i];
		double value = stat->figures[i].mean;

		if (!hw_stat_has_figure(stat, figure))
			value = NAN;
		if (json_object_set_new(o, figure->key,
					figure->kind == HW_FIGURE_SECONDS ? hw_json_real(value) :
									    hw_json_count(value)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static json_t *deviations_json(const struct hw_stat *stat)
{
	hw_auto(json_decref) json_t *o = json_object();

	for (size_t i = 0; i < HW_FIGURES; i++) {
		bool known = hw_stat_has_figure(stat, &hw_figures[i]);
		double deviation = known ? hw_mean_deviation(&stat->figures[i]) : NAN;

		if (json_object_set_new(o, hw_figures[i].key, hw_json_real(deviation)) < 0)
			return NULL;
	}
	return hw_take_ptr(o);
}

static json_t *counter_json(const struct hw_stat *stat, const struct hw_stat_row *row)
{
	bool counted = hw_stat_row_counted(row);
	hw_auto(json_decref) json_t *o =
		json_pack("{s:o, s:o, s:o, s:s, s:o}", "event", hw_json_string(row->event->name),
			  "value", counted ? number(row->value.mean) : json_null(), "unit",
			  hw_json_string(row->event->unit), "status",
			  hw_counter_status_name(row->status), "running_pct",
			  number(row->running_pct.mean));

	if (stat->runs > 1 && counted &&
	    hw_json_add(o, "{s:o}", "stddev", hw_json_real(hw_mean_deviation(&row->value))) < 0)
		return NULL;
	if (row->status == HW_COUNTER_NOT_BELIEVED &&
	    hw_json_add(o, "{s:o}", "raw_value", number(row->value.mean)) < 0)
		return NULL;
	if (row->doubtful_zero && counted && hw_json_add(o, "{s:b}", "doubtful", true) < 0)
		return NULL;
	if (row->user_only && hw_json_add(o, "{s:b}", "user_only", true) < 0)
		return NULL;
	if (row->reason && hw_json_add(o, "{s:o}", "reason", hw_json_string(row->reason)) < 0)
		return NULL;
	return hw_take_ptr(o);
}

static json_t *counters_json(const struct hw_stat *stat)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < stat->n_rows; i++)
		if (json_array_append_new(array, counter_json(stat, &stat->rows[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *metric_json(const struct hw_metric_value *m)
{
	hw_auto(json_decref) json_t *o =
		json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:b}", "set", m->pick->set->name, "name",
			  m->metric->name, "value", hw_json_real(m->value), "unit",
			  m->metric->unit, "formula", m->metric->formula, "running_pct",
			  hw_json_real(m->running_pct), "doubtful", m->doubtful != NULL);

	if (m->missing &&
	    hw_json_add(o, "{s:o}", "missing", hw_json_string(m->missing->event->name)) < 0)
		return NULL;
	return hw_take_ptr(o);
}

static json_t *metrics_json(const struct hw_stat *stat)
{
	hw_auto(json_decref) json_t *values = json_array();
	const struct hw_metrics *asked = stat->metrics;
	char buf[HW_CORE_TEXT_SIZE];

	for (struct hw_metric_value m = { 0 }; hw_metric_value_next(stat, &m);)
		if (json_array_append_new(values, metric_json(&m)) < 0)
			return NULL;
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:O}", "core", asked->core->name, "title",
			 asked->core->title, "cpu", hw_core_describe(buf, &asked->id), "known",
			 !hw_core_is_generic(asked->core), "source", asked->core->source, "values",
			 values);
}

static int print_stat_json(FILE *f, const struct hw_stat *stat, const struct hw_verdict *v,
			   const char *separator)
{
	hw_auto(json_decref) json_t *o = json_pack("{s:i, s:o}", "version", 1, "command",
						   hw_json_strings(stat->argv));

	(void)separator;
	if (stat->pid && hw_json_add(o, "{s:i}", "pid", (int)stat->pid) < 0)
		return -ENOMEM;
	if (stat->all_cpus && hw_json_add(o, "{s:b}", "all_cpus", true) < 0)
		return -ENOMEM;
	if (hw_json_add(o, "{s:o, s:I}", "exit_status",
			stat->exit_status < 0 ? json_null() : json_integer(stat->exit_status), "runs",
			(json_int_t)stat->runs) < 0)
		return -ENOMEM;
	if (add_figures(o, stat) < 0 ||
	    hw_json_add(o, "{s:o}", "cpus_utilized",
			hw_json_real(hw_cpus_utilized(&stat->usage))) < 0)
		return -ENOMEM;
	if (stat->runs > 1 && hw_json_add(o, "{s:o}", "stddev", deviations_json(stat)) < 0)
		return -ENOMEM;
	if (hw_json_add(o, "{s:o}", "counters", counters_json(stat)) < 0)
		return -ENOMEM;
	if (stat->metrics && hw_json_add(o, "{s:o}", "metrics", metrics_json(stat)) < 0)
		return -ENOMEM;
	if (hw_json_add(o, "{s:o}", "wall", hw_wall_to_json(&stat->wall)) < 0)
		return -ENOMEM;
	if (stat->wall_reason &&
	    hw_json_add(o, "{s:o}", "wall_reason", hw_json_string(stat->wall_reason)) < 0)
		return -ENOMEM;
	if (hw_json_add(o, "{s:o, s:o}", "budget", v ? hw_budget_to_json(v) : json_array(), "verdict",
			v ? hw_verdict_to_json(v) : json_null()) < 0)
		return -ENOMEM;
	return hw_json_print(f, o);
}

static json_t *count_json(const struct hw_event *event, const struct hw_count *count)
{
	bool counted = count->status == HW_COUNTER_OK && count->running_pct > 0;

	return json_pack("{s:o, s:o, s:o, s:s, s:o}", "event", hw_json_string(event->name), "value",
			 counted ? number(count->value) : json_null(), "unit",
			 hw_json_string(event->unit), "status",
			 hw_counter_status_name(count->status), "running_pct",
			 number(count->running_pct));
}

static int print_interval_json(FILE *f, const struct hw_stat *stat, const char *separator,
			       double time_s, const struct hw_count *counts, bool header)
{
	hw_auto(json_decref) json_t *array = json_array(), *o = NULL;

	(void)separator;
	(void)header;
	for (size_t i = 0; i < stat->n_rows; i++)
		if (json_array_append_new(array, count_json(stat->rows[i].event, &counts[i])) < 0)
			return -ENOMEM;
	o = json_pack("{s:i, s:o, s:O}", "version", 1, "interval_s", hw_json_real(time_s), "counters",
		      array);
	return o ? hw_json_print(f, o) : -ENOMEM;
}

const struct hw_stat_printer hw_stat_json = {
	.report = print_stat_json,
	.interval = print_interval_json,
};
