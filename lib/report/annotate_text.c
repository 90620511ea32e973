/* SPDX-License-Identifier: Apache-2.0 */
#include "report/annotate_print.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/ratios_text.h"

#define CONTEXT_LINES	   2
#define NAME_COLUMNS	   18 /* of an event, at the most */
#define TAB_COLUMNS	   8

static const double hot_share = 0.05; /* as perf annotate has it */

struct printing {
	FILE *f;
	const struct hw_profile *p;
	const struct hw_annotate *a;
	const struct hw_style *style;
};

/* The part of the samples of @event that @w is, 0 to 1. */
static double line_share(const struct hw_annotate *a, size_t event, const struct hw_weight *w)
{
	return a->all[event].period ? (double)w->period / (double)a->all[event].period : 0;
}

static double total_share(const struct hw_annotate *a, const struct hw_annotate_row *row)
{
	return line_share(a, a->event, &row->total[a->event]);
}

static bool has_column(const struct hw_annotate *a, size_t event)
{
	return event != a->event && a->all[event].samples;
}

/* Of the column of @event, whose heading is its name and " %". */
static size_t event_columns(const struct printing *pr, size_t event)
{
	size_t n = hw_columns(pr->p->session.events[event].name);

	return (n < 6 ? 6 : n > NAME_COLUMNS ? NAME_COLUMNS : n) + 2;
}

static void put_in_page(const struct printing *pr, const char *text)
{
	hw_put(pr->f, pr->style, text, 0, 0, HW_CUT_RIGHT);
}

static void print_head(const struct printing *pr)
{
	const struct hw_annotate *a = pr->a;
	const struct hw_session_event *e = &pr->p->session.events[a->event];

	fputs("source   ", pr->f);
	put_in_page(pr, a->file);
	if (a->function) {
		fputs(", function ", pr->f);
		put_in_page(pr, a->function);
	}
	if (a->path && strcmp(a->path, a->file)) {
		fputs(", read from ", pr->f);
		put_in_page(pr, a->path);
	}
	fputs("\nevent    ", pr->f);
	put_in_page(pr, e->name);
	fprintf(pr->f, ": %" PRIu64 " samples in all; shares are of them\n", a->all[a->event].samples);
	if (!a->path)
		fprintf(pr->f, "warning: the source cannot be read: %s; name the file as it is here\n",
			strerror(-a->source_error));
	else if (a->changed)
		fputs("warning: the source was changed after the recording began: samples may stand "
		      "on other lines than theirs\n", pr->f);
	if (a->path && a->n_rows && a->rows[a->n_rows - 1].line > a->source.n_lines)
		fprintf(pr->f, "warning: the source has %zu lines, but samples stand on line %" PRIu32
			": it is another version\n", a->source.n_lines, a->rows[a->n_rows - 1].line);
	fputc('\n', pr->f);
}

static void print_source_heading(const struct printing *pr)
{
	const struct hw_annotate *a = pr->a;

	fprintf(pr->f, "%s%7s  %7s", hw_style_color(pr->style, HW_COLOR_BOLD), "SELF %", "TOTAL %");
	for (size_t e = 0; e < a->n_events; e++) {
		if (!has_column(a, e))
			continue;
		fputs("  ", pr->f);
		hw_put(pr->f, pr->style, pr->p->session.events[e].name, NAME_COLUMNS,
		       event_columns(pr, e) - 2, HW_CUT_RIGHT);
		fputs(" %", pr->f);
	}
	hw_ratios_heading(pr->f, &a->ratios);
	fprintf(pr->f, "  %6s  SOURCE%s\n", "LINE", hw_style_color(pr->style, HW_COLOR_NONE));
}

static enum hw_color line_color(const struct hw_annotate *a, const struct hw_annotate_row *row)
{
	if (line_share(a, a->event, &row->self[a->event]) >= hot_share)
		return HW_COLOR_RED;
	return total_share(a, row) >= hot_share ? HW_COLOR_YELLOW : HW_COLOR_NONE;
}

static void print_share(FILE *f, int columns, const struct hw_weight *w, double share)
{
	if (w->samples)
		fprintf(f, "%*.1f", columns, 100 * share);
	else
		fprintf(f, "%*s", columns, "");
}

static void print_source_figures(const struct printing *pr, const struct hw_annotate_row *row)
{
	const struct hw_annotate *a = pr->a;

	print_share(pr->f, 7, &row->self[a->event], line_share(a, a->event, &row->self[a->event]));
	fputs("  ", pr->f);
	print_share(pr->f, 7, &row->total[a->event], total_share(a, row));
	for (size_t e = 0; e < a->n_events; e++) {
		if (!has_column(a, e))
			continue;
		fputs("  ", pr->f);
		print_share(pr->f, (int)event_columns(pr, e), &row->total[e],
			    line_share(a, e, &row->total[e]));
	}
	hw_ratios_row(pr->f, &a->ratios, &row->sums);
}

