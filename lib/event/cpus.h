/* SPDX-License-Identifier: Apache-2.0
 * Lists of CPUs as sysfs writes them: "0-3,8" (linux: admin-guide/cputopology.rst). */
#ifndef HW_EVENT_CPUS_H
#define HW_EVENT_CPUS_H

#define HW_CPUS_MAX 65536 /* CPU numbers are below it; a forged list ends there */

/* Reads the file @path below @dir_fd. Returns the number of CPUs (> 0) and sets *ret_cpus (caller
 * frees), or -EBADMSG when it is not such a list, or empty, -ENOMEM, the negative errno of
 * openat(2) or read(2). */
int hw_cpus_read(int dir_fd, const char *path, int **ret_cpus);

/* The CPUs that are online, likewise. */
int hw_cpus_online(int **ret_cpus);

#endif
