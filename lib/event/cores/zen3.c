/* SPDX-License-Identifier: Apache-2.0
 * AMD Zen 3. It counts no stalls for memory: the verdict uses the fetches from memory. */
#include "event/cores/amd.h"

const struct hw_core hw_core_zen3 = {
	.name = "zen3",
	.title = "AMD Zen 3 (EPYC 7003, Ryzen 5000 and 6000)",
	.source = "AMD PPR for Family 19h Model 01h (55898), section Core Performance Monitor "
		  "Counters",
	.matches = (const struct hw_core_match[]){ AMD(0x19, 0x00, 0x0f), AMD(0x19, 0x20, 0x5f),
						   { 0 } },
	.pmus = (const char *const[]){ "amd64_fam19h_zen3", NULL },
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
			  { "LsDmndFillsFromSys.MemIo", 0x4843,
			    "DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:MEM_IO_LCL:MEM_IO_RMT", 0 },
			  { "LsAnyFillsFromSys.MemIo", 0x4844,
			    "ANY_DATA_CACHE_FILLS_FROM_SYSTEM:MEM_IO_LCL:MEM_IO_RMT", 0 },
			  { 0 } },
		  METRICS{ AMD_L2_MPKI, AMD_LLC_MPKI("LsDmndFillsFromSys.MemIo"),
			   AMD_BANDWIDTH("LsAnyFillsFromSys.MemIo"), { 0 } } },
		AMD_BRANCH,
	},
};
