/* SPDX-License-Identifier: Apache-2.0 */
#include "report/stat_print.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "stat/metric_values.h"
#include "report/style.h"

#define VALUE_COLUMNS 20
#define UNIT_COLUMNS  6
#define NAME_COLUMNS  32

/* Of a metric: units are longer than those of events, names shorter. */
#define METRIC_UNIT_COLUMNS 23
#define METRIC_NAME_COLUMNS 22

static const struct hw_style plain; /* no limit to the width, no colour */

/* "not counted": it was never on a counter, there are more events than those. */
static const char *placeholder(const struct hw_count *count)
{
	switch (count->status) {
	case HW_COUNTER_NOT_SUPPORTED:
		return "<not supported>";
	case HW_COUNTER_NOT_PERMITTED:
		return "<not permitted>";
	case HW_COUNTER_NOT_BELIEVED:
		return "<not believed>";
	default:
		return count->running_pct > 0 ? NULL : "<not counted>";
	}
}

/* One line's value and unit, right-aligned: counts whole, clocks in ms. */
static void print_count(FILE *f, const struct hw_event *event, const struct hw_count *count,
			bool mean)
{
	const char *instead = placeholder(count);
	bool clock = !strcmp(event->unit, "ns");
	char buf[HW_GROUPED_SIZE];
	int places = clock || event->unit[0] ? 2 : mean ? 1 : 0;

	if (instead)
		fprintf(f, "%*s %-*s", VALUE_COLUMNS, instead, UNIT_COLUMNS, "");
	else
		fprintf(f, "%*s %-*s", VALUE_COLUMNS,
			hw_grouped(buf, clock ? count->value / 1e6 : count->value, places),
			UNIT_COLUMNS, clock ? "ms" : event->unit);
}

/* "+- 1.23 %" of the mean. */
static void print_spread(FILE *f, const struct hw_mean *m)
{
	if (m->n > 1 && m->mean > 0)
		fprintf(f, "  +- %.2f %%", hw_mean_deviation(m) / m->mean * 100);
}

static void print_counter(FILE *f, const struct hw_stat *stat, size_t i)
{
	const struct hw_stat_row *row = &stat->rows[i];
	struct hw_count count = {
		.status = row->status,
		.value = row->value.mean,
		.running_pct = row->running_pct.mean,
	};
	struct hw_stat_derived derived;
	bool has_derived = hw_stat_derive(stat, row, &derived);

	print_count(f, row->event, &count, stat->runs > 1);
	hw_put(f, &plain, row->event->name, 0, has_derived ? NAME_COLUMNS : 0, HW_CUT_RIGHT);
	if (has_derived)
		fprintf(f, " # %.3f %s", derived.value, derived.unit);
	if (hw_stat_row_counted(row))
		print_spread(f, &row->value);
	if (hw_stat_row_counted(row) && count.running_pct < 99.995)
		fprintf(f, "  (%.2f %%)", count.running_pct);
	fputc('\n', f);
}

/* Why @row was refused, without the name of the event: that much is the same for all events that
 * are refused for one reason. */
static const char *bare_reason(const struct hw_stat_row *row)
{
	size_t n = strlen(row->event->name);

	return strncmp(row->reason, row->event->name, n) ? row->reason : row->reason + n;
}

static bool said_before(const struct hw_stat *stat, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (stat->rows[j].reason &&
		    !strcmp(bare_reason(&stat->rows[j]), bare_reason(&stat->rows[i])))
			return true;
	return false;
}

static void print_reason(FILE *f, const struct hw_stat *stat, size_t i)
{
	const struct hw_stat_row *row = &stat->rows[i];
	const char *before = " (also: ";

	fputs("  ", f);
	hw_put(f, &plain, row->reason, 0, 0, HW_CUT_RIGHT);
	for (size_t j = i + 1; j < stat->n_rows; j++) {
		if (!stat->rows[j].reason || strcmp(bare_reason(&stat->rows[j]), bare_reason(row)))
			continue;
		fputs(before, f);
		hw_put(f, &plain, stat->rows[j].event->name, 0, 0, HW_CUT_RIGHT);
		before = ", ";
	}
	fputs(before[0] == ',' ? ")\n" : "\n", f);
}

static void print_doubtful_zeros(FILE *f, const struct hw_stat *stat)
{
	const char *before = "  ";

	for (size_t i = 0; i < stat->n_rows; i++) {
		const struct hw_stat_row *row = &stat->rows[i];

		if (!row->doubtful_zero || !hw_stat_row_counted(row))
			continue;
		fputs(before, f);
		hw_put(f, &plain, row->event->name, 0, 0, HW_CUT_RIGHT);
		before = ", ";
	}
	if (before[0] == ',')
		fputs(" stayed 0: either nothing of it happened, or this PMU takes codes of events "
		      "that it does not count, as virtual ones do.\n",
		      f);
}

