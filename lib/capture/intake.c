/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/intake.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((void)(entry))
#include <uthash.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "target/binary.h"
#include "target/codes.h"
#include "unwind/startup_files.h"
#include "capture/tables.h"

#define EXPECT_NS 15000000ULL	/* of a command's start for files it mapped before */
#define HURRIED_NICE (-10)
#define TICK_MS	  50		/* how long samples of an old process may wait in the ring */
#define BATCH_MAX (128ULL << 20) /* bytes kept for a slow reader; then samples wait in the ring */

struct guest {
	struct hw_image image; /* the images of its children point here */
	int32_t pid;
	struct hw_binary *python;	/* NULL: none that can be read */
	struct hw_maps *maps;		/* their owners are struct hw_binary, or NULL */
	struct hw_map_table *table;		/* of maps, as BPF has it */
	bool stale;			/* it is not: maps has changed */
	bool ended, swept;
	UT_hash_handle hh;
};

struct hw_intake {
	pthread_t thread, reader; /* takes what comes; reads unwind rows */
	bool started, stopping;
	pthread_cond_t rows_wanted; /* or stopping */
	char *program;		    /* whose files are remembered; NULL: nobody's */
	struct hw_paths remembered;
	int stop_fd; /* readable: the thread is to end */
	struct hw_sideband *sideband;
	struct ring_buffer *ring;
	struct hw_tables *tables;
	hw_python_fn *tell;
	void *ctx;
	pthread_mutex_t lock; /* over all that follows, and both rings */
	struct hw_binaries *binaries; /* not owned */
	struct hw_codes *codes;
	struct guest *by_pid;  /* uthash */
	struct guest **guests; /* all there ever were: images live on in their children */
	size_t n_guests, cap_guests;
	struct hw_batch batch;
	size_t side_done; /* events of the batch that were applied */
	bool any_stale;
};

static int take_record(void *ctx, void *data, size_t size)
{
	hw_batch_append(&((struct hw_intake *)ctx)->batch, data, size);
	return 0;
}

static struct guest *find_guest(struct hw_intake *in, int32_t pid)
{
	struct guest *g;

	HASH_FIND_INT(in->by_pid, &pid, g);
	return g;
}

/* Takes @g out of the table of processes; its image stays. */
static void retire(struct hw_intake *in, struct guest *g)
{
	HASH_DEL(in->by_pid, g);
	g->maps = hw_maps_free(g->maps);
	g->table = hw_map_table_unref(in->tables, g->table);
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
	g->maps = parent ? hw_maps_clone(parent->maps) : hw_maps_new();
	if (!g->maps) {
		free(g);
		return NULL;
	}
	g->pid = pid;
	g->image.id = (uint32_t)in->n_guests;
	g->image.parent = parent ? &parent->image : NULL;
	g->python = parent ? parent->python : NULL;
	in->guests[in->n_guests++] = g;
	if (old)
		retire(in, old);
	HASH_ADD_INT(in->by_pid, pid, g);
	return g->hh.tbl ? g : NULL;
}

/* Looks at the file of @map, one of the guest's. */
static void look_at(struct hw_intake *in, struct guest *g, struct hw_map *map)
{
	struct hw_binary *b = hw_binaries_get(in->binaries, g->pid, map);
	struct hw_py_proc proc;

	map->owner = b;
	g->stale = in->any_stale = true;
	if (g->python || !hw_binary_python(b, map, &proc))
		return;
	g->python = b;
	in->tell(in->ctx, g->pid, &proc);
}

/* The guest @pid; one that was there before is looked through. NULL without memory. */
static struct guest *get_guest(struct hw_intake *in, int32_t pid)
{
	struct hw_maps *maps = NULL;
	struct guest *g = find_guest(in, pid);

