/* SPDX-License-Identifier: Apache-2.0
 * The processes of a recording and what each has mapped. Kept up to date by the sideband; a process
 * that was there before is read from /proc the first time it is asked for. */
#ifndef HW_TARGET_PROCESS_H
#define HW_TARGET_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "target/binary.h"
#include "target/side_event.h"
#include "proc/maps.h"
#include "sym/perf_map.h"

struct hw_process {
	int32_t pid;
	struct hw_maps *maps; /* owner of a map: for hw_process_binary() */
	struct hw_perf_map *jit; /* for hw_process_jit(); NULL before the first call */
	uint64_t rss_bytes;	 /* for hw_rss_look(): when it looked last */
};

struct hw_processes; /* opaque */

/* Returns an empty table of processes whose files are in @binaries (borrowed), or NULL without
 * memory. */
struct hw_processes *hw_processes_new(struct hw_binaries *binaries);
struct hw_processes *hw_processes_free(struct hw_processes *t);
HW_DEFINE_AUTO(struct hw_processes *, hw_processes_free)

/* Applies one event, in the order of time. Returns 0 or -ENOMEM. */
int hw_processes_apply(struct hw_processes *t, const struct hw_side_event *ev);

/* The process @pid, valid until the next call of hw_processes_apply() or hw_processes_sweep(). One
 * that is not known yet is read from /proc/PID/maps; if that is gone it has no mappings. NULL
 * without memory. */
struct hw_process *hw_processes_get(struct hw_processes *t, int32_t pid);

/* Calls @visit for each process that has not ended. */
void hw_processes_each(struct hw_processes *t, void (*visit)(void *ctx, struct hw_process *p),
		       void *ctx);

/* The file behind the mapping @map of @p, looked up at the first call; NULL when there is none
 * (anonymous memory) or it cannot be opened any more. */
struct hw_binary *hw_process_binary(struct hw_processes *t, const struct hw_process *p,
				    struct hw_map *map);

/* Looks up code of @p at @addr that lies in no file, in what the process writes for perf(1): as
 * hw_perf_map_find(). */
int hw_process_jit(struct hw_process *p, uint64_t addr, struct hw_symbol *ret);

/* Forgets processes that had ended before the last call. Call it once per batch of samples, when
 * the samples drained before are done with. */
void hw_processes_sweep(struct hw_processes *t);

#endif
