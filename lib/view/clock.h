/* SPDX-License-Identifier: Apache-2.0
 * The clocks of one run, CPU time, blocked time, and both together, and which events of a profile
 * tell them. */
#ifndef HW_VIEW_CLOCK_H
#define HW_VIEW_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

enum hw_clock { HW_CLOCK_CPU, HW_CLOCK_BLOCKED, HW_CLOCK_WALL };

/* "cpu", "blocked", "wall". */
const char *hw_clock_name(enum hw_clock clock);

/* Whether the event @name is @base, perhaps with modifiers: "cycles:u". */
bool hw_clock_is_event(const char *name, const char *base);

/* The number of the first event of @p whose samples are spread over CPU time: cpu-clock, task-clock
 * or cycles; of the one with its blocked time. -ENOENT when there is none. */
int hw_clock_cpu_event(const struct hw_profile *p);
int hw_clock_off_cpu_event(const struct hw_profile *p);

/* The blocked part of @ns, the sum of all classes but busy. */
uint64_t hw_clock_blocked(const uint64_t ns[static HW_WALL_CLASSES]);

/* The class of a sample of blocked time: its cause. */
enum hw_wall_class hw_clock_cause(const struct hw_sample *s);

#endif
