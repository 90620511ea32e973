/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/thread_states.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/sorted.h"
#include "proc/waiting.h"

#define ASKED_MAX 64 /* threads of one process; more of them are a pool, and wait for the same */

void hw_thread_states_done(struct hw_thread_states *d)
{
	free(d->items);
	*d = (struct hw_thread_states){ 0 };
}

/* The iterator hands out whole items, and -EAGAIN where it found none for a while. */
static int read_statuses(int fd, struct hw_thread_states *d)
{
	size_t cap = 0, bytes = 0;
	ssize_t n;

	do {
		if (hw_reserve(d->items, cap, bytes / sizeof(*d->items) + 256) < 0)
			return -ENOMEM;
		n = read(fd, (char *)d->items + bytes, cap * sizeof(*d->items) - bytes);
		bytes += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	d->n = bytes / sizeof(*d->items);
	return n < 0 ? -errno : 0;
}

static int compare_statuses(const void *a, const void *b)
{
	const struct hw_thread_status *x = a, *y = b;

	if (x->session != y->session)
		return x->session < y->session ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

/* A futex with a time limit is taken for a lock until it has run out. */
static void find_classes(struct hw_thread_states *d)
{
	size_t asked = 0;
	__u8 last = HW_WALL_OTHER;

	for (size_t i = 0; i < d->n; i++) {
		struct hw_thread_status *t = &d->items[i];

		if (!i || t->pid != d->items[i - 1].pid)
			asked = 0;
		if (t->rule == HW_CALL_FUTEX) {
			t->rule = HW_WALL_LOCK;
		} else if (t->rule == HW_CALL_READY) {
			if (asked++ < ASKED_MAX)
				last = (__u8)hw_waiting_class((pid_t)t->pid, (pid_t)t->tid);
			t->rule = last;
		} else if (t->rule >= HW_WALL_CLASSES) {
			t->rule = HW_WALL_OTHER;
		}
	}
}

int hw_thread_states_read(int fd, struct hw_thread_states *ret)
{
	hw_auto(hw_thread_states_done) struct hw_thread_states d = { 0 };
	int r = read_statuses(fd, &d);

	if (r < 0)
		return r;
	if (d.n)
		qsort(d.items, d.n, sizeof(*d.items), compare_statuses);
	find_classes(&d);
	*ret = d;
	d = (struct hw_thread_states){ 0 };
	return 0;
}

/* The first of the items whose session is not below @session. */
static size_t first_of_session(const struct hw_thread_states *d, uint64_t session)
{
	return hw_lower_bound(i, d->n, d->items[i].session < session);
}

const struct hw_thread_status *hw_thread_states_of(const struct hw_thread_states *d, uint32_t session, size_t *ret_n)
{
	size_t from = first_of_session(d, session);

	*ret_n = first_of_session(d, session + 1ULL) - from;
	return d->items + from;
}

static bool waits_outside(const struct hw_thread_status *t)
{
	return t->rule == HW_WALL_DISK || t->rule == HW_WALL_NETWORK || t->rule == HW_WALL_PIPE ||
	       t->rule == HW_WALL_SLEEP;
}

static bool tells_more(const struct hw_thread_status *a, const struct hw_thread_status *b, uint32_t pid)
{
	bool a_is_main = a->tid == pid, b_is_main = b->tid == pid;

	if (waits_outside(a) != waits_outside(b))
		return waits_outside(a);
	if (a_is_main != b_is_main)
		return a_is_main;
	return a->since > b->since;
}

enum hw_wall_class hw_thread_states_class(const struct hw_thread_status *threads, size_t n, uint32_t pid)
{
	const struct hw_thread_status *best = NULL;

	for (size_t i = 0; i < n; i++)
		if (threads[i].state == HW_THREAD_WAITING &&
		    (!best || tells_more(&threads[i], best, pid)))
			best = &threads[i];
	return best ? best->rule : HW_WALL_OTHER;
}

void hw_thread_states_add(const struct hw_thread_status *threads, size_t n, uint64_t now_ns,
		   double seconds[static HW_WALL_CLASSES])
{
	for (size_t i = 0; i < n; i++) {
		const struct hw_thread_status *t = &threads[i];
		unsigned int class = t->rule;

		if (t->state == HW_THREAD_RUNNING)
			class = HW_WALL_BUSY;
		else if (t->state == HW_THREAD_RUNNABLE)
			class = HW_WALL_STARVED;
		if (now_ns > t->since && class < HW_WALL_CLASSES)
			seconds[class] += (double)(now_ns - t->since) / 1e9;
	}
}
