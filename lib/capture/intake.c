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

#include "base/clock.h"
#include "base/log.h"
#include "target/binary.h"
#include "target/process.h"
#include "unwind/startup_files.h"
#include "capture/tables.h"

#define EXPECT_NS 15000000ULL	/* of a command's start for files it mapped before */
#define HURRIED_NICE (-10)
#define TICK_MS	  50		/* how long samples of an old process may wait in the ring */
#define BATCH_MAX (128ULL << 20) /* bytes kept for a slow reader; then samples wait in the ring */

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
	struct hw_processes *processes; /* not owned, as the next */
	struct hw_side_events side;	/* taken, and not all applied */
	size_t side_done;
	struct hw_batch batch;
	bool any_stale;
};

static int append_record(void *ctx, void *data, size_t size)
{
	hw_batch_append(&((struct hw_intake *)ctx)->batch, data, size);
	return 0;
}

/* --- what the table of processes tells --- */

static void process_mapped(void *ctx, struct hw_process *p)
{
	struct hw_intake *in = ctx;

	p->stale = in->any_stale = true;
}

static void process_python(void *ctx, struct hw_process *p, const struct hw_py_proc *proc)
{
	struct hw_intake *in = ctx;

	in->tell(in->ctx, p->pid, proc);
}

/* Brings the table of @p up to its mappings. */
static void refresh(void *ctx, struct hw_process *p)
{
	struct hw_intake *in = ctx;
	int r;

	if (!p->stale || p->has_ended || !in->tables)
		return;
	r = hw_tables_set(in->tables, p->pid, p->mappings, &p->table);
	p->stale = r == -ENOSPC; /* again in the next round */
	in->any_stale |= p->stale;
	if (r < 0)
		log_debug("pid %d: mappings: %s", p->pid, strerror(-r));
}

static void process_forked(void *ctx, struct hw_process *child, struct hw_process *parent)
{
	struct hw_intake *in = ctx;

	refresh(in, parent);
	child->table = hw_tables_share(in->tables, child->pid, parent->table);
	child->stale = parent->stale;
}

static void process_execed(void *ctx, struct hw_process *p)
{
	struct hw_intake *in = ctx;

	in->tell(in->ctx, p->pid, NULL);
	p->table = hw_tables_drop(in->tables, p->pid, p->table);
	p->stale = false;
}

static void process_ended(void *ctx, struct hw_process *p)
{
	struct hw_intake *in = ctx;

	in->tell(in->ctx, p->pid, NULL);
}

/* What BPF has under a number that comes again is another's already. */
static void process_removed(void *ctx, struct hw_process *p, bool is_replaced)
{
	struct hw_intake *in = ctx;

	p->table = is_replaced ? hw_map_table_unref(in->tables, p->table) :
				 hw_tables_drop(in->tables, p->pid, p->table);
}

static const struct hw_process_watcher watcher_of_intake = {
	.mapped = process_mapped,
	.python = process_python,
	.forked = process_forked,
	.execed = process_execed,
	.ended = process_ended,
	.removed = process_removed,
};

static void refresh_all(struct hw_intake *in)
{
	if (!in->any_stale)
		return;
	in->any_stale = false;
	hw_processes_each(in->processes, refresh, in);
}

/* --- what has come --- */

/* Applies the events up to @time_ns, also behind one that found no memory. */
static int apply_until(struct hw_intake *in, uint64_t time_ns)
{
	int error = 0;

	while (in->side_done < in->side.count && in->side.items[in->side_done].time_ns <= time_ns) {
		const struct hw_side_event *ev = &in->side.items[in->side_done++];
		int r = hw_processes_apply(in->processes, ev);

		error = r < 0 ? r : error;
		in->batch.side_lost += ev->lost;
	}
	return error;
}

/* Keeps with a sample what its process is now, and the code objects it names. */
static int complete_sample(struct hw_intake *in, struct hw_batch_record *record)
{
	const struct hw_raw_sample *raw = &record->raw->sample;
	const struct hw_raw_python *python =
		(const struct hw_raw_python *)((const struct hw_raw_native *)(raw + 1) + raw->n_native);
	struct hw_process *p = hw_processes_get(in->processes, (int32_t)raw->pid, raw->time_ns);
	int r = 0;

	*record->version = p ? hw_process_version(p) : NULL;
	if (!*record->version)
		return -ENOMEM;
	for (size_t i = 0; i < raw->n_python && r >= 0; i++)
		if (python[i].kind == HW_RAW_PY_FRAME)
			r = hw_process_code(in->processes, p, &python[i], &record->codes[i]);
	return r;
}

static int apply_record(struct hw_intake *in, struct hw_batch_record *record)
{
	struct hw_raw_code *code = &record->raw->code;
	struct hw_process *p;
	int r;

	if (record->raw->kind == HW_RAW_SAMPLE) {
		r = apply_until(in, record->raw->sample.time_ns);
		return r < 0 ? r : complete_sample(in, record);
	}
	r = apply_until(in, code->time_ns);
	if (r < 0)
		return r;
	p = hw_processes_get(in->processes, (int32_t)code->pid, code->time_ns);
	return p ? hw_process_offer_code(in->processes, p, code) : -ENOMEM;
}

/* Takes what has come, samples first: then every event older than a sample is there. Both are gone
 * through by time; ended processes are kept for one more round, for their last samples may come behind
 * their end. The lock is held. */
static int drain(struct hw_intake *in)
{
	size_t at = in->batch.size;
	struct hw_batch_record record;
	int r = 0;

	if (in->batch.size < BATCH_MAX)
		r = ring_buffer__consume(in->ring);
	if (r >= 0)
		r = hw_sideband_drain(in->sideband, &in->side);
	while (r >= 0 && hw_batch_record(&in->batch, &at, &record))
		r = apply_record(in, &record);
	if (apply_until(in, UINT64_MAX) < 0)
		r = -ENOMEM;
	hw_side_events_done(&in->side);
	in->side_done = 0;
	refresh_all(in);
	hw_processes_sweep(in->processes);
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
		  struct hw_processes *processes, struct hw_tables *tables, hw_python_fn *tell,
		  void *ctx, struct hw_intake **ret)
{
	struct hw_process_watcher watcher = watcher_of_intake;
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
	in->ring = ring_buffer__new(map_fd, append_record, in, NULL);
	if (in->stop_fd < 0 || !in->ring)
		return -errno;
	in->binaries = binaries;
	in->processes = processes;
	watcher.ctx = in;
	hw_processes_watch(processes, &watcher);
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

static void let_go_of_table(void *ctx, struct hw_process *p)
{
	struct hw_intake *in = ctx;

	p->table = hw_map_table_unref(in->tables, p->table);
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
	hw_side_events_done(&in->side);
	if (in->processes) {
		hw_processes_watch(in->processes, NULL);
		hw_processes_each(in->processes, let_go_of_table, in);
	}
	pthread_cond_destroy(&in->rows_wanted);
	pthread_mutex_destroy(&in->lock);
	free(in);
	return NULL;
}

int hw_intake_know(struct hw_intake *in, int32_t pid)
{
	struct hw_process *p;

	pthread_mutex_lock(&in->lock);
	p = hw_processes_get(in->processes, pid, hw_clock_ns());
	refresh_all(in);
	pthread_mutex_unlock(&in->lock);
	return p ? 0 : -ENOMEM;
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
	pthread_mutex_unlock(&in->lock);
	return r;
}
