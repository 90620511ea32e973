/* SPDX-License-Identifier: Apache-2.0 */
#include "report/comparison_print.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/amount.h"
#include "bound/sentences.h"

#define NAME_COLUMNS  12
#define TABLE_COLUMNS 80
#define CELL_COLUMNS  26 /* of A or B: mean, deviation, share of the wall time */
#define SMALL_SHARE   0.001

static const char names[HW_SIDES] = { 'A', 'B' };

/* Means of a few are not whole. */
static const char *count_amount(char buf[static HW_AMOUNT_SIZE], double value)
{
	if (value >= 100 || value == floor(value))
		return hw_amount(buf, value, "");
	snprintf(buf, HW_AMOUNT_SIZE, "%.1f", value);
	return buf;
}

static const char *mean_amount(char buf[static HW_AMOUNT_SIZE], double value,
			       enum hw_compare_unit unit)
{
	switch (unit) {
	case HW_UNIT_SECONDS:
		return hw_amount(buf, value * 1e9, "ns");
	case HW_UNIT_BYTES:
		return hw_amount_bytes(buf, value, 1);
	case HW_UNIT_COUNT:
		return count_amount(buf, value);
	case HW_UNIT_CPUS:
		break;
	}
	snprintf(buf, HW_AMOUNT_SIZE, "%.2f", value);
	return buf;
}

static void put_side(FILE *f, const struct hw_comparison *c, const struct hw_compare_row *row,
		     enum hw_side side)
{
	const struct hw_compare_side *s = &row->sides[side];
	double wall_s = c->rows[0].sides[side].mean;
	char mean[HW_AMOUNT_SIZE], deviation[HW_AMOUNT_SIZE] = "";

	if (c->n_pairs > 1)
		mean_amount(deviation, s->deviation, row->unit);
	fprintf(f, "%8s %2s %-8s", mean_amount(mean, s->mean, row->unit), deviation[0] ? "+-" : "",
		deviation);
	if (row->budget && wall_s > 0)
		fprintf(f, "%4.0f %%", s->mean / wall_s * 100);
	else
		fprintf(f, "%6s", "");
}

static void put_p(FILE *f, double p)
{
	if (p < 0.001)
		fprintf(f, "%7s", "<0.001");
	else
		fprintf(f, "%7.3f", p);
}

static size_t n_known(const struct hw_comparison *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_rows; i++)
		n += !c->rows[i].unknown;
	return n;
}

/* Bold is what would be taken for real even if all rows had been looked at for a difference
 * (Bonferroni's correction). */
static void put_row(FILE *f, const struct hw_comparison *c, const struct hw_style *style,
		    const struct hw_compare_row *row)
{
	bool clear = row->p * (double)n_known(c) < 1 - HW_SIGNED_RANK_CONFIDENCE;

	fputs(hw_style_color(style, clear ? HW_COLOR_BOLD : HW_COLOR_NONE), f);
	fputs("  ", f);
	hw_put(f, style, row->name, NAME_COLUMNS, NAME_COLUMNS, HW_CUT_RIGHT);
	for (int side = 0; side < HW_SIDES; side++)
		put_side(f, c, row, side);
	if (row->has_ratio)
		fprintf(f, "%7.3f", row->ratio.estimate);
	else
		fprintf(f, "%7s", "-");
	put_p(f, row->p);
	fputs(hw_style_color(style, HW_COLOR_NONE), f);
	fputc('\n', f);
}

/* Of no use in a table: a row of zeros, such as the major faults of most programs, and a class of
 * the budget with next to nothing in it. */
static bool is_empty(const struct hw_comparison *c, const struct hw_compare_row *row)
{
	bool empty = true;

	for (int side = 0; side < HW_SIDES; side++) {
		double least = row->budget ? SMALL_SHARE * c->rows[0].sides[side].mean : 0;

		empty = empty && !(row->sides[side].mean > least);
	}
	return row->unknown || empty;
}

