/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/intake.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((void)(entry))
#include <uthash.h>

#include "base/array.h"
#include "base/log.h"
#include "capture/binary.h"
#include "capture/codes.h"

#define TICK_MS	  50		/* how long samples of an old process may wait in the ring */
#define BATCH_MAX (128ULL << 20) /* bytes kept for a slow reader; then samples wait in the ring */

struct guest {
	struct hw_image image; /* the images of its children point here */
	int32_t pid;
	const struct hw_binary *python; /* NULL: none that can be read */
	bool ended, swept;
	UT_hash_handle hh;
};

struct hw_intake {
	pthread_t thread;
	bool started;
	int stop_fd; /* readable: the thread is to end */
	struct hw_sideband *sideband;
	struct ring_buffer *ring;
	hw_python_fn *tell;
	void *ctx;
	pthread_mutex_t lock; /* over all that follows, and both rings */
	struct hw_binaries *binaries;
	struct hw_codes *codes;
	struct guest *by_pid;  /* uthash */
	struct guest **guests; /* all there ever were: images live on in their children */
	size_t n_guests, cap_guests;
	struct hw_batch batch;
	size_t side_done; /* events of the batch that were applied */
};

void hw_batch_done(struct hw_batch *batch)
{
	hw_side_events_done(&batch->side);
	free(batch->samples);
	*batch = (struct hw_batch){ 0 };
}

/* Samples stand in the batch behind their size, 8 bytes, padded to 8. */
static size_t padded(uint64_t size)
{
	return sizeof(uint64_t) + ((size + 7) & ~7ULL);
}

static bool is_whole(const struct hw_raw_sample *s, uint64_t size)
{
	return size >= sizeof(*s) && s->n_native <= HW_NATIVE_MAX && s->n_python <= HW_PYTHON_MAX &&
	       s->n_kernel <= HW_KERNEL_MAX && s->event < HW_RECORD_EVENTS_MAX &&
	       size == sizeof(*s) + s->n_native * sizeof(struct hw_raw_native) +
			       s->n_python * sizeof(struct hw_raw_python) +
			       s->n_kernel * sizeof(__u64);
}

static int take_sample(void *ctx, void *data, size_t size)
{
	struct hw_batch *b = &((struct hw_intake *)ctx)->batch;

	if (!is_whole(data, size) || hw_reserve(b->samples, b->cap, b->size + padded(size)) < 0) {
		b->dropped++;
		return 0;
	}
	memcpy(b->samples + b->size, &(uint64_t){ size }, sizeof(uint64_t));
	memcpy(b->samples + b->size + sizeof(uint64_t), data, size);
	b->size += padded(size);
	return 0;
}

static struct hw_raw_sample *sample_at(struct hw_batch *batch, size_t *at)
{
	struct hw_raw_sample *raw;
	uint64_t size;

	if (*at >= batch->size)
		return NULL;
	memcpy(&size, batch->samples + *at, sizeof(size));
	raw = (struct hw_raw_sample *)(batch->samples + *at + sizeof(size));
	*at += padded(size);
	return raw;
}

const struct hw_raw_sample *hw_batch_next(struct hw_batch *batch)
{
	return sample_at(batch, &batch->at);
}

static struct guest *find_guest(struct hw_intake *in, int32_t pid)
{
	struct guest *g;

	HASH_FIND_INT(in->by_pid, &pid, g);
	return g;
}

/* Adds @pid, which is not there, or replaces it. NULL without memory. */
static struct guest *add_guest(struct hw_intake *in, int32_t pid, const struct guest *parent)
{
	struct guest *old = find_guest(in, pid), *g;

	if (hw_reserve(in->guests, in->cap_guests, in->n_guests + 1) < 0)
		return NULL;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->pid = pid;
	g->image.id = (uint32_t)in->n_guests;
	g->image.parent = parent ? &parent->image : NULL;
	g->python = parent ? parent->python : NULL;
	in->guests[in->n_guests++] = g;
	if (old)
		HASH_DEL(in->by_pid, old);
	HASH_ADD_INT(in->by_pid, pid, g);
	return g->hh.tbl ? g : NULL;
}

