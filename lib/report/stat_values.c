/* SPDX-License-Identifier: Apache-2.0 */
#include "report/stat_print.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "stat/metric_values.h"

/* 17 digits bring every double back, so that whole counts stay whole. */
static void print_bare_value(FILE *f, double value)
{
	fprintf(f, value == floor(value) && fabs(value) < 1e17 ? "%.0f" : "%.9g", value);
}

static void print_count_values(FILE *f, const struct hw_event *event, const struct hw_count *count,
		      const char *separator)
{
	if (count->status == HW_COUNTER_OK && count->running_pct > 0)
		print_bare_value(f, count->value);
	fprintf(f, "%s%s%s%s%s%.2f%s%s", separator, event->unit, separator, event->name, separator,
		count->running_pct, separator, hw_counter_status_name(count->status));
}

static int print_stat_values(FILE *f, const struct hw_stat *stat, const struct hw_verdict *verdict,
			const char *separator)
{
	(void)verdict;
	for (size_t i = 0; i < stat->n_rows; i++) {
		const struct hw_stat_row *row = &stat->rows[i];
		struct hw_count count = {
			.status = row->status,
			.value = row->value.mean,
			.running_pct = row->running_pct.mean,
		};

		print_count_values(f, row->event, &count, separator);
		if (stat->runs > 1)
			fprintf(f, "%s%.9g", separator, hw_mean_deviation(&row->value));
		fputc('\n', f);
	}
	for (struct hw_metric_value m = { 0 }; hw_metric_value_next(stat, &m);) {
		if (!isnan(m.value))
			fprintf(f, "%.6g", m.value);
		fprintf(f, "%s%s%s%s%s%.2f%smetric\n", separator, m.metric->unit, separator,
			m.metric->name, separator, m.running_pct, separator);
	}
	return ferror(f) ? -EIO : 0;
}

static int print_interval_values(FILE *f, const struct hw_stat *stat, const char *separator,
				 double time_s, const struct hw_count *counts, bool header)
{
	(void)header;
	for (size_t i = 0; i < stat->n_rows; i++) {
		fprintf(f, "%.6f%s", time_s, separator);
		print_count_values(f, stat->rows[i].event, &counts[i], separator);
		fputc('\n', f);
	}
	return ferror(f) ? -EIO : 0;
}

const struct hw_stat_printer hw_stat_values = {
	.report = print_stat_values,
	.interval = print_interval_values,
};
