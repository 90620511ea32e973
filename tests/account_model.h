/* SPDX-License-Identifier: Apache-2.0
 * What bpf/wait.bpf.h is to arrive at, the slow way. It keeps all that each thread was seen to do, and
 * the instants at which anything changed; who ran at an instant is found by asking every thread. It
 * shares no state with the programs, and no arithmetic: nothing is counted while it happens.
 *
 * Two clocks: a session's only goes forward, since events of two CPUs come in the order of the lock; a
 * thread's own begins where the event said. */
#ifndef TEST_ACCOUNT_MODEL_H
#define TEST_ACCOUNT_MODEL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "classes.h"

#define MODEL_SHORT_WAIT_NS 20000 /* told in bpf/cause.bpf.h and bpf/wait.bpf.h */
#define MODEL_LONG_WAIT_NS  100000
#define MODEL_EARLY_NS	    20000

/* What a thread waits for, as the scene has it: the true class, or what tells it. */
struct model_wait {
	uint8_t told;	  /* by call and file: enum hw_wall_class; HW_WALL_CLASSES: only the waker knows */
	uint8_t by_waker; /* its class, or HW_WALL_CLASSES: that tells nothing */
	uint8_t fallback; /* for which then: HW_WALL_LOCK of a futex, HW_WALL_CLASSES: the wait before */
};

/* From change number @from of its session on. */
struct model_span {
	uint32_t from;
	uint8_t state;
};

struct model_thread {
	uint32_t session;
	uint8_t state, cause;
	bool at_gil, known;	  /* counts from the moment when it is known */
	uint64_t since, called;
	uint64_t charged;	  /* by the kernel, when it was last looked at */
	uint64_t waited, starved; /* blocked time that stacks are to be sampled of */
	struct model_span *spans;
	uint32_t n_spans, cap_spans, cursor;
};

struct model_change {
	uint64_t at;
	uint8_t cause;
	bool joins;
};

struct model_session {
	uint64_t begin, charged, switches, threads;
	struct model_change *changes;
	uint32_t n, cap;
	uint64_t lived[HW_WALL_CLASSES]; /* of all threads, own clocks */
};

/* What comes out. */
struct model_account {
	uint64_t wall[HW_WALL_CLASSES], width[HW_WALL_WIDTHS], until;
	uint32_t n[HW_THREAD_STATES], peak;
};

struct model {
	struct model_thread **threads; /* borrowed */
	uint32_t n_threads, cap_threads;
	struct model_session *sessions;
	uint32_t n_sessions; /* with a number below; others share number 0 */
	uint32_t max_sessions;
	bool by_process, locks_fail;
};

static inline void *model_more(void *array, uint32_t n, uint32_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	*cap = *cap ? 2 * *cap : 8;
	array = realloc(array, *cap * size);
	if (!array)
		abort();
	return array;
}

static inline struct model_session *model_session_of(struct model *m, const struct model_thread *t)
{
	return &m->sessions[t->session];
}

static inline uint32_t model_change(struct model_session *s, uint64_t at, uint8_t cause)
{
	uint64_t clock = s->n ? s->changes[s->n - 1].at : at;

	s->changes = model_more(s->changes, s->n, &s->cap, sizeof(*s->changes));
	s->changes[s->n] = (struct model_change){ at > clock ? at : clock, cause, false };
	return s->n++;
}

static inline void model_become(struct model_thread *t, uint32_t change, uint8_t state)
{
	t->spans = model_more(t->spans, t->n_spans, &t->cap_spans, sizeof(*t->spans));
	t->spans[t->n_spans++] = (struct model_span){ change, state };
	t->state = state;
}

/* @t is in @state from @own on by its own clock, and is seen to be at @at. What it was before is over: a
 * wait of class @cause, if it was one. */
static inline void model_move(struct model *m, struct model_thread *t, uint8_t state, uint64_t at,
			      uint64_t own, uint8_t cause)
{
	struct model_session *s = model_session_of(m, t);
	uint8_t class = t->state == HW_THREAD_RUNNING	 ? HW_WALL_BUSY
			: t->state == HW_THREAD_RUNNABLE ? HW_WALL_STARVED
							 : cause;

	if (own > t->since)
		s->lived[class] += own - t->since;
	t->since = own;
	model_become(t, model_change(s, at, cause), state);
}