static void look_for_python(struct hw_intake *in, struct guest *g, const struct hw_map *map)
{
	const struct hw_binary *b = hw_binaries_get(in->binaries, g->pid, map);
	struct hw_py_proc proc;

	if (g->python || !hw_binary_python(b, map, &proc))
		return;
	g->python = b;
	in->tell(in->ctx, g->pid, &proc);
}

/* The guest @pid; one that was there before is looked through. NULL without memory. */
static struct guest *get_guest(struct hw_intake *in, int32_t pid)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	struct guest *g = find_guest(in, pid);

	if (g)
		return g;
	g = add_guest(in, pid, NULL);
	if (!g || hw_maps_read(pid, &maps) < 0)
		return g; /* it has gone, or is a kernel thread */
	for (size_t i = 0; i < hw_maps_count(maps); i++)
		look_for_python(in, g, hw_maps_at(maps, i));
	return g;
}

static int apply_event(struct hw_intake *in, const struct hw_side_event *ev)
{
	struct guest *g;

	switch (ev->kind) {
	case HW_SIDE_MMAP:
		g = get_guest(in, ev->pid);
		if (g)
			look_for_python(in, g, &ev->map);
		return g ? 0 : -ENOMEM;
	case HW_SIDE_EXEC:
		in->tell(in->ctx, ev->pid, NULL);
		return add_guest(in, ev->pid, NULL) ? 0 : -ENOMEM;
	case HW_SIDE_FORK:
		if (ev->pid == ev->parent)
			return 0; /* a thread */
		g = get_guest(in, ev->parent);
		return g && add_guest(in, ev->pid, g) ? 0 : -ENOMEM;
	case HW_SIDE_EXIT:
		g = ev->tid == ev->pid ? find_guest(in, ev->pid) : NULL;
		if (g) {
			g->ended = true;
			in->tell(in->ctx, ev->pid, NULL);
		}
		return 0;
	case HW_SIDE_COMM: /* each sample carries the name of its thread */
	case HW_SIDE_LOST:
		return 0;
	}
	return 0;
}

static int apply_until(struct hw_intake *in, uint64_t time_ns)
{
	struct hw_side_events *side = &in->batch.side;
	int r = 0;

	while (r >= 0 && in->side_done < side->count && side->items[in->side_done].time_ns <= time_ns)
		r = apply_event(in, &side->items[in->side_done++]);
	return r;
}

/* Replaces the addresses of the code objects of @raw by what is there. */
static int read_codes(struct hw_intake *in, struct hw_raw_sample *raw)
{
	struct hw_raw_python *python =
		(struct hw_raw_python *)((struct hw_raw_native *)(raw + 1) + raw->n_native);
	struct guest *g = get_guest(in, (int32_t)raw->pid);

	for (size_t i = 0; i < raw->n_python && g; i++) {
		const struct hw_py_code *code = NULL;
		int r = 0;

		if (python[i].kind != HW_RAW_PY_FRAME)
			continue;
		if (g->python)
			r = hw_codes_get(in->codes, &g->image, g->pid, &g->python->runtime.offsets,
					 &python[i], &code);
		if (r < 0)
			return r;
		python[i].addr = (uintptr_t)code;
	}
	return g ? 0 : -ENOMEM;
}

/* Ended processes are kept for one more round: their last samples may come behind their end. */
static void sweep(struct hw_intake *in)
{
	struct guest *g, *next;

	HASH_ITER(hh, in->by_pid, g, next) {
		if (g->swept)
			HASH_DEL(in->by_pid, g);
		g->swept = g->ended;
	}
}

/* Moves the events of @fresh behind those of the batch. */
static int append_events(struct hw_batch *batch, struct hw_side_events *fresh)
{
	struct hw_side_events *side = &batch->side;
	int r = hw_reserve(side->items, side->cap, side->count + fresh->count);

	if (r < 0)
		return r;
	if (fresh->count)
		memcpy(side->items + side->count, fresh->items, fresh->count * sizeof(*fresh->items));
	side->count += fresh->count;
	fresh->count = 0;
	return 0;
}

