/* SPDX-License-Identifier: Apache-2.0
 * The budget: where each second of wall time went. Busy time, at least one thread on a CPU, is
 * the CPU time, at most the wall time; the rest was spent waiting. What getrusage(2) cannot tell
 * is estimated from counts by the named costs in budget.c, each bounded by the time that it is a
 * part of, so that an estimate moves time between rows and never makes any. */
#ifndef HW_BOUND_BUDGET_H
#define HW_BOUND_BUDGET_H

#include "bound/verdict.h"

/* What a last-level cache miss costs: the latency of DRAM, 70 to 100 ns on servers of today. Misses
 * overlap, so that the product with their number is an upper bound. */
#define HW_BOUND_MISS_NS 80

enum hw_slice {
	HW_SLICE_USER,	    /* computing in user mode */
	HW_SLICE_STALL,	    /* of user mode: held up by memory */
	HW_SLICE_FAULTS,    /* the kernel handling page faults */
	HW_SLICE_KERNEL_IO, /* the kernel working for I/O */
	HW_SLICE_KERNEL,    /* the kernel otherwise */
	HW_SLICE_STARVED,   /* runnable without a CPU */
	HW_SLICE_DISK,	    /* waiting for storage */
	HW_SLICE_IO_WAIT,   /* many short waits of a program that calls read(2) and write(2) */
	HW_SLICE_IDLE,	    /* waiting otherwise */
	HW_SLICES,
};

enum hw_bound_class { HW_BOUND_CPU, HW_BOUND_MEMORY, HW_BOUND_IO, HW_BOUND_IDLE, HW_BOUND_CLASSES };

struct hw_budget {
	double seconds[HW_SLICES];	   /* sum to wall_s */
	double by_class[HW_BOUND_CLASSES]; /* the same, by class */
	double wall_s, cpu_s;
};

/* Splits the wall time of @facts, which must be positive. */
void hw_budget_split(const struct hw_bound_facts *facts, struct hw_budget *ret);

const char *hw_slice_name(enum hw_slice slice); /* "user", "memory-stall", "page-faults" ... */
const char *hw_bound_class_name(enum hw_bound_class class); /* "cpu", "memory", "io", "idle" */

/* Derived figures, < 0 when the counts are not known. */
double hw_facts_ipc(const struct hw_bound_facts *facts);
double hw_facts_mpki(const struct hw_bound_facts *facts); /* last-level misses per 1,000 instr. */

/* Page-sized transfers from and to storage, and major faults: what a wait for a disk may be for. */
double hw_facts_storage_ops(const struct hw_bound_facts *facts);

#endif
