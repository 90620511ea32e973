/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "view/charge.h"
#include "view/clock.h"

struct table {
	struct hw_intern *keys;
	struct hw_place *places; /* by number of the key */
	size_t n, cap;
};

#define NO_PLACE UINT32_MAX

struct place_search {
	const struct hw_profile *p;
	const struct hw_sampled *sampled;
	struct hw_charge charge;
	struct table lines, functions;
	uint32_t *line_of, *function_of;
	struct hw_place all;
	uint64_t n_cpu, n_blocked;
	double cpu_per_period; /* seconds */
};

static void search_done(struct place_search *s)
{
	hw_charge_done(&s->charge);
	hw_intern_free(s->lines.keys);
	hw_intern_free(s->functions.keys);
	free(s->lines.places);
	free(s->functions.places);
	free(s->line_of);
	free(s->function_of);
}
HW_DEFINE_AUTO_DONE(struct place_search, search_done)

static int add_place(struct table *t, const struct hw_profile *p, const struct hw_charge_key *key,
		     const struct hw_frame *f, uint32_t function_id, uint32_t *ret)
{
	int r;

	if (hw_reserve(t->places, t->cap, t->n + 1) < 0)
		return -ENOMEM;
	r = hw_intern_add(t->keys, key, sizeof(*key), ret);
	if (r <= 0)
		return r;
	t->places[t->n++] = (struct hw_place){
		.function = f->name ? hw_profile_str(p, f->name) : "[unknown]",
		.file = hw_profile_str(p, f->file),
		.module = hw_profile_str(p, hw_profile_get_module(p, f->module)->path),
		.line = key->line,
		.function_id = function_id,
		.python = f->kind == HW_FRAME_PYTHON,
	};
	return 0;
}

/* Finds the places of @stack when they are first asked for. An empty stack has none. */
static int find_places(struct place_search *s, uint32_t stack)
{
	const struct hw_frame *f;
	struct hw_charge_key line, function;
	int r;

	if (s->line_of[stack] != NO_PLACE)
		return 0;
	f = hw_charge_frame(&s->charge, stack, false);
	if (!f)
		return 0;
	line = hw_charge_line(f);
	function = hw_charge_function(f);
	r = add_place(&s->functions, s->p, &function, f, (uint32_t)s->functions.n,
		      &s->function_of[stack]);
	return r < 0 ? r
		     : add_place(&s->lines, s->p, &line, f, s->function_of[stack],
				 &s->line_of[stack]);
}

/* One sample's time. */
struct portion {
	double seconds[HW_SLICES];
	double whole_s;
	uint16_t traits;
	bool gil_wanted;
};

static void charge(struct hw_place *place, const struct portion *portion)
{
	for (int slice = 0; slice < HW_SLICES; slice++)
		place->seconds[slice] += portion->seconds[slice];
	for (int trait = 0; trait < HW_TRAITS; trait++)
		if (portion->traits & HW_TRAIT_BIT(trait))
			place->trait_s[trait] += portion->whole_s;
	if (portion->gil_wanted)
		place->wanted_gil_s += portion->whole_s;
	place->samples++;
}

/* The interpreter computes in user mode only. */
static uint16_t traits_on_cpu(const struct place_search *s, uint32_t stack)
{
	uint16_t traits = s->sampled->kinds[stack].traits;

	if (s->sampled->kinds[stack].slice != HW_SLICE_USER)
		traits &= (uint16_t)~HW_TRAIT_BIT(HW_TRAIT_INTERPRETER);
	return traits;
}

static struct portion portion_on_cpu(const struct place_search *s, const struct hw_sample *sample)
{
	double seconds = s->cpu_per_period * (double)sample->period;
	enum hw_slice slice = s->sampled->kinds[sample->stack].slice;
	struct portion portion = {
		.whole_s = seconds,
		.traits = traits_on_cpu(s, sample->stack),
		.gil_wanted = sample->flags & HW_SAMPLE_GIL_WANTED,
	};

	portion.seconds[slice] = seconds;
	if (slice == HW_SLICE_USER) {
		portion.seconds[HW_SLICE_STALL] =
			seconds * (double)s->sampled->stall.by_stack[sample->stack];
		portion.seconds[HW_SLICE_USER] -= portion.seconds[HW_SLICE_STALL];
	}
	return portion;
}

static struct portion portion_blocked(const struct place_search *s, const struct hw_sample *sample)
{
	unsigned int cause = (sample->flags >> HW_SAMPLE_WAIT_SHIFT) & 0xff;
	uint16_t traits = s->sampled->kinds[sample->stack].traits;
	struct portion portion = {
		.whole_s = (double)sample->period / 1e9,
		.traits = traits & (uint16_t)~HW_TRAIT_BIT(HW_TRAIT_INTERPRETER),
	};

	portion.seconds[hw_slice_of_wait(cause)] = portion.whole_s;
	return portion;
}