/* Takes what has come, samples first: then every event older than a sample is there. Both are gone
 * through by time. The lock is held. */
static int drain(struct hw_intake *in)
{
	hw_auto(hw_side_events_done) struct hw_side_events fresh = { 0 };
	size_t at = in->batch.size;
	struct hw_raw_sample *raw;
	int r = 0;

	if (in->batch.size < BATCH_MAX)
		r = ring_buffer__consume(in->ring);
	if (r >= 0)
		r = hw_sideband_drain(in->sideband, &fresh);
	if (r >= 0)
		r = append_events(&in->batch, &fresh);
	while (r >= 0 && (raw = sample_at(&in->batch, &at))) {
		r = apply_until(in, raw->time_ns);
		if (r >= 0)
			r = read_codes(in, raw);
	}
	if (r >= 0)
		r = apply_until(in, UINT64_MAX);
	sweep(in);
	return r < 0 ? r : 0;
}

static void *run(void *arg)
{
	struct hw_intake *in = arg;
	struct pollfd fds[] = {
		{ .fd = in->stop_fd, .events = POLLIN },
		{ .fd = hw_sideband_fd(in->sideband), .events = POLLIN },
		{ .fd = ring_buffer__epoll_fd(in->ring), .events = POLLIN },
	};

	while (!fds[0].revents) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), TICK_MS) < 0)
			continue;
		pthread_mutex_lock(&in->lock);
		if (drain(in) < 0)
			log_debug("intake: no memory for what came");
		pthread_mutex_unlock(&in->lock);
	}
	return NULL;
}

int hw_intake_new(int map_fd, struct hw_sideband *sb, hw_python_fn *tell, void *ctx,
		  struct hw_intake **ret)
{
	hw_auto(hw_intake_free) struct hw_intake *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	pthread_mutex_init(&in->lock, NULL);
	in->sideband = sb;
	in->tell = tell;
	in->ctx = ctx;
	in->stop_fd = eventfd(0, EFD_CLOEXEC);
	in->ring = ring_buffer__new(map_fd, take_sample, in, NULL);
	if (in->stop_fd < 0 || !in->ring)
		return -errno;
	in->binaries = hw_binaries_new();
	in->codes = hw_codes_new();
	if (!in->binaries || !in->codes)
		return -ENOMEM;
	*ret = hw_take_ptr(in);
	return 0;
}

/* Signals are for the main thread. */
int hw_intake_start(struct hw_intake *in)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&in->thread, NULL, run, in);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	in->started = !r;
	return -r;
}

struct hw_intake *hw_intake_free(struct hw_intake *in)
{
	if (!in)
		return NULL;
	if (in->started && !eventfd_write(in->stop_fd, 1))
		pthread_join(in->thread, NULL);
	if (in->stop_fd >= 0)
		close(in->stop_fd);
	ring_buffer__free(in->ring);
	hw_batch_done(&in->batch);
	HASH_CLEAR(hh, in->by_pid);
	for (size_t i = 0; i < in->n_guests; i++)
		free(in->guests[i]);
	free(in->guests);
	hw_codes_free(in->codes);
	hw_binaries_free(in->binaries);
	pthread_mutex_destroy(&in->lock);
	free(in);
	return NULL;
}

int hw_intake_know(struct hw_intake *in, int32_t pid)
{
	struct guest *g;

	pthread_mutex_lock(&in->lock);
	g = get_guest(in, pid);
	pthread_mutex_unlock(&in->lock);
	return g ? 0 : -ENOMEM;
}

int hw_intake_take(struct hw_intake *in, struct hw_batch *ret)
{
	int r;

	pthread_mutex_lock(&in->lock);
	r = drain(in);
	*ret = in->batch;
	in->batch = (struct hw_batch){ 0 };
	in->side_done = 0;
	pthread_mutex_unlock(&in->lock);
	return r;
}
