/* SPDX-License-Identifier: Apache-2.0
 * A thread that reads the sideband as it comes, and tells at once where a CPython has appeared: the
 * BPF program must know before the interpreter runs its first function, however busy the thread
 * that symbolizes is. The events are kept for that thread. */
#ifndef HW_CAPTURE_WATCH_H
#define HW_CAPTURE_WATCH_H

#include <linux/types.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "capture/sideband.h"
#include "shared.h"

/* Told, from either thread, one call at a time: CPython is in @pid now (where to find its frames),
 * or @pid has ended or runs another program (@proc NULL). A fork is not told: the BPF program
 * copies by itself, sooner than we could. */
typedef void hw_python_fn(void *ctx, int32_t pid, const struct hw_py_proc *proc);

struct hw_watch; /* opaque */

/* Starts the thread on @sb, which is borrowed and no longer the caller's to drain. Returns 0 and
 * sets *ret (free with hw_watch_free(), which ends the thread), -ENOMEM or -EAGAIN. */
int hw_watch_start(struct hw_sideband *sb, hw_python_fn *tell, void *ctx, struct hw_watch **ret);
struct hw_watch *hw_watch_free(struct hw_watch *w);
HW_DEFINE_AUTO(struct hw_watch *, hw_watch_free)

/* Moves all events that have come so far into @ret, which must be empty, in the order of time. Every
 * event older than the call is among them. 0, -ENOMEM. */
int hw_watch_take(struct hw_watch *w, struct hw_side_events *ret);

#endif
