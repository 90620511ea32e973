/* SPDX-License-Identifier: Apache-2.0 */
#include "report/memory_print.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "report/grid.h"
#include "view/curve.h"
#include "view/location.h"

#define CURVE_COLUMNS	  60
#define NAME_MAX_COLUMNS  48
#define WHERE_MIN_COLUMNS 24

static struct hw_row plain_row(const struct hw_fault_row *row)
{
	return (struct hw_row){
		.kind = row->kind,
		.name = row->function,
		.file = row->file,
		.line = row->line,
		.module = row->module,
	};
}

static char *where_of(const struct hw_memory_text *t, const struct hw_fault_row *row)
{
	struct hw_row plain = plain_row(row);

	return hw_location(&plain, t->functions ? HW_BY_FUNCTION : HW_BY_LINE, false);
}

static uint64_t kind(const struct hw_memory_text *t, enum hw_fault_kind k)
{
	return t->faults->all.kinds[k];
}

static void print_faults(FILE *f, const struct hw_memory_text *t)
{
	char all[HW_GROUPED_SIZE], n[HW_GROUPED_SIZE];

	fprintf(f, "faults   %s%s: ", t->faults->each ? "" : "about ",
		hw_grouped(all, (double)t->faults->all.faults, 0));
	if (t->faults->kinds_known) {
		fprintf(f, "%s of pages that were not there, ",
			hw_grouped(n, (double)kind(t, HW_FAULT_ABSENT), 0));
		fprintf(f, "%s copies on write, ",
			hw_grouped(n, (double)kind(t, HW_FAULT_COPY), 0));
	}
	fprintf(f, "%s read from disk", hw_grouped(n, (double)kind(t, HW_FAULT_MAJOR), 0));
	if (kind(t, HW_FAULT_UNKNOWN))
		fprintf(f, ", %s of other kinds",
			hw_grouped(n, (double)kind(t, HW_FAULT_UNKNOWN), 0));
	fputc('\n', f);
}

static void print_pages(FILE *f, const struct hw_memory_text *t)
{
	const struct hw_fault_sum *all = &t->faults->all;
	char n[HW_GROUPED_SIZE], size[HW_AMOUNT_SIZE];

	if (!t->faults->pages_known) {
		fputs("pages    not known: -F and -c sample faults, and not pages\n", f);
		return;
	}
	fprintf(f, "pages    %s%s touched (%s)", t->faults->each ? "" : "about ",
		hw_grouped(n, (double)all->pages, 0),
		hw_amount(size, (double)all->pages * t->faults->page_bytes, "B"));
	fprintf(f, "; %.1f %% of the faults on pages given back before\n",
		100 * hw_faults_share(t->faults, all->again));
}

static int print_peak(FILE *f, const struct hw_memory_text *t)
{
	const struct hw_faults *faults = t->faults;
	uint64_t largest = t->profile->session.usage.max_rss_bytes;
	char bytes[HW_AMOUNT_SIZE], when[HW_AMOUNT_SIZE];
	hw_autofree char *where = NULL;

	if (faults->peak_bytes)
		fprintf(f, "peak     %s at %s, all processes together; ",
			hw_amount(bytes, (double)faults->peak_bytes, "B"),
			hw_amount(when, faults->peak_s * 1e9, "ns"));
	else
		fputs("peak     ", f);
	fprintf(f, "the largest process ever had %s\n",
		largest ? hw_amount(bytes, (double)largest, "B") : "an unknown amount");
	if (!faults->at_peak.function)
		return 0;
	where = where_of(t, &faults->at_peak);
	if (!where)
		return -ENOMEM;
	fputs(faults->all.samples ? "         grown by " : "         last on a CPU ", f);
	hw_put(f, &t->style, faults->at_peak.function, 0, 0, HW_CUT_RIGHT);
	fputs("  ", f);
	hw_put(f, &t->style, where, 0, 0, HW_CUT_LEFT);
	fprintf(f, ", %s before\n", hw_amount(when, faults->at_peak_ms * 1e6, "ns"));
	return 0;
}

