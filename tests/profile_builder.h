/* SPDX-License-Identifier: Apache-2.0
 * Profiles made by code: frames by a few words, a stack and its samples in one call. Every function
 * aborts the test when it cannot do its work. */
#ifndef HW_TESTS_PROFILE_BUILDER_H
#define HW_TESTS_PROFILE_BUILDER_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

static inline uint32_t build_string(struct hw_profile *p, const char *s)
{
	uint32_t id;

	ck_assert_int_eq(hw_profile_string(p, s, &id), 0);
	return id;
}

static inline char *build_copy(const char *s)
{
	char *copy = strdup(s);

	ck_assert_ptr_nonnull(copy);
	return copy;
}

/* A profile with one event; release it with hw_profile_free(). */
static inline struct hw_profile *build_profile(const char *event, const char *unit)
{
	struct hw_profile *p = hw_profile_new();
	struct hw_session_event *e = calloc(1, sizeof(*e));

	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(e);
	e->name = build_copy(event);
	e->unit = build_copy(unit);
	e->frequency_hz = 997;
	p->session.events = e;
	p->session.n_events = 1;
	p->session.host = build_copy("box");
	p->session.kernel = build_copy("6.1.0");
	p->session.machine = build_copy("x86_64");
	p->session.cpus = 2;
	p->session.stacks = true;
	p->session.complete = true;
	p->session.exit_status = 0;
	return p;
}

/* A second, third, ... event. */
static inline void build_event(struct hw_profile *p, const char *name, const char *unit)
{
	struct hw_session *s = &p->session;

	s->events = reallocarray(s->events, s->n_events + 1, sizeof(*s->events));
	ck_assert_ptr_nonnull(s->events);
	s->events[s->n_events++] = (struct hw_session_event){ .name = build_copy(name),
							      .unit = build_copy(unit),
							      .period = 1000 };
}

struct build_frame {
	enum hw_frame_kind kind;
	const char *name;
	const char *file; /* or the module of native and kernel code */
	uint32_t func_line, line;
	uint32_t flags;
	uint32_t end_line, column, end_column;
};

static inline uint32_t build_frame(struct hw_profile *p, const struct build_frame *b)
{
	bool python = b->kind == HW_FRAME_PYTHON;
	struct hw_module_info module = { 0 };
	struct hw_frame f = {
		.kind = b->kind,
		.flags = b->flags,
		.name = build_string(p, b->name),
		.func_line = b->func_line,
		.line = b->line,
		.end_line = b->end_line,
		.column = b->column,
		.end_column = b->end_column,
	};
	uint32_t id;

	if (python)
		f.file = build_string(p, b->file);
	else
		module.path = build_string(p, b->file);
	ck_assert_int_eq(hw_profile_module(p, &module, &f.module), 0);
	ck_assert_int_eq(hw_profile_frame(p, &f, &id), 0);
	return id;
}

/* @n samples of @event, one period each of 1 ms or one count, on the stack of frames up to the one
 * without a kind, leaf first. */
static inline void build_samples_of(struct hw_profile *p, uint16_t event, size_t n,
				    const struct build_frame *frames, const struct hw_task *task)
{
	uint32_t ids[64];
	struct hw_sample s = { .event = event, .period = 1000000 };
	size_t depth = 0;

	for (; frames[depth].kind; depth++)
		ids[depth] = build_frame(p, &frames[depth]);
	ck_assert_int_eq(hw_profile_stack(p, ids, depth, &s.stack), 0);
	ck_assert_int_eq(hw_profile_task(p, task, &s.task), 0);
	while (n--) {
		s.time_ns += 1003009;
		ck_assert_int_eq(hw_profile_sample(p, &s), 0);
	}
}

/* A sample of @event, off-cpu: thread @tid of process 100 waited @ns for @cause, until @end_ns. */
static inline void build_wait_of(struct hw_profile *p, uint16_t event, int tid,
				 enum hw_wall_class cause, uint64_t end_ns, uint64_t ns,
				 const struct build_frame *frames)
{
	struct hw_task task = { 100, tid, build_string(p, "python3") };
	struct hw_sample *s;

	build_samples_of(p, event, 1, frames, &task);
	s = &p->samples[p->n_samples - 1];
	s->time_ns = end_ns;
	s->period = ns;
	s->flags = (uint32_t)cause << HW_SAMPLE_WAIT_SHIFT;
}

/* Of the first event, in one task. */
static inline void build_samples(struct hw_profile *p, size_t n, const struct build_frame *frames)
{
	struct hw_task task = { 100, 100, build_string(p, "python3") };

	build_samples_of(p, 0, n, frames, &task);
}

#define PY(name, file, func_line, line) PY_AT(name, file, func_line, line, 0, 0, 0)
#define PY_AT(name, file, func_line, line, end_line, column, end_column)                      \
	{                                                                                     \
		HW_FRAME_PYTHON, name, file, func_line, line, 0, end_line, column, end_column \
	}
#define NATIVE(kind, name, module, flags)               \
	{                                               \
		kind, name, module, 0, 0, flags, 0, 0, 0 \
	}
#define C(name, module)	 NATIVE(HW_FRAME_NATIVE, name, module, 0)
#define EVAL(name)	 NATIVE(HW_FRAME_NATIVE, name, "/usr/bin/python3", HW_FRAME_INTERPRETER)
#define KERNEL(name)	 NATIVE(HW_FRAME_KERNEL, name, "[kernel]", 0)
#define STACK(...) ((const struct build_frame[]){ __VA_ARGS__, { 0 } })

#endif
