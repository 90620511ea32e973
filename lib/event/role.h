/* SPDX-License-Identifier: Apache-2.0
 * What an event stands for in a figure that is made of several: told from its name alone, so that
 * it works for a profile of another machine, too. */
#ifndef HW_EVENT_ROLE_H
#define HW_EVENT_ROLE_H

enum hw_event_role {
	HW_ROLE_OTHER,
	HW_ROLE_CYCLES,
	HW_ROLE_INSTRUCTIONS, /* that retired */
	HW_ROLE_BRANCHES,
	HW_ROLE_CACHE_MISSES, /* of the last level: loads, or all */
};

/* The role of the event @name, as `hwprof record -e` took it: perf's generic names, and the names
 * by which the Arm architecture and Intel's manuals call the same count. What the event counts in
 * is in *ret_modes: bits of enum hw_event_mode. */
enum hw_event_mode { HW_MODE_USER = 1, HW_MODE_KERNEL = 2, HW_MODE_HYPERVISOR = 4 };
enum hw_event_role hw_event_role_of(const char *name, unsigned int *ret_modes);

#endif
