/* SPDX-License-Identifier: Apache-2.0
 * What the threads of the sessions do at one moment: waits that have not ended are in no account,
 * since the account gives a wait to its cause when that is known. */
#ifndef HW_CAPTURE_DOING_H
#define HW_CAPTURE_DOING_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "shared.h"

/* By session. Every rule is an enum hw_wall_class. */
struct hw_doings {
	struct hw_doing *items; /* owned */
	size_t n;
};

void hw_doings_done(struct hw_doings *d); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_doings, hw_doings_done)

/* Reads @fd, a list_threads of bpf/wait.bpf.c, to its end and finds out what the files are that
 * threads wait for. Returns 0, or -ENOMEM or the negative errno of read(2). */
int hw_doings_read(int fd, struct hw_doings *ret);

/* The threads of @session among @d; their number in *ret_n. */
const struct hw_doing *hw_doings_of(const struct hw_doings *d, uint32_t session, size_t *ret_n);

/* The class of a session's wait that goes on, by its @n threads: one that waits for something
 * outside comes before one that waits for others (a lock, a child, a signal); then the main thread
 * of process @pid; then the one that began last. HW_WALL_OTHER when none waits. */
enum hw_wall_class hw_doings_class(const struct hw_doing *threads, size_t n, uint32_t pid);

/* Adds the time that each of @n threads has spent in its state until @now_ns, in seconds. */
void hw_doings_add(const struct hw_doing *threads, size_t n, uint64_t now_ns,
		   double seconds[static HW_WALL_CLASSES]);

#endif
