/* SPDX-License-Identifier: Apache-2.0
 * Arm Neoverse N2 from r0p3 on: five slots a cycle. */
#include "event/cores/arm.h"

const struct hw_core hw_core_neoverse_n2 = {
	.name = "neoverse-n2",
	.title = "Arm Neoverse N2",
	.source = "Arm Neoverse N2 TRM (102099), chapter Performance Monitors Extension support; Arm Neoverse "
		  "N2 PMU Guide and Telemetry Specification, top-down level 1",
	.matches = (const struct hw_core_match[]){ ARM_PART(0xd49, 0x03, 0xff), { 0 } },
	.pmus = (const char *const[]){ "arm_n2", NULL },
	.sets = {
		ARM_TOPDOWN("5", "STALL_SLOT_FRONTEND", "STALL_SLOT", "1", "3"),
		ARM_MEMORY_STALL,
		ARM_CACHE,
		ARM_BRANCH,
	},
};