static void print_curve(FILE *f, const struct hw_memory_text *t)
{
	static const char *const blocks[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char ascii[] = "_.-=*#%@"; /* as many */
	const struct hw_wall *w = &t->profile->session.wall;
	double columns[CURVE_COLUMNS], most = 0;
	size_t n = hw_curve_of_memory(w, CURVE_COLUMNS, columns);
	char bytes[HW_AMOUNT_SIZE], wall[HW_AMOUNT_SIZE];

	for (size_t i = 0; i < n; i++)
		most = fmax(most, columns[i]);
	if (!(most > 0))
		return;
	fputs("memory   ", f);
	for (size_t i = 0; i < n; i++) {
		int level = (int)(columns[i] / most * 7.999);

		if (t->style.utf8)
			fputs(blocks[level], f);
		else
			fputc(ascii[level], f);
	}
	fprintf(f, "  %s in %s\n", hw_amount(bytes, most, "B"),
		hw_amount(wall, w->points[w->n_points - 1].end_s * 1e9, "ns"));
}

static int put_fault_row(struct hw_grid *g, const struct hw_memory_text *t,
			 const struct hw_fault_row *row)
{
	const struct hw_fault_sum *sum = &row->sum;
	struct hw_row plain = plain_row(row);
	hw_autofree char *where = where_of(t, row);
	char n[HW_AMOUNT_SIZE];

	if (!where)
		return -ENOMEM;
	hw_grid_figure(g, "%.1f", 100 * hw_faults_share(t->faults, sum->faults));
	hw_grid_figure(g, "%s", hw_amount(n, (double)sum->faults, ""));
	if (t->faults->pages_known) {
		hw_grid_figure(g, "%s",
			       hw_amount(n, (double)sum->pages * t->faults->page_bytes, "B"));
		hw_grid_figure(g, "%s", hw_amount(n, (double)sum->again, ""));
	}
	if (t->faults->kinds_known)
		hw_grid_figure(g, "%s", hw_amount(n, (double)sum->kinds[HW_FAULT_COPY], ""));
	hw_grid_figure(g, "%s", hw_amount(n, (double)sum->kinds[HW_FAULT_MAJOR], ""));
	hw_grid_text(g, hw_row_color(&plain), row->function);
	hw_grid_text(g, HW_COLOR_NONE, where);
	hw_grid_end(g);
	return 0;
}

#define FAULT_COLUMNS 8

/* Describes the columns of what is known. Names get what they need, as long as places keep their
 * minimum. Returns how many there are. */
static size_t fault_columns(const struct hw_memory_text *t, size_t n_rows,
			    struct hw_grid_column columns[FAULT_COLUMNS])
{
	const struct hw_faults *faults = t->faults;
	struct hw_grid_column *name;
	size_t n = 0, fixed = 2, most = NAME_MAX_COLUMNS;

#define FIGURE(title_, width_, gap_) \
	(struct hw_grid_column){ title_, .width = width_, .gap = gap_, .right = true }
	columns[n++] = FIGURE("FAULTS%", 7, 0);
	columns[n++] = FIGURE("FAULTS", 9, 2);
	if (faults->pages_known) {
		columns[n++] = FIGURE("TOUCHED", 9, 2);
		columns[n++] = FIGURE("AGAIN", 9, 2);
	}
	if (faults->kinds_known)
		columns[n++] = FIGURE("COPIED", 9, 2);
	columns[n++] = FIGURE("DISK", 7, 2);
#undef FIGURE
	for (size_t i = 0; i < n; i++)
		fixed += columns[i].gap + columns[i].width;
	fixed += 2; /* the two gaps of what follows */
	if (t->style.width)
		most = t->style.width > fixed + 2 * WHERE_MIN_COLUMNS ?
			       t->style.width - fixed - WHERE_MIN_COLUMNS :
			       WHERE_MIN_COLUMNS;
	name = &columns[n++];
	*name = (struct hw_grid_column){ "FUNCTION", .gap = 2, .width = strlen("FUNCTION") };
	for (size_t i = 0; i < n_rows; i++)
		hw_grid_fit(name, faults->rows[i].function, most);
	name->max = name->width;
	columns[n++] = (struct hw_grid_column){ t->functions ? "WHERE" : "LINE", .gap = 2,
						.rest = true, .max = 4, .cut = HW_CUT_LEFT };
	return n;
}

static int print_rows(FILE *f, const struct hw_memory_text *t)
{
	const struct hw_faults *faults = t->faults;
	struct hw_grid_column columns[FAULT_COLUMNS];
	struct hw_grid g = { .f = f, .style = &t->style, .columns = columns };
	size_t n_rows = faults->n_rows;
	uint64_t rest = 0;
	int r = 0;

	if (t->max_rows && n_rows > t->max_rows)
		n_rows = t->max_rows;
	g.n = fault_columns(t, n_rows, columns);
	fputc('\n', f);
	hw_grid_head(&g, HW_COLOR_BOLD);
	for (size_t i = 0; r >= 0 && i < n_rows; i++)
		r = put_fault_row(&g, t, &faults->rows[i]);
	for (size_t i = n_rows; i < faults->n_rows; i++)
		rest += faults->rows[i].sum.faults;
	if (n_rows < faults->n_rows)
		fprintf(f, "... and %zu more %s with %.1f %% of the faults (-n 0 shows all)\n",
			faults->n_rows - n_rows, t->functions ? "functions" : "lines",
			100 * hw_faults_share(faults, rest));
	return r;
}

static void print_memory_notes(FILE *f, const struct hw_memory_text *t)
{
	const struct hw_session *s = &t->profile->session;
	const struct hw_faults *faults = t->faults;

	if (!s->complete || s->lost || !faults->each || !faults->kinds_known ||
	    faults->peak_bytes)
		fputc('\n', f);
	if (!s->complete)
		fputs("warning: the recording did not come to its end; up to its last second is "
		      "missing\n",
		      f);
	if (s->lost)
		fprintf(f, "warning: %" PRIu64 " samples were lost: the figures are too small\n",
			s->lost);
	if (!faults->recorded)
		fputs("note: page faults were not recorded; `hwprof record -g -e "
		      "cpu-clock,page-faults` does\n",
		      f);
	else if (faults->pages_known && !faults->each)
		fprintf(f,
			"note: estimated from %" PRIu64 " samples, there were more faults than are "
			"sampled; -c 1 samples each\n",
			faults->all.samples);
	if (faults->recorded && !faults->kinds_known && faults->all.samples)
		fputs("note: this machine does not tell copies on write from other faults; they "
		      "may count as pages given back\n",
		      f);
	if (faults->peak_bytes)
		fputs("note: the peak is the largest of what was seen every 50 ms; pages that "
		      "processes share count in each of them\n",
		      f);
}

int hw_memory_print(FILE *f, const struct hw_memory_text *t)
{
	int r;

	if (t->faults->recorded) {
		print_faults(f, t);
		print_pages(f, t);
	}
	r = print_peak(f, t);
	print_curve(f, t);
	if (r >= 0 && t->faults->recorded)
		r = print_rows(f, t);
	print_memory_notes(f, t);
	return r;
}
