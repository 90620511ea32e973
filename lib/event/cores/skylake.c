/* SPDX-License-Identifier: Apache-2.0
 * Intel Skylake to Comet Lake, Skylake-SP to Cooper Lake: four slots a cycle. */
#include "event/cores/intel.h"

/* With the other thread of the core at work, this thread has only part of the slots of its cycles:
 * the core's cycles, as far as they are this thread's, are half of those that both ran and all of
 * those that it ran alone. */
#define SLOTS                                                    \
	"(4 * cycles * (1 - SMT / 2 + SMT / 2 * "                \
	"(CPU_CLK_UNHALTED.ONE_THREAD_ACTIVE / CPU_CLK_UNHALTED.REF_XCLK)))"

#define FRONTEND "IDQ_UOPS_NOT_DELIVERED.CORE / " SLOTS
#define ISSUED	 "(UOPS_ISSUED.ANY + 4 * INT_MISC.RECOVERY_CYCLES) / " SLOTS
#define RETIRING "UOPS_RETIRED.RETIRE_SLOTS / " SLOTS

const struct hw_core hw_core_skylake = {
	.name = "skylake",
	.title = "Intel Skylake, Kaby Lake, Coffee Lake, Comet Lake, Cascade Lake, Cooper Lake",
	.source = "Intel SDM vol. 3B, chapter Performance Monitoring, and its events "
		  "(perfmon-events.intel.com); A. Yasin, A Top-Down Method for Performance Analysis, "
		  "ISPASS 2014; Intel Optimization Manual, appendix B.1, Top-Down",
	.matches = (const struct hw_core_match[]){ INTEL(0x4e, 0x4e), INTEL(0x55, 0x55),
						   INTEL(0x5e, 0x5e), INTEL(0x8e, 0x8e),
						   INTEL(0x9e, 0x9e), INTEL(0xa5, 0xa6), { 0 } },
	.pmus = (const char *const[]){ "skl", "skx", "clx", NULL },
	.sets = {
		{ "topdown",
		  EVENTS{
			  CYCLES(0),
			  { "IDQ_UOPS_NOT_DELIVERED.CORE", 0x019c, "IDQ_UOPS_NOT_DELIVERED:CORE", 0 },
			  { "UOPS_ISSUED.ANY", 0x010e, "UOPS_ISSUED:ANY", 0 },
			  { "UOPS_RETIRED.RETIRE_SLOTS", 0x02c2, "UOPS_RETIRED:RETIRE_SLOTS", 0 },
			  { "INT_MISC.RECOVERY_CYCLES", 0x010d, "INT_MISC:RECOVERY_CYCLES", 0 },
			  { "CPU_CLK_UNHALTED.ONE_THREAD_ACTIVE", 0x023c,
			    "CPU_CLK_UNHALTED:ONE_THREAD_ACTIVE", HW_METRIC_SMT_GROUP },
			  { "CPU_CLK_UNHALTED.REF_XCLK", 0x013c, "CPU_CLK_UNHALTED:REF_XCLK",
			    HW_METRIC_SMT_GROUP },
			  { 0 } },
		  METRICS{
			  { "retiring", "100 * " RETIRING, "% of slots", HW_METRIC_PLAIN, 0,
			    "useful work: what is left is to compute less, or with wider vectors" },
			  { "bad-speculation",
			    "100 * max(0, " ISSUED " - " RETIRING ")", "% of slots",
			    HW_METRIC_PLAIN, 0, "work thrown away after wrong predictions" },
			  { "frontend-bound", "100 * " FRONTEND, "% of slots", HW_METRIC_PLAIN, 0,
			    "instructions arrived too slowly: much code, many jumps" },
			  { "backend-bound", "100 * max(0, 1 - " FRONTEND " - " ISSUED ")",
			    "% of slots", HW_METRIC_PLAIN, 0,
			    "operations waited for data from memory, or for busy units" },
			  { 0 } } },
		{ "memory",
		  EVENTS{
			  CYCLES(0),
			  INSTRUCTIONS(0),
			  { "CYCLE_ACTIVITY.STALLS_L1D_MISS", 0xc000ca3,
			    "CYCLE_ACTIVITY:STALLS_L1D_MISS", 0 },
			  { "EXE_ACTIVITY.BOUND_ON_STORES", 0x40a6, "EXE_ACTIVITY:BOUND_ON_STORES", 0 },
			  { 0 } },
		  METRICS{
			  INTEL_MEMORY_STALL("CYCLE_ACTIVITY.STALLS_L1D_MISS"),
			  IPC,
			  { 0 } } },
		INTEL_CACHE,
		INTEL_BRANCH,
	},
};
