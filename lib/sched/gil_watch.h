/* SPDX-License-Identifier: Apache-2.0
 * Tells bpf/wait.bpf.c where the GIL of a process is when it asks, in a thread of its own: until the
 * answer comes, waits for the GIL are taken for waits for a lock. */
#ifndef HW_SCHED_GIL_WATCH_H
#define HW_SCHED_GIL_WATCH_H

#include "base/cleanup.h"

struct hw_binaries;
struct hw_gil_watch; /* opaque */

/* Answers struct hw_gil_request of the BPF ring buffer @requests_fd in the map @gils_fd, with what is
 * known of files in @binaries, NULL: in a set of its own; all are borrowed and must outlive it. Returns 0 and sets *ret (free with hw_gil_watch_free(), which ends the thread), -ENOMEM,
 * -EAGAIN without another thread, or the negative errno of eventfd(2) or mmap(2). */
int hw_gil_watch_new(int requests_fd, int gils_fd, struct hw_binaries *binaries,
		     struct hw_gil_watch **ret);
struct hw_gil_watch *hw_gil_watch_free(struct hw_gil_watch *g);
HW_DEFINE_AUTO(struct hw_gil_watch *, hw_gil_watch_free)

#endif
