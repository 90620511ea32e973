/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/sampled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "event/metrics.h"
#include "view/clock.h"

/* Samples of user mode alone say nothing about the kernel's part. With no share of system time
 * worth the name in the samples but in the usage, they are. */
static bool user_only(const struct hw_bound_facts *facts, const double sums[], double all)
{
	double busy_s = facts->usage.user_s + facts->usage.sys_s;

	return sums[HW_SLICE_USER] >= all && facts->n_samples >= 50 && busy_s > 0 &&
	       facts->usage.sys_s > 0.1 * busy_s;
}

static void set_shares(struct hw_bound_facts *facts, const double sums[])
{
	double all = 0;

	for (int slice = 0; slice < HW_SLICES_SAMPLED; slice++)
		all += sums[slice];
	if (!(all > 0) || user_only(facts, sums, all))
		return;
	for (int slice = 0; slice < HW_SLICES_SAMPLED; slice++)
		facts->sampled[slice] = sums[slice] / all;
}

static double count_of(const struct hw_session *s, const char *name)
{
	for (size_t i = 0; i < s->n_counts; i++) {
		const struct hw_session_count *c = &s->counts[i];

		if (c->name && !strcmp(c->name, name) && c->running_pct > 0 && c->value >= 0 &&
		    isfinite(c->value))
			return c->value;
	}
	return NAN;
}

/* Whether the core's own events counted at all: virtual machines offer counters that stay 0. */
static bool are_alive(const struct hw_session *s, const struct hw_metric_set *set)
{
	for (const struct hw_metric_event *e = set->events; e->name; e++)
		if (strcmp(e->name, "cycles") != 0 && strcmp(e->name, "instructions") != 0 &&
		    count_of(s, e->name) > 0)
			return true;
	return false;
}

/* What was counted beside the samples. */
static void set_counts(struct hw_bound_facts *facts, const struct hw_session *s)
{
	const struct hw_core *core = s->core ? hw_core_find(s->core) : NULL;
	const struct hw_metric_set *set = core ? hw_core_set(core, "memory") : NULL;
	const struct hw_metric_env env = { .seconds = s->usage.wall_s };
	double counts[HW_EVENTS_MAX], cycles = count_of(s, "cycles");

	if (!set || !(cycles >= 1e6))
		return;
	if (count_of(s, "instructions") > 0) {
		facts->cycles = cycles;
		facts->instructions = count_of(s, "instructions");
	}
	if (!are_alive(s, set))
		return;
	for (size_t i = 0; i < hw_metric_set_size(set); i++)
		counts[i] = count_of(s, set->events[i].name);
	for (const struct hw_metric *m = set->metrics; m->name; m++) {
		double value = hw_metric_value(set, m, counts, &env);

		if (!isnan(value))
			hw_bound_facts_set_metric(facts, m, value);
	}
}

/* Adds up the periods by what the CPU was doing. */
static void add_up_samples(const struct hw_profile *p, const struct hw_sampled *s,
			   struct hw_bound_facts *facts)
{
	double sums[HW_SLICES_SAMPLED] = { 0 };

	for (size_t i = 0; i < p->n_samples; i++) {
		const struct hw_sample *sample = &p->samples[i];
		uint8_t slice = s->kinds[sample->stack].slice;

		if (sample->event != s->clock || slice >= HW_SLICES_SAMPLED)
			continue;
		sums[slice] += (double)sample->period;
		facts->n_samples++;
	}
	set_shares(facts, sums);
}

void hw_sampled_facts(const struct hw_profile *p, const struct hw_sampled *s,
		      struct hw_bound_facts *ret)
{
	struct hw_bound_facts facts;

	hw_bound_facts_init(&facts);
	facts.usage = p->session.usage;
	facts.cpus = p->session.cpus;
	facts.wall = p->session.wall.known ? &p->session.wall : NULL;
	set_counts(&facts, &p->session);
	if (s->clock >= 0 && p->session.stacks) {
		add_up_samples(p, s, &facts);
		facts.stall_share = s->stall.share;
		facts.stall_error = s->stall.error;
	}
	*ret = facts;
}

int hw_sampled_find(const struct hw_profile *p, struct hw_sampled *ret)
{
	hw_auto(hw_sampled_done) struct hw_sampled s = { .clock = hw_clock_cpu_event(p) };
	int r = hw_stack_kinds(p, &s.kinds);

	if (r >= 0)
		r = hw_stall_from_profile(p, &s.stall);
	if (r < 0)
		return r;
	*ret = s;
	s = (struct hw_sampled){ 0 };
	return 0;
}

void hw_sampled_done(struct hw_sampled *s)
{
	free(s->kinds);
	hw_stall_done(&s->stall);
	*s = (struct hw_sampled){ 0 };
}
