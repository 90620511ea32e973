/* SPDX-License-Identifier: Apache-2.0
 * AMD Zen 4: six slots a cycle, whose fate is counted. The two groups need no more than the six
 * counters that there are. */
#include "event/cores/amd.h"

#define SLOTS "(6 * cycles)"

const struct hw_core hw_core_zen4 = {
	.name = "zen4",
	.title = "AMD Zen 4 (EPYC 9004, Ryzen 7000 and 8000)",
	.source = "AMD PPR for Family 19h Model 11h (55901), sections Pipeline Utilization and Core "
		  "Performance Monitor Counters",
	.matches = (const struct hw_core_match[]){ AMD(0x19, 0x10, 0x1f), AMD(0x19, 0x60, 0xaf),
						   { 0 } },
	.pmus = (const char *const[]){ "amd64_fam19h_zen4", NULL },
	.sets = {
		{ "topdown",
		  EVENTS{
			  CYCLES(0),
			  { "DeNoDispatchPerSlot.NoOpsFromFrontend", 0x1000001a0,
			    "DISPATCH_STALLS_1:FE_NO_OPS", 0 },
			  { "DeNoDispatchPerSlot.BackendStalls", 0x100001ea0,
			    "DISPATCH_STALLS_1:BE_STALLS", 0 },
			  { "DeNoDispatchPerSlot.SmtContention", 0x1000060a0,
			    "DISPATCH_STALLS_1:SMT_CONTENTION", 0 },
			  CYCLES(1),
			  { "DeSrcOpDisp.All", 0x07aa,
			    "OPS_SOURCE_DISPATCHED_FROM_DECODER:DECODER:OPCACHE:LOOP_BUFFER", 1 },
			  { "ExRetOps", 0x00c1, "RETIRED_OPS", 1 },
			  { 0 } },
		  METRICS{
			  { "retiring", "100 * ExRetOps / " SLOTS, "% of slots", HW_METRIC_PLAIN,
			    1, "useful work: what is left is to compute less, or with wider vectors" },
			  { "bad-speculation", "100 * max(0, DeSrcOpDisp.All - ExRetOps) / " SLOTS,
			    "% of slots", HW_METRIC_PLAIN, 1,
			    "work thrown away after wrong predictions" },
			  { "frontend-bound",
			    "100 * DeNoDispatchPerSlot.NoOpsFromFrontend / " SLOTS, "% of slots",
			    HW_METRIC_PLAIN, 0,
			    "instructions arrived too slowly: much code, many jumps" },
			  { "backend-bound", "100 * DeNoDispatchPerSlot.BackendStalls / " SLOTS,
			    "% of slots", HW_METRIC_PLAIN, 0,
			    "operations waited for data from memory, or for busy units" },
			  { "smt-contention", "100 * DeNoDispatchPerSlot.SmtContention / " SLOTS,
			    "% of slots", HW_METRIC_PLAIN, 0,
			    "the other thread of the core had the turn" },
			  { 0 } } },
		{ "memory",
		  EVENTS{
			  CYCLES(0),
			  INSTRUCTIONS(0),
			  { "ExNoRetire.LoadNotComplete", 0xa2d6,
			    "CYCLES_NO_RETIRE:NOT_COMPLETE_MISSING_LOAD", 0 },
			  { 0 } },
		  METRICS{
			  { "memory-stall", "100 * ExNoRetire.LoadNotComplete / cycles",
			    "% of cycles", HW_METRIC_MEMORY_STALL, 0,
			    "nothing could retire before a load had its data" },
			  IPC,
			  { 0 } } },
		{ "cache",
		  EVENTS{
			  INSTRUCTIONS(0),
			  { "L2CacheReqStat.LsRdBlkC", 0x0864,
			    "CORE_TO_L2_CACHEABLE_REQUEST_ACCESS_STATUS:LS_RD_BLK_C", 0 },
			  { "LsDmndFillsFromSys.DramIo", 0x4843,
			    "DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:DRAM_IO_NEAR:DRAM_IO_FAR", 0 },
			  { "LsAnyFillsFromSys.DramIo", 0x4844,
			    "ANY_DATA_CACHE_FILLS_FROM_SYSTEM:DRAM_IO_NEAR:DRAM_IO_FAR", 0 },
			  { 0 } },
		  METRICS{ AMD_L2_MPKI, AMD_LLC_MPKI("LsDmndFillsFromSys.DramIo"),
			   AMD_BANDWIDTH("LsAnyFillsFromSys.DramIo"), { 0 } } },
		AMD_BRANCH,
	},
};
