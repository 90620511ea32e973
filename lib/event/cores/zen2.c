/* SPDX-License-Identifier: Apache-2.0
 * AMD Zen 2. It counts no stalls for memory: the verdict uses the fetches from memory. */
#include "event/cores/amd.h"

const struct hw_core hw_core_zen2 = {
	.name = "zen2",
	.title = "AMD Zen 2 (EPYC 7002, Ryzen 3000 and 4000)",
	.source = "AMD PPR for Family 17h Model 31h (55803), section Core Performance Monitor "
		  "Counters",
	.matches = (const struct hw_core_match[]){ AMD(0x17, 0x30, 0x4f), AMD(0x17, 0x60, 0x7f),
						   AMD(0x17, 0x90, 0x91), AMD(0x17, 0xa0, 0xaf),
						   { 0 } },
	.pmus = (const char *const[]){ "amd64_fam17h_zen2", NULL },
	.sets = {
		{ "topdown",
		  EVENTS{ CYCLES(0),
			  { "DeDisUopQueueEmpty", 0x00a9, "UOPS_QUEUE_EMPTY", 0 },
			  { 0 } },
		  METRICS{ { "frontend-stalls", "100 * DeDisUopQueueEmpty / cycles", "% of cycles",
			     HW_METRIC_PLAIN, 0, "the queue behind the decoders was empty" },
			   { 0 } } },
		{ "memory",
		  EVENTS{ CYCLES(0), INSTRUCTIONS(0), { 0 } },
		  METRICS{ IPC, { 0 } } },
		{ "cache",
		  EVENTS{
			  INSTRUCTIONS(0),
			  { "L2CacheReqStat.LsRdBlkC", 0x0864,
			    "CORE_TO_L2_CACHEABLE_REQUEST_ACCESS_STATUS:LS_RD_BLK_C", 0 },
			  { "LsRefillsFromSys.DRAM", 0x4843,
			    "DATA_CACHE_REFILLS_FROM_SYSTEM:LS_MABRESP_LCL_DRAM:LS_MABRESP_RMT_DRAM",
			    0 },
			  { "LsHwPfDcFills.DRAM", 0x485a,
			    "HARDWARE_PREFETCH_DATA_CACHE_FILLS:LS_MABRESP_LCL_DRAM:"
			    "LS_MABRESP_RMT_DRAM",
			    0 },
			  { 0 } },
		  METRICS{ AMD_L2_MPKI, AMD_LLC_MPKI("LsRefillsFromSys.DRAM"),
			   AMD_BANDWIDTH("(LsRefillsFromSys.DRAM + LsHwPfDcFills.DRAM)"), { 0 } } },
		AMD_BRANCH,
	},
};
