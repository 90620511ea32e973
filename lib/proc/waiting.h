/* SPDX-License-Identifier: Apache-2.0
 * What a thread waits for in a system call that can wait for anything: poll, select, epoll,
 * io_uring. Once such a wait ends its waker tells; before, the files do that it looks at. */
#ifndef HW_PROC_WAITING_H
#define HW_PROC_WAITING_H

#include <linux/types.h>
#include <sys/types.h>

#include "classes.h"

/* The class of the wait of thread @tid of process @pid, which sleeps in a call of HW_CALL_READY, by
 * /proc/PID/task/TID/syscall, /proc/PID/fd and fdinfo:
 *   HW_WALL_NETWORK  a socket other than AF_UNIX is among the files
 *   HW_WALL_PIPE     else a pipe, terminal or AF_UNIX socket whose other end is not the process's
 *                    own, or, without a time limit, something that only its own threads set off
 *   HW_WALL_CHILD    else a pidfd
 *   HW_WALL_SLEEP    else: a time limit, timers, or no file at all
 *   HW_WALL_LOCK     semtimedop(2)
 *   HW_WALL_DISK     io_getevents(2)
 *   HW_WALL_OTHER    a signal; or it is not known: the thread has gone or runs, is not ours to read
 * What io_uring waits for is not to be seen: all files of the process are taken for it. */
enum hw_wall_class hw_waiting_class(pid_t pid, pid_t tid);

#endif
