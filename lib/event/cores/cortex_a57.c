/* SPDX-License-Identifier: Apache-2.0
 * Arm Cortex-A57 and A72, which count no stalls: L2 is their last cache. libpfm4 4.13 knows the A57,
 * and the numbers are the same in both manuals. */
#include "event/cores/arm.h"

const struct hw_core hw_core_cortex_a57 = {
	.name = "cortex-a57",
	.title = "Arm Cortex-A57, Cortex-A72",
	.source = "Arm Cortex-A57 TRM (DDI 0488) and Cortex-A72 TRM (100095), chapter Performance "
		  "Monitor Unit, section Events",
	.matches = (const struct hw_core_match[]){ ARM_PART(0xd07, 0x00, 0xff),
						   ARM_PART(0xd08, 0x00, 0xff), { 0 } },
	.pmus = (const char *const[]){ "arm_ac57", NULL },
	.sets = {
		{ "memory",
		  EVENTS{ CYCLES(0), INSTRUCTIONS(0), { 0 } },
		  METRICS{ IPC, { 0 } } },
		{ "cache",
		  EVENTS{ INSTRUCTIONS(0), ARM_EVENT(L1D_CACHE_REFILL, 0x03),
			  ARM_EVENT(L2D_CACHE_REFILL, 0x17), { 0 } },
		  METRICS{
			  { "l1d-mpki", "1000 * L1D_CACHE_REFILL / instructions", PER_KILO,
			    HW_METRIC_PLAIN, 0, "lines fetched into L1" },
			  { "llc-mpki", "1000 * L2D_CACHE_REFILL / instructions", PER_KILO,
			    HW_METRIC_LLC_MPKI, 0, "lines fetched into L2, the last cache" },
			  { "memory-read-bandwidth", LINE " * L2D_CACHE_REFILL / seconds / 1e9",
			    "GB/s", HW_METRIC_PLAIN, 0, "lines fetched into L2; no writes" },
			  { 0 } } },
		{ "branch",
		  EVENTS{ INSTRUCTIONS(0), { "BR_MIS_PRED", 0x10, "BRANCH_MISPRED", 0 },
			  { "BR_PRED", 0x12, "BRANCH_PRED", 0 }, { 0 } },
		  METRICS{
			  { "branch-mpki", "1000 * BR_MIS_PRED / instructions", PER_KILO,
			    HW_METRIC_PLAIN, 0,
			    "branches predicted wrongly, those never finished included" },
			  { "branch-misses", "100 * BR_MIS_PRED / BR_PRED", "% of branches",
			    HW_METRIC_PLAIN, 0,
			    "branches predicted wrongly, those never finished included" },
			  { 0 } } },
	},
};
