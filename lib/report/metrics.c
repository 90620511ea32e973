/* SPDX-License-Identifier: Apache-2.0 */
#include "report/metrics.h"

#include <math.h>
#include <string.h>

#include "bound/sentences.h"
#include "report/figures.h"
#include "report/json.h"

#define VALUE_COLUMNS 20
#define UNIT_COLUMNS  23
#define NAME_COLUMNS  22

void hw_metric_read(const struct hw_stat *stat, const struct hw_metric_pick *pick,
		    const struct hw_metric *metric, struct hw_metric_reading *ret)
{
	struct hw_metric_reading reading = { .running_pct = 100 };
	const struct hw_metric_env env = { stat->usage.wall_s, stat->metrics->smt };
	const struct hw_stat_row *rows = &stat->rows[pick->first];
	double counts[HW_EVENTS_MAX];

	for (size_t i = 0; i < hw_metric_set_size(pick->set); i++) {
		const struct hw_stat_row *row = &rows[i];

		counts[i] = hw_row_counted(row) ? row->value.mean : NAN;
		if (pick->set->events[i].group == HW_METRIC_SMT_GROUP && !env.smt)
			continue;
		if (!hw_metric_uses(pick->set, metric, i))
			continue;
		if (!hw_row_counted(row))
			reading.missing = reading.missing ? reading.missing : row;
		else if (row->doubtful_zero)
			reading.doubtful = row;
		reading.running_pct = fmin(reading.running_pct, row->running_pct.mean);
	}
	reading.value = hw_metric_value(pick->set, metric, counts, &env);
	*ret = reading;
}

/* Calls @visit for each metric that was asked for, until one returns other than 0, which it
 * returns. */
static int visit_metrics(const struct hw_stat *stat,
			 int (*visit)(void *ctx, const struct hw_metric_pick *pick,
				      const struct hw_metric *metric,
				      const struct hw_metric_reading *reading),
			 void *ctx)
{
	const struct hw_metrics *m = stat->metrics;
	int r = 0;

	for (size_t i = 0; m && i < m->n; i++) {
		const struct hw_metric_pick *pick = &m->picks[i];

		for (const struct hw_metric *metric = pick->set->metrics; metric->name && !r;
		     metric++) {
			struct hw_metric_reading reading;

			if (pick->only && strcmp(pick->only, metric->name))
				continue;
			hw_metric_read(stat, pick, metric, &reading);
			r = visit(ctx, pick, metric, &reading);
		}
	}
	return r;
}

static int print_metric(void *ctx, const struct hw_metric_pick *pick, const struct hw_metric *metric,
			const struct hw_metric_reading *reading)
{
	char buf[HW_GROUPED_SIZE];
	FILE *f = ctx;

	(void)pick;
	fprintf(f, "%*s %-*s%-*s # ", VALUE_COLUMNS,
		isnan(reading->value) ? "<not known>" : hw_grouped(buf, reading->value, 2),
		UNIT_COLUMNS, metric->unit, NAME_COLUMNS, metric->name);
	if (reading->missing)
		fprintf(f, "%s was not counted", reading->missing->event->name);
	else if (isnan(reading->value))
		fputs("nothing was counted to relate it to", f);
	else if (reading->doubtful)
		fprintf(f, "doubtful: %s stayed 0", reading->doubtful->event->name);
	else
		fputs(metric->meaning, f);
	if (!reading->missing && reading->running_pct < 99.995)
		fprintf(f, "  (%.2f %%)", reading->running_pct);
	fputc('\n', f);
	return 0;
}

static bool any_counted(const struct hw_stat *stat)
{
	for (size_t i = 0; i < stat->metrics->n; i++) {
		const struct hw_metric_pick *pick = &stat->metrics->picks[i];

		for (size_t j = 0; j < hw_metric_set_size(pick->set); j++)
			if (hw_row_counted(&stat->rows[pick->first + j]))
				return true;
	}
	return false;
}

