/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/phases.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/sorted.h"

static const double least_share = 0.02; /* of the run, for a phase */
static const double least_change = 0.20;
/* Nothing is steadier than that: the standard deviation of a share that is taken for noise. */
static const double least_noise = 0.05;

#define LEAST_POINTS 2

/* The classes as the cut sees them. Whether a thread that wants a CPU gets one is the doing of
 * other programs, and changes all the time: no phase of this one. */
static enum hw_wall_class seen_as(int class)
{
	return class == HW_WALL_STARVED ? HW_WALL_BUSY : (enum hw_wall_class) class;
}

static void see(const double seconds[static HW_WALL_CLASSES], double length,
		double ret[static HW_WALL_CLASSES])
{
	for (int class = 0; class < HW_WALL_CLASSES; class++)
		ret[class] = 0;
	for (int class = 0; class < HW_WALL_CLASSES && length > 0; class++)
		ret[seen_as(class)] += seconds[class] / length;
}

/* Sums over the stretches before a place, so that any phase costs the same to look at. */
struct prefix {
	double weight, end_s;
	double sum[HW_WALL_CLASSES]; /* of weight x share */
	double squares;
};

struct cut {
	struct prefix *at; /* n + 1 of them */
	double *best;	   /* cost of the best cut of the stretches before a place */
	uint32_t *from;	   /* where its last phase begins */
	size_t n;
	double penalty;
};

static void cut_done(struct cut *c)
{
	free(c->at);
	free(c->best);
	free(c->from);
}
HW_DEFINE_AUTO_DONE(struct cut, cut_done)

static double length_of(const struct hw_wall_point *point)
{
	double length = 0;

	for (int class = 0; class < HW_WALL_CLASSES; class++)
		length += point->seconds[class];
	return length;
}

/* The squared distance of the shares of two stretches. */
static double step_of(const struct hw_wall_point *a, const struct hw_wall_point *b)
{
	double la = length_of(a), lb = length_of(b), sum = 0;
	double sa[HW_WALL_CLASSES], sb[HW_WALL_CLASSES];

	if (!(la > 0) || !(lb > 0))
		return 0;
	see(a->seconds, la, sa);
	see(b->seconds, lb, sb);
	for (int class = 0; class < HW_WALL_CLASSES; class++)
		sum += (sa[class] - sb[class]) * (sa[class] - sb[class]);
	return sum;
}

/* The variance of the noise. A step between neighbours has twice that, unless it is a change: the
 * largest steps, as many as there may be changes but no more than a quarter, are left out. */
static int measure_noise(const struct hw_wall *w, double *ret)
{
	size_t n = w->n_points - 1, n_changes = n / 4;
	hw_autofree double *steps = malloc((n + 1) * sizeof(*steps));
	double sum = 0;

	if (!steps)
		return -ENOMEM;
	if (n_changes > HW_PHASES_MAX - 1)
		n_changes = HW_PHASES_MAX - 1;
	for (size_t i = 0; i < n; i++)
		steps[i] = step_of(&w->points[i], &w->points[i + 1]);
	qsort(steps, n, sizeof(*steps), hw_compare_doubles);
	for (size_t i = 0; i < n - n_changes; i++)
		sum += steps[i];
	*ret = fmax(n > n_changes ? sum / 2 / (double)(n - n_changes) : 0,
		    least_noise * least_noise);
	return 0;
}

static void add_up_points(const struct hw_wall *w, struct cut *c)
{
	double all = 0;

	for (size_t i = 0; i < c->n; i++)
		all += length_of(&w->points[i]);
	for (size_t i = 0; i < c->n; i++) {
		double length = length_of(&w->points[i]);
		double weight = all > 0 ? length / all * (double)c->n : 0;
		struct prefix *next = &c->at[i + 1];
		double shares[HW_WALL_CLASSES];

		*next = c->at[i];
		next->end_s = w->points[i].end_s;
		next->weight += weight;
		see(w->points[i].seconds, length, shares);
		for (int class = 0; class < HW_WALL_CLASSES; class++) {
			next->sum[class] += weight * shares[class];
			next->squares += weight * shares[class] * shares[class];
		}
	}
}

/* What a phase of the stretches from @i to before @j costs: their distances to its mean. */
static double cost_of(const struct cut *c, size_t i, size_t j)
{
	const struct prefix *a = &c->at[i], *b = &c->at[j];
	double weight = b->weight - a->weight, squares = 0;

	if (!(weight > 0))
		return 0;
	for (int class = 0; class < HW_WALL_CLASSES; class++) {
		double sum = b->sum[class] - a->sum[class];

		squares += sum * sum;
	}
	return b->squares - a->squares - squares / weight;
}

static bool long_enough(const struct cut *c, size_t i, size_t j)
{
	double run_s = c->at[c->n].end_s;

	return j - i >= LEAST_POINTS && c->at[j].end_s - c->at[i].end_s >= least_share * run_s;
}

