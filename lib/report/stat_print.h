/* SPDX-License-Identifier: Apache-2.0
 * What `hwprof stat` found, as text, JSON and separated values. */
#ifndef HW_REPORT_STAT_PRINT_H
#define HW_REPORT_STAT_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "bound/verdict.h"
#include "stat/stat.h"

/* A form of output. Each call returns 0, -EIO when @f cannot be written, or -ENOMEM. */
struct hw_stat_printer {
	/* Prints the whole report; @verdict on it, NULL when there is none. */
	int (*report)(FILE *f, const struct hw_stat *stat, const struct hw_verdict *verdict,
		      const char *separator);
	/* Prints what the counters of @stat did in the interval that ended @time_s after the
	 * start, @counts one per event; in the first one (@header) text names the columns. */
	int (*interval)(FILE *f, const struct hw_stat *stat, const char *separator, double time_s,
			const struct hw_count *counts, bool header);
};

/* For people; @separator is not looked at. */
extern const struct hw_stat_printer hw_stat_text;
/* One object on one line, hwprof-stat(1) describes it; @separator is not looked at. */
extern const struct hw_stat_printer hw_stat_json;
/* A line per counter: value, unit, event, running_pct, status with @separator in between, with
 * several runs a sixth column, the standard deviation. What is not known is empty. Intervals have
 * the time in seconds as their first column. */
extern const struct hw_stat_printer hw_stat_values;

#endif
