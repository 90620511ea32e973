/* SPDX-License-Identifier: Apache-2.0
 * The files that programs mapped when they were recorded before, so that those they load while they
 * run (extension modules, plug-ins) can be unwound from their first instruction the next time. Kept
 * beside the unwind rows (base/cachedir.h), a list of paths per program. */
#ifndef HW_UNWIND_FILE_HISTORY_H
#define HW_UNWIND_FILE_HISTORY_H

#include <stddef.h>

#include "base/cleanup.h"

#define HW_FILE_HISTORY_MAX 128 /* paths of one program */

/* Paths, the last used first. */
struct hw_paths {
	char **items;
	size_t count, cap;
};
void hw_paths_done(struct hw_paths *paths); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_paths, hw_paths_done)

/* Adds a copy of @path, unless it is there or HW_FILE_HISTORY_MAX are. 0, -ENOMEM. */
int hw_paths_add(struct hw_paths *paths, const char *path);

/* What is remembered of the program @path, in the cache directory @cache_dir, into @ret, which must
 * be empty (release with hw_paths_done()). Returns 0, or -ENOENT when nothing is, or it belongs to
 * somebody else; -ENOMEM. */
int hw_file_history_read(const char *cache_dir, const char *path, struct hw_paths *ret);

/* Remembers @paths of the program @path. Returns 0, or a negative errno of writing it. */
int hw_file_history_write(const char *cache_dir, const char *path, const struct hw_paths *paths);

#endif
