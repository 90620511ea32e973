/* SPDX-License-Identifier: Apache-2.0 */
#include "view/charge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "view/layers.h"

#define MAX_SECONDS 1e9 /* 31 years of CPU time: more is no measurement */

int hw_charge_init(const struct hw_profile *p, struct hw_charge *ret)
{
	uint32_t n = hw_intern_count(p->frames);
	uint8_t *layers = malloc(n + 1ul);

	if (!layers)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		layers[i] = (uint8_t)hw_layer_of(p, hw_profile_get_frame(p, i));
	*ret = (struct hw_charge){ p, layers };
	return 0;
}

void hw_charge_done(struct hw_charge *c)
{
	free(c->layers);
	*c = (struct hw_charge){ 0 };
}

size_t hw_charge_index(const struct hw_charge *c, const uint32_t *frames, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n && c->layers[frames[best]] != HW_LAYER_PYTHON; i++)
		if (c->layers[frames[i]] > c->layers[frames[best]])
			best = i;
	return best;
}

const struct hw_frame *hw_charge_frame(const struct hw_charge *c, uint32_t stack, bool native_all)
{
	size_t n;
	const uint32_t *frames = hw_profile_get_stack(c->profile, stack, &n);

	for (size_t i = 0; native_all && i < n; i++) {
		const struct hw_frame *f = hw_profile_get_frame(c->profile, frames[i]);

		if (f->kind == HW_FRAME_NATIVE)
			return f;
	}
	if (!n)
		return NULL;
	return hw_profile_get_frame(c->profile,
				    frames[native_all ? 0 : hw_charge_index(c, frames, n)]);
}

struct hw_charge_key hw_charge_line(const struct hw_frame *f)
{
	return f ? (struct hw_charge_key){ f->kind, f->module, f->name, f->file, f->line }
		 : (struct hw_charge_key){ 0 };
}

struct hw_charge_key hw_charge_function(const struct hw_frame *f)
{
	/* Inlining gives one native function several files: its module tells more. */
	bool native = f && (f->kind == HW_FRAME_NATIVE || f->kind == HW_FRAME_KERNEL);

	return f ? (struct hw_charge_key){ f->kind, f->module, f->name, native ? 0 : f->file,
					   f->func_line }
		 : (struct hw_charge_key){ 0 };
}

int hw_charge_worth(const struct hw_profile *p, int event, double *ret)
{
	const struct hw_session *s = &p->session;
	const struct hw_session_event *e = &s->events[event];
	bool is_clock = !strcmp(e->unit, "ns"), in_one_mode = strchr(e->name, ':');
	double cpu_s =
		s->wall.known ? s->wall.thread_s[HW_WALL_BUSY] : s->usage.user_s + s->usage.sys_s;
	double periods = 0;

	for (size_t i = 0; i < p->n_samples; i++)
		if (p->samples[i].event == event)
			periods += (double)p->samples[i].period;
	/* cpu-clock:u saw user time only: it must not be stretched over all. */
	if (cpu_s > 0 && cpu_s < MAX_SECONDS && periods > 0 && !(is_clock && in_one_mode))
		*ret = cpu_s * 1e9 / periods;
	else if (is_clock)
		*ret = 1;
	else
		return -EDOM;
	return 0;
}
