/* SPDX-License-Identifier: Apache-2.0
 * What the tables of AMD's cores share. The names are those of the events in AMD's Processor
 * Programming References (PPR), which number them PMCxNNN; here NNN and the umask make the code, the
 * high four bits of NNN at bit 32. */
#ifndef HW_EVENT_CORES_AMD_H
#define HW_EVENT_CORES_AMD_H

#include "event/cores/cores.h"

#define AMD_BRANCH \
	{ "branch", \
	  EVENTS{ INSTRUCTIONS(0), \
		  { "ExRetBrn", 0x00c2, "RETIRED_BRANCH_INSTRUCTIONS", 0 }, \
		  { "ExRetBrnMisp", 0x00c3, "RETIRED_BRANCH_INSTRUCTIONS_MISPREDICTED", 0 }, \
		  { 0 } }, \
	  METRICS{ \
		  { "branch-mpki", "1000 * ExRetBrnMisp / instructions", PER_KILO, \
		    HW_METRIC_PLAIN, 0, "branches predicted wrongly" }, \
		  { "branch-misses", "100 * ExRetBrnMisp / ExRetBrn", "% of branches", \
		    HW_METRIC_PLAIN, 0, "branches predicted wrongly" }, \
		  { 0 } } }

#define AMD_L2_MPKI \
	{ "l2-mpki", "1000 * L2CacheReqStat.LsRdBlkC / instructions", PER_KILO, \
	  HW_METRIC_PLAIN, 0, "requests of the data cache that missed L2" }

#define AMD_LLC_MPKI(fills_) \
	{ "llc-mpki", "1000 * " fills_ " / instructions", PER_KILO, HW_METRIC_LLC_MPKI, 0, \
	  "lines that the program's own accesses fetched from memory" }

#define AMD_BANDWIDTH(fills_) \
	{ "memory-read-bandwidth", LINE " * " fills_ " / seconds / 1e9", "GB/s", \
	  HW_METRIC_PLAIN, 0, "lines from memory into L1, with prefetches into L1; not into L2" }

#endif
