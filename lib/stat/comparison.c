/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/comparison.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/sorted.h"
#include "base/text.h"
#include "bound/sentences.h"

/* Waiting for a CPU for more than this share of the wall time is worth a note, and so are runs that
 * take less than this. */
static const double starved_matters = 0.1, short_run_s = 0.005;

/* A p-value from here on is called likely, not certain: one in 20 comparisons of a command with
 * itself comes below 0.05, one in 100 below this. */
static const double p_real = 0.01;

int hw_comparison_init(struct hw_comparison *c, size_t max_pairs)
{
	hw_auto(hw_comparison_done) struct hw_comparison new = { .max_pairs = max_pairs };
	bool ok;

	new.level = HW_EVIDENCE_HARDWARE;
	new.b_first = calloc(max_pairs, sizeof(*new.b_first));
	ok = new.b_first != NULL;
	for (int side = 0; side < HW_SIDES; side++) {
		struct hw_compare_command *command = &new.commands[side];

		command->bounds = calloc(max_pairs, sizeof(*command->bounds));
		ok = ok && command->bounds;
	}
	if (!ok)
		return -ENOMEM;
	*c = new;
	new = (struct hw_comparison){ 0 };
	return 0;
}

void hw_comparison_done(struct hw_comparison *c)
{
	for (size_t i = 0; i < c->n_rows; i++)
		for (int side = 0; side < HW_SIDES; side++)
			free(c->rows[i].sides[side].values);
	for (int side = 0; side < HW_SIDES; side++)
		free(c->commands[side].bounds);
	free(c->rows);
	free(c->b_first);
	free(c->estimated_why);
	*c = (struct hw_comparison){ 0 };
}

/* The row of that name, made new at place @at when there is none; @slice is HW_SLICES of what is no
 * part of the budget. NULL without memory. */
static struct hw_compare_row *comparison_row(struct hw_comparison *c, const char *name,
					     enum hw_slice slice, enum hw_compare_unit unit,
					     size_t at)
{
	struct hw_compare_row row = {
		.name = name, .unit = unit, .budget = slice != HW_SLICES, .slice = slice
	};

	for (size_t i = 0; i < c->n_rows; i++)
		if (c->rows[i].slice == slice && (row.budget || !strcmp(c->rows[i].name, name)))
			return &c->rows[i];
	if (hw_reserve(c->rows, c->cap_rows, c->n_rows + 1) < 0)
		return NULL;
	for (int side = 0; side < HW_SIDES; side++) {
		row.sides[side].values = calloc(c->max_pairs, sizeof(double));
		if (!row.sides[side].values) {
			free(row.sides[0].values);
			return NULL;
		}
	}
	memmove(&c->rows[at + 1], &c->rows[at], (c->n_rows - at) * sizeof(c->rows[0]));
	c->rows[at] = row;
	c->n_rows++;
	return &c->rows[at];
}

struct adding {
	struct hw_comparison *c;
	enum hw_side side;
	size_t next; /* the place behind the row that was set last */
	int error;
};

static struct hw_compare_row *set_row(struct adding *a, const char *name, enum hw_slice slice,
				      enum hw_compare_unit unit, double value)
{
	struct hw_compare_row *row = comparison_row(a->c, name, slice, unit, a->next);

	if (!row) {
		a->error = -ENOMEM;
		return NULL;
	}
	row->sides[a->side].values[a->c->n_pairs] = value;
	a->next = (size_t)(row - a->c->rows) + 1;
	return row;
}

static struct hw_compare_row *set_run_figure(struct adding *a, const char *name,
					     enum hw_compare_unit unit, double value)
{
	return set_row(a, name, HW_SLICES, unit, value);
}

static void set_counter(struct adding *a, const struct hw_stat_row *counter)
{
	struct hw_compare_row *row =
		set_run_figure(a, counter->event->name, HW_UNIT_COUNT, counter->value.mean);

	if (row && !hw_stat_row_counted(counter))
		row->unknown = true;
}

/* The figures of one run. A class of the budget that it has no time in has no row, or a zero. */
static int add_run(struct hw_comparison *c, enum hw_side side, const struct hw_compare_run *run)
{
	const struct hw_verdict *v = run->verdict;
	const struct hw_usage *u = &run->stat->usage;
	struct adding a = { .c = c, .side = side };

	set_run_figure(&a, "wall", HW_UNIT_SECONDS, u->wall_s);
	set_run_figure(&a, "user", HW_UNIT_SECONDS, u->user_s);
	set_run_figure(&a, "sys", HW_UNIT_SECONDS, u->sys_s);
	set_run_figure(&a, "CPUs used", HW_UNIT_CPUS, hw_cpus_utilized(u));
	set_run_figure(&a, "max RSS", HW_UNIT_BYTES, (double)u->max_rss_bytes);
	set_run_figure(&a, "minor faults", HW_UNIT_COUNT, (double)u->minor_faults);
	set_run_figure(&a, "major faults", HW_UNIT_COUNT, (double)u->major_faults);
	for (size_t i = 0; i < run->stat->n_rows; i++)
		set_counter(&a, &run->stat->rows[i]);
	for (size_t i = 0; v && i < v->n_budget; i++)
		set_row(&a, hw_slice_name(v->budget[i].slice), v->budget[i].slice, HW_UNIT_SECONDS,
			v->budget[i].seconds);
	return a.error;
}

