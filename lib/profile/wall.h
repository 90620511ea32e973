/* SPDX-License-Identifier: Apache-2.0
 * The wall budget of a session as the kernel's scheduler saw it (bpf/wait.bpf.c): every instant in
 * exactly one class. */
#ifndef HW_PROFILE_WALL_H
#define HW_PROFILE_WALL_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "proc/usage.h"
#include "classes.h"

/* A stretch of the session. Stretches follow each other without gaps, the first begins at 0. */
struct hw_wall_point {
	double end_s;			  /* after the begin of the session */
	double seconds[HW_WALL_CLASSES];  /* of this stretch; sum to its length */
	uint64_t rss_bytes;		  /* of all its processes, at its end; 0 not known */
};

#define HW_WALL_POINTS_MAX 1024 /* longer sessions have longer stretches */

struct hw_wall {
	bool known; /* false: everything else is zero */
	double wall_s;
	double seconds[HW_WALL_CLASSES]; /* sum to wall_s */
	double width_s[HW_WALL_WIDTHS];	 /* [n]: time with n threads on CPUs; sum to wall_s */
	double thread_s[HW_WALL_CLASSES]; /* the same classes for each thread's life, added up */
	double charged_s; /* CPU time that the kernel charged to these threads; not stored */
	uint64_t switches, threads;	  /* context switches; threads that lived in the session */
	uint64_t threads_peak;		  /* at once */
	/* Why there was no CPU: how long the cgroup's quota held threads back (cpu.stat) and what the
	 * hypervisor took from the whole machine (/proc/stat, steal; all CPUs added up). 0 also when
	 * not known. */
	double throttled_s, steal_s;
	struct hw_wall_point *points;	/* owned; none before the recording has ended */
	size_t n_points;
};

/* Makes @mean, that of @n - 1 accounts, the mean of @n by adding @next, without its
 * timeline. One that is not known makes the mean unknown. */
void hw_wall_average(struct hw_wall *mean, const struct hw_wall *next, uint64_t n);

/* What an account may have been blind to, so that it is not to be believed. */
enum hw_wall_doubt {
	HW_WALL_BELIEVED,
	HW_WALL_MISSED_EVENTS,	/* of the scheduler, or threads for which there was no memory */
	HW_WALL_MISSED_THREADS, /* what was charged to its threads is less than the command used */
	HW_WALL_MISSED_TIME,	/* its threads ran for less than they were charged */
};

/* What is wrong with @w, which knows of @missed events and threads that it did not see; @usage, unless
 * NULL, is the kernel's own of the same command and all that it started. 10 % of a CPU time are no
 * matter, nor are 20 ms.
 *
 * Time on a CPU by switches is not what the kernel charges. It charges from the clock of the wake-up
 * on, where that led to the switch (__schedule() skips the clock's update then): the rest of the
 * interrupt, and the way out of idleness, are the woken thread's. Measured: 3 to 17 us a switch, so
 * that an fsync loop and a loop of short sleeps had 8 and 68 % more by getrusage(2) than they were on
 * a CPU. The thread was runnable meanwhile, and that is what such a difference is measured by. */
enum hw_wall_doubt hw_wall_doubt(const struct hw_wall *w, uint64_t missed,
				 const struct hw_usage *usage);

/* The same in words, with the figures; to be freed. NULL without memory, and when there is no doubt. */
char *hw_wall_doubt_text(const struct hw_wall *w, uint64_t missed, const struct hw_usage *usage);

void hw_wall_done(struct hw_wall *w); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_wall, hw_wall_done)

#endif
