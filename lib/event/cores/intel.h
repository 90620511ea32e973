/* SPDX-License-Identifier: Apache-2.0
 * What the tables of Intel's cores share: events whose codes stayed the same from Skylake to Emerald
 * Rapids (perfmon-events.intel.com). */
#ifndef HW_EVENT_CORES_INTEL_H
#define HW_EVENT_CORES_INTEL_H

#include "event/cores/cores.h"

/* The shares of slots where each has a counter: what is left over was spent on wrong predictions. */
#define INTEL_LEVEL_1(retiring_, frontend_, backend_) \
	{ "retiring", "100 * " retiring_, "% of slots", HW_METRIC_PLAIN, 0, \
	  "useful work: what is left is to compute less, or with wider vectors" }, \
	{ "bad-speculation", \
	  "100 * max(0, 1 - " retiring_ " - " frontend_ " - " backend_ ")", "% of slots", \
	  HW_METRIC_PLAIN, 0, "work thrown away after wrong predictions" }, \
	{ "frontend-bound", "100 * " frontend_, "% of slots", HW_METRIC_PLAIN, 0, \
	  "instructions arrived too slowly: much code, many jumps" }, \
	{ "backend-bound", "100 * " backend_, "% of slots", HW_METRIC_PLAIN, 0, \
	  "operations waited for data from memory, or for busy units" }

#define INTEL_MEMORY_STALL(stalls_) \
	{ "memory-stall", \
	  "100 * (" stalls_ " + EXE_ACTIVITY.BOUND_ON_STORES) / cycles", "% of cycles", \
	  HW_METRIC_MEMORY_STALL, 0, \
	  "nothing was executed while a load missed L1 or the stores had no room" }

#define INTEL_CACHE \
	{ "cache", \
	  EVENTS{ \
		  INSTRUCTIONS(0), \
		  { "MEM_LOAD_RETIRED.L1_MISS", 0x08d1, "MEM_LOAD_RETIRED:L1_MISS", 0 }, \
		  { "MEM_LOAD_RETIRED.L2_MISS", 0x10d1, "MEM_LOAD_RETIRED:L2_MISS", 0 }, \
		  { "MEM_LOAD_RETIRED.L3_MISS", 0x20d1, "MEM_LOAD_RETIRED:L3_MISS", 0 }, \
		  { "LONGEST_LAT_CACHE.MISS", 0x412e, "LONGEST_LAT_CACHE:MISS", 0 }, \
		  { 0 } }, \
	  METRICS{ \
		  { "l1d-mpki", "1000 * MEM_LOAD_RETIRED.L1_MISS / instructions", PER_KILO, \
		    HW_METRIC_PLAIN, 0, "loads that missed L1" }, \
		  { "l2-mpki", "1000 * MEM_LOAD_RETIRED.L2_MISS / instructions", PER_KILO, \
		    HW_METRIC_PLAIN, 0, "loads that missed L2" }, \
		  { "llc-mpki", "1000 * MEM_LOAD_RETIRED.L3_MISS / instructions", PER_KILO, \
		    HW_METRIC_LLC_MPKI, 0, "loads that missed L3" }, \
		  { "memory-read-bandwidth", LINE " * LONGEST_LAT_CACHE.MISS / seconds / 1e9", \
		    "GB/s", HW_METRIC_PLAIN, 0, \
		    "lines that missed L3, prefetches by the L3 itself and writes left out" }, \
		  { 0 } } }

#define INTEL_BRANCH \
	{ "branch", \
	  EVENTS{ \
		  INSTRUCTIONS(0), \
		  { "BR_INST_RETIRED.ALL_BRANCHES", 0x00c4, "BR_INST_RETIRED:ALL_BRANCHES", 0 }, \
		  { "BR_MISP_RETIRED.ALL_BRANCHES", 0x00c5, "BR_MISP_RETIRED:ALL_BRANCHES", 0 }, \
		  { 0 } }, \
	  METRICS{ \
		  { "branch-mpki", "1000 * BR_MISP_RETIRED.ALL_BRANCHES / instructions", \
		    PER_KILO, HW_METRIC_PLAIN, 0, "branches predicted wrongly" }, \
		  { "branch-misses", \
		    "100 * BR_MISP_RETIRED.ALL_BRANCHES / BR_INST_RETIRED.ALL_BRANCHES", \
		    "% of branches", HW_METRIC_PLAIN, 0, "branches predicted wrongly" }, \
		  { 0 } } }

#endif
