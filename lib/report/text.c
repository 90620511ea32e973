/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/amount.h"
#include "report/clock_text.h"
#include "report/ratios_text.h"
#include "view/location.h"

static bool has_waits(const struct hw_text *t)
{
	return hw_view_has_waits(t->view);
}

static const struct hw_session_event *event_of(const struct hw_text *t)
{
	return &t->view->profile->session.events[t->view->opts.event];
}

static void put_plain(FILE *f, const struct hw_text *t, const char *text)
{
	hw_put(f, &t->style, text, 0, 0, HW_CUT_RIGHT);
}

static void print_samples(FILE *f, const struct hw_text *t)
{
	const struct hw_session_event *e = event_of(t);
	char buf[HW_AMOUNT_SIZE];

	fputs("event    ", f);
	put_plain(f, t, e->name);
	fprintf(f, ": %" PRIu64 " samples", t->table->all.samples);
	if (e->frequency_hz)
		fprintf(f, " at %" PRIu64 " Hz", e->frequency_hz);
	else if (e->period > 1)
		fprintf(f, ", one per %s", hw_amount(buf, (double)e->period, e->unit));
	if (t->table->by_period)
		fprintf(f, ", which stand for %s%s",
			hw_amount(buf, (double)t->table->all.period, e->unit),
			strcmp(e->unit, "ns") ? " events" : " on CPUs");
	fputc('\n', f);
}

/* The words of the command, those in quotes that a shell would take apart; caller frees. */
static char *command_line(char *const *argv)
{
	char *line = NULL;
	size_t size;
	FILE *f = open_memstream(&line, &size);

	if (!f)
		return NULL;
	for (char *const *arg = argv; *arg; arg++) {
		bool quote = !(*arg)[0] || strpbrk(*arg, " \t\n\"\\$`*?;&|<>()");

		fprintf(f, quote ? "%s'%s'" : "%s%s", arg == argv ? "" : " ", *arg);
	}
	fclose(f);
	return line;
}

static void print_command(FILE *f, const struct hw_text *t)
{
	const struct hw_session *s = &t->view->profile->session;
	hw_autofree char *line = s->argv && s->argv[0] ? command_line(s->argv) : NULL;
	size_t width = t->style.width > 60 ? t->style.width - 29 : 0; /* with all around it */

	if (!line)
		return;
	fputs("command  ", f);
	hw_put(f, &t->style, line, width, 0, HW_CUT_RIGHT);
	if (s->exit_status >= 0)
		fprintf(f, "  (exit status %d)", s->exit_status);
	fputc('\n', f);
}

static void print_usage(FILE *f, const struct hw_usage *u)
{
	char wall[HW_AMOUNT_SIZE], user[HW_AMOUNT_SIZE], sys[HW_AMOUNT_SIZE];

	if (u->wall_s > 0)
		fprintf(f, "time     %s wall, %s user, %s system\n",
			hw_amount(wall, u->wall_s * 1e9, "ns"),
			hw_amount(user, u->user_s * 1e9, "ns"),
			hw_amount(sys, u->sys_s * 1e9, "ns"));
}

static void print_machine(FILE *f, const struct hw_text *t)
{
	const struct hw_session *s = &t->view->profile->session;
	time_t start = (time_t)s->start_unix_s;
	struct tm tm;
	char when[64] = "";

	if (!s->host || !s->host[0])
		return;
	if (localtime_r(&start, &tm))
		strftime(when, sizeof(when), ", %Y-%m-%d %H:%M:%S", &tm);
	fputs("machine  ", f);
	put_plain(f, t, s->host);
	fputs(", Linux ", f);
	put_plain(f, t, s->kernel);
	fputc(' ', f);
	put_plain(f, t, s->machine);
	fprintf(f, ", %u CPUs%s\n", s->cpus, when);
}

