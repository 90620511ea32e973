/* SPDX-License-Identifier: Apache-2.0
 * Refusals of perf_event_open(2) in words (its man page, ERRORS, is the source). */
#ifndef HW_EVENT_EXPLAIN_H
#define HW_EVENT_EXPLAIN_H

#include "event/event.h"

/* One sentence, "EVENT cause; remedy": why @event was refused with @error (negative errno) and what
 * would help, with the present value of the sysctl or the missing capability. Says whether the event
 * is refused or perf_event_open(2) as a whole. Caller frees; NULL without memory. */
char *hw_event_explain(const struct hw_event *event, int error);

#endif
