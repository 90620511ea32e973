/* SPDX-License-Identifier: Apache-2.0
 * The budget: where each second of wall time went.
 *
 * Measured at the scheduler (hw_wall): busy, at least one thread on a CPU, and each wait have their
 * time; busy time is split as the CPU time of all threads was. Else busy is the CPU time, at most
 * the wall time, and the rest was spent waiting; what getrusage(2) cannot tell is estimated from
 * counts by the named costs in budget.c, each bounded by the time that it is a part of, so that an
 * estimate moves time between rows and never makes any. */
#ifndef HW_BOUND_BUDGET_H
#define HW_BOUND_BUDGET_H

#include "bound/facts.h"

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
	HW_SLICE_NETWORK,   /* for a socket */
	HW_SLICE_PIPE,	    /* for a pipe, a terminal, another program of this machine */
	HW_SLICE_IO_WAIT,   /* not measured: many short waits beside read(2) and write(2) calls */
	HW_SLICE_LOCK,
	HW_SLICE_GIL,
	HW_SLICE_SLEEP,
	HW_SLICE_CHILD, /* for a process outside the session */
	HW_SLICE_OTHER,
	HW_SLICE_IDLE, /* not measured: waiting otherwise */
	HW_SLICES,
};

/* The last slice of busy time. */
#define HW_SLICE_BUSY_LAST HW_SLICE_KERNEL

enum hw_bound_class {
	HW_BOUND_CPU,
	HW_BOUND_MEMORY,
	HW_BOUND_IO,
	HW_BOUND_LOCK,
	HW_BOUND_IDLE,
	HW_BOUND_CLASSES
};

struct hw_budget {
	double seconds[HW_SLICES];	   /* sum to wall_s */
	double by_class[HW_BOUND_CLASSES]; /* the same, by class */
	double wall_s, cpu_s;		   /* cpu_s: of all threads */
	double busy_s;			   /* the sum of the busy slices */
};

/* Splits the wall time of @facts. Returns 0 and fills *ret, or -EINVAL when there is none to divide
 * or its times are no numbers. */
int hw_budget_split(const struct hw_bound_facts *facts, struct hw_budget *ret);

const char *hw_slice_name(enum hw_slice slice); /* "user", "memory-stall", "page-faults" ... */
enum hw_bound_class hw_slice_class(enum hw_slice slice);
const char *hw_bound_class_name(enum hw_bound_class class); /* "cpu", "memory", "io", "lock" ... */

/* The slice of a wait. Of HW_WALL_BUSY, which is no wait: HW_SLICE_KERNEL, and of what is no class:
 * HW_SLICE_OTHER. */
enum hw_slice hw_slice_of_wait(unsigned int wall_class);

#endif
