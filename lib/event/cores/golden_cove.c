/* SPDX-License-Identifier: Apache-2.0
 * Intel Sapphire Rapids and Emerald Rapids. Alder Lake and its successors for desktops, whose large
 * cores are the same, have small ones beside them, and no table here.
 *
 * libpfm4 4.13 gives TOPDOWN:BACKEND_BOUND_SLOTS and TOPDOWN:MEMORY_BOUND_SLOTS the codes 0x0200 and
 * 0x1000, whose event is 0 and counts nothing of the kind; Intel's list says event 0xa4. */
#include "event/cores/intel.h"

#define SLOTS	 "TOPDOWN.SLOTS_P"
#define RETIRING "UOPS_RETIRED.SLOTS / " SLOTS
#define FRONTEND "IDQ_BUBBLES.CORE / " SLOTS
#define BACKEND	 "TOPDOWN.BACKEND_BOUND_SLOTS / " SLOTS

const struct hw_core hw_core_golden_cove = {
	.name = "golden-cove",
	.title = "Intel Sapphire Rapids, Emerald Rapids",
	.source = "Intel SDM vol. 3B, chapter Performance Monitoring (architectural events Topdown "
		  "Slots ff.), and its events (perfmon-events.intel.com); A. Yasin, A Top-Down "
		  "Method for Performance Analysis, ISPASS 2014",
	.matches = (const struct hw_core_match[]){ INTEL(0x8f, 0x8f), INTEL(0xcf, 0xcf), { 0 } },
	.pmus = (const char *const[]){ "spr", NULL },
	.sets = {
		{ "topdown",
		  EVENTS{
			  { "TOPDOWN.SLOTS_P", 0x01a4, "TOPDOWN:SLOTS_P", 0 },
			  { "UOPS_RETIRED.SLOTS", 0x02c2, "UOPS_RETIRED:SLOTS", 0 },
			  { "IDQ_BUBBLES.CORE", 0x019c, "IDQ_UOPS_NOT_DELIVERED:CORE", 0 },
			  { "TOPDOWN.BACKEND_BOUND_SLOTS", 0x02a4, NULL, 0 },
			  { "TOPDOWN.MEMORY_BOUND_SLOTS", 0x10a4, NULL, 0 },
			  { 0 } },
		  METRICS{ INTEL_LEVEL_1(RETIRING, FRONTEND, BACKEND),
			   { "memory-bound", "100 * TOPDOWN.MEMORY_BOUND_SLOTS / " SLOTS,
			     "% of slots", HW_METRIC_PLAIN, 0,
			     "of backend-bound: operations waited for data from memory" },
			   { 0 } } },
		{ "memory",
		  EVENTS{
			  CYCLES(0),
			  INSTRUCTIONS(0),
			  { "MEMORY_ACTIVITY.STALLS_L1D_MISS", 0x3000347,
			    "MEMORY_ACTIVITY:STALLS_L1D_MISS", 0 },
			  { "EXE_ACTIVITY.BOUND_ON_STORES", 0x20040a6,
			    "EXE_ACTIVITY:BOUND_ON_STORES", 0 },
			  { 0 } },
		  METRICS{ INTEL_MEMORY_STALL("MEMORY_ACTIVITY.STALLS_L1D_MISS"),
			   IPC,
			   { 0 } } },
		INTEL_CACHE,
		INTEL_BRANCH,
	},
};
