/* SPDX-License-Identifier: Apache-2.0
 * The lines and functions behind a verdict, and what making them faster could gain. */
#ifndef HW_REPORT_HOT_H
#define HW_REPORT_HOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

#define HW_HOT_ROWS 5

/* The strings belong to the profile. A sample is charged to the Python frame nearest its leaf,
 * whatever native or kernel code that had called: this is the line that people can change. Without
 * a Python frame it is the frame nearest the leaf that is not the kernel's. */
struct hw_hot_row {
	const char *function, *file; /* file: "" unknown */
	const char *module;	     /* native code; "" for Python */
	uint32_t line;		     /* of a function the first; 0 unknown */
	uint64_t samples;
	double share;	/* of the samples of the class */
	double seconds; /* on CPUs, of all threads */
};

struct hw_hot {
	struct hw_hot_row lines[HW_HOT_ROWS], functions[HW_HOT_ROWS]; /* largest first */
	size_t n_lines, n_functions;
	const char *what;   /* the CPU time that was looked at: "page faults" */
	uint64_t n_samples; /* in it */
	double seconds;	    /* of it */
	double wall_s;
	bool parallel; /* more than one CPU at once: gains are upper bounds in wall time */
};

/* Looks at the on-CPU samples of @p that belong to @verdict_class ("cpu": user and kernel,
 * "memory": page faults, "io": kernel work for I/O, others: all); where these are less than 1 % of
 * all, at all. Returns 0 and fills *ret, which lives as long as @p; or
 *   -ENODATA  no samples over CPU time	-ENOMEM */
int hw_hot_find(const struct hw_profile *p, const char *verdict_class, struct hw_hot *ret);

/* By Amdahl's law, what halving the CPU time of @row gains at most: with p its share of wall time
 * the run becomes 1 / (1 - p / 2) times as fast and p / 2 of wall shorter. */
struct hw_gain {
	double speedup, saved_s;
};
struct hw_gain hw_hot_gain(const struct hw_hot *hot, const struct hw_hot_row *row);

#endif
