/* SPDX-License-Identifier: Apache-2.0
 * The metrics of `hwprof stat -M`: their values, and the sentences about them, in all forms. */
#ifndef HW_REPORT_METRICS_H
#define HW_REPORT_METRICS_H

#include <jansson.h>

#include "report/counters.h"

/* A metric as far as its events were counted. */
struct hw_metric_reading {
	double value; /* in its unit; NAN: not known */
	/* The event that was not counted, or one that stayed 0 where that is doubtful, so that the
	 * value is so too; borrowed from @stat; NULL */
	const struct hw_stat_row *missing, *doubtful;
	double running_pct; /* the least of its events, see struct hw_count */
};

void hw_metric_read(const struct hw_stat *stat, const struct hw_metric_pick *pick,
		    const struct hw_metric *metric, struct hw_metric_reading *ret);

/* Each does nothing when @stat has no metrics. */
void hw_metrics_print(FILE *f, const struct hw_stat *stat);
/* A line each: value, unit, name, running %, "metric", with @separator in between. */
void hw_metrics_print_values(FILE *f, const struct hw_stat *stat, const char *separator);

/* {"core", "title", "cpu", "known", "source", "values": [...]} of a @stat that has metrics, see
 * hwprof-stat(1). NULL without memory. */
json_t *hw_metrics_to_json(const struct hw_stat *stat);

/* Sets in *facts what the metrics tell of memory. */
void hw_metrics_facts(const struct hw_stat *stat, struct hw_bound_facts *facts);

#endif
