/* SPDX-License-Identifier: Apache-2.0 */
#include "target/process.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/hashmap.h"
#include "base/sorted.h"
#include "target/codes.h"

/* /proc tells the age of a process in hundredths of a second. */
#define AGE_SLACK_NS 30000000ULL
/* A sample is never looked at so late, unless the clocks disagree (a time namespace). */
#define LATE_MAX_NS 60000000000ULL

struct watched {
	struct hw_process process;
	uint64_t met_ns;      /* the moment that it was first asked for; of a fork, its own */
	uint64_t program_ns;  /* the exec or fork that its program began with; 0: not seen */
	bool is_forked;	      /* its fork was seen: start_ns is exact */
	bool is_swept;	      /* once, since it ended */
	struct hw_process_version *version; /* of now; NULL: nobody has asked for it since a change */
	int32_t *tids;			    /* its threads that have not ended, ascending */
	size_t n_tids, cap_tids;
	bool knows_tids; /* that are all; else those that were seen, and /proc is asked */
	UT_hash_handle hh;
};

struct hw_processes {
	pthread_mutex_t lock;	/* held while processes come, go or change: see hw_processes_list() */
	struct watched *by_pid; /* uthash */
	struct hw_binaries *binaries;
	struct hw_codes *codes;
	struct hw_process_watcher watcher;
	uint32_t n_programs; /* that there ever were */
};

/* --- versions --- */

struct hw_process_version *hw_process_version_unref(struct hw_process_version *v)
{
	if (!v || __atomic_fetch_sub(&v->refs, 1, __ATOMIC_ACQ_REL) != 1)
		return NULL;
	hw_program_unref(v->program);
	hw_mappings_unref(v->mappings);
	free(v);
	return NULL;
}

static struct watched *watched_of(struct hw_process *p)
{
	return (struct watched *)p; /* it is the first member */
}

struct hw_process_version *hw_process_version(struct hw_process *p)
{
	struct watched *w = watched_of(p);

	if (!w->version) {
		w->version = calloc(1, sizeof(*w->version));
		if (!w->version)
			return NULL;
		w->version->refs = 1;
		w->version->program = hw_program_ref(p->program);
		w->version->mappings = hw_mappings_ref(p->mappings);
	}
	__atomic_fetch_add(&w->version->refs, 1, __ATOMIC_RELAXED);
	return w->version;
}

/* What is changed next is no part of a version that somebody holds. */
static void drop_version(struct watched *w)
{
	w->version = hw_process_version_unref(w->version);
}

/* --- who is watched --- */

struct hw_processes *hw_processes_new(struct hw_binaries *binaries)
{
	struct hw_processes *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	t->binaries = binaries;
	t->codes = hw_codes_new();
	return t->codes ? t : hw_processes_free(t);
}

static void watched_free(struct watched *w)
{
	drop_version(w);
	hw_program_unref(w->process.program);
	hw_mappings_unref(w->process.mappings);
	free(w->tids);
	free(w);
}

struct hw_processes *hw_processes_free(struct hw_processes *t)
{
	struct watched *w, *next;

	if (!t)
		return NULL;
	HASH_ITER(hh, t->by_pid, w, next) {
		HASH_DEL(t->by_pid, w);
		watched_free(w);
	}
	hw_codes_free(t->codes);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return NULL;
}

void hw_processes_watch(struct hw_processes *t, const struct hw_process_watcher *watcher)
{
	t->watcher = watcher ? *watcher : (struct hw_process_watcher){ 0 };
}

static struct watched *find_process(const struct hw_processes *t, int32_t pid)
{
	struct watched *w;

	HASH_FIND_INT(t->by_pid, &pid, w);
	return w;
}

static void unwatch_process(struct hw_processes *t, struct watched *w, bool is_replaced)
{
	HASH_DEL(t->by_pid, w);
	if (t->watcher.removed)
		t->watcher.removed(t->watcher.ctx, &w->process, is_replaced);
	watched_free(w);
}

static bool add_tid(struct watched *w, int32_t tid)
{
	size_t i = hw_lower_bound(k, w->n_tids, w->tids[k] < tid);

	if (i < w->n_tids && w->tids[i] == tid)
		return true;
	if (hw_reserve(w->tids, w->cap_tids, w->n_tids + 1) < 0)
		return false;
	memmove(&w->tids[i + 1], &w->tids[i], (w->n_tids - i) * sizeof(*w->tids));
	w->tids[i] = tid;
	w->n_tids++;
	return true;
}

static void remove_tid(struct watched *w, int32_t tid)
{
	size_t i = hw_lower_bound(k, w->n_tids, w->tids[k] < tid);

	if (i == w->n_tids || w->tids[i] != tid)
		return;
	w->n_tids--;
	memmove(&w->tids[i], &w->tids[i + 1], (w->n_tids - i) * sizeof(*w->tids));
}

