/* SPDX-License-Identifier: Apache-2.0
 * The table of the watched processes: which there are, by number and start, what program each runs, what
 * that has mapped and which code objects it has. The kernel's events are applied to it, each once; a
 * process that was there before is read from /proc when it is first asked for.
 *
 * Who takes samples runs ahead of who resolves them, and each needs the mappings of its own moment. So a
 * sample holds a version of its process, which never changes and outlives it.
 *
 * Threads. One at a time may be the owner (the intake, under its lock) and call what takes a struct
 * hw_processes or struct hw_process. hw_processes_list() is for any thread. A struct
 * hw_process_version is for any thread to hold, read and let go of; hw_program_jit() of its program is
 * for the one that names code. */
#ifndef HW_TARGET_PROCESS_H
#define HW_TARGET_PROCESS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "target/binary.h"
#include "target/mappings.h"
#include "target/program.h"
#include "target/side_event.h"
#include "wire/python.h"
#include "wire/sample.h"

struct hw_map_table; /* capture/tables.h */
struct hw_py_code;   /* py/code.h */

/* A process from the fork that made it to the end of its last thread. For its owner to read. */
struct hw_process {
	int32_t pid;
	int32_t task;	   /* a thread of it that is alive, as far as is known: to ask /proc and read memory by */
	uint64_t start_ns; /* CLOCK_MONOTONIC; 0: not known, it was there before */
	bool has_ended;
	struct hw_program *program;
	struct hw_mappings *mappings; /* of now */
	struct hw_binary *python;     /* the CPython that it has mapped and that can be read; or NULL */
	/* For who keeps the kernel's tables, as are the following: */
	struct hw_map_table *table; /* of the mappings; NULL: none */
	bool stale;		    /* they have changed since */
};

/* A process as it was at one moment. */
struct hw_process_version {
	uint32_t refs; /* for process.c alone */
	struct hw_program *program;
	struct hw_mappings *mappings;
};
struct hw_process_version *hw_process_version_unref(struct hw_process_version *v); /* NULL allowed */
HW_DEFINE_AUTO(struct hw_process_version *, hw_process_version_unref)

/* Told by the functions below, in the thread that calls them; each may be NULL. They must not call the
 * table. */
struct hw_process_watcher {
	void (*mapped)(void *ctx, struct hw_process *p); /* its mappings have changed */
	/* It has mapped CPython: where to find its frames. A fork is not told: the BPF program copies by
	 * itself, sooner than we could. */
	void (*python)(void *ctx, struct hw_process *p, const struct hw_py_proc *proc);
	void (*forked)(void *ctx, struct hw_process *child, struct hw_process *parent);
	void (*execed)(void *ctx, struct hw_process *p); /* it has none of its mappings any more */
	void (*ended)(void *ctx, struct hw_process *p);
	/* It leaves the table. @is_replaced: another process has its number by now. */
	void (*removed)(void *ctx, struct hw_process *p, bool is_replaced);
	void *ctx;
};

struct hw_processes; /* opaque */

/* Returns an empty table of processes whose files are in @binaries (borrowed), or NULL without
 * memory. */
struct hw_processes *hw_processes_new(struct hw_binaries *binaries);
struct hw_processes *hw_processes_free(struct hw_processes *t); /* nobody is told */
HW_DEFINE_AUTO(struct hw_processes *, hw_processes_free)

/* Tells @watcher (a copy is made) from now on; NULL: nobody. */
void hw_processes_watch(struct hw_processes *t, const struct hw_process_watcher *watcher);

/* Applies one event. They come in the order of time but for those that were written on several CPUs
 * while the rings were read: of these a fork, an exec or an exit that comes behind what followed it does
 * not undo that. Returns 0 or -ENOMEM. */
int hw_processes_apply(struct hw_processes *t, const struct hw_side_event *ev);

/* The process that had the number @pid at @time_ns, of which every event up to then is applied; valid
 * until the next call of hw_processes_apply() or hw_processes_sweep(). One that is not known yet is
 * read from /proc; if it has gone, or another has the number by now, it has no mappings. NULL without
 * memory. */
struct hw_process *hw_processes_get(struct hw_processes *t, int32_t pid, uint64_t time_ns);

/* Calls @visit for each process. */
void hw_processes_each(struct hw_processes *t, void (*visit)(void *ctx, struct hw_process *p), void *ctx);

/* Forgets processes that had ended before the last call. Call it once per batch of samples, when the
 * samples drained before are done with. */
void hw_processes_sweep(struct hw_processes *t);

/* The version of @p now, a reference for the caller; NULL without memory. It costs nothing but the
 * first time after a change. */
struct hw_process_version *hw_process_version(struct hw_process *p);

/* The code object of @raw in @p: as read before, in this process or in one it was forked from, else read
 * now. Returns 0 and sets *ret, which lives as long as @t, and is NULL when the object has gone or @p
 * has no CPython; or -ENOMEM, -EOVERFLOW. */
int hw_process_code(struct hw_processes *t, const struct hw_process *p, const struct hw_raw_python *raw,
		    const struct hw_py_code **ret);

/* Reads a code object that samples are about to name: now, or as the BPF program has read it, see
 * hw_codes_offer(). Returns 0, -ENOMEM, -EOVERFLOW. */
int hw_process_offer_code(struct hw_processes *t, const struct hw_process *p, struct hw_raw_code *raw);

/* The processes that have not ended: returns how many and sets *ret (free(3)), or -ENOMEM. */
struct hw_process_id {
	int32_t pid, task; /* as in struct hw_process */
};
ssize_t hw_processes_list(struct hw_processes *t, struct hw_process_id **ret);

#endif
