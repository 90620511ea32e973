/* SPDX-License-Identifier: Apache-2.0
 * Tells bpf/wait.bpf.c where the GIL of a process is when it asks, in a thread of its own: until the
 * answer comes, waits for the GIL are taken for waits for a lock. */
#ifndef HW_CAPTURE_GILS_H
#define HW_CAPTURE_GILS_H

#include "base/cleanup.h"

struct hw_gils; /* opaque */

/* Answers struct hw_asked of the BPF ring buffer @asked_fd in the map @gils_fd; both are borrowed and
 * must outlive it. Returns 0 and sets *ret (free with hw_gils_free(), which ends the thread), -ENOMEM,
 * -EAGAIN without another thread, or the negative errno of eventfd(2) or mmap(2). */
int hw_gils_new(int asked_fd, int gils_fd, struct hw_gils **ret);
struct hw_gils *hw_gils_free(struct hw_gils *g);
HW_DEFINE_AUTO(struct hw_gils *, hw_gils_free)

#endif
