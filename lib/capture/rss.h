/* SPDX-License-Identifier: Apache-2.0
 * The memory that the processes of a recording have resident together, over time. */
#ifndef HW_CAPTURE_RSS_H
#define HW_CAPTURE_RSS_H

#include <stddef.h>
#include <stdint.h>

#include "target/process.h"

struct hw_rss_process {
	int32_t pid;
	uint64_t bytes;
};

struct hw_rss {
	uint64_t bytes; /* of all processes when it was read last; 0 before */
	uint64_t peak_bytes, peak_ns; /* the largest so far and when, CLOCK_MONOTONIC */
	int32_t peak_pid;	      /* the process that had grown most then since the last look */
	uint64_t peak_mark;	      /* what it was at peak_ns: less than 0.5 % more is noise */
	uint64_t due_ns;	      /* when it is to be read again */
	struct hw_rss_process *last;  /* of each process at the last look, by pid */
	size_t n_last;
};
void hw_rss_done(struct hw_rss *rss);
HW_DEFINE_AUTO_DONE(struct hw_rss, hw_rss_done)

/* Reads it if it is due: every 50 ms, or less often where many processes make it dear, so that it
 * takes 1 % of a CPU at the most. Pages that several processes share count in each: that is what
 * the kernel has at hand (proc/rss.h). What comes and goes between two looks is not seen. */
void hw_rss_look(struct hw_rss *rss, struct hw_processes *processes);

#endif