static int add_place_sample(struct place_search *s, const struct hw_sample *sample, bool blocked)
{
	struct portion portion;
	int r;

	if (s->sampled->kinds[sample->stack].slice == HW_SLICES)
		return 0;
	r = find_places(s, sample->stack);
	if (r < 0)
		return r;
	portion = blocked ? portion_blocked(s, sample) : portion_on_cpu(s, sample);
	charge(&s->lines.places[s->line_of[sample->stack]], &portion);
	charge(&s->functions.places[s->function_of[sample->stack]], &portion);
	charge(&s->all, &portion);
	s->n_cpu += !blocked;
	s->n_blocked += blocked;
	return 0;
}

static int add_samples(struct place_search *s)
{
	int clock = s->sampled->clock, off_cpu = hw_clock_off_cpu_event(s->p), r = 0;
	double worth_ns;

	if (clock >= 0 && !hw_charge_worth(s->p, clock, &worth_ns))
		s->cpu_per_period = worth_ns / 1e9;
	for (size_t i = 0; r >= 0 && i < s->p->n_samples; i++) {
		const struct hw_sample *sample = &s->p->samples[i];

		if (sample->event == clock || sample->event == off_cpu)
			r = add_place_sample(s, sample, sample->event == off_cpu);
	}
	return r;
}

static int prepare(struct place_search *s)
{
	size_t n = hw_intern_count(s->p->stacks) + 1ul;
	int r = hw_charge_init(s->p, &s->charge);

	if (r < 0)
		return r;
	s->line_of = malloc(n * sizeof(*s->line_of));
	s->function_of = malloc(n * sizeof(*s->function_of));
	s->lines.keys = hw_intern_new();
	s->functions.keys = hw_intern_new();
	if (!s->line_of || !s->function_of || !s->lines.keys || !s->functions.keys)
		return -ENOMEM;
	memset(s->line_of, 0xff, n * sizeof(*s->line_of));
	return 0;
}

double hw_place_wall_s(const struct hw_places *places, const struct hw_budget *budget,
		       const struct hw_place *place, enum hw_slice slice)
{
	double whole_s = places->all.seconds[slice];

	if (slice == HW_SLICE_STARVED || !(whole_s > 0))
		return 0;
	return budget->seconds[slice] * (place->seconds[slice] / whole_s);
}

static int compare_places(const void *pa, const void *pb)
{
	const struct hw_place *a = pa, *b = pb;

	if (a->wall_s != b->wall_s)
		return a->wall_s < b->wall_s ? 1 : -1;
	return (a->samples < b->samples) - (a->samples > b->samples);
}

static void sort_places(const struct hw_places *all, const struct hw_budget *budget,
			struct hw_place *places, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int slice = 0; slice < HW_SLICES; slice++)
			places[i].wall_s += hw_place_wall_s(all, budget, &places[i], slice);
	qsort(places, n, sizeof(*places), compare_places);
}

int hw_places_find(const struct hw_profile *p, const struct hw_sampled *sampled,
		   const struct hw_budget *budget, struct hw_places *ret)
{
	hw_auto(search_done) struct place_search s = { .p = p, .sampled = sampled };
	int r = prepare(&s);

	if (r >= 0)
		r = add_samples(&s);
	if (r < 0)
		return r;
	if (!s.all.samples)
		return -ENODATA;
	*ret = (struct hw_places){
		.lines = hw_take_ptr(s.lines.places),
		.functions = hw_take_ptr(s.functions.places),
		.n_lines = s.lines.n,
		.n_functions = s.functions.n,
		.all = s.all,
		.n_cpu = s.n_cpu,
		.n_blocked = s.n_blocked,
	};
	sort_places(ret, budget, ret->lines, ret->n_lines);
	sort_places(ret, budget, ret->functions, ret->n_functions);
	return 0;
}

void hw_places_done(struct hw_places *places)
{
	free(places->lines);
	free(places->functions);
	*places = (struct hw_places){ 0 };
}

enum hw_slice hw_place_slice(const struct hw_places *places, const struct hw_budget *budget,
			     const struct hw_place *place)
{
	enum hw_slice by_wall = 0, by_time = 0;
	double most_s = 0;

	for (int slice = 0; slice < HW_SLICES; slice++) {
		double wall_s = hw_place_wall_s(places, budget, place, slice);

		if (wall_s > most_s) {
			most_s = wall_s;
			by_wall = slice;
		}
		if (place->seconds[slice] > place->seconds[by_time])
			by_time = slice;
	}
	return most_s > 0 ? by_wall : by_time;
}

static const struct hw_place *better(const struct hw_place *best, const struct hw_place *place,
				     enum hw_slice slice)
{
	return place->seconds[slice] > (best ? best->seconds[slice] : 0) ? place : best;
}

const struct hw_place *hw_places_top(const struct hw_places *places, enum hw_slice slice,
				     bool function)
{
	const struct hw_place *list = function ? places->functions : places->lines, *best = NULL;
	size_t n = function ? places->n_functions : places->n_lines;

	for (size_t i = 0; i < n; i++)
		best = better(best, &list[i], slice);
	return best;
}

const struct hw_place *hw_places_line_of(const struct hw_places *places,
					 const struct hw_place *function, enum hw_slice slice)
{
	const struct hw_place *best = NULL;

	for (size_t i = 0; i < places->n_lines; i++)
		if (places->lines[i].function_id == function->function_id)
			best = better(best, &places->lines[i], slice);
	return best;
}
