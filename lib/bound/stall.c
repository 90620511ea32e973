/* SPDX-License-Identifier: Apache-2.0
 * An interrupt is taken between two instructions, and the older one had to be finished first: of a
 * program that waits for memory, the samples fall behind the load it waits for. That alone tells
 * little, since code whose data are all in the cache has its samples behind loads as well (a walk
 * over a list of 16 KiB 99 %, as over one of 512 MiB). What tells the two apart is where the data
 * lie: samples that keep meeting the same few cache lines are served by the first cache, those that
 * never meet one twice are not. So, for each place in the code that is behind a load or store:
 *
 *   1. Lines that alone make up more of its samples than the L1 cache has room for are hits.
 *   2. How often two of the other samples meet in a line gives how many lines there are: two that
 *      are drawn from W lines are the same with probability 1/W.
 *   3. The loads of an unrolled loop each see a part of its lines; what has to fit in the cache is
 *      all of them. Where the samples of the whole function meet less often than those of the
 *      place, W is the function's.
 *   4. W lines used evenly fit in a cache of C lines with probability C/W. The time above L1 is the
 *      stall.
 *
 * Places with few samples hardly know their W: it has a probability distribution, and what is taken
 * for likely beforehand is what the other places of the profile show (empirical Bayes). */
#include "bound/stall.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "view/clock.h"

#define LINE_SHIFT 6 /* 64 bytes: x86-64, and nearly all of aarch64 */
#define L1_LINES   512.0 /* 32 KiB */

/* The numbers of lines that are considered: 2^2 to 2^24, 1 GiB. */
#define SIZES	   23
#define SIZE_FIRST 4.0

#define PRIOR_ROUNDS 20 /* more change shares by less than 0.001 */
#define LEARNED_MIN  1e-3 /* samples; keeps every size possible */

/* Fewer samples than these give no figure. */
#define SAMPLES_MIN 50

/* Share of the samples in user mode whose code must have been decoded. */
#define DECODED_MIN 0.5

/* Mean absolute error over those programs of tests/bench/stall.py that stall and that were not used
 * to choose the costs below: see hwprof-internals(7). */
#define METHOD_ERROR 0.11

/* What an access takes as a multiple of one that hits in L1, and the lines that the second and
 * the third cache hold, the latter shared with others. Fitted to one half of the programs of
 * tests/bench/stall.py, by least mean absolute error, on a Xeon of 2.5 GHz (Cascade Lake: L2 1
 * MiB, L3 36 MiB shared) in a virtual machine; a pure walk of pointers takes 1.3, 4.6, 24 and
 * 120 ns there. */
struct costs {
	double l2, l3, memory;
};

#define L2_LINES 16384.0
#define L3_LINES 250000.0

/* An address that was itself just loaded could not be known before; others are computed ahead, and
 * processors fetch several of them at once, or before they are asked for. */
static const struct costs loaded_costs = { 4.2, 45, 110 };
static const struct costs computed_costs = { 1.4, 9, 75 };

/* A sample behind a load or store. */
struct access {
	uint64_t function; /* its module and its name */
	uint64_t line;	   /* 0: not known; NO_LINE after step 1: a hit */
	uint32_t frame;
};

#define NO_LINE UINT64_MAX

struct meetings {
	double pairs, meets; /* of samples; those in the same line */
};

/* The samples of one place. */
struct load_site {
	uint32_t frame;
	bool is_loaded;
	double samples, cold; /* all; those in lines that are not hits by themselves */
	struct meetings met;  /* of cold ones: of the place's or of its function's */
	double posterior[SIZES];
};

struct estimate {
	float *by_frame; /* part of a sample's time */
	double user, decoded, stalled; /* samples; stalled is a sum of parts */
	double variance;	       /* of stalled */
};

