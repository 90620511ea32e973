/* SPDX-License-Identifier: Apache-2.0
 * Arm Neoverse N1 (AWS Graviton 2, Ampere Altra): it counts stalled cycles, but neither slots nor
 * what a stall waited for. */
#include "event/cores/arm.h"

const struct hw_core hw_core_neoverse_n1 = {
	.name = "neoverse-n1",
	.title = "Arm Neoverse N1",
	.source = "Arm Neoverse N1 TRM (100616), chapter Performance Monitor Unit; Arm Neoverse N1 "
		  "Performance Analysis Methodology, cycle accounting",
	.matches = (const struct hw_core_match[]){ ARM_PART(0xd0c, 0x00, 0xff), { 0 } },
	.pmus = (const char *const[]){ "arm_n1", NULL },
	.sets = {
		{ "topdown",
		  EVENTS{ CYCLES(0), ARM_EVENT(STALL_FRONTEND, 0x23),
			  ARM_EVENT(STALL_BACKEND, 0x24), { 0 } },
		  METRICS{ { "frontend-stalls", "100 * STALL_FRONTEND / cycles", "% of cycles",
			     HW_METRIC_PLAIN, 0,
			     "no instruction arrived: much code, many jumps, wrong predictions" },
			   { "backend-stalls", "100 * STALL_BACKEND / cycles", "% of cycles",
			     HW_METRIC_PLAIN, 0,
			     "none could be sent for execution: memory, or busy units" },
			   { 0 } } },
		{ "memory",
		  EVENTS{ CYCLES(0), INSTRUCTIONS(0), ARM_EVENT(STALL_BACKEND, 0x24), { 0 } },
		  METRICS{ { "memory-stall-limit", "100 * STALL_BACKEND / cycles", "% of cycles",
			     HW_METRIC_STALL_BOUND, 0,
			     "memory is the cause of no more stalls than these" },
			   IPC,
			   { 0 } } },
		ARM_CACHE,
		ARM_BRANCH,
	},
};