/* Adds @pid with one thread and the mappings of @parent, or none; a process that had the number is
 * replaced. NULL without memory. */
static struct watched *watch_process(struct hw_processes *t, int32_t pid, uint64_t time_ns,
			       const struct hw_process *parent)
{
	struct watched *old = find_process(t, pid), *w = calloc(1, sizeof(*w));
	struct hw_process *p;

	if (!w)
		return NULL;
	p = &w->process;
	w->met_ns = time_ns;
	p->pid = p->task = pid;
	p->python = parent ? parent->python : NULL;
	p->mappings = parent ? hw_mappings_ref(parent->mappings) : hw_mappings_new();
	p->program = hw_program_new(t->n_programs, pid, parent ? parent->program : NULL);
	if (!p->mappings || !p->program || !add_tid(w, pid)) {
		watched_free(w);
		return NULL;
	}
	t->n_programs++;
	if (old)
		unwatch_process(t, old, true);
	HASH_ADD_INT(t->by_pid, process.pid, w);
	if (w->hh.tbl)
		return w;
	watched_free(w);
	return NULL;
}

/* --- mappings --- */

static void tell_mapped(struct hw_processes *t, struct hw_process *p)
{
	if (t->watcher.mapped)
		t->watcher.mapped(t->watcher.ctx, p);
}

/* Looks for CPython in @binary, which @p has mapped. */
static void look_for_cpython(struct hw_processes *t, struct hw_process *p, struct hw_binary *binary,
			     uint64_t start, uint64_t file_off)
{
	struct hw_py_proc proc;

	if (p->python || !hw_binary_python(binary, start, file_off, &proc))
		return;
	p->python = binary;
	if (t->watcher.python)
		t->watcher.python(t->watcher.ctx, p, &proc);
}

/* @map is new in @w. An absurd range is none of ours. */
static int lay_map(struct hw_processes *t, struct watched *w, const struct hw_map *map,
		   uint64_t since_ns)
{
	struct hw_process *p = &w->process;
	struct hw_binary *binary;
	int r;

	if (map->start >= map->end)
		return 0;
	binary = hw_binaries_get(t->binaries, p->task, map);
	drop_version(w);
	r = hw_mappings_add(&p->mappings, map, binary, since_ns);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	look_for_cpython(t, p, binary, map->start, map->file_off);
	tell_mapped(t, p);
	return 0;
}

/* --- processes that were there before --- */

/* Whether the process that has the number now began after @time_ns. */
static bool is_another(int32_t pid, uint64_t time_ns)
{
	uint64_t now = hw_clock_ns();
	struct hw_task_stat stat;

	if (time_ns >= now || now - time_ns > LATE_MAX_NS || hw_task_read_stat(pid, &stat) < 0)
		return false;
	return stat.age_ns + AGE_SLACK_NS < now - time_ns;
}

/* The threads of @pid that are alive, as hw_task_threads(): a leader that has left is listed until
 * the last one does. */
static int living_threads(int32_t pid, pid_t **ret)
{
	int n = hw_task_threads(pid, ret), kept = 0;
	struct hw_task_stat stat;

	for (int i = 0; i < n; i++)
		if ((*ret)[i] != pid || (hw_task_read_stat(pid, &stat) == 0 && !stat.has_ended))
			(*ret)[kept++] = (*ret)[i];
	return n < 0 ? n : kept;
}

/* Learns which threads @w has, unless it has gone: then those that were seen were all. */
static void learn_threads(struct watched *w)
{
	hw_autofree pid_t *tids = NULL;
	int n = living_threads(w->process.pid, &tids);

	w->knows_tids = true;
	if (n < 0)
		return;
	w->n_tids = 0;
	for (int i = 0; i < n; i++)
		add_tid(w, tids[i]);
}

/* Finds a thread to ask by. */
static void choose_task(struct watched *w)
{
	size_t i = hw_lower_bound(k, w->n_tids, w->tids[k] < w->process.task);

	if (w->n_tids && (i == w->n_tids || w->tids[i] != w->process.task))
		w->process.task = w->tids[0];
}

/* Reads what a process that was there before has mapped. 0, also when there is nothing to be read;
 * -ESRCH: it has gone; -ENOMEM. */
