/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/metric_values.h"

#include <math.h>
#include <string.h>


/* The metric behind @m->metric, that of the next pick when its set is done. */
static bool next_metric(const struct hw_metrics *asked, struct hw_metric_value *m)
{
	const struct hw_metric_pick *end = asked->picks + asked->n;
	const struct hw_metric_pick *pick = m->pick ? m->pick : asked->picks;
	const struct hw_metric *metric = m->metric ? m->metric + 1 : NULL;

	for (; pick < end; pick++, metric = NULL) {
		if (!metric)
			metric = pick->set->metrics;
		while (metric->name && pick->only && strcmp(pick->only, metric->name))
			metric++;
		if (metric->name) {
			*m = (struct hw_metric_value){ .pick = pick, .metric = metric };
			return true;
		}
	}
	return false;
}

bool hw_metric_value_next(const struct hw_stat *stat, struct hw_metric_value *m)
{
	const struct hw_metric_set *set;
	const struct hw_stat_row *rows;
	struct hw_metric_env env = { .seconds = stat->usage.wall_s };
	double counts[HW_EVENTS_MAX];

	if (!stat->metrics || !next_metric(stat->metrics, m))
		return false;
	env.smt = stat->metrics->smt;
	set = m->pick->set;
	rows = &stat->rows[m->pick->first];
	m->running_pct = 100;
	for (size_t i = 0; i < hw_metric_set_size(set); i++) {
		const struct hw_stat_row *row = &rows[i];

		counts[i] = hw_stat_row_counted(row) ? row->value.mean : NAN;
		if (set->events[i].group == HW_METRIC_SMT_GROUP && !env.smt)
			continue;
		if (!hw_metric_uses(set, m->metric, i))
			continue;
		if (!hw_stat_row_counted(row))
			m->missing = m->missing ? m->missing : row;
		else if (row->doubtful_zero)
			m->doubtful = row;
		m->running_pct = fmin(m->running_pct, row->running_pct.mean);
	}
	m->value = hw_metric_value(set, m->metric, counts, &env);
	return true;
}

/* Whether the rows of a pick hold one that @holds is true of. */
static bool any_metric_row(const struct hw_stat *stat, bool (*holds)(const struct hw_stat_row *row))
{
	const struct hw_metrics *asked = stat->metrics;

	for (size_t i = 0; asked && i < asked->n; i++) {
		const struct hw_metric_pick *pick = &asked->picks[i];

		for (size_t j = 0; j < hw_metric_set_size(pick->set); j++)
			if (holds(&stat->rows[pick->first + j]))
				return true;
	}
	return false;
}

static bool had_no_turn(const struct hw_stat_row *row)
{
	return row->status == HW_COUNTER_OK && !hw_stat_row_counted(row);
}

bool hw_metrics_any_counted(const struct hw_stat *stat)
{
	return any_metric_row(stat, hw_stat_row_counted);
}

bool hw_metrics_any_without_turn(const struct hw_stat *stat)
{
	return any_metric_row(stat, had_no_turn);
}
