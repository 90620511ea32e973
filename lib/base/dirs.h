/* SPDX-License-Identifier: Apache-2.0
 * Small files below a directory descriptor: what sysfs and tracefs are made of. */
#ifndef HW_BASE_DIRS_H
#define HW_BASE_DIRS_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/* Reads the file @path below @dir_fd into @ret as a string, without the white space at its end;
 * what does not fit is -EBADMSG. Returns the length, or the negative errno of openat(2) or
 * read(2). */
int hw_dir_read(int dir_fd, const char *path, char *ret, size_t size);

/* The same for a file that holds one whole decimal number: 0, or -EBADMSG. */
int hw_dir_read_u64(int dir_fd, const char *path, uint64_t *ret);

/* Names below the directory @path of @dir_fd, sorted, without those that start with a dot. */
struct hw_dir {
	struct dirent **entries;
	int count;
};

/* Returns 0 and fills *ret (release with hw_dir_done()), or the negative errno of scandirat(3). */
int hw_dir_list(int dir_fd, const char *path, struct hw_dir *ret);
void hw_dir_done(struct hw_dir *dir); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_dir, hw_dir_done)

#endif