static void put_command(FILE *f, const struct hw_comparison *c, const struct hw_style *style,
			enum hw_side side)
{
	const struct hw_compare_command *command = &c->commands[side];
	enum hw_bound_class class;
	size_t n = hw_comparison_bound(c, side, &class);

	fprintf(f, "  %c  ", names[side]);
	hw_put(f, style, command->text, 0, 0, HW_CUT_RIGHT);
	if (command->shell)
		fputs("  (by sh)", f);
	fputc('\n', f);
	if (n)
		fprintf(f, "     verdict: %s, in %zu of %zu runs\n", hw_bound_class_name(class),
			n, c->n_pairs);
	if (command->failures)
		fprintf(f, "     %llu of %zu runs failed, the first with exit status %d\n",
			(unsigned long long)command->failures, c->n_pairs, command->failure_status);
}

static void put_comparison_head(FILE *f, const struct hw_comparison *c,
				const struct hw_style *style)
{
	fprintf(f, "\nhwprof compare: %zu pair%s of runs in random order", c->n_pairs,
		c->n_pairs == 1 ? "" : "s");
	if (c->n_pairs < c->wanted)
		fprintf(f, " (of %zu)", c->wanted);
	if (c->warmups)
		fprintf(f, ", after %zu to warm up", c->warmups);
	fputs("\n\n", f);
	for (int side = 0; side < HW_SIDES; side++)
		put_command(f, c, style, side);
}

static void put_table(FILE *f, const struct hw_comparison *c, const struct hw_style *style)
{
	bool budget = false;

	fprintf(f, "\n  %-*s%12s%*s%14s%*s%7s%7s\n", NAME_COLUMNS, "", "A", CELL_COLUMNS - 12, "",
		"B", CELL_COLUMNS - 14, "", "B / A", "p");
	for (size_t i = 0; i < c->n_rows; i++) {
		if (is_empty(c, &c->rows[i]))
			continue;
		if (c->rows[i].budget && !budget)
			fprintf(f,
				"  where the wall time went (by %s; parts below %.1f %% are left "
				"out)\n",
				hw_evidence_level_name(c->level), SMALL_SHARE * 100);
		budget |= c->rows[i].budget;
		put_row(f, c, style, &c->rows[i]);
	}
	fputs("  mean +- standard deviation; of 20 rows one has p < 0.05 by chance\n\n", f);
}

/* In lines as long as those of the table, behind @indent columns. */
static void put_folded(FILE *f, const char *text, int indent)
{
	size_t at = 0, n;

	for (fprintf(f, "%*s", indent, ""); *text; text += n) {
		n = strcspn(text + 1, " ") + 1; /* a word and the blank before it */
		if (at + n > TABLE_COLUMNS - (size_t)indent) {
			fprintf(f, "\n%*s", indent, "");
			at = 0;
			text++;
			n--;
		}
		fwrite(text, 1, n, f);
		at += n;
	}
	fputc('\n', f);
}

int hw_comparison_text(FILE *f, const struct hw_comparison *c, const struct hw_style *style)
{
	enum hw_conclusion conclusion = hw_comparison_conclusion(c);
	bool shown = conclusion == HW_CONCLUDE_A_FASTER || conclusion == HW_CONCLUDE_B_FASTER;
	hw_autofree char *sentence = hw_comparison_sentence(c);
	char **notes = NULL;

	if (!sentence || hw_comparison_notes(c, &notes) < 0)
		return -ENOMEM;
	put_comparison_head(f, c, style);
	put_table(f, c, style);
	fputs(hw_style_color(style, shown ? HW_COLOR_GREEN : HW_COLOR_YELLOW), f);
	put_folded(f, sentence, 0);
	fprintf(f, "%s\n", hw_style_color(style, HW_COLOR_NONE));
	for (char **note = notes; note && *note; note++)
		put_folded(f, *note, 2);
	if (notes)
		fputc('\n', f);
	hw_sentences_free(notes);
	return ferror(f) ? -EIO : 0;
}
