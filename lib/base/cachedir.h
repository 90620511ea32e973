/* SPDX-License-Identifier: Apache-2.0
 * The directory in which a user's hwprof keeps what is dear to find out: unwind rows
 * (unwind/cache.h), what programs mapped before (unwind/file_history.h), where functions of the
 * kernel lie (sched/calls.h). Whoever keeps a file there gives it a suffix of its own. */
#ifndef HW_BASE_CACHEDIR_H
#define HW_BASE_CACHEDIR_H

/* The user's directory: hwprof/unwind in $XDG_CACHE_HOME or ~/.cache (XDG Base Directory
 * Specification 0.8); for root without a home of its own, as under sudo(8), /var/cache/hwprof.
 * Returns 0 and sets *ret (free(3) it), or -ENOENT when there is no place, -ENOMEM. */
int hw_cache_dir(char **ret);

/* Opens the directory @path. Returns a file descriptor, -ENOENT when it is not there, -EPERM when
 * others own it or may write to it, or a negative errno. */
int hw_cache_dir_open(const char *path);

/* The same; a directory that is not there is made when its parent's parent is. */
int hw_cache_dir_make(const char *path);

#endif
