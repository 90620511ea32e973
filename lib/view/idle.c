/* SPDX-License-Identifier: Apache-2.0 */
#include "view/idle.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"

#define IDLE_SHARE 0.95 /* of the time seen of the thread, at one place */
#define IDLE_SPAN  0.5	/* of the recording */

struct thread_key {
	int32_t pid, tid;
};

struct thread {
	double ns;	 /* seen of it, on a CPU or blocked */
	double place_ns; /* blocked at the place where it was longest */
	uint32_t place;	 /* the stack */
	uint32_t group;	 /* in view.idle; UINT32_MAX: not idle */
};

struct place_key {
	uint32_t thread, stack;
};

struct survey {
	struct hw_profile *p;
	const struct hw_idle_opts *opts;
	struct hw_intern *threads, *places; /* thread_key, place_key */
	struct thread *thread;		    /* by number */
	size_t n_threads, cap_threads;
	double *place_ns; /* by number */
	size_t n_places, cap_places;
	uint64_t begin_ns, end_ns; /* of all samples */
	struct thread_key first;   /* the main thread of the first process */
};

static bool may_be_idle(enum hw_wall_class cause)
{
	return cause == HW_WALL_LOCK || cause == HW_WALL_PIPE || cause == HW_WALL_SLEEP ||
	       cause == HW_WALL_OTHER;
}

static int thread_of(struct survey *sv, const struct hw_sample *s, uint32_t *ret)
{
	const struct hw_task *task = hw_profile_get_task(sv->p, s->task);
	struct thread_key key = { task->pid, task->tid };
	int r = hw_reserve(sv->thread, sv->cap_threads, sv->n_threads + 1);

	if (r >= 0)
		r = hw_intern_add(sv->threads, &key, sizeof(key), ret);
	if (r > 0)
		sv->thread[sv->n_threads++] = (struct thread){ .group = UINT32_MAX };
	return r < 0 ? r : 0;
}

/* The stack of a wait without its marker: one place, whatever it waited for. */
static int place_of(struct hw_profile *p, const struct hw_sample *s, uint32_t *ret)
{
	size_t n;
	const uint32_t *frames = hw_profile_get_stack(p, s->stack, &n);

	return hw_profile_stack(p, frames + 1, n - 1, ret);
}

static int add_wait(struct survey *sv, const struct hw_sample *s, uint32_t id)
{
	struct thread *t = &sv->thread[id];
	struct place_key key = { .thread = id };
	uint32_t place;
	int r = place_of(sv->p, s, &key.stack);

	if (r >= 0)
		r = hw_reserve(sv->place_ns, sv->cap_places, sv->n_places + 1);
	if (r >= 0)
		r = hw_intern_add(sv->places, &key, sizeof(key), &place);
	if (r < 0)
		return r;
	if (r > 0)
		sv->place_ns[sv->n_places++] = 0;
	sv->place_ns[place] += (double)s->period;
	if (sv->place_ns[place] > t->place_ns) {
		t->place_ns = sv->place_ns[place];
		t->place = key.stack;
	}
	return 0;
}

static void look_at_time(struct survey *sv, const struct hw_sample *s, bool wait)
{
	const struct hw_task *task = hw_profile_get_task(sv->p, s->task);
	uint64_t length = wait ? s->period : 0;
	uint64_t begin = s->time_ns > length ? s->time_ns - length : 0;

	if (begin < sv->begin_ns) {
		sv->begin_ns = begin;
		sv->first = (struct thread_key){ task->pid, task->pid };
	}
	if (s->time_ns > sv->end_ns)
		sv->end_ns = s->time_ns;
}

static int look_at(struct survey *sv, const struct hw_sample *s)
{
	bool wait = s->event == sv->opts->off_cpu_event;
	uint32_t id;
	int r;

	if (!wait && s->event != sv->opts->cpu_event)
		return 0;
	look_at_time(sv, s, wait);
	r = thread_of(sv, s, &id);
	if (r < 0)
		return r;
	sv->thread[id].ns += (double)s->period * (wait ? 1 : sv->opts->scale);
	return wait && may_be_idle(hw_clock_cause(s)) ? add_wait(sv, s, id) : 0;
}