/* Says how far the largest share can be trusted: with few samples, not far. */
static void print_error(FILE *f, const struct hw_text *t)
{
	const struct hw_table *table = t->table;
	const struct hw_row *largest = NULL;
	uint64_t n = has_waits(t) ? hw_view_effective_samples(t->view) : table->all.samples;
	double share = 0;

	for (size_t i = 0; i < table->n_rows; i++) {
		double of_row = hw_table_share(table, &table->rows[i].self);

		if (of_row <= share)
			continue;
		largest = &table->rows[i];
		share = of_row;
	}
	if (!largest)
		return;
	fputs("largest  ", f);
	put_plain(f, t, largest->name);
	fprintf(f, ": %.1f %% +- %.1f %% of %s (estimated standard error of sampling)\n",
		100 * share, 100 * hw_standard_error(share, n),
		t->by == HW_BY_THREAD || t->by == HW_BY_PROCESS ? "the whole" : "self time");
}

void hw_text_head(FILE *f, const struct hw_text *t)
{
	if (has_waits(t))
		hw_clock_text_head(f, t);
	else
		print_samples(f, t);
	print_command(f, t);
	print_usage(f, &t->view->profile->session.usage);
	print_machine(f, t);
	print_error(f, t);
	fputc('\n', f);
}

static const struct heading {
	const char *name, *where, *plural;
	bool totals, kinds;
} headings[] = {
	[HW_BY_FUNCTION] = { "FUNCTION", "WHERE", "functions", true, true },
	[HW_BY_LINE] = { "FUNCTION", "LINE", "lines", true, true },
	[HW_BY_MODULE] = { "MODULE", "", "modules", true, true },
	[HW_BY_THREAD] = { "THREAD", "WHERE", "threads", false, false },
	[HW_BY_PROCESS] = { "PROCESS", "WHERE", "processes", false, false },
};

#define NAME_MAX_COLUMNS 72 /* where there is no limit: longer names are not cut, but not aligned \
			     */
#define WHERE_MIN_COLUMNS 24

struct columns {
	size_t name, name_max, where_max; /* columns; maxima of 0: no limit */
	size_t cause;			  /* in a view */
};

/* The wall clock has more figures instead. */
static bool has_kinds(const struct hw_text *t)
{
	return headings[t->by].kinds && t->view->opts.clock != HW_CLOCK_WALL;
}

/* What stands before the names, and the gap behind them. */
static size_t figures_width(const struct hw_text *t, size_t cause)
{
	bool totals = headings[t->by].totals;
	size_t behind_self = has_waits(t) ? hw_clock_text_width(t, totals, cause)
			     : totals ? 20
				      : 0;

	return 18 + behind_self + hw_ratios_width(t->ratios) + (has_kinds(t) ? 8 : 0) + 4;
}

/* Shares the width between names and places: names get what they need as long as the places keep
 * their minimum, or what they need if that is less. */
static int plan_columns(const struct hw_text *t, size_t n_rows, struct columns *ret)
{
	const struct heading *h = &headings[t->by];
	size_t fixed, room, where_max = 0;
	struct columns c = { .name = strlen(h->name) };

	for (size_t i = 0; i < n_rows; i++) {
		const struct hw_row *row = &t->table->rows[t->table->order[i]];
		hw_autofree char *where = hw_location(row, t->by, false);

		if (!where)
			return -ENOMEM;
		if (hw_columns(row->name) > c.name)
			c.name = hw_columns(row->name);
		if (hw_columns(where) > where_max)
			where_max = hw_columns(where);
		if (has_waits(t) && hw_clock_text_cause_width(t, row) > c.cause)
			c.cause = hw_clock_text_cause_width(t, row);
	}
	fixed = figures_width(t, c.cause);
	if (t->style.width) {
		room = t->style.width > fixed + 16 ? t->style.width - fixed : 16;
		if (where_max > WHERE_MIN_COLUMNS)
			where_max = WHERE_MIN_COLUMNS;
		if (where_max > room / 2)
			where_max = room / 2;
		if (c.name > room - where_max)
			c.name = room - where_max;
		c.name_max = c.name;
		c.where_max = room - c.name;
	} else if (c.name > NAME_MAX_COLUMNS) {
		c.name = NAME_MAX_COLUMNS;
	}
	*ret = c;
	return 0;
}