/* The columns before the number of the line. */
static size_t source_figures_width(const struct printing *pr)
{
	size_t n = 16 + hw_ratios_width(&pr->a->ratios);

	for (size_t e = 0; e < pr->a->n_events; e++)
		n += has_column(pr->a, e) ? event_columns(pr, e) + 2 : 0;
	return n;
}

/* Prints the text of a line with its tabs as spaces; the rest of hw_put() is what is not safe. */
static int put_source(const struct printing *pr, const char *text, size_t room)
{
	hw_autofree char *spaced = NULL;
	size_t size, column = 0;
	FILE *f = open_memstream(&spaced, &size);

	if (!f)
		return -ENOMEM;
	for (; *text; text++) {
		size_t n = *text == '\t' ? TAB_COLUMNS - column % TAB_COLUMNS : 1;

		column += n;
		fprintf(f, "%*c", (int)n, *text == '\t' ? ' ' : *text);
	}
	if (fclose(f) == EOF)
		return -ENOMEM;
	hw_put(pr->f, pr->style, spaced, room, 0, HW_CUT_RIGHT);
	return 0;
}

static int print_source_line(const struct printing *pr, uint32_t line,
			     const struct hw_annotate_row *row)
{
	size_t before = source_figures_width(pr) + 10, width = pr->style->width;
	size_t room = width ? (width > before + 20 ? width - before : 20) : 0;
	enum hw_color color = row ? line_color(pr->a, row) : HW_COLOR_NONE;
	bool colored = color != HW_COLOR_NONE;
	int r;

	if (row)
		print_source_figures(pr, row);
	else
		fprintf(pr->f, "%*s", (int)source_figures_width(pr), "");
	fprintf(pr->f, "  %6" PRIu32 "  %s", line,
		colored ? hw_style_color(pr->style, color) : "");
	r = put_source(pr, hw_source_line(&pr->a->source, line), room);
	fprintf(pr->f, "%s\n", colored ? hw_style_color(pr->style, HW_COLOR_NONE) : "");
	return r;
}

static int hottest_first(const void *pa, const void *pb, void *ctx)
{
	const struct hw_annotate *a = ctx;
	const struct hw_annotate_row *x = &a->rows[*(const uint32_t *)pa];
	const struct hw_annotate_row *y = &a->rows[*(const uint32_t *)pb];
	uint64_t of_x = x->total[a->event].period, of_y = y->total[a->event].period;

	if (of_x != of_y)
		return (of_x < of_y) - (of_x > of_y);
	return (x->line > y->line) - (x->line < y->line);
}

/* Which lines are to be printed: an array by line, caller frees; NULL without memory. */
static bool *choose_lines(const struct hw_annotate *a, size_t max_rows)
{
	bool *chosen = calloc(a->last + 1ul, sizeof(*chosen));
	hw_autofree uint32_t *order = calloc(a->n_rows + 1, sizeof(*order));

	if (!chosen || !order) {
		free(chosen);
		return NULL;
	}
	if (a->function || !max_rows) {
		for (uint32_t line = a->first; line <= a->last; line++)
			chosen[line] = true;
		return chosen;
	}
	for (size_t i = 0; i < a->n_rows; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, a->n_rows, sizeof(*order), hottest_first, (void *)a);
	for (size_t i = 0; i < a->n_rows && i < max_rows; i++) {
		uint32_t line = a->rows[order[i]].line;
		uint32_t from = line > CONTEXT_LINES ? line - CONTEXT_LINES : 1;

		for (uint32_t near = from; near <= line + CONTEXT_LINES && near <= a->last; near++)
			chosen[near] = true;
	}
	return chosen;
}

static int print_lines(const struct printing *pr, size_t max_rows)
{
	const struct hw_annotate *a = pr->a;
	hw_autofree bool *chosen = choose_lines(a, max_rows);
	size_t next = 0;
	bool gap = false;

	if (!chosen)
		return -ENOMEM;
	for (uint32_t line = 1; line <= a->last; line++) {
		const struct hw_annotate_row *row = NULL;

		if (next < a->n_rows && a->rows[next].line == line)
			row = &a->rows[next++];
		if (!chosen[line]) {
			gap = true;
			continue;
		}
		if (gap && line > a->first)
			fprintf(pr->f, "%*s\n", (int)source_figures_width(pr) + 8, "...");
		gap = false;
		if (print_source_line(pr, line, row) < 0)
			return -ENOMEM;
	}
	if (gap)
		fprintf(pr->f, "%*s\n", (int)source_figures_width(pr) + 8, "...");
	return 0;
}

int hw_annotate_print(FILE *f, const struct hw_profile *p, const struct hw_annotate *a,
		      const struct hw_style *style, size_t max_rows)
{
	const struct printing pr = { f, p, a, style };
	int r;

	print_head(&pr);
	print_source_heading(&pr);
	r = print_lines(&pr, max_rows);
	fputc('\n', f);
	hw_ratios_notes(f, p, &a->ratios, a->event, true, style);
	for (char **doubt = p->session.doubts; doubt && *doubt; doubt++) {
		fputs("note: ", f);
		put_in_page(&pr, *doubt);
		fputc('\n', f);
	}
	return r;
}
