/* SPDX-License-Identifier: Apache-2.0
 * What happens to processes, as the kernel tells it (capture/sideband.h) or a test. */
#ifndef HW_TARGET_SIDE_EVENT_H
#define HW_TARGET_SIDE_EVENT_H

#include <stdint.h>

#include "proc/maps.h"
#include "proc/task.h"

enum hw_side_kind {
	HW_SIDE_MMAP, /* pid, map */
	HW_SIDE_COMM, /* pid, tid, comm */
	HW_SIDE_EXEC, /* pid, tid, comm: the process runs a new program, its mappings are gone */
	HW_SIDE_FORK, /* pid, tid, parent: a new thread when pid is the parent's, else a process */
	HW_SIDE_EXIT, /* pid, tid: a thread ended */
	HW_SIDE_LOST, /* lost records were overwritten */
};

struct hw_side_event {
	enum hw_side_kind kind;
	uint64_t time_ns; /* CLOCK_MONOTONIC, as of the samples */
	uint32_t order;	  /* in which it was taken off its ring, for equal times */
	int32_t pid, tid, parent;
	char comm[HW_COMM_SIZE];
	struct hw_map map; /* path owned by the event */
	uint64_t lost;
};

#endif
