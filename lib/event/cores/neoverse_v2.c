/* SPDX-License-Identifier: Apache-2.0
 * Arm Neoverse V2 (AWS Graviton 4, NVIDIA Grace): eight slots a cycle. */
#include "event/cores/arm.h"

const struct hw_core hw_core_neoverse_v2 = {
	.name = "neoverse-v2",
	.title = "Arm Neoverse V2",
	.source = "Arm Neoverse V2 TRM (102375), chapter Performance Monitors Extension support; Arm Neoverse "
		  "V2 Telemetry Specification, top-down level 1",
	.matches = (const struct hw_core_match[]){ ARM_PART(0xd4f, 0x00, 0xff), { 0 } },
	.pmus = (const char *const[]){ "arm_v2", NULL },
	.sets = {
		ARM_TOPDOWN("8", "STALL_SLOT_FRONTEND", "STALL_SLOT", "1", "3"),
		ARM_MEMORY_STALL,
		ARM_CACHE,
		ARM_BRANCH,
	},
};
