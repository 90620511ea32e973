/* SPDX-License-Identifier: Apache-2.0 */
#include "session/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/clock.h"

enum part_state { PART_NEW, PART_OPEN, PART_FAILED };

struct loop_part {
	struct hw_session_part part;
	enum part_state state;
	uint64_t due_ns; /* its next tick */
};

struct hw_loop {
	struct hw_loop_opts opts;
	struct loop_part parts[HW_PARTS_MAX];
	size_t n;
	bool over;
	struct hw_failure failure; /* the first; its error is 0 while there is none */
};

int hw_loop_new(const struct hw_loop_opts *opts, struct hw_loop **ret)
{
	struct hw_loop *loop;

	if (opts->n > HW_PARTS_MAX)
		return -E2BIG;
	loop = calloc(1, sizeof(*loop));
	if (!loop)
		return -ENOMEM;
	loop->opts = *opts;
	loop->n = opts->n;
	for (size_t i = 0; i < opts->n; i++)
		loop->parts[i].part = opts->parts[i];
	*ret = loop;
	return 0;
}

static void close_part(struct loop_part *p)
{
	if (p->state != PART_NEW && p->part.ops->close)
		p->part.ops->close(p->part.self);
	p->state = PART_NEW;
}

struct hw_loop *hw_loop_free(struct hw_loop *loop)
{
	if (!loop)
		return NULL;
	for (size_t i = loop->n; i-- > 0;)
		close_part(&loop->parts[i]);
	free(loop);
	return NULL;
}

/* Calls one operation of @p, which may be none. Returns 1 when it says that the session is over, 0,
 * or, when the session fails with it, its negative errno. */
static int call_part(struct hw_loop *loop, struct loop_part *p,
		     int (*op)(void *, struct hw_measured *, struct hw_failure *))
{
	struct hw_failure why = { 0 };
	int r = op ? op(p->part.self, loop->opts.measured, &why) : 0;

	if (r >= 0)
		return r > 0;
	if (!why.error)
		why.error = r;
	p->state = PART_FAILED;
	if (p->part.optional) {
		*p->part.optional = why;
		return 0;
	}
	if (!loop->failure.error)
		loop->failure = why;
	return r;
}

static int tell_failure(const struct hw_loop *loop, struct hw_failure *ret_why)
{
	if (loop->failure.error)
		*ret_why = loop->failure;
	return loop->failure.error;
}

int hw_loop_start(struct hw_loop *loop, struct hw_failure *ret_why)
{
	struct hw_measured *m = loop->opts.measured;

	m->exit_status = -1;
	for (size_t i = 0; i < loop->n; i++) {
		struct loop_part *p = &loop->parts[i];

		p->state = PART_OPEN;
		if (call_part(loop, p, p->part.ops->open) < 0)
			return tell_failure(loop, ret_why);
	}
	if (loop->opts.opened)
		loop->opts.opened(loop->opts.ctx, m);
	m->begin_ns = m->now_ns = hw_clock_ns();
	for (size_t i = loop->n; i-- > 0;) {
		struct loop_part *p = &loop->parts[i];

		p->due_ns = p->part.period_ns ? m->begin_ns + p->part.period_ns : UINT64_MAX;
		if (p->state == PART_OPEN && call_part(loop, p, p->part.ops->begin) < 0)
			return tell_failure(loop, ret_why);
	}
	return 0;
}

size_t hw_loop_fds(const struct hw_loop *loop, struct pollfd *fds)
{
	size_t n = 0;

	for (size_t i = 0; i < loop->n; i++) {
		const struct loop_part *p = &loop->parts[i];
		int fd = -1;

		if (p->state == PART_OPEN && p->part.ops->fd)
			fd = p->part.ops->fd(p->part.self);
		if (fd >= 0)
			fds[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	return n;
}

/* A part that failed while the session ran is told of at once: the command may run for hours
 * yet. */
static void note_turn(struct hw_loop *loop, int r)
{
	if (r < 0 && !loop->over && loop->opts.failed)
		loop->opts.failed(loop->opts.ctx, &loop->failure);
	loop->over |= r != 0;
}

int hw_loop_turn(struct hw_loop *loop, uint64_t now_ns, uint64_t *ret_next_ns)
{
	uint64_t next = UINT64_MAX;

	loop->opts.measured->now_ns = now_ns;
	for (size_t i = 0; i < loop->n; i++) {
		struct loop_part *p = &loop->parts[i];

		if (p->state == PART_OPEN)
			note_turn(loop, call_part(loop, p, p->part.ops->poll));
	}
	for (size_t i = 0; i < loop->n && !loop->over; i++) {
		struct loop_part *p = &loop->parts[i];

		if (p->state == PART_OPEN && now_ns >= p->due_ns) {
			uint64_t period = p->part.period_ns;

			note_turn(loop, call_part(loop, p, p->part.ops->tick));
			/* who was stopped meanwhile skips what was missed, and keeps its step */
			p->due_ns += ((now_ns - p->due_ns) / period + 1) * period;
		}
		if (p->state == PART_OPEN && p->due_ns < next)
			next = p->due_ns;
	}
	*ret_next_ns = next;
	return loop->over;
}

int hw_loop_finish(struct hw_loop *loop, struct hw_failure *ret_why)
{
	struct hw_measured *m = loop->opts.measured;

	m->now_ns = hw_clock_ns();
	m->wall_s = (double)(m->now_ns - m->begin_ns) / 1e9;
	for (size_t i = 0; i < loop->n; i++) {
		struct loop_part *p = &loop->parts[i];

		if (p->state == PART_OPEN)
			call_part(loop, p, p->part.ops->stop);
	}
	for (size_t i = 0; i < loop->n; i++) {
		struct loop_part *p = &loop->parts[i];

		if (p->state == PART_OPEN)
			call_part(loop, p, p->part.ops->end);
	}
	return tell_failure(loop, ret_why);
}

/* The ms until @next_ns, rounded up: one too early would be a turn for nothing. */
static int timeout_until(uint64_t next_ns)
{
	uint64_t now = hw_clock_ns(), ms;

	if (next_ns == UINT64_MAX)
		return -1;
	if (next_ns <= now)
		return 0;
	ms = (next_ns - now) / 1000000 + 1;
	return ms > INT_MAX ? INT_MAX : (int)ms;
}

int hw_loop_run(struct hw_loop *loop, struct hw_failure *ret_why)
{
	struct pollfd fds[HW_PARTS_MAX];
	uint64_t next_ns;
	int r = hw_loop_start(loop, ret_why);

	if (r < 0)
		return r;
	while (!hw_loop_turn(loop, hw_clock_ns(), &next_ns)) {
		size_t n = hw_loop_fds(loop, fds);
		int error = poll(fds, n, timeout_until(next_ns)) < 0 ? errno : 0;

		if (!error || error == EINTR)
			continue;
		if (!loop->failure.error)
			loop->failure = (struct hw_failure){ .what = HW_FAILED_WAIT,
							     .error = -error };
		break;
	}
	return hw_loop_finish(loop, ret_why);
}
