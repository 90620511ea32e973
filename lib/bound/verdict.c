/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/verdict.h"

#include <math.h>
#include <stdlib.h>

#include "bound/evidence.h"
#include "bound/remedies.h"
#include "bound/sentences.h"
#include "bound/summary.h"

static void add_budget_row(struct hw_verdict *v, enum hw_slice slice, double seconds, double wall_s)
{
	v->budget[v->n_budget++] = (struct hw_budget_row){
		.slice = slice,
		.seconds = seconds,
		.share = seconds / wall_s,
	};
}

static enum hw_slice largest_slice(const struct hw_budget *b)
{
	enum hw_slice largest = 0;

	for (int slice = 0; slice < HW_SLICES; slice++)
		if (b->seconds[slice] > b->seconds[largest])
			largest = slice;
	return largest;
}

/* Rows in whole microseconds, rounded down; the largest takes what that leaves over, so that the
 * rows sum to the wall time exactly. */
static void fill_budget(const struct hw_budget *b, struct hw_verdict *v)
{
	enum hw_slice largest = largest_slice(b);
	double rounded[HW_SLICES], left = b->wall_s;

	for (int slice = 0; slice < HW_SLICES; slice++) {
		rounded[slice] = slice == (int)largest ? 0 : floor(b->seconds[slice] * 1e6) / 1e6;
		left -= rounded[slice];
	}
	rounded[largest] = fmax(left, 0);
	for (int i = 0; i < HW_SLICES; i++)
		if (rounded[hw_time_kinds[i].slice] > 0)
			add_budget_row(v, hw_time_kinds[i].slice, rounded[hw_time_kinds[i].slice],
				b->wall_s);
}

static enum hw_bound_class largest_class(const struct hw_budget *b)
{
	enum hw_bound_class largest = 0;

	for (int c = 0; c < HW_BOUND_CLASSES; c++)
		if (b->by_class[c] > b->by_class[largest])
			largest = c;
	return largest;
}

int hw_verdict_write(const struct hw_bound_case *c, struct hw_verdict *ret)
{
	hw_auto(hw_verdict_done) struct hw_verdict v = { .level = hw_bound_facts_level(c->facts) };
	enum hw_bound_class largest = largest_class(c->budget);
	int r;

	fill_budget(c->budget, &v);
	v.share = hw_case_share(c, c->budget->by_class[largest]);
	v.class = v.share < HW_BOUND_MIN_SHARE ? HW_BOUND_MIXED : largest;
	r = hw_summary_write(c, largest, &v.sentence);
	if (r >= 0)
		r = hw_evidence_write(c, largest, &v.evidence);
	if (r >= 0)
		r = hw_advice_write(c, largest, &v.advice);
	if (r < 0)
		return r;
	*ret = v;
	v = (struct hw_verdict){ 0 };
	return 0;
}

int hw_bound_judge(const struct hw_bound_facts *facts, struct hw_verdict *ret)
{
	struct hw_budget budget;
	struct hw_bound_case c;
	int r = hw_budget_split(facts, &budget);

	if (r < 0)
		return r;
	hw_bound_case_init(&c, facts, &budget);
	return hw_verdict_write(&c, ret);
}

void hw_verdict_done(struct hw_verdict *v)
{
	free(v->sentence);
	v->sentence = NULL;
	v->evidence = hw_sentences_free(v->evidence);
	v->advice = hw_sentences_free(v->advice);
}