/* What the reader must know about the counts, each thing once. */
static void print_stat_notes(FILE *f, const struct hw_stat *stat)
{
	bool shared = false, user_only = false;

	for (size_t i = 0; i < stat->n_rows; i++) {
		const struct hw_stat_row *row = &stat->rows[i];

		if (row->reason && !said_before(stat, i))
			print_reason(f, stat, i);
		shared |= row->status == HW_COUNTER_OK && row->running_pct.mean < 99.995;
		user_only |= row->user_only;
	}
	print_doubtful_zeros(f, stat);
	if (shared)
		fputs("  (xx %): the share of the time the event was on a counter; its value is "
		      "scaled up from that. Fewer events at once are exact.\n",
		      f);
	if (user_only)
		fputs("  Without CAP_PERFMON events count in user mode only; as root, or with "
		      "kernel.perf_event_paranoid at 1, they count in the kernel too.\n",
		      f);
	if (!stat->usage.io_known && !stat->all_cpus)
		fputs("  /proc/PID/io cannot be read (another user's process, or a kernel without "
		      "CONFIG_TASK_IO_ACCOUNTING): bytes read and written are not known.\n",
		      f);
}

static void print_metric(FILE *f, const struct hw_metric_value *m)
{
	char buf[HW_GROUPED_SIZE];

	fprintf(f, "%*s %-*s%-*s # ", VALUE_COLUMNS,
		isnan(m->value) ? "<not known>" : hw_grouped(buf, m->value, 2),
		METRIC_UNIT_COLUMNS, m->metric->unit, METRIC_NAME_COLUMNS, m->metric->name);
	if (m->missing)
		fprintf(f, "%s was not counted", m->missing->event->name);
	else if (isnan(m->value))
		fputs("nothing was counted to relate it to", f);
	else if (m->doubtful)
		fprintf(f, "doubtful: %s stayed 0", m->doubtful->event->name);
	else
		fputs(m->metric->meaning, f);
	if (!m->missing && m->running_pct < 99.995)
		fprintf(f, "  (%.2f %%)", m->running_pct);
	fputc('\n', f);
}

static void print_metrics(FILE *f, const struct hw_stat *stat)
{
	const struct hw_metrics *asked = stat->metrics;
	char buf[HW_CORE_TEXT_SIZE];

	if (!asked)
		return;
	if (hw_core_is_generic(asked->core))
		fprintf(f, "metrics of perf's generic events: there is no table for %s, and what "
			   "these events mean is up to the kernel's driver\n",
			hw_core_describe(buf, &asked->id));
	else
		fprintf(f, "metrics of %s, from its manual (`hwprof list metrics` names it):\n",
			asked->core->title);
	if (!hw_metrics_any_counted(stat))
		fputs("  none is known: not one of their events was counted, see above\n", f);
	else
		for (struct hw_metric_value m = { 0 }; hw_metric_value_next(stat, &m);)
			print_metric(f, &m);
	if (hw_metrics_any_without_turn(stat))
		fputs("  A group of events got no turn on the counters: the run was too short, or "
		      "others hold them. `sysctl kernel.nmi_watchdog=0` frees one; ask for one set "
		      "at a time.\n",
		      f);
	fputc('\n', f);
}

static void print_figure(FILE *f, const struct hw_stat *stat, size_t i)
{
	const struct hw_figure *figure = &hw_figures[i];
	const struct hw_mean *m = &stat->figures[i];
	bool noted = figure->kind == HW_FIGURE_BYTES && m->mean >= 1024;
	bool many = stat->runs > 1;
	char buf[HW_GROUPED_SIZE];

	switch (figure->kind) {
	case HW_FIGURE_SECONDS:
		fprintf(f, "%*s %-*s", VALUE_COLUMNS, hw_grouped(buf, m->mean, 6), UNIT_COLUMNS,
			"s");
		break;
	case HW_FIGURE_BYTES:
		fprintf(f, "%*s %-*s", VALUE_COLUMNS, hw_grouped(buf, m->mean, 0), UNIT_COLUMNS,
			"bytes");
		break;
	case HW_FIGURE_COUNT:
		fprintf(f, "%*s %-*s", VALUE_COLUMNS, hw_grouped(buf, m->mean, many), UNIT_COLUMNS,
			"");
		break;
	}
	fprintf(f, "%-*s", noted ? NAME_COLUMNS + 1 : 0, figure->label);
	if (noted)
		fprintf(f, "# %s", hw_amount_kib((char[HW_AMOUNT_SIZE]){ 0 }, m->mean));
	print_spread(f, m);
	fputc('\n', f);
}