static int compare_line(const void *a, const void *b)
{
	const struct access *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

static int compare_access(const void *a, const void *b)
{
	const struct access *x = a, *y = b;

	if (x->function != y->function)
		return x->function < y->function ? -1 : 1;
	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	return compare_line(a, b);
}

/* The leaf of @stack when that is user code, else NULL. */
static const struct hw_frame *user_leaf(const struct hw_profile *p, uint32_t stack,
					uint32_t *ret_number)
{
	size_t n;
	const uint32_t *frames = hw_profile_get_stack(p, stack, &n);
	const struct hw_frame *f = n ? hw_profile_get_frame(p, frames[0]) : NULL;

	if (!f || f->kind == HW_FRAME_KERNEL || f->kind == HW_FRAME_MARKER)
		return NULL;
	*ret_number = frames[0];
	return f;
}

/* Collects the samples in user mode behind a load or store, sorted; @e counts all. */
static int collect(const struct hw_profile *p, struct estimate *e, struct access **ret,
		   size_t *ret_n)
{
	int event = hw_clock_cpu_event(p);
	struct access *all = malloc((p->n_samples + 1) * sizeof(*all));
	size_t n = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < p->n_samples && event >= 0; i++) {
		const struct hw_sample *s = &p->samples[i];
		uint32_t number;
		const struct hw_frame *f =
			s->event == event ? user_leaf(p, s->stack, &number) : NULL;

		if (!f)
			continue;
		e->user++;
		e->decoded += f->flags & HW_FRAME_DECODED ? 1 : 0;
		if (f->flags & (HW_FRAME_AFTER_LOAD | HW_FRAME_AFTER_STORE))
			all[n++] = (struct access){ (uint64_t)f->module << 32 | f->name,
						    s->addr >> LINE_SHIFT, number };
	}
	qsort(all, n, sizeof(*all), compare_access);
	*ret = all;
	*ret_n = n;
	return 0;
}

/* How many from @all on, of the @n sorted by line, are in its line. */
static size_t count_same(const struct access *all, size_t n)
{
	size_t same = 1;

	while (same < n && all[same].line == all->line)
		same++;
	return same;
}

/* Step 2, of @n samples sorted by line. */
static struct meetings meetings_of(const struct access *all, size_t n)
{
	struct meetings met = { 0 };
	double known = 0;
	size_t same;

	for (size_t i = 0; i < n; i += same) {
		same = count_same(all + i, n - i);
		if (!all[i].line || all[i].line == NO_LINE)
			continue;
		known += (double)same;
		met.meets += (double)same * (double)(same - 1) / 2;
	}
	met.pairs = known * (known - 1) / 2;
	return met;
}

/* The samples of one place, @n from @all on: steps 1 and 2. */
static struct load_site load_site_of(const struct hw_profile *p, struct access *all, size_t n)
{
	struct load_site place = { .frame = all->frame, .samples = (double)n };
	size_t same;

	place.is_loaded = hw_profile_get_frame(p, all->frame)->flags & HW_FRAME_ADDR_LOADED;
	for (size_t i = 0; i < n; i += same) {
		same = count_same(all + i, n - i);
		/* three are no chance */
		if (all[i].line && same >= 3 && (double)same * L1_LINES >= place.samples)
			for (size_t k = 0; k < same; k++)
				all[i + k].line = NO_LINE;
		else
			place.cold += (double)same;
	}
	place.met = meetings_of(all, n);
	return place;
}

/* Step 3, of the @n_places of one function and its @n samples, which it sorts by line. */
static void pool(struct load_site *places, size_t n_places, struct access *all, size_t n)
{
	struct meetings whole;

	qsort(all, n, sizeof(*all), compare_line);
	whole = meetings_of(all, n);
	for (size_t i = 0; i < n_places; i++) {
		struct meetings *met = &places[i].met;

		if (whole.pairs * (met->meets + 1) > met->pairs * (whole.meets + 1))
			*met = whole;
	}
}

static struct load_site *load_sites_of(const struct hw_profile *p, struct access *all, size_t n_all,
			       size_t *ret_n)
{
	struct load_site *places = malloc((n_all + 1) * sizeof(*places));
	size_t n, of_function = 0, first_place = 0;

	*ret_n = 0;
	for (size_t i = 0; places && i < n_all; i += n) {
		for (n = 1; i + n < n_all && all[i + n].frame == all[i].frame; n++)
			;
		places[(*ret_n)++] = load_site_of(p, all + i, n);
		of_function += n;
		if (i + n < n_all && all[i + n].function == all[i].function)
			continue;
		pool(places + first_place, *ret_n - first_place, all + i + n - of_function,
		     of_function);
		first_place = *ret_n;
		of_function = 0;
	}
	return places;
}

/* How likely each size is for @place, when @prior holds beforehand. The number of meetings among so
 * many pairs is Poisson with mean pairs / W. */
static void judge_load_site(struct load_site *place, const double prior[SIZES])
{
	double logs[SIZES], most = -INFINITY, sum = 0;

	for (int i = 0; i < SIZES; i++) {
		double mean = place->met.pairs / ldexp(SIZE_FIRST, i);

		logs[i] = log(prior[i]) - mean;
		if (place->met.meets > 0)
			logs[i] += place->met.meets * log(mean);
		most = fmax(most, logs[i]);
	}
	for (int i = 0; i < SIZES; i++)
		sum += place->posterior[i] = exp(logs[i] - most);
	for (int i = 0; i < SIZES; i++)
		place->posterior[i] /= sum;
}

