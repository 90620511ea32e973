/* SPDX-License-Identifier: Apache-2.0
 * perf's generic event names: the hardware and software events of perf_event_open(2) with all
 * the aliases that perf accepts, and the cache events whose names are put together from parts
 * (linux: tools/perf/util/parse-events.c, evsel.c). Case does not matter. */
#ifndef HW_EVENT_NAMES_H
#define HW_EVENT_NAMES_H

#include <linux/perf_event.h>

#include "event/event.h"

/* Finds the generic event @name: "cycles", "faults", "L1-dcache-load-misses", "r01c2" (a raw
 * code). Returns 0 and sets the attr, unit and scale of *ret, or -ENOENT. */
int hw_names_find(const char *name, struct hw_event *ret);

/* Calls @visit for each, aliases in the description; as hw_event_visit(). */
int hw_names_visit(int (*visit)(void *ctx, const struct hw_event_info *info), void *ctx);

#endif
