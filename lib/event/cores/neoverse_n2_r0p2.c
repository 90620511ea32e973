/* SPDX-License-Identifier: Apache-2.0
 * Arm Neoverse N2 before r0p3, whose STALL_SLOT and STALL_SLOT_FRONTEND count one slot too many
 * in each cycle (as Arm's formulas for r0p2 correct it). */
#include "event/cores/arm.h"

const struct hw_core hw_core_neoverse_n2_r0p2 = {
	.name = "neoverse-n2-r0p2",
	.title = "Arm Neoverse N2 up to r0p2",
	.source = "Arm Neoverse N2 TRM (102099), chapter Performance Monitors Extension support; Arm Neoverse "
		  "N2 Telemetry Specification for r0p2, top-down level 1",
	.matches = (const struct hw_core_match[]){ ARM_PART(0xd49, 0x00, 0x02), { 0 } },
	.pmus = (const char *const[]){ "arm_n2", NULL },
	.sets = {
		ARM_TOPDOWN("5", "(STALL_SLOT_FRONTEND - cycles)", "(STALL_SLOT - cycles)", "1", "3"),
		ARM_MEMORY_STALL,
		ARM_CACHE,
		ARM_BRANCH,
	},
};
