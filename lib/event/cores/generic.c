/* SPDX-License-Identifier: Apache-2.0
 * For a CPU without a table: perf's generic events, whose meaning the kernel's driver for the PMU
 * chooses (perf_event_open(2)). */
#include "event/cores/cores.h"

#define GENERIC(name_) { name_, HW_METRIC_GENERIC, NULL, 0 }

const struct hw_core hw_core_generic = {
	.name = "generic",
	.title = "any CPU",
	.source = "perf_event_open(2), PERF_TYPE_HARDWARE: what each event means is up to the "
		  "kernel's driver",
	.matches = (const struct hw_core_match[]){ { 0 } },
	.pmus = (const char *const[]){ NULL },
	.sets = {
		{ "topdown",
		  EVENTS{ CYCLES(0), GENERIC("stalled-cycles-frontend"),
			  GENERIC("stalled-cycles-backend"), { 0 } },
		  METRICS{
			  { "frontend-stalls", "100 * stalled-cycles-frontend / cycles",
			    "% of cycles", HW_METRIC_PLAIN, 0,
			    "no instruction could be fetched" },
			  { "backend-stalls", "100 * stalled-cycles-backend / cycles",
			    "% of cycles", HW_METRIC_PLAIN, 0,
			    "none could be executed, often for memory" },
			  { 0 } } },
		{ "memory",
		  EVENTS{ CYCLES(0), INSTRUCTIONS(0), GENERIC("stalled-cycles-backend"), { 0 } },
		  METRICS{
			  { "memory-stall-limit", "100 * stalled-cycles-backend / cycles",
			    "% of cycles", HW_METRIC_STALL_BOUND, 0,
			    "memory is the cause of no more stalls than these" },
			  IPC,
			  { 0 } } },
		{ "cache",
		  EVENTS{ INSTRUCTIONS(0), GENERIC("cache-misses"), { 0 } },
		  METRICS{
			  { "llc-mpki", "1000 * cache-misses / instructions", PER_KILO,
			    HW_METRIC_PLAIN, 0, "missed the cache that the kernel calls the last" },
			  { 0 } } },
		{ "branch",
		  EVENTS{ INSTRUCTIONS(0), GENERIC("branches"), GENERIC("branch-misses"), { 0 } },
		  METRICS{
			  { "branch-mpki", "1000 * branch-misses / instructions", PER_KILO,
			    HW_METRIC_PLAIN, 0, "branches predicted wrongly" },
			  { "branch-misses", "100 * branch-misses / branches", "% of branches",
			    HW_METRIC_PLAIN, 0, "branches predicted wrongly" },
			  { 0 } } },
	},
};