	if (g)
		return g;
	g = add_guest(in, pid, NULL);
	if (!g || hw_maps_read(pid, &maps) < 0)
		return g; /* it has gone, or is a kernel thread */
	hw_maps_free(g->maps);
	g->maps = maps;
	for (size_t i = 0; i < hw_maps_count(maps); i++)
		look_at(in, g, hw_maps_at(maps, i));
	return g;
}

/* Brings the table of @g up to its mappings. */
static void refresh(struct hw_intake *in, struct guest *g)
{
	int r;

	if (!g->stale || g->ended || !in->tables)
		return;
	r = hw_tables_set(in->tables, g->pid, g->maps, &g->table);
	g->stale = r == -ENOSPC; /* again in the next round */
	if (r < 0)
		log_debug("pid %d: mappings: %s", g->pid, strerror(-r));
}

static void refresh_all(struct hw_intake *in)
{
	struct guest *g, *next;

	if (!in->any_stale)
		return;
	in->any_stale = false;
	HASH_ITER(hh, in->by_pid, g, next) {
		refresh(in, g);
		in->any_stale |= g->stale;
	}
}

static int apply_mmap(struct hw_intake *in, struct hw_side_event *ev)
{
	struct guest *g = get_guest(in, ev->pid);
	struct hw_map *map;
	int r;

	if (!g)
		return -ENOMEM;
	r = hw_maps_add(g->maps, &ev->map);
	map = r < 0 ? NULL : hw_maps_find(g->maps, ev->map.start);
	if (map) {
		look_at(in, g, map);
		ev->opened = map->owner;
	}
	return r == -ENOMEM ? r : 0; /* an absurd range is none of ours */
}

static int apply_exec(struct hw_intake *in, int32_t pid)
{
	struct guest *g = find_guest(in, pid);

	in->tell(in->ctx, pid, NULL);
	if (g)
		g->table = hw_tables_drop(in->tables, pid, g->table);
	return add_guest(in, pid, NULL) ? 0 : -ENOMEM;
}

static int apply_fork(struct hw_intake *in, int32_t pid, int32_t parent_pid)
{
	struct guest *parent = get_guest(in, parent_pid), *g;

	if (!parent)
		return -ENOMEM;
	refresh(in, parent);
	g = add_guest(in, pid, parent);
	if (!g)
		return -ENOMEM;
	g->table = hw_tables_share(in->tables, pid, parent->table);
	g->stale = parent->stale;
	return 0;
}

