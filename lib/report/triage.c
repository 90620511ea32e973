/* SPDX-License-Identifier: Apache-2.0 */
#include "report/triage.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/amount.h"
#include "base/text.h"
#include "report/grid.h"

#define BAR_COLUMNS  40
#define TEXT_COLUMNS 100 /* where nothing says how wide it may be */
#define ROWS_MAX     4	 /* of functions, and of lines */

/* A place with less of the wall time is not shown, nor is a class of a place or phase below that.
 */
static const double place_matters = 0.01;
static const double class_matters = 0.05;
/* Nor is a row of the budget that would be 0.0 %. */
static const double row_matters = 0.0005;

struct page {
	FILE *f;
	const struct hw_style *style;
	const struct hw_profile *p;
	const struct hw_diagnosis *d;
};

static unsigned int columns_of(const struct page *page)
{
	unsigned int width = page->style->width;

	return width && width < TEXT_COLUMNS ? width : TEXT_COLUMNS;
}

/* Prints @text from column @at on, broken between words before the page's last column; further
 * lines begin at column @indent. */
static int print_wrapped(const struct page *page, const char *text, size_t at, size_t indent)
{
	size_t width = columns_of(page);

	for (bool first = true; *text; first = false) {
		size_t size = strcspn(text, " ");
		hw_autofree char *word = strndup(text, size);

		if (!word)
			return -ENOMEM;
		if (!first && at + 1 + hw_columns(word) > width) {
			fprintf(page->f, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', page->f);
			at++;
		}
		hw_put(page->f, page->style, word, 0, 0, HW_CUT_RIGHT);
		at += hw_columns(word);
		text += size + (text[size] == ' ');
	}
	fputc('\n', page->f);
	return 0;
}

static void color(const struct page *page, enum hw_color color)
{
	fputs(hw_style_color(page->style, color), page->f);
}

static void print_title(const struct page *page, const char *title)
{
	fputc('\n', page->f);
	color(page, HW_COLOR_BOLD);
	fputs(title, page->f);
	color(page, HW_COLOR_NONE);
}

static int print_page_verdict(const struct page *page)
{
	hw_autofree char *text = hw_text("%s.", page->d->verdict.sentence);
	int r;

	if (!text)
		return -ENOMEM;
	color(page, HW_COLOR_BOLD);
	r = print_wrapped(page, text, 0, 0);
	color(page, HW_COLOR_NONE);
	return r;
}

/* --- the budget --- */

static enum hw_color slice_color(enum hw_slice slice)
{
	static const enum hw_color colors[] = {
		[HW_TONE_WORK] = HW_COLOR_GREEN,
		[HW_TONE_HELD_UP] = HW_COLOR_YELLOW,
		[HW_TONE_WAIT] = HW_COLOR_DIM,
	};

	return colors[hw_bound_words(hw_slice_class(slice))->tone];
}

/* How the budget was come by. */
static void print_method(const struct page *page)
{
	const struct hw_diagnosis *d = page->d;

	fprintf(page->f, "  (%s", hw_bound_facts_measured(&d->facts) ? "scheduler" : "waits estimated");
	if (hw_bound_facts_sampled(&d->facts))
		fprintf(page->f, ", %s samples%s",
			hw_grouped((char[HW_GROUPED_SIZE]){ 0 }, (double)d->facts.n_samples, 0),
			page->p->session.lost ? "" : ", none lost");
	fprintf(page->f, "; evidence: %s)\n", hw_evidence_level_name(d->verdict.level));
}

static void print_bar(const struct page *page, enum hw_slice slice, long begin, long end)
{
	fprintf(page->f, "%*s", (int)begin, "");
	color(page, slice_color(slice));
	for (long i = begin; i < end; i++)
		fputs(page->style->utf8 ? "█" : "#", page->f);
	color(page, HW_COLOR_NONE);
}

/* Each bar begins where the one before ends: together they are the whole. */
static void print_budget(const struct page *page)
{
	const struct hw_verdict *v = &page->d->verdict;
	double before = 0;

	print_title(page, "WHERE THE WALL TIME WENT");
	print_method(page);
	for (size_t i = 0; i < v->n_budget; i++) {
		const struct hw_budget_row *row = &v->budget[i];
		long begin = lround(before * BAR_COLUMNS);
		char seconds[HW_AMOUNT_SIZE];

		before += row->share;
		if (row->share < row_matters)
			continue;
		fprintf(page->f, "  %-12s %9s %6.1f %%", hw_slice_name(row->slice),
			hw_amount(seconds, row->seconds * 1e9, "ns"), 100 * row->share);
		if (lround(before * BAR_COLUMNS) > begin) {
			fputs("  ", page->f);
			print_bar(page, row->slice, begin, lround(before * BAR_COLUMNS));
		}
		fputc('\n', page->f);
	}
}

/* --- phases --- */

static const char *phase_class(int class)
{
	return class == HW_WALL_BUSY ? "CPU" : hw_wall_class_name(class);
}

/* "disk 92 %, CPU 6 %": what matters, the largest first. */
static void print_mix(const struct page *page, const struct hw_phase *phase)
{
	double length = phase->end_s - phase->begin_s;
	bool done[HW_WALL_CLASSES] = { false };

	for (int n = 0; n < HW_WALL_CLASSES; n++) {
		int largest = -1;

		for (int class = 0; class < HW_WALL_CLASSES; class++)
			if (!done[class] &&
			    (largest < 0 || phase->seconds[class] > phase->seconds[largest]))
				largest = class;
		if (n && !(phase->seconds[largest] >= class_matters * length))
			break;
		done[largest] = true;
		fprintf(page->f, "%s%s %.0f %%", n ? ", " : "", phase_class(largest),
			length > 0 ? 100 * phase->seconds[largest] / length : 0);
	}
}

static void print_phases(const struct page *page)
{
	const struct hw_phases *phases = &page->d->phases;

	if (!phases->n)
		return;
	print_title(page, "PHASES");
	if (phases->n == 1)
		fputs(page->p->session.wall.n_points > 1
			      ? "  one: the mix is the same from begin to end\n"
			      : "  one: too short to cut\n",
		      page->f);
	else
		fputs("  of CPU and waits\n", page->f);
	for (size_t i = 0; phases->n > 1 && i < phases->n; i++) {
		const struct hw_phase *phase = &phases->items[i];

		fprintf(page->f, "  %7.2f %s %7.2f s   ", phase->begin_s,
			page->style->utf8 ? "–" : "-", phase->end_s);
		print_mix(page, phase);
		fputc('\n', page->f);
	}
}

/* --- functions and lines --- */

/* "foo.py:12", or the module of native code without a line; caller frees. */
static char *place_text(const char *file, const char *module, uint32_t line)
{
	const char *path = file[0] ? file : module;

	return line && file[0] ? hw_text("%s:%u", path, line) : strdup(path);
}

/* The two largest classes of @place's part of the wall time. */
static void classes_text(char buf[static 64], const struct page *page, const struct hw_place *place)
{
	const struct hw_diagnosis *d = page->d;
	enum hw_slice first = hw_place_slice(&d->places, &d->budget, place);
	double wall_s = place->wall_s, second_s = 0;
	enum hw_slice second = first;
	int n;

	for (int slice = 0; slice < HW_SLICES; slice++) {
		double s = hw_place_wall_s(&d->places, &d->budget, place, slice);

		if (slice != (int)first && s > second_s) {
			second_s = s;
			second = slice;
		}
	}
	n = snprintf(buf, 64, "%s %.0f %%", hw_slice_name(first),
		     wall_s > 0
			     ? 100 * hw_place_wall_s(&d->places, &d->budget, place, first) / wall_s
			     : 0);
	if (n > 0 && n < 64 && second_s >= class_matters * wall_s && second_s > 0)
		snprintf(buf + n, 64 - (size_t)n, ", %s %.0f %%", hw_slice_name(second),
			 100 * second_s / wall_s);
}

static double thread_s(const struct hw_place *place)
{
	double sum = 0;

	for (int slice = 0; slice < HW_SLICES; slice++)
		sum += place->seconds[slice];
	return sum;
}

/* The columns of the two tables; what is left of the page is for the place. */
#define PLACE_COLUMNS 5

static void place_columns(const struct page *page, struct hw_grid_column columns[PLACE_COLUMNS])
{
	bool narrow = columns_of(page) < TEXT_COLUMNS;
	size_t class = narrow ? 20 : 28, function = narrow ? 14 : 20;

	columns[0] = (struct hw_grid_column){ "OF WALL", 2, 8, .right = true };
	columns[1] = (struct hw_grid_column){ "ALL TIME", 2, 9, .right = true };
	columns[2] = (struct hw_grid_column){ "CLASS", 2, class, .max = class };
	columns[3] = (struct hw_grid_column){ "FUNCTION", 2, function, .max = function };
	columns[4] = (struct hw_grid_column){ "WHERE", 2, .rest = true, .max = 16,
					      .cut = HW_CUT_LEFT };
}

static int print_place_row(struct hw_grid *g, const struct page *page, const struct hw_place *place)
{
	hw_autofree char *where = place_text(place->file, place->module, place->line);
	char amount[HW_AMOUNT_SIZE], classes[64];

	if (!where)
		return -ENOMEM;
	classes_text(classes, page, place);
	hw_grid_figure(g, "%.1f %%", 100 * place->wall_s / page->d->budget.wall_s);
	hw_grid_figure(g, "%s", hw_amount(amount, thread_s(place) * 1e9, "ns"));
	hw_grid_text(g, HW_COLOR_NONE, classes);
	hw_grid_text(g, HW_COLOR_NONE, place->function);
	hw_grid_text(g, HW_COLOR_NONE, where);
	hw_grid_end(g);
	return 0;
}

/* With @head it begins with the names of its columns. */
static int print_places(const struct page *page, const char *title, const struct hw_place *places,
			size_t n, bool head)
{
	struct hw_grid_column columns[PLACE_COLUMNS];
	struct hw_style style = *page->style;
	struct hw_grid g = { page->f, &style, columns, PLACE_COLUMNS };
	int r = 0;

	if (!n)
		return 0;
	style.width = columns_of(page); /* of a page that is no screen, too */
	print_title(page, title);
	fputc('\n', page->f);
	place_columns(page, columns);
	if (head)
		hw_grid_head(&g, HW_COLOR_NONE);
	for (size_t i = 0; r >= 0 && i < n && i < ROWS_MAX; i++)
		if (!i || places[i].wall_s >= place_matters * page->d->budget.wall_s)
			r = print_place_row(&g, page, &places[i]);
	return r;
}

/* --- findings --- */

/* " in f (foo.py:12)", or ""; caller frees. */
static char *finding_place(const struct hw_finding *finding)
{
	hw_autofree char *where = NULL;

	if (!finding->function[0])
		return strdup("");
	where = place_text(finding->file, finding->module, finding->line);
	if (!where)
		return NULL;
	return hw_text(" in %s (%s)", finding->function, where);
}

static char *finding_title(const struct page *page, const struct hw_finding *finding)
{
	hw_autofree char *place = finding_place(finding);
	char saved[HW_AMOUNT_SIZE], wall[HW_AMOUNT_SIZE], speedup[32];

	if (finding->speedup < 100)
		snprintf(speedup, sizeof(speedup), "%.2fx", finding->speedup);
	else
		snprintf(speedup, sizeof(speedup), "100x and more");
	if (!place)
		return NULL;
	return hw_text("%s%s: at most %s, %s of %s", finding->title, place, speedup,
		       hw_amount(saved, finding->gain_s * 1e9, "ns"),
		       hw_amount(wall, page->d->budget.wall_s * 1e9, "ns"));
}

static int print_finding(const struct page *page, size_t number, const struct hw_finding *finding)
{
	hw_autofree char *title = finding_title(page, finding);
	const char *arrow = page->style->utf8 ? "→" : "->";
	int r;

	if (!title)
		return -ENOMEM;
	fprintf(page->f, "  %zu. ", number);
	color(page, HW_COLOR_BOLD);
	r = print_wrapped(page, title, 5, 5);
	color(page, HW_COLOR_NONE);
	if (r < 0)
		return r;
	fputs("     ", page->f);
	r = print_wrapped(page, finding->evidence, 5, 5);
	if (r < 0)
		return r;
	fprintf(page->f, "     %s ", arrow);
	return print_wrapped(page, finding->advice, 6 + hw_columns(arrow), 6 + hw_columns(arrow));
}

static int print_findings(const struct page *page)
{
	const struct hw_findings *findings = &page->d->findings;
	int r = 0;

	print_title(page, "WHAT TO GAIN");
	fputs(findings->n ? "  if all of it went away: upper bounds by Amdahl's law\n"
			  : "  nothing found that would save 3 % of the wall time\n",
	      page->f);
	for (size_t i = 0; r >= 0 && i < findings->n; i++)
		r = print_finding(page, i + 1, &findings->items[i]);
	return r;
}

static int print_page_sentences(const struct page *page, const char *title, char *const *sentences)
{
	int r = 0;

	if (!sentences || !sentences[0])
		return 0;
	print_title(page, title);
	fputc('\n', page->f);
	for (; r >= 0 && *sentences; sentences++) {
		fputs("  - ", page->f);
		r = print_wrapped(page, *sentences, 4, 4);
	}
	return r;
}

int hw_triage_print(FILE *f, const struct hw_profile *p, const struct hw_diagnosis *d,
		    const struct hw_style *style)
{
	const struct page page = { f, style, p, d };
	int r = print_page_verdict(&page);

	if (r < 0)
		return r;
	print_budget(&page);
	print_phases(&page);
	r = print_places(&page, "FUNCTIONS", d->places.functions, d->places.n_functions, true);
	if (r >= 0)
		r = print_places(&page, "LINES", d->places.lines, d->places.n_lines, false);
	if (r >= 0)
		r = print_findings(&page);
	if (r >= 0 && !d->findings.n) /* else the findings say why */
		r = print_page_sentences(&page, "EVIDENCE", d->verdict.evidence);
	if (r >= 0)
		r = print_page_sentences(&page, "NOT MEASURED", d->not_measured);
	return r;
}
