/* SPDX-License-Identifier: Apache-2.0
 * Names of code that a process made itself, from the file it writes for perf(1):
 * /tmp/perf-PID.map, a line "START SIZE NAME" each, numbers in hexadecimal (Linux:
 * tools/perf/Documentation/jit-interface.txt). Everything in it is hostile. One thread at a
 * time. */
#ifndef HW_SYM_PERF_MAP_H
#define HW_SYM_PERF_MAP_H

#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "sym/symbol.h"

/* What is read of one file at the most; the rest of it is ignored. */
#define HW_PERF_MAP_BYTES_MAX (64u << 20)
#define HW_PERF_MAP_LINES_MAX (1u << 20)
#define HW_PERF_MAP_NAME_MAX  1023 /* bytes; longer names are cut */

struct hw_perf_map; /* opaque */

/* For process @pid, in the root and under the number that it sees itself. The file counts when it
 * is a regular one and belongs to the user of the process or to root. Returns the object (free with
 * hw_perf_map_free()), or NULL without memory. */
struct hw_perf_map *hw_perf_map_new(pid_t pid);

/* The same from the descriptor @fd, which it takes over, whoever owns the file. */
struct hw_perf_map *hw_perf_map_new_fd(int fd);

struct hw_perf_map *hw_perf_map_free(struct hw_perf_map *m);
HW_DEFINE_AUTO(struct hw_perf_map *, hw_perf_map_free)

/* Finds the code around @addr; of lines that overlap the later one holds. When none does, what was
 * written since is read, but not more often than each 50 ms, and not for more than a tenth of the
 * time. What was read stays after the process has ended. Returns 1, 0 when no line covers it (*ret
 * is untouched), or -ENOMEM. The name is valid until the next call. */
int hw_perf_map_find(struct hw_perf_map *m, uint64_t addr, struct hw_symbol *ret);

#endif