static int apply_event(struct hw_intake *in, struct hw_side_event *ev)
{
	struct guest *g;

	switch (ev->kind) {
	case HW_SIDE_MMAP:
		return apply_mmap(in, ev);
	case HW_SIDE_EXEC:
		return apply_exec(in, ev->pid);
	case HW_SIDE_FORK: /* of a thread, when the process is the same */
		return ev->pid == ev->parent ? 0 : apply_fork(in, ev->pid, ev->parent);
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

/* Reads the code objects of @raw. */
static int read_codes(struct hw_intake *in, const struct hw_raw_sample *raw,
		      const struct hw_py_code **codes)
{
	const struct hw_raw_python *python =
		(const struct hw_raw_python *)((const struct hw_raw_native *)(raw + 1) + raw->n_native);
	struct guest *g = get_guest(in, (int32_t)raw->pid);

	if (!g)
		return -ENOMEM;
	for (size_t i = 0; i < raw->n_python && g->python; i++) {
		int r = 0;

		if (python[i].kind == HW_RAW_PY_FRAME)
			r = hw_codes_get(in->codes, &g->image, g->pid, &g->python->runtime.offsets,
					 &python[i], &codes[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Reads a code object that samples are about to name: now, or as BPF has read it. */
static int offer_code(struct hw_intake *in, struct hw_raw_code *raw)
{
	struct guest *g = get_guest(in, (int32_t)raw->pid);

	if (!g || !g->python)
		return g ? 0 : -ENOMEM;
	return hw_codes_offer(in->codes, &g->image, g->pid, &g->python->runtime.offsets, raw);
}

static int apply_record(struct hw_intake *in, struct hw_batch_record *record)
{
	bool is_code = record->raw->kind == HW_RAW_CODE;
	int r = apply_until(in, is_code ? record->raw->code.time_ns : record->raw->sample.time_ns);

	if (r < 0)
		return r;
	return is_code ? offer_code(in, &record->raw->code) :
			 read_codes(in, &record->raw->sample, record->codes);
}

/* Ended processes are kept for one more round: their last samples may come behind their end. */
static void sweep(struct hw_intake *in)
{
	struct guest *g, *next;

	HASH_ITER(hh, in->by_pid, g, next) {
		if (g->swept) {
			g->table = hw_tables_drop(in->tables, g->pid, g->table);
			retire(in, g);
			continue;
		}
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
	struct hw_batch_record record;
	int r = 0;

	if (in->batch.size < BATCH_MAX)
		r = ring_buffer__consume(in->ring);
	if (r >= 0)
		r = hw_sideband_drain(in->sideband, &fresh);
	if (r >= 0)
		r = append_events(&in->batch, &fresh);
	while (r >= 0 && hw_batch_record(&in->batch, &at, &record))
		r = apply_record(in, &record);
	if (r >= 0)
		r = apply_until(in, UINT64_MAX);
	refresh_all(in);
	sweep(in);
	hw_tables_tick(in->tables);
	return r < 0 ? r : 0;
}

static void expect_file(void *ctx, const char *path)
{
	struct hw_intake *in = ctx;

	hw_tables_module(in->tables, hw_binaries_at(in->binaries, path));
}

/* Both threads work for moments at a time, which do not wait: the program that is recorded should
 * not keep them from its own traces. Needs the right; without, they are as others. */
static void hurry(void)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), HURRIED_NICE);
}

/* Reads the unwind rows of the files that are met, one after the other: a large one takes a second,
 * for which nobody should wait. */
static void *read_rows(void *arg)
{
	struct hw_intake *in = arg;

	hurry();
	pthread_mutex_lock(&in->lock);
	while (!in->stopping) {
		struct hw_binary *b = hw_tables_next(in->tables);
		hw_auto(hw_rows_free) struct hw_rows *rows = NULL;

		if (b) {
			pthread_mutex_unlock(&in->lock);
			rows = hw_tables_read(in->tables, b);
			pthread_mutex_lock(&in->lock);
		}
		if (!b || !hw_tables_load(in->tables, b, rows))
			pthread_cond_wait(&in->rows_wanted, &in->lock);
	}
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

static void *run(void *arg)
{
	struct hw_intake *in = arg;
	struct pollfd fds[] = {
		{ .fd = in->stop_fd, .events = POLLIN },
		{ .fd = hw_sideband_fd(in->sideband), .events = POLLIN },
		{ .fd = ring_buffer__epoll_fd(in->ring), .events = POLLIN },
	};

	hurry();
	while (!fds[0].revents) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), TICK_MS) < 0)
			continue;
		pthread_mutex_lock(&in->lock);
		if (drain(in) < 0)
			log_debug("intake: no memory for what came");
		if (hw_tables_next(in->tables))
			pthread_cond_signal(&in->rows_wanted);
		pthread_mutex_unlock(&in->lock);
	}
	return NULL;
}

int hw_intake_new(int map_fd, struct hw_sideband *sb, struct hw_binaries *binaries,
		  struct hw_tables *tables, hw_python_fn *tell, void *ctx, struct hw_intake **ret)
{
	hw_auto(hw_intake_free) struct hw_intake *in = calloc(1, sizeof(*in));

	if (!in)
		return -ENOMEM;
	pthread_mutex_init(&in->lock, NULL);
	pthread_cond_init(&in->rows_wanted, NULL);
	in->sideband = sb;
	in->tables = tables;
	in->tell = tell;
	in->ctx = ctx;
	in->stop_fd = eventfd(0, EFD_CLOEXEC);
	in->ring = ring_buffer__new(map_fd, take_record, in, NULL);
	if (in->stop_fd < 0 || !in->ring)
		return -errno;
	in->binaries = binaries;
	in->codes = hw_codes_new();
	if (!in->codes)
		return -ENOMEM;
	*ret = hw_take_ptr(in);
	return 0;
}

static void stop_reader(struct hw_intake *in)
{
	pthread_mutex_lock(&in->lock);
	in->stopping = true;
	pthread_cond_signal(&in->rows_wanted);
	pthread_mutex_unlock(&in->lock);
	pthread_join(in->reader, NULL);
}

/* Signals are for the main thread. */
int hw_intake_start(struct hw_intake *in)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&in->reader, NULL, read_rows, in);
	if (!r) {
		r = pthread_create(&in->thread, NULL, run, in);
		if (r)
			stop_reader(in);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	in->started = !r;
	return -r;
}

