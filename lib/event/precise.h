/* SPDX-License-Identifier: Apache-2.0
 * Where a sample of an event stands. The interrupt of a counter comes some instructions after the
 * one that made it overflow: the sample skids. Some CPUs can note the very instruction, and the
 * address of the data that it used; attr.precise_ip of perf_event_open(2) asks for that, 1 for a
 * skid that is constant, 2 for none if that can be, 3 for none at all. */
#ifndef HW_EVENT_PRECISE_H
#define HW_EVENT_PRECISE_H

#include "event/event.h"

/* Lowers the precise_ip of @event, which is to be sampled, to the most that this machine grants.
 * What is asked of software events, and of a core PMU that names no level in its
 * caps/max_precise of sysfs, is not granted: kernels take it there and do nothing. Where a level
 * is left, data addresses are asked for, too.
 * Returns 0, or the negative errno with which the event is refused even without precision, then
 * @event is left as it is: its opener will meet the same. */
int hw_event_settle_precise(struct hw_event *event);

/* One sentence: what it means that @event is sampled as it is instead of with @asked. Caller
 * frees; NULL without memory. */
char *hw_event_explain_skid(const struct hw_event *event, unsigned int asked);

#endif
