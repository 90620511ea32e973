/* SPDX-License-Identifier: Apache-2.0
 * Intel Ice Lake, Tiger Lake and Rocket Lake: slots have counters of their own.
 *
 * libpfm4 4.13 gives TOPDOWN:BACKEND_BOUND_SLOTS the code 0x0200, whose event is 0 and counts
 * nothing of the kind; Intel's list says event 0xa4, umask 0x02. */
#include "event/cores/intel.h"

#define SLOTS	 "TOPDOWN.SLOTS_P"
#define RETIRING "UOPS_RETIRED.SLOTS / " SLOTS
#define FRONTEND "IDQ_UOPS_NOT_DELIVERED.CORE / " SLOTS
#define BACKEND	 "TOPDOWN.BACKEND_BOUND_SLOTS / " SLOTS

const struct hw_core hw_core_icelake = {
	.name = "icelake",
	.title = "Intel Ice Lake, Tiger Lake, Rocket Lake",
	.source = "Intel SDM vol. 3B, chapter Performance Monitoring (architectural events Topdown "
		  "Slots ff.), and its events (perfmon-events.intel.com); A. Yasin, A Top-Down "
		  "Method for Performance Analysis, ISPASS 2014",
	.matches = (const struct hw_core_match[]){ INTEL(0x6a, 0x6a), INTEL(0x6c, 0x6c),
						   INTEL(0x7d, 0x7e), INTEL(0x8c, 0x8d),
						   INTEL(0xa7, 0xa7), { 0 } },
	.pmus = (const char *const[]){ "icl", "icx", NULL },
	.sets = {
		{ "topdown",
		  EVENTS{
			  { "TOPDOWN.SLOTS_P", 0x01a4, "TOPDOWN:SLOTS_P", 0 },
			  { "UOPS_RETIRED.SLOTS", 0x02c2, "UOPS_RETIRED:SLOTS", 0 },
			  { "IDQ_UOPS_NOT_DELIVERED.CORE", 0x019c, "IDQ_UOPS_NOT_DELIVERED:CORE", 0 },
			  { "TOPDOWN.BACKEND_BOUND_SLOTS", 0x02a4, NULL, 0 },
			  { 0 } },
		  METRICS{ INTEL_LEVEL_1(RETIRING, FRONTEND, BACKEND), { 0 } } },
		{ "memory",
		  EVENTS{
			  CYCLES(0),
			  INSTRUCTIONS(0),
			  { "CYCLE_ACTIVITY.STALLS_L1D_MISS", 0xc000ca3,
			    "CYCLE_ACTIVITY:STALLS_L1D_MISS", 0 },
			  { "EXE_ACTIVITY.BOUND_ON_STORES", 0x20040a6,
			    "EXE_ACTIVITY:BOUND_ON_STORES", 0 },
			  { 0 } },
		  METRICS{ INTEL_MEMORY_STALL("CYCLE_ACTIVITY.STALLS_L1D_MISS"),
			   IPC,
			   { 0 } } },
		INTEL_CACHE,
		INTEL_BRANCH,
	},
};
