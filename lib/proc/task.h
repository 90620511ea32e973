/* SPDX-License-Identifier: Apache-2.0
 * Facts about tasks from /proc. Nothing is cached. */
#ifndef HW_PROC_TASK_H
#define HW_PROC_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Size of a comm with its end, TASK_COMM_LEN of include/linux/sched.h. */
#define HW_COMM_SIZE 16

/* The thread ids of process @pid. Returns their number (> 0) and sets *ret_tids (caller frees), or
 * -ESRCH when the process has gone, -EACCES, -ENOMEM. Threads may come and go meanwhile. */
int hw_task_threads(pid_t pid, pid_t **ret_tids);

/* The processes of the machine, as hw_task_threads(): number or -errno. */
int hw_task_processes(pid_t **ret_pids);

/* Fills @ret with the name of thread @tid (a process id is one), cut to HW_COMM_SIZE - 1.
 * Returns 0 or -ESRCH. */
int hw_task_comm(pid_t tid, char ret[HW_COMM_SIZE]);

/* What /proc/TID/stat says of a task. */
struct hw_task_stat {
	bool has_ended;	 /* it is a zombie: of a leader, while other threads go on */
	uint64_t age_ns; /* since it was created, in whole hundredths of a second */
};
int hw_task_read_stat(pid_t tid, struct hw_task_stat *ret); /* 0, -ESRCH */

/* Whether process @pid has gone, or is a zombie with no other thread left. */
bool hw_task_process_has_ended(pid_t pid);

/* Fills @ret with the command line of process @pid for people, cut to @size - 1 bytes: the program
 * without its folder, and its arguments with blanks between. Returns 0, or -ESRCH when it has gone
 * or, as a zombie or a kernel thread, has none. */
int hw_task_command(pid_t pid, char *ret, size_t size);

/* A descriptor that poll(2) says is readable once process @pid has ended, pidfd_open(2); close(2)
 * it. Or a negative errno: -ESRCH when it has gone, -ENOSYS before Linux 5.3. */
int hw_task_pidfd(pid_t pid);

#endif
