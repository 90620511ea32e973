/* SPDX-License-Identifier: Apache-2.0
 * Unwind rows kept on disk, so that a file is read once and not at each start. An entry is named
 * after the build-id of its file, or its device, inode, size and time of change where it has none.
 * What the directory holds is not trusted: it must belong to the user and be writable by nobody
 * else, and an entry that is not whole and valid is made anew. */
#ifndef HW_UNWIND_CACHE_H
#define HW_UNWIND_CACHE_H

#include <stdint.h>

#include "unwind/rows.h"

#define HW_ROWS_CACHE_BYTES (256ull << 20) /* to keep, unless told otherwise */

/* Finds the rows of @m in the directory @cache_dir (base/cachedir.h), or reads them as hw_rows_build() does and puts
 * them there; NULL: without a cache. A directory that cannot be used
 * is no error. Returns 0 and sets *ret (free with hw_rows_free()), or an error
 * of hw_rows_build(). */
int hw_rows_get(struct hw_module *m, const char *cache_dir, struct hw_rows **ret);

/* Removes the entries of @cache_dir that were not used for longest, until @max_bytes are left.
 * Other files are let alone. Returns 0, also when there is no such directory, or -EPERM when it is
 * not the user's, or a negative errno. */
int hw_rows_cache_trim(const char *cache_dir, uint64_t max_bytes);

#endif
