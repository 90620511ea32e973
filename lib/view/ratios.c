/* SPDX-License-Identifier: Apache-2.0 */
#include "view/ratios.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "event/role.h"

static const double relative_error_max = 0.25;

static const enum hw_event_role roles[HW_PARTS] = {
	[HW_PART_CYCLES] = HW_ROLE_CYCLES,
	[HW_PART_INSTRUCTIONS] = HW_ROLE_INSTRUCTIONS,
	[HW_PART_MISSES] = HW_ROLE_CACHE_MISSES,
};

static bool is_part(enum hw_event_role role)
{
	for (size_t i = 0; i < HW_PARTS; i++)
		if (roles[i] == role)
			return true;
	return false;
}

/* The modes that all parts must count in. */
static unsigned int wanted_modes(const struct hw_session *s, uint16_t like)
{
	unsigned int modes, first = 0;

	if (is_part(hw_event_role_of(s->events[like].name, &modes)))
		return modes;
	for (size_t i = 0; i < s->n_events && !first; i++)
		if (hw_event_role_of(s->events[i].name, &modes) == HW_ROLE_INSTRUCTIONS)
			first = modes;
	return first;
}

/* @like where that has @role, else the first event that has it, in @modes; negative: none. */
static int find_part(const struct hw_session *s, enum hw_event_role role, unsigned int wanted,
		     uint16_t like)
{
	unsigned int modes;
	int found = -1;

	for (size_t i = 0; i < s->n_events; i++)
		if (hw_event_role_of(s->events[i].name, &modes) == role && modes == wanted &&
		    (found < 0 || i == like))
			found = (int)i;
	return found;
}

static double scale_of_event(const struct hw_profile *p, int event)
{
	const struct hw_session_event *e = &p->session.events[event];
	double turns = e->running_ns ? (double)e->enabled_ns / (double)e->running_ns : 1, sum = 0;

	for (size_t i = 0; i < p->n_samples; i++)
		if (p->samples[i].event == event)
			sum += (double)p->samples[i].period;
	return e->counted && sum > 0 ? (double)e->counted * turns / sum : turns;
}

void hw_ratios_find(const struct hw_profile *p, uint16_t like, struct hw_ratios *ret)
{
	unsigned int modes = wanted_modes(&p->session, like);

	*ret = (struct hw_ratios){ 0 };
	for (size_t i = 0; i < HW_PARTS; i++) {
		ret->events[i] = find_part(&p->session, roles[i], modes, like);
		ret->scale[i] = ret->events[i] < 0 ? 1 : scale_of_event(p, ret->events[i]);
	}
	ret->ipc = ret->events[HW_PART_CYCLES] >= 0 && ret->events[HW_PART_INSTRUCTIONS] >= 0;
	ret->misses = ret->events[HW_PART_MISSES] >= 0 && ret->events[HW_PART_INSTRUCTIONS] >= 0;
}

static int add_part(const struct hw_view *v, const struct hw_table *t, enum hw_part part,
		    struct hw_ratios *r)
{
	hw_auto(hw_view_done) struct hw_view of_part = { 0 };
	struct hw_view_opts opts = { .event = r->events[part], .native_all = v->opts.native_all };
	uint32_t frames[HW_PROFILE_STACK_MAX];
	int made = hw_view_make(v->profile, &opts, &of_part);

	if (made < 0)
		return made;
	for (size_t i = 0; i < of_part.n_sums; i++) {
		const struct hw_view_sum *sum = &of_part.sums[i];
		uint32_t row = HW_NO_ROW;
		size_t self;

		if (hw_view_frames(&of_part, sum->stack, sum->class, frames, &self))
			row = t->row_of_frame[frames[self]];
		if (row == HW_NO_ROW)
			continue; /* the table's event was never there */
		r->self[row].parts[part].samples += sum->weight.samples;
		r->self[row].parts[part].period += sum->weight.period;
	}
	return 0;
}

int hw_ratios_build(const struct hw_view *v, const struct hw_table *t, struct hw_ratios *ret)
{
	hw_auto(hw_ratios_done) struct hw_ratios r = { 0 };

	hw_ratios_find(v->profile, (uint16_t)v->opts.event, &r);
	if (!t->row_of_frame)
		r.ipc = r.misses = false;
	if (r.ipc || r.misses) {
		r.self = calloc(t->n_rows + 1, sizeof(*r.self));
		if (!r.self)
			return -ENOMEM;
	}
	for (size_t i = 0; r.self && i < HW_PARTS; i++)
		if (r.events[i] >= 0 && add_part(v, t, (enum hw_part)i, &r) < 0)
			return -ENOMEM;
	*ret = r;
	r.self = NULL;
	return 0;
}

void hw_ratios_done(struct hw_ratios *r)
{
	free(r->self);
	*r = (struct hw_ratios){ 0 };
}

static struct hw_ratio divide(const struct hw_ratios *r, const struct hw_ratio_sums *sums,
			      enum hw_part part, enum hw_part by)
{
	const struct hw_weight *a = &sums->parts[part], *b = &sums->parts[by];
	double n = (double)a->samples, m = (double)b->samples;
	double error = n > 0 && m > 0 ? sqrt(1 / n + 1 / m) : 1;
	double value = b->period ? (double)a->period * r->scale[part] /
					   ((double)b->period * r->scale[by]) :
				   -1;

	if (value < 0 || error > relative_error_max)
		return (struct hw_ratio){ .value = -1 };
	return (struct hw_ratio){ .value = value, .error = value * error };
}

struct hw_ratio hw_ratio_ipc(const struct hw_ratios *r, const struct hw_ratio_sums *sums)
{
	return divide(r, sums, HW_PART_INSTRUCTIONS, HW_PART_CYCLES);
}

struct hw_ratio hw_ratio_misses(const struct hw_ratios *r, const struct hw_ratio_sums *sums)
{
	struct hw_ratio ratio = divide(r, sums, HW_PART_MISSES, HW_PART_INSTRUCTIONS);

	ratio.error *= 1000;
	if (ratio.value >= 0)
		ratio.value *= 1000;
	return ratio;
}
