/* SPDX-License-Identifier: Apache-2.0
 * Descriptors: read and written whole, where read(2) and write(2) may do less, and how many there may be. */
#ifndef HW_BASE_IO_H
#define HW_BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

/* Reads @size bytes of @fd into @buf, less only at the end of the file. Returns how many, or the
 * negative errno of read(2), with @buf then undefined. */
ssize_t hw_read_full(int fd, void *buf, size_t size);

/* Writes all @size bytes at @buf to @fd: 0, or the negative errno of write(2), and then some of them
 * may have been written. */
int hw_write_all(int fd, const void *buf, size_t size);

/* Lifts the soft limit of open files to the hard one: 0 when that changed something, -EMFILE when it
 * was there already, or the negative errno of setrlimit(2). Children inherit it, and some programs
 * close every descriptor up to it: not before the command that is measured has been forked. */
int hw_raise_fd_limit(void);

#endif