static int read_from_proc(struct hw_processes *t, struct watched *w)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	int r = hw_maps_read(w->process.pid, &maps);

	if (r >= 0 && !hw_maps_count(maps)) { /* a kernel thread, or its leader has left */
		maps = hw_maps_free(maps);
		learn_threads(w);
		choose_task(w);
		r = hw_maps_read(w->process.task, &maps);
	}
	if (r < 0)
		return r == -ENOMEM ? r : r == -ENOENT || r == -ESRCH ? -ESRCH : 0;
	for (size_t i = 0; i < hw_maps_count(maps); i++) {
		r = lay_map(t, w, hw_maps_at(maps, i), 0);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Adds @pid, of which nobody has told. *ret_gone: nothing can be told of it any more. NULL without
 * memory. */
static struct watched *meet(struct hw_processes *t, int32_t pid, uint64_t time_ns, bool *ret_gone)
{
	struct watched *w = watch_process(t, pid, time_ns, NULL);

	*ret_gone = true;
	if (w && !is_another(pid, time_ns))
		*ret_gone = read_from_proc(t, w) == -ESRCH;
	return w;
}

static struct watched *find_or_meet(struct hw_processes *t, int32_t pid, uint64_t time_ns)
{
	struct watched *w = find_process(t, pid);
	bool gone;

	return w ? w : meet(t, pid, time_ns, &gone);
}

struct hw_process *hw_processes_get(struct hw_processes *t, int32_t pid, uint64_t time_ns)
{
	struct watched *w;

	pthread_mutex_lock(&t->lock);
	w = find_process(t, pid);
	if (!w) {
		bool gone;

		w = meet(t, pid, time_ns, &gone);
		if (w)
			w->process.has_ended = gone;
	}
	pthread_mutex_unlock(&t->lock);
	return w ? &w->process : NULL;
}

/* --- events --- */

static int apply_mmap(struct hw_processes *t, const struct hw_side_event *ev)
{
	struct watched *w = find_or_meet(t, ev->pid, ev->time_ns);

	if (!w)
		return -ENOMEM;
	if (ev->time_ns < w->program_ns)
		return 0; /* of the program before */
	return lay_map(t, w, &ev->map, ev->time_ns);
}

/* Lays those of @from that were mapped after @time_ns over the mappings of @p. */
static int lay_later(struct hw_process *p, const struct hw_mappings *from, uint64_t time_ns)
{
	int r = 0;

	for (size_t i = 0; i < hw_mappings_count(from) && r != -ENOMEM; i++)
		if (hw_mappings_at(from, i)->what->since_ns > time_ns)
			r = hw_mappings_lay(&p->mappings, hw_mappings_at(from, i));
	return r == -ENOMEM ? r : 0;
}

/* The program of @w is now one that began at @time_ns with the mappings @base, whose reference it
 * takes over, also on failure; what was mapped since is of it already. */
static int begin_program(struct hw_processes *t, struct watched *w, uint64_t time_ns,
			 struct hw_program *parent, struct hw_mappings *base)
{
	struct hw_program *program = hw_program_new(t->n_programs, w->process.pid, parent);
	hw_auto(hw_mappings_unref) struct hw_mappings *before = w->process.mappings;

	if (!program || !base) {
		before = NULL; /* stays */
		hw_mappings_unref(base);
		hw_program_unref(program);
		return -ENOMEM;
	}
	t->n_programs++;
	drop_version(w);
	hw_program_unref(w->process.program);
	w->process.program = program;
	w->process.mappings = base;
	w->program_ns = time_ns;
	return lay_later(&w->process, before, time_ns);
}

static int apply_exec(struct hw_processes *t, const struct hw_side_event *ev)
{
	struct watched *w = find_process(t, ev->pid);
	struct hw_process *p;
	int r;

	if (!w)
		w = watch_process(t, ev->pid, ev->time_ns, NULL);
	if (!w)
		return -ENOMEM;
	if (ev->time_ns < w->program_ns)
		return 0;
	p = &w->process;
	if (t->watcher.execed)
		t->watcher.execed(t->watcher.ctx, p);
	p->python = NULL;
	p->has_ended = w->is_swept = false;
	p->task = p->pid;
	w->n_tids = 0; /* the thread that called it is the only one, and the leader */
	w->knows_tids = add_tid(w, p->pid);
	r = begin_program(t, w, ev->time_ns, NULL, hw_mappings_new());
	for (size_t i = 0; r >= 0 && i < hw_mappings_count(p->mappings); i++) {
		const struct hw_vma *vma = hw_mappings_at(p->mappings, i);

		look_for_cpython(t, p, vma->what->binary, vma->start, vma->file_off);
		tell_mapped(t, p);
	}
	return r;
}

/* The fork of @w is told behind what it did since: it began with what its parent had, below. */
static int adopt(struct hw_processes *t, struct watched *w, const struct hw_process *parent,
		 uint64_t time_ns)
{
	int r;

	w->is_forked = true;
	w->process.start_ns = time_ns;
	if (w->program_ns)
		return 0; /* by exec, in the meantime */
	r = begin_program(t, w, time_ns, parent->program, hw_mappings_ref(parent->mappings));
	if (!w->process.python)
		w->process.python = parent->python;
	if (r >= 0)
		tell_mapped(t, &w->process);
	return r;
}

static int apply_fork(struct hw_processes *t, const struct hw_side_event *ev)
{
	struct watched *w = find_process(t, ev->pid), *parent;

	if (ev->pid == ev->parent) /* a thread */
		return !w || add_tid(w, ev->tid) ? 0 : -ENOMEM;
	if (w && w->is_forked && ev->time_ns <= w->process.start_ns && w->process.start_ns)
		return 0; /* of one that had the number before */
	parent = find_or_meet(t, ev->parent, ev->time_ns);
	if (!parent)
		return -ENOMEM;
	if (w && !w->is_forked && ev->time_ns < w->met_ns)
		return adopt(t, w, &parent->process, ev->time_ns);
	w = watch_process(t, ev->pid, ev->time_ns, &parent->process);
	if (!w)
		return -ENOMEM;
	w->is_forked = w->knows_tids = true;
	w->process.start_ns = w->program_ns = ev->time_ns;
	if (t->watcher.forked)
		t->watcher.forked(t->watcher.ctx, &w->process, &parent->process);
	return 0;
}

static void apply_exit(struct hw_processes *t, const struct hw_side_event *ev)
{
	struct watched *w = find_process(t, ev->pid);

	if (!w || w->process.has_ended || (w->is_forked && ev->time_ns < w->process.start_ns))
		return;
	if (!w->knows_tids)
		learn_threads(w);
	remove_tid(w, ev->tid);
	choose_task(w);
	if (w->n_tids)
		return;
	w->process.has_ended = true;
	if (t->watcher.ended)
		t->watcher.ended(t->watcher.ctx, &w->process);
}

/* What was lost may have been of any thread. */
static void apply_lost(struct hw_processes *t)
{
	struct watched *w, *next;

	HASH_ITER(hh, t->by_pid, w, next)
		w->knows_tids = false;
}

int hw_processes_apply(struct hw_processes *t, const struct hw_side_event *ev)
{
	int r = 0;

	pthread_mutex_lock(&t->lock);
	switch (ev->kind) {
	case HW_SIDE_MMAP:
		r = apply_mmap(t, ev);
		break;
	case HW_SIDE_EXEC:
		r = apply_exec(t, ev);
		break;
	case HW_SIDE_FORK:
		r = apply_fork(t, ev);
		break;
	case HW_SIDE_EXIT:
		apply_exit(t, ev);
		break;
	case HW_SIDE_LOST:
		apply_lost(t);
		break;
	case HW_SIDE_COMM: /* each sample carries the name of its thread */
		break;
	}
	pthread_mutex_unlock(&t->lock);
	return r;
}

void hw_processes_sweep(struct hw_processes *t)
{
	struct watched *w, *next;

	pthread_mutex_lock(&t->lock);
	HASH_ITER(hh, t->by_pid, w, next) {
		if (w->is_swept)
			unwatch_process(t, w, false);
		else
			w->is_swept = w->process.has_ended;
	}
	pthread_mutex_unlock(&t->lock);
}

/* --- all of them --- */

void hw_processes_each(struct hw_processes *t, void (*visit)(void *ctx, struct hw_process *p),
		       void *ctx)
{
	struct watched *w, *next;

	HASH_ITER(hh, t->by_pid, w, next)
		visit(ctx, &w->process);
}

ssize_t hw_processes_list(struct hw_processes *t, struct hw_process_id **ret)
{
	struct hw_process_id *ids;
	struct watched *w, *next;
	ssize_t n = 0;

	pthread_mutex_lock(&t->lock);
	ids = calloc(HASH_COUNT(t->by_pid) + 1, sizeof(*ids));
	if (ids)
		HASH_ITER(hh, t->by_pid, w, next)
			if (!w->process.has_ended)
				ids[n++] = (struct hw_process_id){ w->process.pid, w->process.task };
	pthread_mutex_unlock(&t->lock);
	if (!ids)
		return -ENOMEM;
	*ret = ids;
	return n;
}

/* --- code objects --- */

int hw_process_code(struct hw_processes *t, const struct hw_process *p,
		    const struct hw_raw_python *raw, const struct hw_py_code **ret)
{
	*ret = NULL;
	if (!p->python)
		return 0;
	return hw_codes_get(t->codes, p->program, p->task, &p->python->runtime.offsets, raw, ret);
}

int hw_process_offer_code(struct hw_processes *t, const struct hw_process *p,
			  struct hw_raw_code *raw)
{
	if (!p->python)
		return 0;
	return hw_codes_offer(t->codes, p->program, p->task, &p->python->runtime.offsets, raw);
}