static void print_heading(FILE *f, const struct hw_text *t, const struct columns *c)
{
	const struct heading *h = &headings[t->by];
	bool time = t->table->by_period && !strcmp(t->view->unit, "ns");

	fputs(hw_style_color(&t->style, HW_COLOR_BOLD), f);
	if (h->totals)
		fprintf(f, "%7s  %9s", "SELF %", "SELF");
	else
		fprintf(f, "%7s  %9s", "SHARE %", time ? "TIME" : "COUNT");
	if (has_waits(t))
		hw_clock_text_heading(f, t, h->totals, c->cause);
	else if (h->totals)
		fprintf(f, "  %7s  %9s", "TOTAL %", "TOTAL");
	hw_ratios_heading(f, t->ratios);
	if (has_kinds(t))
		fprintf(f, "  %-6s", "KIND");
	if (h->where[0])
		fprintf(f, "  %-*s  %s", (int)c->name, h->name, h->where);
	else
		fprintf(f, "  %s", h->name);
	fprintf(f, "%s\n", hw_style_color(&t->style, HW_COLOR_NONE));
}

static void print_figures(FILE *f, const struct hw_text *t, const struct hw_weight *w)
{
	const struct hw_table *table = t->table;
	char buf[HW_AMOUNT_SIZE];

	fprintf(f, "%7.1f  %9s", 100 * hw_table_share(table, w),
		table->by_period ? hw_amount(buf, (double)w->period, t->view->unit)
				 : hw_amount(buf, (double)w->samples, ""));
}

static int print_row(FILE *f, const struct hw_text *t, const struct columns *c,
		     const struct hw_row *row)
{
	const struct heading *h = &headings[t->by];
	hw_autofree char *where = hw_location(row, t->by, false);

	if (!where)
		return -ENOMEM;
	print_figures(f, t, &row->self);
	if (has_waits(t)) {
		hw_clock_text_row(f, t, h->totals, c->cause, row);
	} else if (h->totals) {
		fputs("  ", f);
		print_figures(f, t, &row->total);
	}
	if (t->ratios && t->ratios->self)
		hw_ratios_row(f, t->ratios, &t->ratios->self[row - t->table->rows]);
	if (has_kinds(t))
		fprintf(f, "  %-6s", hw_kind_name(row->kind));
	fprintf(f, "  %s", hw_style_color(&t->style, hw_row_color(row)));
	hw_put(f, &t->style, row->name, h->where[0] ? c->name_max : c->name_max + c->where_max,
	       where[0] ? c->name : 0, h->where[0] ? HW_CUT_RIGHT : HW_CUT_LEFT);
	fputs(hw_style_color(&t->style, HW_COLOR_NONE), f);
	if (where[0]) {
		fputs("  ", f);
		hw_put(f, &t->style, where, c->where_max, 0, HW_CUT_LEFT);
	}
	fputc('\n', f);
	return 0;
}

static void print_left_out(FILE *f, const struct hw_text *t, size_t n_rows)
{
	const struct hw_table *table = t->table;
	struct hw_weight rest = { 0 };

	for (size_t i = n_rows; i < table->n_rows; i++) {
		rest.samples += table->rows[table->order[i]].self.samples;
		rest.period += table->rows[table->order[i]].self.period;
	}
	fprintf(f, "... and %zu more %s with %.1f %% of self time (-n 0 shows all)\n",
		table->n_rows - n_rows, headings[t->by].plural, 100 * hw_table_share(table, &rest));
}

