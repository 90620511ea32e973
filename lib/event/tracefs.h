/* SPDX-License-Identifier: Apache-2.0
 * Tracepoints, by the files of tracefs (linux: Documentation/trace/events.rst). */
#ifndef HW_EVENT_TRACEFS_H
#define HW_EVENT_TRACEFS_H

#include <stdint.h>

#include "event/event.h"

/* Opens the root of tracefs: where it is mounted, else, with CAP_SYS_ADMIN, in a mount of our own
 * that no other process sees and that ends with the descriptor. Returns the descriptor, or
 *   -EACCES  there, or mountable, but not by this user    -ENOENT  the kernel has no tracefs */
int hw_tracefs_open(void);

/* Reads the id of the tracepoint @name, "system:event", in the tracefs at @tracefs_fd.
 * Returns 0 and sets the attr, unit and scale of *ret, or, leaving it alone,
 *   -ENOENT  not of that form, or no such tracepoint    -EACCES  not readable    -EBADMSG */
int hw_tracefs_find(int tracefs_fd, const char *name, struct hw_event *ret);

/* Calls @visit for each tracepoint in the order of the alphabet; as hw_event_visit(). */
int hw_tracefs_visit(int tracefs_fd, int (*visit)(void *ctx, const struct hw_event_info *info),
		     void *ctx);

#endif
