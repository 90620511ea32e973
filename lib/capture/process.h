/* SPDX-License-Identifier: Apache-2.0
 * The processes of a recording: what each has mapped, and the CPython in it. Kept up to date by the
 * sideband; a process that was there before is read from /proc the first time it is asked for. */
#ifndef HW_CAPTURE_PROCESS_H
#define HW_CAPTURE_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "capture/binary.h"
#include "capture/sideband.h"
#include "capture/watch.h"
#include "proc/maps.h"

/* The program that a process runs: a new one by exec. After a fork the child's image remembers its
 * parent's, with which it shares every object that both have not changed. */
struct hw_image {
	uint32_t id;		       /* unique in the recording, from 1 */
	const struct hw_image *parent; /* NULL: began with exec, or was there before */
};

struct hw_process {
	int32_t pid;
	const struct hw_image *image;
	struct hw_maps *maps;		/* owner of a map: its struct hw_binary, once looked up */
	const struct hw_binary *python; /* NULL: none that can be read */
};

struct hw_processes; /* opaque */

/* Returns an empty table (free with hw_processes_free()), or NULL without memory. @tell hears of
 * each CPython found in a process that was there before, which the watch cannot see. */
struct hw_processes *hw_processes_new(hw_python_fn *tell, void *ctx);
struct hw_processes *hw_processes_free(struct hw_processes *t);
HW_DEFINE_AUTO(struct hw_processes *, hw_processes_free)

/* Applies one event, in the order of time. Returns 0 or -ENOMEM. */
int hw_processes_apply(struct hw_processes *t, const struct hw_side_event *ev);

/* The process @pid, valid until the next call of hw_processes_apply() or hw_processes_sweep(). One
 * that is not known yet is read from /proc/PID/maps; if that is gone it has no mappings. NULL
 * without memory. */
struct hw_process *hw_processes_get(struct hw_processes *t, int32_t pid);

/* The file behind the mapping @map of @p, looked up at the first call; NULL when there is none
 * (anonymous memory, vDSO) or it cannot be opened any more. */
const struct hw_binary *hw_process_binary(struct hw_processes *t, const struct hw_process *p,
					  struct hw_map *map);

/* Forgets processes that had ended before the last call. Call it once per batch of samples, when
 * the samples drained before are done with. */
void hw_processes_sweep(struct hw_processes *t);

/* The files that were met. */
const struct hw_binaries *hw_processes_binaries(const struct hw_processes *t);

#endif
