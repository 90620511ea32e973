/* SPDX-License-Identifier: Apache-2.0
 * The metric tables, for hw_cores alone. To add one: a file like the others here, its name in this
 * list and in that of core.c; tests/test_core.c then holds it against libpfm4. */
#ifndef HW_EVENT_CORES_CORES_H
#define HW_EVENT_CORES_CORES_H

#include "event/core.h"

extern const struct hw_core hw_core_generic, hw_core_skylake, hw_core_icelake, hw_core_golden_cove,
	hw_core_zen2, hw_core_zen3, hw_core_zen4, hw_core_cortex_a57, hw_core_neoverse_n1,
	hw_core_neoverse_n2, hw_core_neoverse_n2_r0p2, hw_core_neoverse_v1, hw_core_neoverse_v2;

#define EVENTS	(const struct hw_metric_event[])
#define METRICS (const struct hw_metric[])

/* perf's own events, which the kernel maps to those of each core. */
#define CYCLES(group_)	     { "cycles", HW_METRIC_GENERIC, NULL, group_ }
#define INSTRUCTIONS(group_) { "instructions", HW_METRIC_GENERIC, NULL, group_ }

#define IPC                                                                                \
	{ "ipc", "instructions / cycles", "instructions per cycle", HW_METRIC_PLAIN, 0, \
	  "below 1 a core mostly waits" }

#define PER_KILO "per 1,000 instructions"

/* Bytes of a line of every cache named here. */
#define LINE "64"

/* An Arm part of Arm Ltd (implementer 0x41) in revisions @first_ to @last_, r1p2 being 0x12. */
#define ARM_PART(part_, first_, last_) { "0x41", 0, part_, part_, first_, last_ }
/* Models of one family, in all steppings. */
#define INTEL(first_, last_)	   { "GenuineIntel", 6, first_, last_, 0, UINT32_MAX }
#define AMD(family_, first_, last_) { "AuthenticAMD", family_, first_, last_, 0, UINT32_MAX }

#endif