/* @why: a run has no account, NULL: it has. */
static int note_estimate(struct hw_comparison *c, const char *why)
{
	if (!why || c->n_estimated++)
		return 0;
	c->estimated_why = strdup(why);
	return c->estimated_why ? 0 : -ENOMEM;
}

int hw_comparison_add_pair(struct hw_comparison *c, const struct hw_compare_run runs[HW_SIDES],
			   bool b_first)
{
	if (c->n_pairs == c->max_pairs)
		return -ENOSPC;
	for (int side = 0; side < HW_SIDES; side++) {
		struct hw_compare_command *command = &c->commands[side];
		const struct hw_compare_run *run = &runs[side];
		int r = add_run(c, side, run);

		if (r < 0)
			return r;
		command->bounds[c->n_pairs] = run->verdict ? (int)run->verdict->class : -1;
		if (run->verdict && run->verdict->level < c->level)
			c->level = run->verdict->level;
		if (run->stat->exit_status && !command->failures++)
			command->failure_status = run->stat->exit_status;
		r = note_estimate(c, run->stat->wall_reason);
		if (r < 0)
			return r;
	}
	c->b_first[c->n_pairs++] = b_first;
	return 0;
}

/* @scratch: room for @n values. */
static void sum_up(struct hw_compare_side *s, size_t n, double *scratch)
{
	struct hw_mean mean = { 0 };

	for (size_t i = 0; i < n; i++) {
		hw_mean_add(&mean, s->values[i]);
		scratch[i] = s->values[i];
	}
	qsort(scratch, n, sizeof(*scratch), hw_compare_doubles);
	s->mean = mean.mean;
	s->deviation = hw_mean_deviation(&mean);
	s->min = scratch[0];
	s->max = scratch[n - 1];
	s->median = (scratch[(n - 1) / 2] + scratch[n / 2]) / 2;
}

/* Tests the logarithms of B / A, which treat twice and half alike; where a value is zero, and no
 * ratio exists, the differences B - A. */
static int test_row(struct hw_compare_row *row, size_t n, double *scratch)
{
	const double *a = row->sides[HW_SIDE_A].values, *b = row->sides[HW_SIDE_B].values;
	struct hw_signed_rank test;
	struct hw_shift shift;
	int r;

	row->has_ratio = row->sides[HW_SIDE_A].min > 0 && row->sides[HW_SIDE_B].min > 0;
	for (size_t i = 0; i < n; i++)
		scratch[i] = row->has_ratio ? log(b[i]) - log(a[i]) : b[i] - a[i];
	r = hw_signed_rank_test(scratch, n, &test);
	if (r < 0)
		return r;
	row->p = test.p;
	if (!row->has_ratio)
		return 0;
	r = hw_signed_rank_shift(scratch, n, &shift);
	if (r < 0)
		return r;
	row->ratio = (struct hw_shift){
		.estimate = exp(shift.estimate),
		.bounded = shift.bounded,
		.low = exp(shift.low),
		.high = exp(shift.high),
	};
	return 0;
}

