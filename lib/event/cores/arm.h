/* SPDX-License-Identifier: Apache-2.0
 * What the tables of Arm's cores share: the event numbers that the architecture fixes (Arm ARM, DDI
 * 0487, chapter The Performance Monitors Extension), under libpfm4's names for the Neoverse cores. */
#ifndef HW_EVENT_CORES_ARM_H
#define HW_EVENT_CORES_ARM_H

#include "event/cores/cores.h"

#define ARM_EVENT(name_, code_) { #name_, code_, #name_, 0 }

#define ARM_CACHE \
	{ "cache", \
	  EVENTS{ INSTRUCTIONS(0), ARM_EVENT(L1D_CACHE_REFILL, 0x03), \
		  ARM_EVENT(L2D_CACHE_REFILL, 0x17), ARM_EVENT(LL_CACHE_MISS_RD, 0x37), { 0 } }, \
	  METRICS{ \
		  { "l1d-mpki", "1000 * L1D_CACHE_REFILL / instructions", PER_KILO, \
		    HW_METRIC_PLAIN, 0, "lines fetched into L1" }, \
		  { "l2-mpki", "1000 * L2D_CACHE_REFILL / instructions", PER_KILO, \
		    HW_METRIC_PLAIN, 0, "lines fetched into L2" }, \
		  { "llc-mpki", "1000 * LL_CACHE_MISS_RD / instructions", PER_KILO, \
		    HW_METRIC_LLC_MPKI, 0, "reads that missed the last cache, that of the system" }, \
		  { "memory-read-bandwidth", LINE " * LL_CACHE_MISS_RD / seconds / 1e9", "GB/s", \
		    HW_METRIC_PLAIN, 0, "lines read from behind the last cache; no writes" }, \
		  { 0 } } }

#define ARM_BRANCH \
	{ "branch", \
	  EVENTS{ INSTRUCTIONS(0), ARM_EVENT(BR_RETIRED, 0x21), \
		  ARM_EVENT(BR_MIS_PRED_RETIRED, 0x22), { 0 } }, \
	  METRICS{ \
		  { "branch-mpki", "1000 * BR_MIS_PRED_RETIRED / instructions", PER_KILO, \
		    HW_METRIC_PLAIN, 0, "branches predicted wrongly" }, \
		  { "branch-misses", "100 * BR_MIS_PRED_RETIRED / BR_RETIRED", "% of branches", \
		    HW_METRIC_PLAIN, 0, "branches predicted wrongly" }, \
		  { 0 } } }

/* Level 1 of the top-down method of the cores that count slots: Arm's methodology guides. A branch
 * predicted wrongly empties the front end for @frontend_flush_ cycles and the back end for
 * @backend_flush_, which belong to bad speculation: 4 in all. @frontend_ and @stalled_ are slots. */
#define ARM_TOPDOWN(slots_, frontend_, stalled_, frontend_flush_, backend_flush_) \
	{ "topdown", \
	  EVENTS{ CYCLES(0), ARM_EVENT(STALL_SLOT_BACKEND, 0x3d), \
		  ARM_EVENT(STALL_SLOT_FRONTEND, 0x3e), ARM_EVENT(STALL_SLOT, 0x3f), \
		  ARM_EVENT(OP_RETIRED, 0x3a), ARM_EVENT(OP_SPEC, 0x3b), \
		  ARM_EVENT(BR_MIS_PRED, 0x10), { 0 } }, \
	  METRICS{ \
		  { "retiring", \
		    "100 * OP_RETIRED / OP_SPEC * (1 - " stalled_ " / (" slots_ " * cycles))", \
		    "% of slots", HW_METRIC_PLAIN, 0, \
		    "useful work: what is left is to compute less, or with wider vectors" }, \
		  { "bad-speculation", \
		    "100 * ((1 - OP_RETIRED / OP_SPEC) * (1 - " stalled_ " / (" slots_ \
		    " * cycles)) + 4 * BR_MIS_PRED / cycles)", \
		    "% of slots", HW_METRIC_PLAIN, 0, "work thrown away after wrong predictions" }, \
		  { "frontend-bound", \
		    "100 * max(0, " frontend_ " / (" slots_ " * cycles) - " frontend_flush_ \
		    " * BR_MIS_PRED / cycles)", \
		    "% of slots", HW_METRIC_PLAIN, 0, \
		    "instructions arrived too slowly: much code, many jumps" }, \
		  { "backend-bound", \
		    "100 * max(0, STALL_SLOT_BACKEND / (" slots_ " * cycles) - " backend_flush_ \
		    " * BR_MIS_PRED / cycles)", \
		    "% of slots", HW_METRIC_PLAIN, 0, \
		    "operations waited for data from memory, or for busy units" }, \
		  { 0 } } }

#define ARM_MEMORY_STALL \
	{ "memory", \
	  EVENTS{ CYCLES(0), INSTRUCTIONS(0), ARM_EVENT(STALL_BACKEND_MEM, 0x4005), { 0 } }, \
	  METRICS{ \
		  { "memory-stall", "100 * STALL_BACKEND_MEM / cycles", "% of cycles", \
		    HW_METRIC_MEMORY_STALL, 0, \
		    "nothing was sent for execution while a load missed the core's last cache" }, \
		  IPC, { 0 } } }

#endif
