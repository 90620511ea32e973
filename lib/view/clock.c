/* SPDX-License-Identifier: Apache-2.0 */
#include "view/clock.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "profile/time_kinds.h"
#include "view/charge.h"
#include "view/idle.h"
#include "view/layers.h"

const char *hw_clock_name(enum hw_clock clock)
{
	static const char *const names[] = {
		[HW_CLOCK_CPU] = "cpu",
		[HW_CLOCK_BLOCKED] = "blocked",
		[HW_CLOCK_WALL] = "wall",
	};

	return names[clock];
}

bool hw_clock_is_event(const char *name, const char *base)
{
	size_t size = strlen(base);

	return !strncmp(name, base, size) && (!name[size] || name[size] == ':');
}

int hw_clock_cpu_event(const struct hw_profile *p)
{
	static const char *const clocks[] = { "cpu-clock", "task-clock", "cycles", "cpu-cycles" };

	for (size_t i = 0; i < p->session.n_events; i++)
		for (size_t j = 0; j < sizeof(clocks) / sizeof(clocks[0]); j++)
			if (hw_clock_is_event(p->session.events[i].name, clocks[j]))
				return (int)i;
	return -ENOENT;
}

int hw_clock_off_cpu_event(const struct hw_profile *p)
{
	for (size_t i = 0; i < p->session.n_events; i++)
		if (!strcmp(p->session.events[i].name, HW_EVENT_OFF_CPU))
			return (int)i;
	return -ENOENT;
}

uint64_t hw_clock_blocked(const uint64_t ns[static HW_WALL_CLASSES])
{
	uint64_t sum = 0;

	for (size_t i = HW_WALL_BUSY + 1; i < HW_WALL_CLASSES; i++)
		sum += ns[i];
	return sum;
}

enum hw_wall_class hw_clock_cause(const struct hw_sample *s)
{
	uint32_t class = s->flags >> HW_SAMPLE_WAIT_SHIFT & 0xff;

	return class > HW_WALL_BUSY && class < HW_WALL_CLASSES ? (enum hw_wall_class) class
							       : HW_WALL_OTHER;
}

static int add_markers(struct hw_profile *p, struct hw_clock_view *v)
{
	int r = 0;

	v->waits[HW_WALL_BUSY] = UINT32_MAX;
	for (size_t i = HW_WALL_BUSY + 1; r >= 0 && i < HW_WALL_CLASSES; i++) {
		struct hw_frame f = { .kind = HW_FRAME_MARKER };
		char name[64] = "[starved]";

		if (i != HW_WALL_STARVED)
			snprintf(name, sizeof(name), "[waits: %s]",
				 hw_wall_class_name((enum hw_wall_class)i));
		r = hw_profile_string(p, name, &f.name);
		if (r >= 0)
			r = hw_profile_frame(p, &f, &v->waits[i]);
	}
	return r;
}

static int add_event(struct hw_profile *p, struct hw_clock_view *v)
{
	struct hw_session *s = &p->session;
	struct hw_session_event e = { .name = strdup(hw_clock_name(v->clock)),
				      .unit = strdup("ns") };
	struct hw_session_event *events = reallocarray(s->events, s->n_events + 1, sizeof(*events));

	if (events)
		s->events = events;
	if (!events || !e.name || !e.unit || s->n_events >= UINT16_MAX) {
		free(e.name);
		free(e.unit);
		return s->n_events >= UINT16_MAX ? -EOVERFLOW : -ENOMEM;
	}
	v->event = (uint16_t)s->n_events;
	s->events[s->n_events++] = e;
	return 0;
}

/* The number of the first frame of the program; of a stack that is all below it, of the first frame
 * of the highest layer. */
static size_t first_of_program(const struct hw_profile *p, const uint32_t *frames, size_t n)
{
	enum hw_layer highest = HW_LAYER_SYSTEM;
	size_t first = 0;

	for (size_t i = 0; i < n && highest <= HW_LAYER_INTERPRETER; i++) {
		enum hw_layer layer = hw_layer_of(p, hw_profile_get_frame(p, frames[i]));

		if (layer <= highest)
			continue;
		highest = layer;
		first = i;
	}
	return first;
}

