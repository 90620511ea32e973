/* SPDX-License-Identifier: Apache-2.0 */
#include "view/idle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/intern.h"
#include "view/clock.h"
#include "view/fold.h"

#define IDLE_SHARE 0.95 /* of the time seen of the thread, at one place */
#define IDLE_SPAN  0.5	/* of the recording */

#define NO_PLACE UINT32_MAX

struct thread_key {
	int32_t pid, tid;
};

struct idle_thread {
	double ns;	 /* seen of it, on a CPU or blocked */
	double place_ns; /* blocked at the place where it was longest */
	uint32_t place;
};

struct stay_key {
	uint32_t thread, place;
};

struct survey {
	const struct hw_profile *p;
	const struct hw_idle_opts *opts;
	struct hw_intern *threads, *places, *stays; /* thread_key, frames, stay_key */
	struct idle_thread *thread;			    /* by number */
	size_t n_threads, cap_threads;
	double *stay_ns; /* by number */
	size_t n_stays, cap_stays;
	uint32_t *place_of_stack;  /* by number; NO_PLACE: not looked at */
	uint32_t *stack_of_place;  /* the first that was seen there */
	size_t cap_stacks;
	uint64_t begin_ns, end_ns; /* of all samples */
	struct thread_key first;   /* the main thread of the first process */
};

static void survey_done(struct survey *sv)
{
	hw_intern_free(sv->threads);
	hw_intern_free(sv->places);
	hw_intern_free(sv->stays);
	free(sv->thread);
	free(sv->stay_ns);
	free(sv->place_of_stack);
	free(sv->stack_of_place);
}
HW_DEFINE_AUTO_DONE(struct survey, survey_done)

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
		sv->thread[sv->n_threads++] = (struct idle_thread){ .place = NO_PLACE };
	return r < 0 ? r : 0;
}

/* The frames of the place where @stack waits: without those that only pass the wait on, so that it
 * is one place, whatever it waited for. */
static const uint32_t *place_frames(const struct hw_charge *c, uint32_t stack, bool native_all,
				    size_t *ret_n)
{
	const uint32_t *frames = hw_profile_get_stack(c->profile, stack, ret_n);
	size_t skip = native_all ? 0 : hw_fold_wait(c, frames, *ret_n);

	*ret_n -= skip;
	return frames + skip;
}

static int number_of_place(struct survey *sv, uint32_t stack, uint32_t *ret)
{
	size_t n;
	const uint32_t *frames;
	int r;

	*ret = sv->place_of_stack[stack];
	if (*ret != NO_PLACE)
		return 0;
	frames = place_frames(sv->opts->charge, stack, sv->opts->native_all, &n);
	r = hw_reserve(sv->stack_of_place, sv->cap_stacks, hw_intern_count(sv->places) + 1ul);
	if (r >= 0)
		r = hw_intern_add(sv->places, frames, n * sizeof(*frames), ret);
	if (r < 0)
		return r;
	if (r > 0)
		sv->stack_of_place[*ret] = stack;
	sv->place_of_stack[stack] = *ret;
	return 0;
}

static int add_stay(struct survey *sv, const struct hw_sample *s, uint32_t id)
{
	struct idle_thread *t = &sv->thread[id];
	struct stay_key key = { .thread = id };
	uint32_t stay;
	int r = number_of_place(sv, s->stack, &key.place);

	if (r >= 0)
		r = hw_reserve(sv->stay_ns, sv->cap_stays, sv->n_stays + 1);
	if (r >= 0)
		r = hw_intern_add(sv->stays, &key, sizeof(key), &stay);
	if (r < 0)
		return r;
	if (r > 0)
		sv->stay_ns[sv->n_stays++] = 0;
	sv->stay_ns[stay] += (double)s->period;
	if (sv->stay_ns[stay] > t->place_ns) {
		t->place_ns = sv->stay_ns[stay];
		t->place = key.place;
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

static int look_at_sample(struct survey *sv, const struct hw_sample *s)
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
	sv->thread[id].ns += (double)s->period * (wait ? 1 : sv->opts->worth_ns);
	return wait && may_be_idle(hw_clock_cause(s)) ? add_stay(sv, s, id) : 0;
}

static bool is_idle(const struct survey *sv, uint32_t id)
{
	const struct thread_key *key = hw_intern_get(sv->threads, id, NULL);
	const struct idle_thread *t = &sv->thread[id];

	if (key->pid == sv->first.pid && key->tid == sv->first.tid)
		return false;
	return t->place_ns > 0 && t->place_ns >= IDLE_SHARE * t->ns &&
	       t->place_ns >= IDLE_SPAN * (double)(sv->end_ns - sv->begin_ns);
}

/* Adds an item for each place of idle threads, the number of the item by place in *ret. The place
 * of threads that are not idle is forgotten. */
static int add_items(struct survey *sv, struct hw_idle_waits *waits, uint32_t **ret)
{
	size_t n = hw_intern_count(sv->places) + 1ul;
	hw_autofree uint32_t *item_of = malloc(n * sizeof(*item_of));

	if (!item_of)
		return -ENOMEM;
	memset(item_of, 0xff, n * sizeof(*item_of)); /* NO_PLACE */
	for (uint32_t id = 0; id < sv->n_threads; id++) {
		uint32_t *item;

		if (!is_idle(sv, id)) {
			sv->thread[id].place = NO_PLACE;
			continue;
		}
		item = &item_of[sv->thread[id].place];
		if (hw_reserve(waits->items, waits->cap, waits->n + 1) < 0)
			return -ENOMEM;
		if (*item == NO_PLACE) {
			*item = (uint32_t)waits->n++;
			waits->items[*item] = (struct hw_idle){
				.stack = sv->stack_of_place[sv->thread[id].place]
			};
		}
		waits->items[*item].threads++;
	}
	*ret = hw_take_ptr(item_of);
	return 0;
}

/* Sets the place at which each task is idle. */
static int set_tasks(const struct survey *sv, struct hw_idle_waits *waits)
{
	uint32_t n = hw_intern_count(sv->p->tasks);

	waits->place_of_task = malloc((n + 1ul) * sizeof(*waits->place_of_task));
	if (!waits->place_of_task)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct hw_task *task = hw_profile_get_task(sv->p, i);
		struct thread_key key = { task->pid, task->tid };
		uint32_t id;

		waits->place_of_task[i] = hw_intern_find(sv->threads, &key, sizeof(key), &id)
						  ? sv->thread[id].place
						  : NO_PLACE;
	}
	return 0;
}