/* Whether an event of a metric had no turn on the counters: there were too few of them. */
static bool never_ran(const struct hw_stat *stat)
{
	for (size_t i = 0; i < stat->metrics->n; i++) {
		const struct hw_metric_pick *pick = &stat->metrics->picks[i];

		for (size_t j = 0; j < hw_metric_set_size(pick->set); j++)
			if (stat->rows[pick->first + j].status == HW_COUNTER_OK &&
			    !hw_row_counted(&stat->rows[pick->first + j]))
				return true;
	}
	return false;
}

void hw_metrics_print(FILE *f, const struct hw_stat *stat)
{
	const struct hw_metrics *m = stat->metrics;
	char buf[HW_CORE_TEXT_SIZE];

	if (!m)
		return;
	if (hw_core_is_generic(m->core))
		fprintf(f, "metrics of perf's generic events: there is no table for %s, and what "
			   "these events mean is up to the kernel's driver\n",
			hw_core_describe(buf, &m->id));
	else
		fprintf(f, "metrics of %s, from its manual (`hwprof list metrics` names it):\n",
			m->core->title);
	if (any_counted(stat))
		visit_metrics(stat, print_metric, f);
	else
		fputs("  none is known: not one of their events was counted, see above\n", f);
	if (never_ran(stat))
		fputs("  A group of events got no turn on the counters: the run was too short, or "
		      "others hold them. `sysctl kernel.nmi_watchdog=0` frees one; ask for one set "
		      "at a time.\n",
		      f);
	fputc('\n', f);
}

struct values {
	FILE *f;
	const char *separator;
};

static int print_values(void *ctx, const struct hw_metric_pick *pick, const struct hw_metric *metric,
			const struct hw_metric_reading *reading)
{
	const struct values *v = ctx;

	(void)pick;
	if (!isnan(reading->value))
		fprintf(v->f, "%.6g", reading->value);
	fprintf(v->f, "%s%s%s%s%s%.2f%smetric\n", v->separator, metric->unit, v->separator,
		metric->name, v->separator, reading->running_pct, v->separator);
	return 0;
}

void hw_metrics_print_values(FILE *f, const struct hw_stat *stat, const char *separator)
{
	struct values v = { f, separator };

	visit_metrics(stat, print_values, &v);
}

static int append_json(void *ctx, const struct hw_metric_pick *pick, const struct hw_metric *metric,
		       const struct hw_metric_reading *reading)
{
	json_t *o = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:b}", "set", pick->set->name, "name",
			      metric->name, "value",
			      isnan(reading->value) ? json_null() : hw_json_real(reading->value),
			      "unit", metric->unit, "formula", metric->formula, "running_pct",
			      hw_json_real(reading->running_pct), "doubtful",
			      reading->doubtful != NULL);

	if (o && reading->missing &&
	    json_object_set_new(o, "missing", hw_json_string(reading->missing->event->name)) < 0)
		return -1;
	return json_array_append_new(ctx, o);
}

json_t *hw_metrics_to_json(const struct hw_stat *stat)
{
	hw_auto(json_decref) json_t *values = json_array();
	const struct hw_metrics *m = stat->metrics;
	char buf[HW_CORE_TEXT_SIZE];

	if (!values || visit_metrics(stat, append_json, values))
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:O}", "core", m->core->name, "title",
			 m->core->title, "cpu", hw_core_describe(buf, &m->id), "known",
			 !hw_core_is_generic(m->core), "source", m->core->source, "values", values);
}

static int set_fact(void *ctx, const struct hw_metric_pick *pick, const struct hw_metric *metric,
		    const struct hw_metric_reading *reading)
{
	struct hw_bound_facts *facts = ctx;

	(void)pick;
	/* a stall that was never seen while millions of cycles passed was not counted at all */
	if (!isnan(reading->value) && !reading->doubtful)
		hw_bound_facts_set_metric(facts, metric, reading->value);
	return 0;
}

void hw_metrics_facts(const struct hw_stat *stat, struct hw_bound_facts *facts)
{
	visit_metrics(stat, set_fact, facts);
}