/* Sets the stack of @s to the marker of its cause and the program's frames below. */
static int mark_wait(struct hw_profile *p, const struct hw_clock_view *v, bool native_all,
		     struct hw_sample *s)
{
	uint32_t frames[HW_PROFILE_STACK_MAX];
	size_t n, skip;
	const uint32_t *old = hw_profile_get_stack(p, s->stack, &n);

	skip = native_all ? 0 : first_of_program(p, old, n);
	n -= skip;
	if (n == HW_PROFILE_STACK_MAX) /* the root makes room */
		n--;
	frames[0] = v->waits[hw_clock_cause(s)];
	memcpy(frames + 1, old + skip, n * sizeof(*frames));
	return hw_profile_stack(p, frames, n + 1, &s->stack);
}

static int mark_waits(struct hw_profile *p, const struct hw_clock_view *v, int off_cpu,
		      bool native_all)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < p->n_samples; i++)
		if (p->samples[i].event == off_cpu)
			r = mark_wait(p, v, native_all, &p->samples[i]);
	return r;
}

/* Makes @s, @ns of @class, a sample of the view. */
static int take_sample(struct hw_clock_view *v, struct hw_sample *s, enum hw_wall_class class,
		       uint64_t ns)
{
	uint64_t all = hw_clock_blocked(v->ns) + v->ns[HW_WALL_BUSY];

	/* As for periods of a file: the sum over all fits, so that nobody has to ask for a part. */
	if (__builtin_add_overflow(all, ns, &all))
		return -EOVERFLOW;
	v->ns[class] += ns;
	if (class == HW_WALL_BUSY)
		v->samples_cpu++;
	else
		v->samples_blocked++;
	s->period = ns;
	s->event = v->event;
	return 0;
}

static int take_samples(struct hw_profile *p, struct hw_clock_view *v, int off_cpu, int cpu,
			double scale)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < p->n_samples; i++) {
		struct hw_sample *s = &p->samples[i];

		if (s->event == off_cpu)
			r = take_sample(v, s, hw_clock_cause(s), s->period);
		else if (s->event == cpu && v->clock == HW_CLOCK_WALL)
			r = take_sample(v, s, HW_WALL_BUSY,
					scale == 1 ? s->period
						   : (uint64_t)((double)s->period * scale));
	}
	return r;
}

static int make_view(struct hw_profile *p, const struct hw_clock_opts *opts, int off_cpu,
		     double scale, struct hw_clock_view *v)
{
	struct hw_idle_opts idle = { .off_cpu_event = off_cpu,
				     .cpu_event = opts->cpu_event,
				     .scale = scale };
	int r = add_markers(p, v);

	if (r >= 0)
		r = mark_waits(p, v, off_cpu, opts->native_all);
	if (r >= 0)
		r = add_event(p, v);
	if (r >= 0 && !opts->keep_idle)
		r = hw_idle_take(p, &idle, v);
	return r < 0 ? r : take_samples(p, v, off_cpu, opts->cpu_event, scale);
}

int hw_clock_view(struct hw_profile *p, const struct hw_clock_opts *opts, struct hw_clock_view *ret)
{
	struct hw_clock_view v = { .clock = opts->clock };
	int off_cpu = hw_clock_off_cpu_event(p), r = 0;
	bool wall = opts->clock == HW_CLOCK_WALL;
	double scale = 0;

	if (off_cpu < 0)
		return -ENODATA;
	if (opts->cpu_event < 0 && wall)
		return -ENOENT;
	if (opts->cpu_event >= 0)
		r = hw_charge_worth(p, opts->cpu_event, &scale);
	if (r < 0 && wall)
		return r;
	r = make_view(p, opts, off_cpu, scale, &v);
	if (r < 0) {
		hw_clock_view_done(&v);
		return r;
	}
	*ret = v;
	return 0;
}

void hw_clock_view_done(struct hw_clock_view *v)
{
	free(v->idle);
	*v = (struct hw_clock_view){ 0 };
}
