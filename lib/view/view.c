/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/fold.h"

_Static_assert(HW_WALL_CLASSES <= 16, "a set of classes has 16 bits");

bool hw_view_has_waits(const struct hw_view *v)
{
	return v->opts.clock != HW_CLOCK_CPU;
}

uint64_t hw_view_effective_samples(const struct hw_view *v)
{
	double all = (double)v->all.period;

	return v->squares > 0 ? (uint64_t)(all * all / v->squares) : v->all.samples;
}

/* Whether @s is in the view, and its class; apart from what it weighs, which most who ask here need
 * not know. */
static inline bool has_sample(const struct hw_view *v, const struct hw_sample *s,
			      enum hw_wall_class *ret_class)
{
	if (s->event == v->off_cpu_event) {
		*ret_class = hw_clock_cause(s);
		return !hw_idle_has(&v->idle, s);
	}
	*ret_class = HW_WALL_BUSY;
	return s->event == v->opts.event && v->opts.clock != HW_CLOCK_BLOCKED;
}

static inline uint64_t weight_of(const struct hw_view *v, const struct hw_sample *s,
				 enum hw_wall_class class)
{
	if (class != HW_WALL_BUSY || !hw_view_has_waits(v) || v->worth_ns == 1)
		return s->period;
	return (uint64_t)((double)s->period * v->worth_ns);
}

bool hw_view_takes(const struct hw_view *v, const struct hw_sample *s,
		   enum hw_wall_class *ret_class, uint64_t *ret_period)
{
	if (!has_sample(v, s, ret_class))
		return false;
	*ret_period = weight_of(v, s, *ret_class);
	return true;
}

size_t hw_view_frames(const struct hw_view *v, uint32_t stack, enum hw_wall_class class,
		      uint32_t ret_frames[static HW_PROFILE_STACK_MAX], size_t *ret_self)
{
	size_t n, skip = 0;
	const uint32_t *frames = hw_profile_get_stack(v->profile, stack, &n);
	bool wait = class != HW_WALL_BUSY;

	*ret_self = 0;
	if (v->opts.native_all) {
		memcpy(ret_frames, frames, n * sizeof(*frames));
		return n;
	}
	if (wait)
		skip = hw_fold_wait(&v->charge, frames, n);
	n = hw_fold_interpreter(v->profile, frames + skip, n - skip, ret_frames);
	if (wait)
		*ret_self = hw_charge_index(&v->charge, ret_frames, n);
	return n;
}

/* Sets where the sum of @class of each stack is: its classes as bits in @seen, the sums of earlier
 * stacks in @first. */
static int place_sums(struct hw_view *v, uint16_t *seen, uint32_t *first)
{
	uint32_t n_stacks = hw_intern_count(v->profile->stacks);
	enum hw_wall_class class;
	size_t n = 0;

	for (size_t i = 0; i < v->profile->n_samples; i++) {
		const struct hw_sample *s = &v->profile->samples[i];

		if (has_sample(v, s, &class))
			seen[s->stack] |= (uint16_t)(1u << class);
	}
	for (uint32_t i = 0; i < n_stacks; i++) {
		first[i] = (uint32_t)n;
		n += (size_t)__builtin_popcount(seen[i]);
		if (n > UINT32_MAX)
			return -EOVERFLOW;
	}
	v->sums = calloc(n + 1, sizeof(*v->sums));
	v->n_sums = n;
	return v->sums ? 0 : -ENOMEM;
}

static int add_sample_to(struct hw_view *v, struct hw_view_sum *sum, const struct hw_sample *s,
			 enum hw_wall_class class)
{
	uint64_t period = weight_of(v, s, class);

	/* As for periods of a file: the sum over all fits, so that nobody has to ask for a part. */
	if (__builtin_add_overflow(v->all.period, period, &v->all.period))
		return -EOVERFLOW;
	v->all.samples++;
	v->squares += (double)period * (double)period;
	v->truncated += !!(s->flags & HW_SAMPLE_TRUNCATED);
	*sum = (struct hw_view_sum){
		s->stack, class, { sum->weight.samples + 1, sum->weight.period + period }
	};
	if (!hw_view_has_waits(v))
		return 0;
	v->ns[class] += period;
	if (class == HW_WALL_BUSY)
		v->samples_cpu++;
	else
		v->samples_blocked++;
	return 0;
}

static int add_up_sums(struct hw_view *v)
{
	size_t n_stacks = hw_intern_count(v->profile->stacks) + 1ul;
	hw_autofree uint16_t *seen = calloc(n_stacks, sizeof(*seen));
	hw_autofree uint32_t *first = malloc(n_stacks * sizeof(*first));
	enum hw_wall_class class;
	int r = seen && first ? place_sums(v, seen, first) : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < v->profile->n_samples; i++) {
		const struct hw_sample *s = &v->profile->samples[i];
		unsigned int before;

		if (!has_sample(v, s, &class))
			continue;
		before = seen[s->stack] & ((1u << class) - 1);
		r = add_sample_to(v, &v->sums[first[s->stack] +
					      (unsigned int)__builtin_popcount(before)],
				  s, class);
	}
	return r;
}

/* What a clock with waits needs to know before its samples are added up. */
static int prepare_clock(struct hw_view *v)
{
	const struct hw_profile *p = v->profile;
	bool wall = v->opts.clock == HW_CLOCK_WALL;
	struct hw_idle_opts idle;
	int r = 0;

	v->name = hw_clock_name(v->opts.clock);
	v->unit = "ns";
	v->off_cpu_event = hw_clock_off_cpu_event(p);
	if (v->off_cpu_event < 0)
		return -ENODATA;
	if (v->opts.event < 0 && wall)
		return -ENOENT;
	if (v->opts.event >= 0)
		r = hw_charge_worth(p, v->opts.event, &v->worth_ns);
	if (r < 0 && wall) /* blocked time can do without */
		return r;
	r = hw_charge_init(p, &v->charge);
	if (r < 0 || v->opts.keep_idle)
		return r;
	idle = (struct hw_idle_opts){ .charge = &v->charge,
				      .off_cpu_event = v->off_cpu_event,
				      .cpu_event = v->opts.event,
				      .worth_ns = v->worth_ns,
				      .native_all = v->opts.native_all };
	return hw_idle_find(p, &idle, &v->idle);
}

int hw_view_make(const struct hw_profile *p, const struct hw_view_opts *opts, struct hw_view *ret)
{
	hw_auto(hw_view_done) struct hw_view v = {
		.profile = p, .opts = *opts, .off_cpu_event = -1
	};
	int r = 0;

	if (hw_view_has_waits(&v)) {
		r = prepare_clock(&v);
	} else {
		v.name = p->session.events[opts->event].name;
		v.unit = p->session.events[opts->event].unit;
	}
	if (r >= 0)
		r = add_up_sums(&v);
	if (r < 0)
		return r;
	*ret = v;
	v = (struct hw_view){ 0 };
	return 0;
}

void hw_view_done(struct hw_view *v)
{
	free(v->sums);
	hw_charge_done(&v->charge);
	hw_idle_done(&v->idle);
	*v = (struct hw_view){ 0 };
}