/* Learns what sizes this program uses, and judges its places by that. */
static void judge_load_sites(struct load_site *places, size_t n)
{
	double prior[SIZES], sum;

	for (int i = 0; i < SIZES; i++)
		prior[i] = 1.0 / SIZES;
	for (int round = 0; round < PRIOR_ROUNDS; round++) {
		double learned[SIZES];

		for (int i = 0; i < SIZES; i++)
			learned[i] = LEARNED_MIN;
		for (size_t k = 0; k < n; k++) {
			judge_load_site(&places[k], prior);
			for (int i = 0; i < SIZES; i++)
				learned[i] += places[k].cold * places[k].posterior[i];
		}
		sum = 0;
		for (int i = 0; i < SIZES; i++)
			sum += learned[i];
		for (int i = 0; i < SIZES; i++)
			prior[i] = learned[i] / sum;
	}
}

/* Step 4: which part of the time of accesses to @lines lines, used evenly, is a stall. */
static double stalled_part(double lines, const struct costs *c)
{
	double time = 1;

	time += fdim(1, L1_LINES / lines) * (c->l2 - 1);
	time += fdim(1, L2_LINES / lines) * (c->l3 - c->l2);
	time += fdim(1, L3_LINES / lines) * (c->memory - c->l3);
	return 1 - 1 / time;
}

/* Adds @place to @e. */
static void weigh_load_site(const struct load_site *place, struct estimate *e)
{
	const struct costs *c = place->is_loaded ? &loaded_costs : &computed_costs;
	double mean = 0, square = 0;

	for (int i = 0; i < SIZES; i++) {
		double part = stalled_part(ldexp(SIZE_FIRST, i), c);

		mean += place->posterior[i] * part;
		square += place->posterior[i] * part * part;
	}
	e->by_frame[place->frame] = (float)(mean * place->cold / place->samples);
	e->stalled += mean * place->cold;
	e->variance += place->cold * place->cold * fmax(square - mean * mean, 0);
}

static int estimate(const struct hw_profile *p, struct estimate *ret)
{
	hw_autofree struct access *all = NULL;
	hw_autofree struct load_site *places = NULL;
	size_t n_all, n_places;
	int r;

	*ret = (struct estimate){ 0 };
	r = collect(p, ret, &all, &n_all);
	if (r < 0)
		return r;
	places = load_sites_of(p, all, n_all, &n_places);
	ret->by_frame = calloc(hw_intern_count(p->frames) + 1ul, sizeof(*ret->by_frame));
	if (!places || !ret->by_frame) {
		free(ret->by_frame);
		return -ENOMEM;
	}
	judge_load_sites(places, n_places);
	for (size_t i = 0; i < n_places; i++)
		weigh_load_site(&places[i], ret);
	return 0;
}

/* The share of all user time, where enough of it could be decoded. */
static void judge_whole(const struct estimate *e, struct hw_stall *stall)
{
	double share, undecoded;

	stall->share = -1;
	if (e->decoded < SAMPLES_MIN || e->decoded < DECODED_MIN * e->user)
		return;
	stall->share = share = e->stalled / e->user;
	undecoded = 1 - e->decoded / e->user;
	/* of the method, of the places, of chance; what was not decoded may be any */
	stall->error = sqrt(METHOD_ERROR * METHOD_ERROR + e->variance / (e->user * e->user) +
			    share * (1 - share) / e->user + undecoded * undecoded / 12);
	stall->n_samples = (uint64_t)e->decoded;
}

int hw_stall_from_profile(const struct hw_profile *p, struct hw_stall *ret)
{
	size_t n = hw_intern_count(p->stacks);
	hw_auto(hw_stall_done) struct hw_stall stall = { 0 };
	struct estimate e;
	int r = estimate(p, &e);

	if (r < 0)
		return r;
	stall.by_stack = calloc(n + 1, sizeof(*stall.by_stack));
	for (size_t i = 0; stall.by_stack && i < n; i++) {
		uint32_t number;

		if (user_leaf(p, (uint32_t)i, &number))
			stall.by_stack[i] = e.by_frame[number];
	}
	free(e.by_frame);
	if (!stall.by_stack)
		return -ENOMEM;
	judge_whole(&e, &stall);
	*ret = stall;
	stall.by_stack = NULL;
	return 0;
}

void hw_stall_done(struct hw_stall *stall)
{
	free(stall->by_stack);
	*stall = (struct hw_stall){ 0 };
}
