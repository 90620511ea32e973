/* SPDX-License-Identifier: Apache-2.0 */
#include "report/stat_print.h"

#include <errno.h>
#include <math.h>

#include "report/json.h"
#include "stat/metric_values.h"
#include "report/verdict_json.h"
#include "report/wall_json.h"

static bool set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0;
}

/* Whole numbers as such; means and scaled units keep their fraction. */
static json_t *number(double value)
{
	return value >= 0 && value == floor(value) ? hw_json_count(value) : hw_json_real(value);
}

static json_t *figure_json(const struct hw_stat *stat, size_t i)
{
	double value = stat->figures[i].mean;

	if (!hw_stat_has_figure(stat, &hw_figures[i]))
		return json_null();
	return hw_figures[i].kind == HW_FIGURE_SECONDS ? hw_json_real(value) : hw_json_count(value);
}

static json_t *deviations_json(const struct hw_stat *stat)
{
	hw_auto(json_decref) json_t *o = json_object();

	for (size_t i = 0; i < HW_FIGURES; i++)
		if (!set(o, hw_figures[i].key,
			 hw_stat_has_figure(stat, &hw_figures[i])
				 ? hw_json_real(hw_mean_deviation(&stat->figures[i]))
				 : json_null()))
			return NULL;
	return hw_take_ptr(o);
}

static json_t *row_json(const struct hw_stat *stat, const struct hw_stat_row *row)
{
	hw_auto(json_decref) json_t *o = json_object();
	bool ok = set(o, "event", hw_json_string(row->event->name));

	ok = ok && set(o, "value", hw_stat_row_counted(row) ? number(row->value.mean) : json_null());
	ok = ok && set(o, "unit", hw_json_string(row->event->unit));
	ok = ok && set(o, "status", json_string(hw_counter_status_name(row->status)));
	ok = ok && set(o, "running_pct", number(row->running_pct.mean));
	if (stat->runs > 1 && hw_stat_row_counted(row))
		ok = ok && set(o, "stddev", hw_json_real(hw_mean_deviation(&row->value)));
	if (row->status == HW_COUNTER_NOT_BELIEVED)
		ok = ok && set(o, "raw_value", number(row->value.mean));
	if (row->doubtful_zero && hw_stat_row_counted(row))
		ok = ok && set(o, "doubtful", json_true());
	if (row->user_only)
		ok = ok && set(o, "user_only", json_true());
	if (row->reason)
		ok = ok && set(o, "reason", hw_json_string(row->reason));
	return ok ? hw_take_ptr(o) : NULL;
}

static json_t *counters_json(const struct hw_stat *stat)
{
	hw_auto(json_decref) json_t *array = json_array();

	for (size_t i = 0; i < stat->n_rows; i++)
		if (json_array_append_new(array, row_json(stat, &stat->rows[i])) < 0)
			return NULL;
	return hw_take_ptr(array);
}

static json_t *metric_json(const struct hw_metric_value *m)
{
	json_t *o = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:b}", "set", m->pick->set->name,
			      "name", m->metric->name, "value", hw_json_real(m->value), "unit",
			      m->metric->unit, "formula", m->metric->formula, "running_pct",
			      hw_json_real(m->running_pct), "doubtful", m->doubtful != NULL);

	if (m->missing &&
	    json_object_set_new(o, "missing", hw_json_string(m->missing->event->name)) < 0) {
		json_decref(o);
		return NULL;
	}
	return o;
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

static int print_report(FILE *f, const struct hw_stat *stat, const struct hw_verdict *v,
			const char *separator)
{
	hw_auto(json_decref) json_t *o = json_object();
	bool ok = set(o, "version", json_integer(1));

	(void)separator;
	ok = ok && set(o, "command", hw_json_strings(stat->argv));
	if (stat->pid)
		ok = ok && set(o, "pid", json_integer(stat->pid));
	if (stat->all_cpus)
		ok = ok && set(o, "all_cpus", json_true());
	ok = ok && set(o, "exit_status",
		       stat->exit_status < 0 ? json_null() : json_integer(stat->exit_status));
	ok = ok && set(o, "runs", json_integer((json_int_t)stat->runs));
	for (size_t i = 0; i < HW_FIGURES; i++)
		ok = ok && set(o, hw_figures[i].key, figure_json(stat, i));
	ok = ok && set(o, "cpus_utilized", hw_json_real(hw_cpus_utilized(&stat->usage)));
	if (stat->runs > 1)
		ok = ok && set(o, "stddev", deviations_json(stat));
	ok = ok && set(o, "counters", counters_json(stat));
	if (stat->metrics)
		ok = ok && set(o, "metrics", metrics_json(stat));
	ok = ok && set(o, "wall", hw_wall_to_json(&stat->wall));
	if (stat->wall_reason)
		ok = ok && set(o, "wall_reason", hw_json_string(stat->wall_reason));
	ok = ok && set(o, "budget", v ? hw_budget_to_json(v) : json_array());
	ok = ok && set(o, "verdict", v ? hw_verdict_to_json(v) : json_null());
	return ok ? hw_json_print(f, o) : -ENOMEM;
}

static int print_interval(FILE *f, const struct hw_stat *stat, const char *separator, double time_s,
			  const struct hw_count *counts, bool header)
{
	hw_auto(json_decref) json_t *o = json_object(), *array = json_array();
	bool ok = set(o, "version", json_integer(1)) && set(o, "interval_s", hw_json_real(time_s));

	(void)separator;
	(void)header;
	for (size_t i = 0; ok && i < stat->n_rows; i++) {
		const struct hw_event *event = stat->rows[i].event;
		const struct hw_count *count = &counts[i];
		bool counted = count->status == HW_COUNTER_OK && count->running_pct > 0;

		ok = json_array_append_new(
			     array, json_pack("{s:o, s:o, s:o, s:s, s:o}", "event",
					      hw_json_string(event->name), "value",
					      counted ? number(count->value) : json_null(), "unit",
					      hw_json_string(event->unit), "status",
					      hw_counter_status_name(count->status), "running_pct",
					      number(count->running_pct))) == 0;
	}
	ok = ok && set(o, "counters", hw_take_ptr(array));
	return ok ? hw_json_print(f, o) : -ENOMEM;
}

const struct hw_stat_printer hw_stat_json = {
	.report = print_report,
	.interval = print_interval,
};
