/* SPDX-License-Identifier: Apache-2.0
 * What the kernel tells of processes while they run: executable mappings, names, exec, fork, exit.
 * A perf software event that counts nothing (PERF_COUNT_SW_DUMMY) carries these records from the
 * first instruction of the command on, through threads and children; so mappings are known also of
 * processes that are gone before anybody could read their /proc/PID/maps. */
#ifndef HW_TARGET_SIDEBAND_H
#define HW_TARGET_SIDEBAND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "proc/maps.h"
#include "proc/task.h"

struct hw_binary; /* target/binary.h */

enum hw_side_kind {
	HW_SIDE_MMAP, /* pid, map */
	HW_SIDE_COMM, /* pid, tid, comm */
	HW_SIDE_EXEC, /* pid, tid, comm: the process runs a new program, its mappings are gone */
	HW_SIDE_FORK, /* pid, tid, parent: a new thread when pid is the parent's, else a process */
	HW_SIDE_EXIT, /* pid, tid: a thread ended; the process when tid is pid */
	HW_SIDE_LOST, /* lost records were overwritten */
};

struct hw_side_event {
	enum hw_side_kind kind;
	uint64_t time_ns; /* CLOCK_MONOTONIC, as of the samples */
	uint32_t order;	  /* in which it was taken off its ring, for equal times */
	int32_t pid, tid, parent;
	char comm[HW_COMM_SIZE];
	struct hw_map map; /* path owned by the event */
	struct hw_binary *opened; /* the file of map, when somebody has it open; else NULL */
	uint64_t lost;
};

/* A batch, in the order of time. */
struct hw_side_events {
	struct hw_side_event *items;
	size_t count, cap;
};
void hw_side_events_done(struct hw_side_events *events);
HW_DEFINE_AUTO_DONE(struct hw_side_events, hw_side_events_done)

struct hw_sideband; /* opaque */

/* Listens to the threads @tids and all they create from now on; @n_tids 0: to the whole machine.
 * Returns 0 and sets *ret (free with hw_sideband_free()), or the negative errno of
 * perf_event_open(2) or mmap(2): -EACCES, -EPERM (perf_event_paranoid, perf_event_mlock_kb),
 * -EMFILE, -ESRCH (none of the threads is there any more), -ENOMEM. */
int hw_sideband_open(const pid_t *tids, size_t n_tids, struct hw_sideband **ret);
struct hw_sideband *hw_sideband_free(struct hw_sideband *sb);
HW_DEFINE_AUTO(struct hw_sideband *, hw_sideband_free)

/* A file descriptor for poll(2), POLLIN: records are waiting. */
int hw_sideband_fd(const struct hw_sideband *sb);

/* Takes all waiting records off the rings into @ret, which must be empty. 0, -ENOMEM. */
int hw_sideband_drain(struct hw_sideband *sb, struct hw_side_events *ret);

#endif