static void print_stat_figures(FILE *f, const struct hw_stat *stat)
{
	char buf[HW_GROUPED_SIZE];

	for (size_t i = 0; i < HW_FIGURES; i++)
		if (hw_stat_has_figure(stat, &hw_figures[i]))
			print_figure(f, stat, i);
	fprintf(f, "%*s %-*sCPUs utilized\n", VALUE_COLUMNS,
		hw_grouped(buf, hw_cpus_utilized(&stat->usage), 3), UNIT_COLUMNS, "");
	if (stat->exit_status > 0)
		fprintf(f, "%*d %-*sexit status\n", VALUE_COLUMNS, stat->exit_status, UNIT_COLUMNS,
			"");
}

static void print_stat_sentences(FILE *f, const char *title, char *const *sentences)
{
	for (; sentences && *sentences; sentences++) {
		fprintf(f, "  %-6s ", title);
		hw_put(f, &plain, *sentences, 0, 0, HW_CUT_RIGHT);
		fputc('\n', f);
		title = "";
	}
}

static void print_stat_verdict(FILE *f, const struct hw_verdict *v, const char *wall_reason)
{
	fprintf(f, "verdict: %s, %.1f %% of wall time (by %s)\n", hw_bound_class_name(v->class),
		v->share * 100, hw_evidence_level_name(v->level));
	for (size_t i = 0; i < v->n_budget; i++)
		fprintf(f, "%*.6f %-*s%-*s # %5.1f %%\n", VALUE_COLUMNS, v->budget[i].seconds,
			UNIT_COLUMNS, "s", NAME_COLUMNS, hw_slice_name(v->budget[i].slice),
			v->budget[i].share * 100);
	print_stat_sentences(f, "why:", v->evidence);
	if (wall_reason) {
		fputs("  note:  the budget is estimated: ", f);
		hw_put(f, &plain, wall_reason, 0, 0, HW_CUT_RIGHT);
		fputc('\n', f);
	}
	print_stat_sentences(f, "next:", v->advice);
}

static void print_subject(FILE *f, const struct hw_stat *stat)
{
	if (stat->all_cpus)
		fputs("the whole machine", f);
	if (stat->pid)
		fprintf(f, "process %d", (int)stat->pid);
	if ((stat->all_cpus || stat->pid) && stat->argv)
		fputs(" during", f);
	for (char *const *arg = stat->argv; arg && *arg; arg++) {
		if (arg != stat->argv || stat->all_cpus || stat->pid)
			fputc(' ', f);
		hw_put(f, &plain, *arg, 0, 0, HW_CUT_RIGHT);
	}
}

static int print_stat_text(FILE *f, const struct hw_stat *stat, const struct hw_verdict *verdict,
			const char *separator)
{
	(void)separator;
	fputs("\nhwprof stat: ", f);
	print_subject(f, stat);
	if (stat->runs > 1)
		fprintf(f, " (%llu runs: mean +- standard deviation)",
			(unsigned long long)stat->runs);
	fputs("\n\n", f);
	for (size_t i = 0; i < stat->n_rows; i++)
		print_counter(f, stat, i);
	print_stat_notes(f, stat);
	fputc('\n', f);
	print_metrics(f, stat);
	print_stat_figures(f, stat);
	if (verdict) {
		fputc('\n', f);
		print_stat_verdict(f, verdict, stat->wall_reason);
	}
	fputc('\n', f);
	return ferror(f) ? -EIO : 0;
}

static int print_interval_text(FILE *f, const struct hw_stat *stat, const char *separator,
			       double time_s, const struct hw_count *counts, bool header)
{
	(void)separator;
	if (header)
		fprintf(f, "#%11s %*s %-*s%s\n", "time (s)", VALUE_COLUMNS, "count", UNIT_COLUMNS,
			"unit", "event");
	for (size_t i = 0; i < stat->n_rows; i++) {
		const struct hw_event *event = stat->rows[i].event;
		const struct hw_count *count = &counts[i];

		fprintf(f, "%12.6f ", time_s);
		print_count(f, event, count, false);
		hw_put(f, &plain, event->name, 0, 0, HW_CUT_RIGHT);
		if (!placeholder(count) && count->running_pct < 99.995)
			fprintf(f, "  (%.2f %%)", count->running_pct);
		fputc('\n', f);
	}
	return ferror(f) ? -EIO : 0;
}

const struct hw_stat_printer hw_stat_text = {
	.report = print_stat_text,
	.interval = print_interval_text,
};