/* Remembers what was mapped now, and behind it what was before. */
static void remember(struct hw_intake *in)
{
	hw_auto(hw_paths_done) struct hw_paths paths = { 0 };
	int r = in->program ? hw_tables_paths(in->tables, &paths) : -ENOENT;

	for (size_t i = 0; i < in->remembered.count && r >= 0; i++)
		r = hw_paths_add(&paths, in->remembered.items[i]);
	if (r >= 0)
		r = hw_file_history_write(hw_tables_cache_dir(in->tables), in->program, &paths);
	if (r < 0)
		log_debug("nothing is remembered: %s", strerror(-r));
}

struct hw_intake *hw_intake_free(struct hw_intake *in)
{
	if (!in)
		return NULL;
	if (in->started && !eventfd_write(in->stop_fd, 1)) {
		pthread_join(in->thread, NULL);
		stop_reader(in);
		remember(in);
	}
	free(in->program);
	hw_paths_done(&in->remembered);
	if (in->stop_fd >= 0)
		close(in->stop_fd);
	ring_buffer__free(in->ring);
	hw_batch_done(&in->batch);
	HASH_CLEAR(hh, in->by_pid);
	for (size_t i = 0; i < in->n_guests; i++) {
		hw_maps_free(in->guests[i]->maps);
		hw_map_table_unref(in->tables, in->guests[i]->table);
		free(in->guests[i]);
	}
	free(in->guests);
	hw_codes_free(in->codes);
	pthread_cond_destroy(&in->rows_wanted);
	pthread_mutex_destroy(&in->lock);
	free(in);
	return NULL;
}

int hw_intake_know(struct hw_intake *in, int32_t pid)
{
	struct guest *g;

	pthread_mutex_lock(&in->lock);
	g = get_guest(in, pid);
	refresh_all(in);
	pthread_mutex_unlock(&in->lock);
	return g ? 0 : -ENOMEM;
}

/* Those come later than the program's libraries, if at all, so they may hold up its start no more
 * than a moment; what is left waits for the reader. */
static void expect_remembered(struct hw_intake *in)
{
	uint64_t end = hw_clock_ns() + EXPECT_NS;

	for (size_t i = 0; i < in->remembered.count && hw_clock_ns() < end; i++) {
		expect_file(in, in->remembered.items[i]);
		hw_tables_work(in->tables);
	}
}

void hw_intake_expect(struct hw_intake *in, char *const *argv)
{
	pthread_mutex_lock(&in->lock);
	hw_startup_files_visit(argv, expect_file, in);
	while (hw_tables_work(in->tables))
		;
	if (hw_tables_cache_dir(in->tables) && !hw_startup_files_program(argv, &in->program))
		hw_file_history_read(hw_tables_cache_dir(in->tables), in->program, &in->remembered);
	expect_remembered(in);
	pthread_mutex_unlock(&in->lock);
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
