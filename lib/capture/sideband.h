/* SPDX-License-Identifier: Apache-2.0
 * What the kernel tells of processes while they run: executable mappings, names, exec, fork, exit.
 * A perf software event that counts nothing (PERF_COUNT_SW_DUMMY) carries these records from the
 * first instruction of the command on, through threads and children; so mappings are known also of
 * processes that are gone before anybody could read their /proc/PID/maps. */
#ifndef HW_CAPTURE_SIDEBAND_H
#define HW_CAPTURE_SIDEBAND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "target/side_event.h"

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
