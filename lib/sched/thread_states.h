/* SPDX-License-Identifier: Apache-2.0
 * What the threads of the sessions do at one moment: waits that have not ended are in no account,
 * since the account gives a wait to its cause when that is known. */
#ifndef HW_SCHED_THREAD_STATES_H
#define HW_SCHED_THREAD_STATES_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "wire/wait.h"

/* By session. Every rule is an enum hw_wall_class. */
struct hw_thread_states {
	struct hw_thread_status *items; /* owned */
	size_t n;
};

void hw_thread_states_done(struct hw_thread_states *d); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_thread_states, hw_thread_states_done)

/* Reads @fd, a list_threads of bpf/wait.bpf.c, to its end and finds out what the files are that
 * threads wait for. Returns 0, or -ENOMEM or the negative errno of read(2). */
int hw_thread_states_read(int fd, struct hw_thread_states *ret);

/* The threads of @session among @d; their number in *ret_n. */
const struct hw_thread_status *hw_thread_states_of(const struct hw_thread_states *d, uint32_t session, size_t *ret_n);

/* The class of a session's wait that goes on, by its @n threads: one that waits for something
 * outside comes before one that waits for others (a lock, a child, a signal); then the main thread
 * of process @pid; then the one that began last. HW_WALL_OTHER when none waits. */
enum hw_wall_class hw_thread_states_class(const struct hw_thread_status *threads, size_t n, uint32_t pid);

/* Adds the time that each of @n threads has spent in its state until @now_ns, in seconds. */
void hw_thread_states_add(const struct hw_thread_status *threads, size_t n, uint64_t now_ns,
		   double seconds[static HW_WALL_CLASSES]);

#endif