/* Whether anything of the session of @t runs or could. */
static inline bool model_goes_on(struct model *m, const struct model_thread *t)
{
	for (uint32_t i = 0; i < m->n_threads; i++) {
		const struct model_thread *o = m->threads[i];

		if (o->known && o->session == t->session &&
		    (o->state == HW_THREAD_RUNNING || o->state == HW_THREAD_RUNNABLE))
			return true;
	}
	return false;
}

static inline void model_charge(struct model *m, struct model_thread *t, uint64_t sum)
{
	model_session_of(m, t)->charged += sum - t->charged;
	t->charged = sum;
}

/* Without having been seen to, it has left its CPU: when, the kernel's charges tell. */
static inline void model_let_go(struct model *m, struct model_thread *t, uint8_t state, uint64_t sum,
				uint64_t now)
{
	uint64_t ran = sum - t->charged;

	if (now <= t->since || m->locks_fail)
		return;
	if (ran > now - t->since)
		ran = now - t->since;
	model_charge(m, t, sum);
	model_move(m, t, state, now, t->since + ran, HW_WALL_OTHER);
}

static inline uint8_t model_cause(struct model *m, struct model_thread *t,
				  const struct model_wait *wait, uint64_t waited)
{
	bool goes_on = model_goes_on(m, t);

	if (t->at_gil)
		return HW_WALL_GIL;
	if (goes_on && waited < MODEL_SHORT_WAIT_NS)
		return t->cause;
	if (wait->told < HW_WALL_CLASSES)
		t->cause = wait->told;
	else if ((!goes_on || waited >= MODEL_LONG_WAIT_NS) && wait->by_waker < HW_WALL_CLASSES)
		t->cause = wait->by_waker;
	else if (wait->fallback < HW_WALL_CLASSES)
		t->cause = wait->fallback;
	return t->cause;
}

/* @t is called to wake. */
static inline void model_waking(struct model *m, struct model_thread *t,
				const struct model_wait *wait, bool on_cpu, uint64_t sum, uint64_t now)
{
	uint64_t waited;
	uint8_t cause;

	if (t->state == HW_THREAD_RUNNING && on_cpu)
		t->called = now;
	if (t->state != HW_THREAD_WAITING && (t->state != HW_THREAD_RUNNING || on_cpu))
		return;
	if (t->state == HW_THREAD_RUNNING)
		model_let_go(m, t, HW_THREAD_WAITING, sum, now);
	waited = now - t->since;
	cause = model_cause(m, t, wait, waited);
	t->at_gil = false;
	if (m->locks_fail)
		return;
	t->waited += (int64_t)waited > 0 ? waited : 0;
	model_move(m, t, HW_THREAD_RUNNABLE, now, now, cause);
}

static inline uint8_t model_missed(const struct model_thread *t)
{
	return t->since - t->called < MODEL_EARLY_NS ? HW_WALL_STARVED : t->cause;
}

static inline void model_begin_to_run(struct model *m, struct model_thread *t, uint64_t sum,
				      uint64_t now)
{
	bool starved;
	uint64_t ns;

	if (t->state == HW_THREAD_RUNNING)
		model_let_go(m, t, HW_THREAD_RUNNABLE, sum, now);
	starved = t->state == HW_THREAD_RUNNABLE || model_missed(t) == HW_WALL_STARVED;
	t->at_gil = false;
	ns = now > t->since ? now - t->since : 0;
	if ((t->state == HW_THREAD_RUNNABLE || t->state == HW_THREAD_WAITING) && starved && t->charged)
		t->starved += ns;
	else if (t->state == HW_THREAD_WAITING && !starved)
		t->waited += ns;
}

static inline struct model_thread *model_counted(struct model_thread *t)
{
	return t && t->known && t->state < HW_THREAD_STATES ? t : NULL;
}

/* @from leaves its CPU and @to gets it; either may be NULL, of no session. @state: that of @from. */
static inline void model_switch(struct model *m, struct model_thread *from, uint8_t state, bool at_gil,
				uint64_t from_sum, struct model_thread *to, uint64_t to_sum,
				uint64_t now)
{
	from = model_counted(from);
	to = model_counted(to);
	if (from) {
		uint64_t ran = from_sum - from->charged;

		from->at_gil = at_gil;
		if (from->state != HW_THREAD_RUNNING && now > from->since && !m->locks_fail) {
			ran = ran < now - from->since ? ran : now - from->since;
			model_move(m, from, HW_THREAD_RUNNING, now - ran, now - ran,
				   model_missed(from));
		}
	}
	if (to)
		model_begin_to_run(m, to, to_sum, now);
	if (m->locks_fail)
		return;
	if (from) {
		model_session_of(m, from)->switches++;
		model_charge(m, from, from_sum);
		model_move(m, from, state, now, now, HW_WALL_OTHER);
	}
	if (to)
		model_move(m, to, HW_THREAD_RUNNING, now, now, model_missed(to));
}