int hw_comparison_finish(struct hw_comparison *c)
{
	hw_autofree double *scratch = calloc(c->n_pairs, sizeof(*scratch));

	if (!scratch)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_rows; i++) {
		int r;

		for (int side = 0; side < HW_SIDES; side++)
			sum_up(&c->rows[i].sides[side], c->n_pairs, scratch);
		r = test_row(&c->rows[i], c->n_pairs, scratch);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The ratio of wall times has bounds when there are enough pairs: each run takes time. */
enum hw_conclusion hw_comparison_conclusion(const struct hw_comparison *c)
{
	const struct hw_compare_row *wall = &c->rows[0];

	if (!wall->ratio.bounded)
		return HW_CONCLUDE_TOO_FEW;
	if (wall->p < 1 - HW_SIGNED_RANK_CONFIDENCE && wall->ratio.high < 1)
		return HW_CONCLUDE_B_FASTER;
	if (wall->p < 1 - HW_SIGNED_RANK_CONFIDENCE && wall->ratio.low > 1)
		return HW_CONCLUDE_A_FASTER;
	return HW_CONCLUDE_NONE;
}

double hw_comparison_detectable(const struct hw_comparison *c)
{
	const struct hw_shift *ratio = &c->rows[0].ratio;
	struct hw_shift logs = { .bounded = ratio->bounded };

	if (!ratio->bounded)
		return NAN;
	logs.low = log(ratio->low);
	logs.high = log(ratio->high);
	return exp(hw_signed_rank_detectable(&logs)) - 1;
}

#define P_SIZE 16

static const char *p_text(char buf[static P_SIZE], double p)
{
	if (p < 0.001)
		snprintf(buf, P_SIZE, "p < 0.001");
	else
		snprintf(buf, P_SIZE, "p = %.*f", p < 0.1 ? 3 : 2, p);
	return buf;
}

/* Places behind the point that tell the ends of the interval from each other and from 1. */
static int places_for(double low, double high)
{
	int places = 2;

	for (double step = 0.005;
	     places < 5 && (high - low < 4 * step || fabs(low - 1) < step || fabs(high - 1) < step);
	     step /= 10)
		places++;
	return places;
}

static char *faster_sentence(const struct hw_comparison *c, bool b_faster)
{
	const struct hw_compare_row *wall = &c->rows[0];
	double ratio = b_faster ? 1 / wall->ratio.estimate : wall->ratio.estimate;
	double low = b_faster ? 1 / wall->ratio.high : wall->ratio.low;
	double high = b_faster ? 1 / wall->ratio.low : wall->ratio.high;
	int places = places_for(low, high);
	char buf[P_SIZE];

	return hw_text("%c is %.*fx faster than %c (95 %% confidence: %.*f to %.*f); the difference "
		       "is %s (%s, signed-rank test of %zu pairs)",
		       b_faster ? 'B' : 'A', places, ratio, b_faster ? 'A' : 'B', places, low, places,
		       high, wall->p < p_real ? "real" : "likely real", p_text(buf, wall->p),
		       c->n_pairs);
}

static char *none_sentence(const struct hw_comparison *c)
{
	const struct hw_compare_row *wall = &c->rows[0];
	double percent = hw_comparison_detectable(c) * 100;
	int places = places_for(wall->ratio.low, wall->ratio.high);
	char buf[P_SIZE];

	return hw_text("no difference could be shown (%s, signed-rank test of %zu pairs): B takes "
		       "%.*f to %.*f times as long as A (95 %% confidence); a difference of more "
		       "than %.*f %% would most likely have been seen",
		       p_text(buf, wall->p), c->n_pairs, places, wall->ratio.low, places,
		       wall->ratio.high,
		       percent < 1    ? 2
		       : percent < 10 ? 1
		       : 0,
		       percent);
}

char *hw_comparison_sentence(const struct hw_comparison *c)
{
	enum hw_conclusion conclusion = hw_comparison_conclusion(c);

	if (conclusion == HW_CONCLUDE_NONE)
		return none_sentence(c);
	if (conclusion != HW_CONCLUDE_TOO_FEW)
		return faster_sentence(c, conclusion == HW_CONCLUDE_B_FASTER);
	return hw_text("%zu pair%s cannot show whether there is a difference: the test needs %d to "
		       "reach p < 0.05 at all (-r %d)",
		       c->n_pairs, c->n_pairs == 1 ? "" : "s", HW_SIGNED_RANK_NEEDED,
		       HW_SIGNED_RANK_NEEDED);
}

static double starved_share(const struct hw_comparison *c)
{
	double share = 0;

	for (size_t i = 0; i < c->n_rows; i++)
		for (int side = 0; side < HW_SIDES; side++)
			if (c->rows[i].slice == HW_SLICE_STARVED)
				share = fmax(share, c->rows[i].sides[side].mean /
							    c->rows[0].sides[side].mean);
	return share;
}

int hw_comparison_notes(const struct hw_comparison *c, char ***ret)
{
	const struct hw_compare_side *wall = c->rows[0].sides;
	double starved = starved_share(c), shortest = fmin(wall[0].mean, wall[1].mean);
	char **notes = NULL;
	int r = 0;

	if (starved > starved_matters)
		r = hw_sentences_add(&notes,
				     "the machine was busy: up to %.0f %% of the wall time was "
				     "waiting for a CPU; on a quiet one smaller differences show",
				     starved * 100);
	if (r == 0 && shortest < short_run_s)
		r = hw_sentences_add(&notes, "runs of %.1f ms are mostly the start of a process",
				     shortest * 1e3);
	if (r == 0 && c->estimated_why)
		r = hw_sentences_add(&notes, "the wall budget of %zu of %zu runs is an estimate: %s",
				     c->n_estimated, HW_SIDES * c->n_pairs, c->estimated_why);
	if (r < 0) {
		hw_sentences_free(notes);
		return r;
	}
	*ret = notes;
	return 0;
}

size_t hw_comparison_bound(const struct hw_comparison *c, enum hw_side side,
			   enum hw_bound_class *ret_class)
{
	const int *bounds = c->commands[side].bounds;
	size_t most = 0;

	for (size_t i = 0; i < c->n_pairs; i++) {
		size_t n = 0;

		for (size_t j = 0; bounds[i] >= 0 && j < c->n_pairs; j++)
			n += bounds[j] == bounds[i];
		if (n > most) {
			most = n;
			*ret_class = (enum hw_bound_class)bounds[i];
		}
	}
	return most;
}
