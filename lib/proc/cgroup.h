/* SPDX-License-Identifier: Apache-2.0
 * The processes of a cgroup, of either version: both have a file cgroup.procs in each folder. */
#ifndef HW_PROC_CGROUP_H
#define HW_PROC_CGROUP_H

#include <stddef.h>
#include <sys/types.h>

/* The folder of the cgroup that people call @path: a folder, or one below /sys/fs/cgroup, as
 * /proc/PID/cgroup names those of version 2. Returns 0 and sets *ret (free(3) it), or -ENOENT when
 * there is none with a cgroup.procs, -ENOMEM. */
int hw_cgroup_find(const char *path, char **ret);

/* The processes in cgroup @dir and those below it, ascending, each once. Returns their number and
 * sets *ret_pids (free(3) it), or -ENOENT when the cgroup has gone, -ENOMEM. Processes outside our
 * pid namespace are left out, and what is more than 32 levels or 65,536 processes deep. */
int hw_cgroup_processes(const char *dir, pid_t **ret_pids);

#endif