static bool is_idle(const struct survey *sv, uint32_t id)
{
	const struct thread_key *key = hw_intern_get(sv->threads, id, NULL);
	const struct thread *t = &sv->thread[id];

	if (key->pid == sv->first.pid && key->tid == sv->first.tid)
		return false;
	return t->place_ns > 0 && t->place_ns >= IDLE_SHARE * t->ns &&
	       t->place_ns >= IDLE_SPAN * (double)(sv->end_ns - sv->begin_ns);
}

/* Gives every idle thread its group, those of one place the same. */
static int group_threads(struct survey *sv, struct hw_clock_view *v)
{
	hw_auto(hw_intern_free) struct hw_intern *groups = hw_intern_new();

	for (uint32_t id = 0; groups && id < sv->n_threads; id++) {
		struct thread *t = &sv->thread[id];
		int r;

		if (!is_idle(sv, id))
			continue;
		r = hw_reserve(v->idle, v->cap_idle, v->n_idle + 1);
		if (r >= 0)
			r = hw_intern_add(groups, &t->place, sizeof(t->place), &t->group);
		if (r < 0)
			return r;
		if (r > 0)
			v->idle[v->n_idle++] = (struct hw_idle){ .stack = t->place };
		v->idle[t->group].threads++;
	}
	return groups ? 0 : -ENOMEM;
}

/* Adds @s to the group of its thread when it is the wait for work; returns whether, in *ret_taken.
 */
static int take_wait(struct survey *sv, const struct hw_sample *s, struct hw_clock_view *v,
		     bool *ret_taken)
{
	enum hw_wall_class cause = hw_clock_cause(s);
	uint32_t id, place;
	int r;

	*ret_taken = false;
	if (s->event != sv->opts->off_cpu_event || !may_be_idle(cause))
		return 0;
	r = thread_of(sv, s, &id);
	if (r >= 0)
		r = place_of(sv->p, s, &place);
	if (r < 0 || sv->thread[id].group == UINT32_MAX || sv->thread[id].place != place)
		return r;
	v->idle[sv->thread[id].group].ns[cause] += s->period;
	*ret_taken = true;
	return 0;
}

static int take_waits(struct survey *sv, struct hw_clock_view *v)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < sv->p->n_samples; i++) {
		bool taken;
		int r = take_wait(sv, &sv->p->samples[i], v, &taken);

		if (r < 0)
			return r;
		if (!taken)
			sv->p->samples[n_kept++] = sv->p->samples[i];
	}
	sv->p->n_samples = n_kept;
	return 0;
}

static int compare_idle(const void *pa, const void *pb)
{
	const struct hw_idle *a = pa, *b = pb;
	uint64_t a_ns = hw_clock_blocked(a->ns), b_ns = hw_clock_blocked(b->ns);

	if (a_ns != b_ns)
		return a_ns < b_ns ? 1 : -1;
	return (a->stack > b->stack) - (a->stack < b->stack);
}

static int survey(struct survey *sv, struct hw_clock_view *v)
{
	int r = sv->threads && sv->places ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < sv->p->n_samples; i++)
		r = look_at(sv, &sv->p->samples[i]);
	if (r >= 0)
		r = group_threads(sv, v);
	if (r >= 0 && v->n_idle)
		r = take_waits(sv, v);
	if (r >= 0 && v->n_idle)
		qsort(v->idle, v->n_idle, sizeof(*v->idle), compare_idle);
	return r;
}

int hw_idle_take(struct hw_profile *p, const struct hw_idle_opts *opts, struct hw_clock_view *v)
{
	struct survey sv = { .p = p,
			     .opts = opts,
			     .threads = hw_intern_new(),
			     .places = hw_intern_new(),
			     .begin_ns = UINT64_MAX };
	int r = survey(&sv, v);

	hw_intern_free(sv.threads);
	hw_intern_free(sv.places);
	free(sv.thread);
	free(sv.place_ns);
	return r;
}