bool hw_idle_has(const struct hw_idle_waits *waits, const struct hw_sample *s)
{
	uint32_t place = waits->n ? waits->place_of_task[s->task] : NO_PLACE;

	return place != NO_PLACE && waits->place_of_stack[s->stack] == place &&
	       may_be_idle(hw_clock_cause(s));
}

static int compare_idle(const void *pa, const void *pb)
{
	const struct hw_idle *a = pa, *b = pb;
	uint64_t a_ns = hw_clock_blocked(a->ns), b_ns = hw_clock_blocked(b->ns);

	if (a_ns != b_ns)
		return a_ns < b_ns ? 1 : -1;
	return (a->stack > b->stack) - (a->stack < b->stack);
}

/* Adds up the waits of idle threads by place. */
static int add_idle_waits(struct survey *sv, struct hw_idle_waits *waits)
{
	hw_autofree uint32_t *item_of = NULL;
	int r = add_items(sv, waits, &item_of);

	if (r < 0 || !waits->n)
		return r;
	waits->place_of_stack = hw_take_ptr(sv->place_of_stack);
	r = set_tasks(sv, waits);
	for (size_t i = 0; r >= 0 && i < sv->p->n_samples; i++) {
		const struct hw_sample *s = &sv->p->samples[i];

		if (s->event == sv->opts->off_cpu_event && hw_idle_has(waits, s))
			waits->items[item_of[waits->place_of_stack[s->stack]]].ns[hw_clock_cause(
				s)] += s->period;
	}
	qsort(waits->items, waits->n, sizeof(*waits->items), compare_idle);
	return r;
}

int hw_idle_find(const struct hw_profile *p, const struct hw_idle_opts *opts,
		 struct hw_idle_waits *ret)
{
	size_t n_stacks = hw_intern_count(p->stacks) + 1ul;
	hw_auto(survey_done) struct survey sv = { .p = p,
						  .opts = opts,
						  .threads = hw_intern_new(),
						  .places = hw_intern_new(),
						  .stays = hw_intern_new(),
						  .begin_ns = UINT64_MAX };
	hw_auto(hw_idle_done) struct hw_idle_waits waits = { .native_all = opts->native_all };
	int r;

	sv.place_of_stack = malloc(n_stacks * sizeof(*sv.place_of_stack));
	if (!sv.threads || !sv.places || !sv.stays || !sv.place_of_stack)
		return -ENOMEM;
	memset(sv.place_of_stack, 0xff, n_stacks * sizeof(*sv.place_of_stack)); /* NO_PLACE */
	r = 0;
	for (size_t i = 0; r >= 0 && i < p->n_samples; i++)
		r = look_at_sample(&sv, &p->samples[i]);
	if (r >= 0)
		r = add_idle_waits(&sv, &waits);
	if (r < 0)
		return r;
	*ret = waits;
	waits = (struct hw_idle_waits){ 0 };
	return 0;
}

void hw_idle_done(struct hw_idle_waits *waits)
{
	free(waits->items);
	free(waits->place_of_task);
	free(waits->place_of_stack);
	*waits = (struct hw_idle_waits){ 0 };
}

size_t hw_idle_frames(const struct hw_charge *c, const struct hw_idle_waits *waits,
		      const struct hw_idle *idle,
		      uint32_t ret_frames[static HW_PROFILE_STACK_MAX])
{
	size_t n;
	const uint32_t *frames = place_frames(c, idle->stack, waits->native_all, &n);

	return hw_fold_interpreter(c->profile, frames, n, ret_frames);
}
