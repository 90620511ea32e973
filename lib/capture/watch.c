/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/eventfd.h>

#include "base/array.h"
#include "base/log.h"
#include "capture/binary.h"

struct hw_watch {
	pthread_t thread;
	bool started;
	int stop_fd; /* readable: the thread is to end */
	struct hw_sideband *sideband;
	hw_python_fn *tell;
	void *ctx;
	pthread_mutex_t lock; /* over what follows, and the sideband */
	struct hw_binaries *binaries;
	struct hw_side_events events;
};

static void announce(struct hw_watch *w, const struct hw_side_event *ev)
{
	struct hw_py_proc proc;

	switch (ev->kind) {
	case HW_SIDE_MMAP:
		if (hw_binary_python(hw_binaries_get(w->binaries, ev->pid, &ev->map), &ev->map,
				     &proc))
			w->tell(w->ctx, ev->pid, &proc);
		break;
	case HW_SIDE_EXEC:
		w->tell(w->ctx, ev->pid, NULL);
		break;
	case HW_SIDE_EXIT:
		if (ev->tid == ev->pid)
			w->tell(w->ctx, ev->pid, NULL);
		break;
	case HW_SIDE_FORK:
	case HW_SIDE_COMM:
	case HW_SIDE_LOST:
		break;
	}
}

/* Drains the rings behind what is kept already. The lock is held. */
static int intake(struct hw_watch *w)
{
	hw_auto(hw_side_events_done) struct hw_side_events fresh = { 0 };
	int r = hw_sideband_drain(w->sideband, &fresh);

	for (size_t i = 0; i < fresh.count && r >= 0; i++) {
		announce(w, &fresh.items[i]);
		r = hw_reserve(w->events.items, w->events.cap, w->events.count + 1);
		if (r < 0)
			break;
		w->events.items[w->events.count++] = fresh.items[i];
		fresh.items[i].map.path = NULL; /* now the kept event's */
	}
	return r;
}

static void *run(void *arg)
{
	struct hw_watch *w = arg;
	struct pollfd fds[] = {
		{ .fd = w->stop_fd, .events = POLLIN },
		{ .fd = hw_sideband_fd(w->sideband), .events = POLLIN },
	};

	while (!fds[0].revents) {
		if (poll(fds, 2, -1) < 0)
			continue;
		pthread_mutex_lock(&w->lock);
		if (intake(w) < 0)
			log_debug("sideband: no memory for its events");
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

/* Signals are for the main thread. */
static int start_thread(struct hw_watch *w)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->started = !r;
	return -r;
}

int hw_watch_start(struct hw_sideband *sb, hw_python_fn *tell, void *ctx, struct hw_watch **ret)
{
	hw_auto(hw_watch_free) struct hw_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	pthread_mutex_init(&w->lock, NULL);
	w->sideband = sb;
	w->tell = tell;
	w->ctx = ctx;
	w->stop_fd = eventfd(0, EFD_CLOEXEC);
	w->binaries = hw_binaries_new();
	if (w->stop_fd < 0 || !w->binaries)
		return -ENOMEM;
	r = start_thread(w);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(w);
	return 0;
}

struct hw_watch *hw_watch_free(struct hw_watch *w)
{
	if (!w)
		return NULL;
	if (w->started && !eventfd_write(w->stop_fd, 1))
		pthread_join(w->thread, NULL);
	if (w->stop_fd >= 0)
		close(w->stop_fd);
	hw_side_events_done(&w->events);
	hw_binaries_free(w->binaries);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return NULL;
}

int hw_watch_take(struct hw_watch *w, struct hw_side_events *ret)
{
	int r;

	pthread_mutex_lock(&w->lock);
	r = intake(w);
	*ret = w->events;
	w->events = (struct hw_side_events){ 0 };
	pthread_mutex_unlock(&w->lock);
	return r;
}
