/* SPDX-License-Identifier: Apache-2.0 */
#include "target/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((void)(entry))
#include <uthash.h>

/* The owner of a mapping that was looked up in vain. */
static struct hw_binary no_binary;

enum life { ALIVE, ENDED, SWEPT_ONCE };

struct entry {
	struct hw_process process;
	enum life life;
	UT_hash_handle hh;
};

struct hw_processes {
	struct entry *by_pid; /* uthash */
	struct hw_binaries *binaries;
};

struct hw_processes *hw_processes_new(struct hw_binaries *binaries)
{
	struct hw_processes *t = calloc(1, sizeof(*t));

	if (t)
		t->binaries = binaries;
	return t;
}

static void free_entry(struct hw_processes *t, struct entry *e)
{
	HASH_DEL(t->by_pid, e);
	hw_maps_free(e->process.maps);
	hw_perf_map_free(e->process.jit);
	free(e);
}

struct hw_processes *hw_processes_free(struct hw_processes *t)
{
	struct entry *e, *next;

	if (!t)
		return NULL;
	HASH_ITER(hh, t->by_pid, e, next)
		free_entry(t, e);
	free(t);
	return NULL;
}

static struct entry *find(struct hw_processes *t, int32_t pid)
{
	struct entry *e;

	HASH_FIND_INT(t->by_pid, &pid, e);
	return e;
}

/* Adds @pid with @maps, which it takes over, also on failure. NULL without memory. */
static struct entry *add(struct hw_processes *t, int32_t pid, struct hw_maps *maps)
{
	struct entry *e = maps ? calloc(1, sizeof(*e)) : NULL;

	if (e) {
		e->process = (struct hw_process){ .pid = pid, .maps = maps };
		HASH_ADD_INT(t->by_pid, process.pid, e);
		if (e->hh.tbl)
			return e;
	}
	free(e);
	hw_maps_free(maps);
	return NULL;
}

struct hw_binary *hw_process_binary(struct hw_processes *t, const struct hw_process *p,
				    struct hw_map *map)
{
	struct hw_binary *b = map->owner;

	if (!b) {
		b = hw_binaries_get(t->binaries, p->pid, map);
		map->owner = b ? b : &no_binary;
	}
	return b == &no_binary ? NULL : b;
}

int hw_process_jit(struct hw_process *p, uint64_t addr, struct hw_symbol *ret)
{
	if (!p->jit)
		p->jit = hw_perf_map_new(p->pid);
	return p->jit ? hw_perf_map_find(p->jit, addr, ret) : -ENOMEM;
}

struct hw_process *hw_processes_get(struct hw_processes *t, int32_t pid)
{
	struct entry *e = find(t, pid);
	struct hw_maps *maps = NULL;

	if (e)
		return &e->process;
	if (hw_maps_read(pid, &maps) < 0)
		maps = hw_maps_new(); /* it has gone, or is a kernel thread */
	e = add(t, pid, maps);
	return e ? &e->process : NULL;
}

void hw_processes_each(struct hw_processes *t, void (*visit)(void *ctx, struct hw_process *p),
		       void *ctx)
{
	struct entry *e, *next;

	HASH_ITER(hh, t->by_pid, e, next)
		if (e->life == ALIVE)
			visit(ctx, &e->process);
}

static int apply_mmap(struct hw_processes *t, const struct hw_side_event *ev)
{
	struct hw_process *p = hw_processes_get(t, ev->pid);
	struct hw_map *map;
	int r;

	if (!p)
		return -ENOMEM;
	r = hw_maps_add(p->maps, &ev->map);
	map = r >= 0 && ev->opened ? hw_maps_find(p->maps, ev->map.start) : NULL;
	if (map)
		map->owner = ev->opened;
	return r == -ENOMEM ? r : 0; /* an absurd range is none of ours */
}

/* What @pid was before is over: by exec, or because the number comes again. */
static void forget(struct hw_processes *t, int32_t pid)
{
	struct entry *old = find(t, pid);

	if (old)
		free_entry(t, old);
}

static int apply_exec(struct hw_processes *t, const struct hw_side_event *ev)
{
	forget(t, ev->pid);
	return add(t, ev->pid, hw_maps_new()) ? 0 : -ENOMEM;
}

static int apply_fork(struct hw_processes *t, const struct hw_side_event *ev)
{
	struct hw_process *parent;

	if (ev->pid == ev->parent)
		return 0; /* a thread */
	parent = hw_processes_get(t, ev->parent);
	if (!parent)
		return -ENOMEM;
	forget(t, ev->pid);
	return add(t, ev->pid, hw_maps_clone(parent->maps)) ? 0 : -ENOMEM;
}

static void apply_exit(struct hw_processes *t, const struct hw_side_event *ev)
{
	struct entry *e = ev->tid == ev->pid ? find(t, ev->pid) : NULL;

	if (e)
		e->life = ENDED;
}

int hw_processes_apply(struct hw_processes *t, const struct hw_side_event *ev)
{
	switch (ev->kind) {
	case HW_SIDE_MMAP:
		return apply_mmap(t, ev);
	case HW_SIDE_EXEC:
		return apply_exec(t, ev);
	case HW_SIDE_FORK:
		return apply_fork(t, ev);
	case HW_SIDE_EXIT:
		apply_exit(t, ev);
		return 0;
	case HW_SIDE_COMM: /* each sample carries the name of its thread */
	case HW_SIDE_LOST:
		return 0;
	}
	return 0;
}

void hw_processes_sweep(struct hw_processes *t)
{
	struct entry *e, *next;

	HASH_ITER(hh, t->by_pid, e, next) {
		if (e->life == SWEPT_ONCE)
			free_entry(t, e);
		else if (e->life == ENDED)
			e->life = SWEPT_ONCE;
	}
}
