/* SPDX-License-Identifier: Apache-2.0
 * The metrics of `hwprof stat -M`: what the counts of a run make of them. */
#ifndef HW_STAT_METRIC_VALUES_H
#define HW_STAT_METRIC_VALUES_H

#include <stdbool.h>

#include "stat/stat.h"

/* A metric as far as its events were counted. */
struct hw_metric_value {
	const struct hw_metric_pick *pick;
	const struct hw_metric *metric;
	double value; /* in its unit; NAN: not known */
	/* The event that was not counted, or one that stayed 0 where that is doubtful, so that the
	 * value is so too; borrowed from the stat; NULL */
	const struct hw_stat_row *missing, *doubtful;
	double running_pct; /* the least of its events, see struct hw_count */
};

/* Goes on to the next metric that was asked for, to the first one from all zeros. Returns false
 * behind the last one, and when @stat has no metrics.
 *
 *	for (struct hw_metric_value m = { 0 }; hw_metric_value_next(stat, &m);) ... */
bool hw_metric_value_next(const struct hw_stat *stat, struct hw_metric_value *m);

/* Whether any event of the metrics of @stat was counted; false without metrics. */
bool hw_metrics_any_counted(const struct hw_stat *stat);

/* Whether an event of a metric had no turn on the counters: there were too few of them. */
bool hw_metrics_any_without_turn(const struct hw_stat *stat);

#endif