/* Returns how many phases the best cut has. */
static size_t find_best(struct cut *c)
{
	size_t n_phases = 0;

	for (size_t j = 1; j <= c->n; j++) {
		c->best[j] = cost_of(c, 0, j); /* one phase is always allowed */
		c->from[j] = 0;
		for (size_t i = LEAST_POINTS; i + LEAST_POINTS <= j; i++) {
			double cost;

			if (!long_enough(c, i, j) || !long_enough(c, c->from[i], i))
				continue;
			cost = c->best[i] + c->penalty + cost_of(c, i, j);
			if (cost < c->best[j]) {
				c->best[j] = cost;
				c->from[j] = (uint32_t)i;
			}
		}
	}
	for (size_t j = c->n; j; j = c->from[j])
		n_phases++;
	return n_phases;
}

static size_t n_classes(const struct hw_wall *w)
{
	size_t n = 0;

	for (int class = 0; class < HW_WALL_CLASSES; class++)
		n += w->seconds[class] > 0;
	return n ? n : 1;
}

static void name_phase(struct hw_phase *phase)
{
	double length = 0;

	phase->class = HW_WALL_BUSY;
	for (int class = 0; class < HW_WALL_CLASSES; class++) {
		length += phase->seconds[class];
		if (phase->seconds[class] > phase->seconds[phase->class])
			phase->class = class;
	}
	phase->share = length > 0 ? phase->seconds[phase->class] / length : 0;
}

static void fill_phase(const struct hw_wall *w, size_t begin, size_t end, struct hw_phase *ret)
{
	*ret = (struct hw_phase){ .begin_s = begin ? w->points[begin - 1].end_s : 0,
				  .end_s = w->points[end - 1].end_s };
	for (size_t i = begin; i < end; i++)
		for (int class = 0; class < HW_WALL_CLASSES; class++)
			ret->seconds[class] += w->points[i].seconds[class];
	name_phase(ret);
}

/* The share of time that would have to change its class to make @a like @b. */
static double difference(const struct hw_phase *a, const struct hw_phase *b)
{
	double sa[HW_WALL_CLASSES], sb[HW_WALL_CLASSES], sum = 0;

	see(a->seconds, a->end_s - a->begin_s, sa);
	see(b->seconds, b->end_s - b->begin_s, sb);
	for (int class = 0; class < HW_WALL_CLASSES; class++)
		sum += fabs(sa[class] - sb[class]);
	return sum / 2;
}

static void merge_phases(struct hw_phases *phases, size_t at)
{
	struct hw_phase *a = &phases->items[at], *b = a + 1;

	a->end_s = b->end_s;
	for (int class = 0; class < HW_WALL_CLASSES; class++)
		a->seconds[class] += b->seconds[class];
	name_phase(a);
	phases->n--;
	memmove(b, b + 1, (phases->n - at - 1) * sizeof(*b));
}

/* Merges neighbours that are as good as the same, the most alike first. */
static void merge_alike(struct hw_phases *phases)
{
	while (phases->n > 1) {
		size_t least = 0;

		for (size_t i = 1; i + 1 < phases->n; i++)
			if (difference(&phases->items[i], &phases->items[i + 1]) <
			    difference(&phases->items[least], &phases->items[least + 1]))
				least = i;
		if (difference(&phases->items[least], &phases->items[least + 1]) >= least_change)
			return;
		merge_phases(phases, least);
	}
}

static int cut_points(const struct hw_wall *w, struct hw_phases *ret)
{
	size_t n = w->n_points, n_phases;
	hw_auto(cut_done) struct cut c = { .n = n };
	double noise;
	int r;

	c.at = calloc(n + 1, sizeof(*c.at));
	c.best = calloc(n + 1, sizeof(*c.best));
	c.from = calloc(n + 1, sizeof(*c.from));
	r = c.at && c.best && c.from ? measure_noise(w, &noise) : -ENOMEM;
	if (r < 0)
		return r;
	add_up_points(w, &c);
	c.penalty = noise * (double)n_classes(w) * log((double)n);
	for (n_phases = find_best(&c); n_phases > HW_PHASES_MAX; n_phases = find_best(&c))
		c.penalty *= 2;
	ret->n = n_phases;
	for (size_t j = n; j; j = c.from[j])
		fill_phase(w, c.from[j], j, &ret->items[--n_phases]);
	merge_alike(ret);
	return 0;
}

int hw_phases_cut(const struct hw_wall *w, struct hw_phases *ret)
{
	struct hw_phases phases = { 0 };
	int r = 0;

	if (w->known && w->n_points) {
		r = cut_points(w, &phases);
	} else if (w->known) {
		phases.n = 1;
		phases.items[0].end_s = w->wall_s;
		memcpy(phases.items[0].seconds, w->seconds, sizeof(w->seconds));
		name_phase(&phases.items[0]);
	}
	if (r >= 0)
		*ret = phases;
	return r;
}
