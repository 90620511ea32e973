/* SPDX-License-Identifier: Apache-2.0
 * Counts that cannot be. Virtual machines and emulators offer counters that open and then stay 0,
 * or run by the host's clock: such a count is worse than none, as it looks like one. */
#ifndef HW_STAT_PLAUSIBLE_H
#define HW_STAT_PLAUSIBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "event/event.h"
#include "event/perf.h"
#include "proc/usage.h"

/* Whether the count of event @i of @events, one run's with its @counts of all events and @usage,
 * cannot be true. The first that holds:
 *   it was on a counter for longer than it was enabled, by more than 1 %
 *   it was enabled for longer than all @cpus of the machine lasted, by more than 10 % and 0.1 s
 *   cycles or instructions are 0 although the program ran in the modes that they count in: for
 *	1 ms by task-clock, or 20 ms by getrusage(2), whose modes are only good to a tick
 *   instructions are 0 beside 1,000 cycles or more of the same modes
 *   branches are 0 beside 1,000,000 instructions or more of the same modes
 *   more than 10 cycles came in a nanosecond (no CPU has passed 9.2 GHz, cooled with helium)
 *   more than 16 instructions came in a cycle (the widest cores retire 10)
 * An event that was refused or never on a counter is neither believed nor disbelieved.
 * Sets *ret_why then, a sentence (caller frees; NULL without memory). */
bool hw_count_is_impossible(const struct hw_events *events, size_t i,
			    const struct hw_count *counts, const struct hw_usage *usage,
			    unsigned int cpus, char **ret_why);

/* Whether the count of a raw event of the CPU's PMU is a 0 that proves nothing: such a counter may
 * be one that this PMU has not got. */
bool hw_count_is_doubtful_zero(const struct hw_event *event, const struct hw_count *count);

#endif
