/* SPDX-License-Identifier: Apache-2.0
 * What the BPF programs unwind native code with: the rows of every file that processes map, and
 * where each process maps it. Rows are shared by all processes, come from the cache on disk where
 * it has them (unwind/cache.h), and are dropped when the budget is spent and no process maps the
 * file any more. One thread at a time, but for hw_tables_read(). A recording of leaf frames has no
 * tables: then @t is NULL in every call, and nothing happens. */
#ifndef HW_CAPTURE_TABLES_H
#define HW_CAPTURE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "target/binary.h"
#include "target/mappings.h"
#include "unwind/file_history.h"
#include "unwind/rows.h"

/* The BPF maps of bpf/sample.bpf.c; borrowed. */
struct hw_tables_fds {
	int pool, chunk_0, modules, proc_maps, files;
};

struct hw_tables; /* opaque */
struct hw_map_table;  /* opaque: the mappings of one process, or of several after a fork */

/* Returns 0 and sets *ret (free with hw_tables_free(), after all tables), or -ENOMEM.
 * @budget: bytes of kernel memory for rows and mappings. */
int hw_tables_new(const struct hw_tables_fds *fds, uint64_t budget, struct hw_tables **ret);
struct hw_tables *hw_tables_free(struct hw_tables *t);
HW_DEFINE_AUTO(struct hw_tables *, hw_tables_free)

/* Enters the file @b, which must live as long as @t, so that code of it can be unwound as soon as
 * a process maps it; its rows are then waited for. Returns its number, from 1; 0 when
 * there is no room, or @b is NULL. */
uint32_t hw_tables_module(struct hw_tables *t, struct hw_binary *b);

/* A file that waits for its rows, or NULL. */
struct hw_binary *hw_tables_next(struct hw_tables *t);

/* Reads the rows of @b: from the cache, or in milliseconds (20 to 40 for a library of 3 MB of code,
 * a second or more for the largest). Of @t nothing is used that changes, so other functions may run
 * meanwhile in another thread; by the one whose use HW_BINARY_ROWS is. Returns the rows (free with hw_rows_free()),
 * or NULL when there are none. */
struct hw_rows *hw_tables_read(const struct hw_tables *t, struct hw_binary *b);

/* Puts @rows of @b where BPF finds them; NULL: it has none. Returns false when it has to be done
 * again in a later round, because room was made for them. */
bool hw_tables_load(struct hw_tables *t, const struct hw_binary *b, const struct hw_rows *rows);

/* All three for one file: false when none waits, or room was made and it still does. */
bool hw_tables_work(struct hw_tables *t);

/* The table of process @pid is now @maps. *table is the one it had (NULL: none), and becomes the new one. Returns 0; -ENOSPC when the
 * budget is spent, -E2BIG for more mappings than a table holds (the rest is left out), -ENOMEM, or
 * the negative errno of bpf(2): the process is then without, or with fewer. */
int hw_tables_set(struct hw_tables *t, int32_t pid, const struct hw_mappings *maps,
		  struct hw_map_table **table);

/* After a fork: process @pid shares @table (NULL: none). Returns what it has. */
struct hw_map_table *hw_tables_share(struct hw_tables *t, int32_t pid, struct hw_map_table *table);

/* Process @pid has ended, or runs another program; @table was its own. Returns NULL. */
struct hw_map_table *hw_tables_drop(struct hw_tables *t, int32_t pid, struct hw_map_table *table);

/* Lets go of @table, which another number stands for by now. Returns NULL. */
struct hw_map_table *hw_map_table_unref(struct hw_tables *t, struct hw_map_table *table);

/* Call it once per round, milliseconds apart. */
void hw_tables_tick(struct hw_tables *t);

/* The cache directory, NULL without one. */
const char *hw_tables_cache_dir(const struct hw_tables *t);

/* Adds the paths of all files that had rows to @paths. 0, -ENOMEM. */
int hw_tables_paths(const struct hw_tables *t, struct hw_paths *paths);

/* Files whose rows found no room in the budget. */
uint64_t hw_tables_left_out(const struct hw_tables *t);

#endif