/* A session of its own for a process. */
static inline uint32_t model_new_session(struct model *m, uint64_t now)
{
	if (m->locks_fail || m->n_sessions >= m->max_sessions)
		return 0;
	m->sessions[m->n_sessions].begin = now;
	model_change(&m->sessions[m->n_sessions], now, HW_WALL_OTHER);
	return m->n_sessions++;
}

/* @t, which @sum was charged to before, is one of @session; @state HW_THREAD_STATES: it has ended. */
static inline void model_join(struct model *m, struct model_thread *t, uint32_t session, uint8_t state,
			      uint64_t sum, uint64_t now)
{
	struct model_session *s = &m->sessions[session];
	uint32_t change;

	t->session = session;
	t->since = now;
	t->state = HW_THREAD_STATES;
	if (state >= HW_THREAD_STATES)
		return;
	t->cause = HW_WALL_OTHER;
	t->charged = sum;
	if (m->locks_fail)
		return;
	if (!s->begin)
		s->begin = now;
	/* One that waits changes nothing, and no time is given to anything. */
	change = model_change(s, state == HW_THREAD_WAITING && s->n ? s->changes[s->n - 1].at : now,
			      HW_WALL_OTHER);
	s->changes[change].joins = true;
	s->threads++;
	t->known = true;
	model_become(t, change, state);
	m->threads = model_more(m->threads, m->n_threads, &m->cap_threads, sizeof(struct model_thread *));
	m->threads[m->n_threads++] = t;
}

/* The state of @t before change number @change; HW_THREAD_STATES: it was not there, or no more. */
static inline uint8_t model_state_before(struct model_thread *t, uint32_t change)
{
	while (t->cursor < t->n_spans && t->spans[t->cursor].from < change)
		t->cursor++;
	return t->cursor ? t->spans[t->cursor - 1].state : HW_THREAD_STATES;
}

/* Goes through all instants of @session, and asks all threads at each. */
static inline struct model_account model_recompute(struct model *m, uint32_t session)
{
	const struct model_session *s = &m->sessions[session];
	struct model_account a = { 0 };

	for (uint32_t i = 0; i < m->n_threads; i++)
		m->threads[i]->cursor = 0;
	for (uint32_t k = 0; k <= s->n && s->n; k++) {
		uint64_t ns = k && k < s->n ? s->changes[k].at - s->changes[k - 1].at : 0;
		uint32_t alive;

		memset(a.n, 0, sizeof(a.n));
		for (uint32_t i = 0; i < m->n_threads; i++) {
			uint8_t state = HW_THREAD_STATES;

			if (m->threads[i]->session == session)
				state = model_state_before(m->threads[i], k);
			if (state < HW_THREAD_STATES)
				a.n[state]++;
		}
		alive = a.n[HW_THREAD_RUNNING] + a.n[HW_THREAD_RUNNABLE] + a.n[HW_THREAD_WAITING];
		if (k && s->changes[k - 1].joins && alive > a.peak)
			a.peak = alive;
		a.width[a.n[HW_THREAD_RUNNING] < HW_WALL_WIDTHS ? a.n[HW_THREAD_RUNNING]
								: HW_WALL_WIDTHS - 1] += ns;
		if (a.n[HW_THREAD_RUNNING])
			a.wall[HW_WALL_BUSY] += ns;
		else if (a.n[HW_THREAD_RUNNABLE])
			a.wall[HW_WALL_STARVED] += ns;
		else if (ns)
			a.wall[s->changes[k].cause] += ns;
	}
	a.until = s->n ? s->changes[s->n - 1].at : 0;
	return a;
}

static inline void model_thread_done(struct model_thread *t)
{
	free(t->spans);
}

static inline void model_done(struct model *m)
{
	for (uint32_t i = 0; i < m->max_sessions; i++)
		free(m->sessions[i].changes);
	free(m->sessions);
	free(m->threads);
	*m = (struct model){ 0 };
}

#endif
