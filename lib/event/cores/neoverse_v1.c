/* SPDX-License-Identifier: Apache-2.0
 * Arm Neoverse V1 (AWS Graviton 3): eight slots a cycle. */
#include "event/cores/arm.h"

const struct hw_core hw_core_neoverse_v1 = {
	.name = "neoverse-v1",
	.title = "Arm Neoverse V1",
	.source = "Arm Neoverse V1 TRM (101427), chapter Performance Monitors Extension support; Arm Neoverse "
		  "V1 Performance Analysis Methodology, top-down level 1",
	.matches = (const struct hw_core_match[]){ ARM_PART(0xd40, 0x00, 0xff), { 0 } },
	.pmus = (const char *const[]){ "arm_v1", NULL },
	.sets = {
		ARM_TOPDOWN("8", "STALL_SLOT_FRONTEND", "STALL_SLOT", "4", "0"),
		ARM_MEMORY_STALL,
		ARM_CACHE,
		ARM_BRANCH,
	},
};