int hw_text_list(FILE *f, const struct hw_text *t)
{
	size_t n_rows = t->table->n_rows;
	struct columns c = { 0 };
	int r;

	if (t->max_rows && n_rows > t->max_rows)
		n_rows = t->max_rows;
	r = plan_columns(t, n_rows, &c);
	if (r < 0)
		return r;
	print_heading(f, t, &c);
	for (size_t i = 0; r >= 0 && i < n_rows; i++)
		r = print_row(f, t, &c, &t->table->rows[t->table->order[i]]);
	if (r >= 0 && n_rows < t->table->n_rows)
		print_left_out(f, t, n_rows);
	return r;
}

static void print_losses(FILE *f, const struct hw_text *t)
{
	const struct hw_session *s = &t->view->profile->session;

	for (size_t i = 0; i < s->n_losses; i++) {
		const struct hw_session_loss *loss = &s->losses[i];

		fprintf(f, "  %8" PRIu64 "  ", loss->count);
		put_plain(f, t, loss->reason);
		if (loss->advice[0])
			fputs("; ", f);
		put_plain(f, t, loss->advice);
		fputc('\n', f);
	}
}

static void print_other_events(FILE *f, const struct hw_text *t)
{
	const struct hw_session *s = &t->view->profile->session;
	int off_cpu = hw_clock_off_cpu_event(t->view->profile);
	size_t n = 0;

	for (size_t i = 0; i < s->n_events; i++) {
		if ((!has_waits(t) && (int)i == t->view->opts.event) || (int)i == off_cpu)
			continue;
		fputs(n++ ? " " : "also recorded: ", f);
		put_plain(f, t, s->events[i].name);
	}
	if (n)
		fputs(" (--event NAME shows it)\n", f);
	if (off_cpu >= 0 && !has_waits(t))
		fputs("also recorded: blocked time (--clock wall or blocked shows it)\n", f);
}

static bool has_notes(const struct hw_text *t)
{
	const struct hw_session *s = &t->view->profile->session;

	return !s->complete || s->lost || t->view->truncated || s->n_losses ||
	       (s->doubts && s->doubts[0]) || s->n_events > 1;
}

/* What hw_ratios_notes() says; caller frees, NULL without memory. */
static char *event_notes(const struct hw_text *t)
{
	char *notes = NULL;
	size_t size;
	FILE *f = open_memstream(&notes, &size);

	if (!f)
		return NULL;
	hw_ratios_notes(f, t->view->profile, t->ratios, t->view->opts.event, t->by == HW_BY_LINE, &t->style);
	fclose(f);
	return notes;
}

void hw_text_notes(FILE *f, const struct hw_text *t)
{
	const struct hw_session *s = &t->view->profile->session;
	hw_autofree char *of_events = event_notes(t);
	uint64_t n = t->table->all.samples;

	if (has_notes(t) || (of_events && of_events[0]))
		fputc('\n', f);
	if (!s->complete)
		fputs("warning: the recording did not come to its end; up to its last second is "
		      "missing\n",
		      f);
	if (s->lost)
		fprintf(f,
			"warning: %" PRIu64
			" samples were lost, %.2f %% of all: no room in the ring "
			"buffer; a lower rate (-F) loses fewer\n",
			s->lost,
			100 * (double)s->lost / ((double)s->lost + (double)t->view->profile->n_samples));
	if (t->view->truncated)
		fprintf(f,
			"note: %" PRIu64 " of %" PRIu64 " stacks (%.1f %%) end before their root\n",
			t->view->truncated, n, 100 * (double)t->view->truncated / (double)n);
	if (s->n_losses)
		fputs("note: incomplete stacks of all events, by reason:\n", f);
	print_losses(f, t);
	fputs(of_events ? of_events : "", f);
	for (char **doubt = s->doubts; doubt && *doubt; doubt++) {
		fputs("note: ", f);
		put_plain(f, t, *doubt);
		fputc('\n', f);
	}
	print_other_events(f, t);
}
