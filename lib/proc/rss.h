/* SPDX-License-Identifier: Apache-2.0
 * The memory that a process has resident. */
#ifndef HW_PROC_RSS_H
#define HW_PROC_RSS_H

#include <stdint.h>
#include <sys/types.h>

/* The resident set of process @pid in bytes, from /proc/PID/statm: anonymous pages, files and
 * shared memory, what it shares with others included. It costs some 5 us; the set without what others
 * share (smaps_rollup, Pss) would walk all page tables. The kernel counts per CPU and adds up late:
 * up to some dozens of pages per CPU may be missing.
 * Returns 0, -ESRCH (no such process), -EBADMSG; a zombie has 0. */
int hw_rss_of(pid_t pid, uint64_t *ret);

#endif
