/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * What bpf/wait.bpf.c keeps and tells of the threads of a session: the account of their wall time, what
 * they do now, who waits for a GIL, whose blocked time is to be sampled. */
#ifndef HW_BPF_WIRE_WAIT_H
#define HW_BPF_WIRE_WAIT_H

#include <linux/bpf.h> /* struct bpf_spin_lock */
#include <linux/types.h>

#include "classes.h"

#define HW_CALLS_MAX 512 /* numbers of system calls */

/* A function of the kernel: when it wakes a thread, that thread had waited for @class. */
struct hw_waker {
	__u64 start, end;
	__u32 class;
	__u32 reserved;
};
_Static_assert(sizeof(struct hw_waker) == 24, "layout of struct hw_waker");

#define HW_WAKERS_MAX 128 /* a power of two */

/* The account of one session: threads in each state now, and where the time went until @since. All
 * times in nanoseconds, CLOCK_MONOTONIC. */
struct hw_wall_account {
	struct bpf_spin_lock lock;
	__u32 pid; /* by process: which; else 0. In the pid namespace of hwprof */
	__u64 begin, since;
	__u32 n[HW_THREAD_STATES];
	__u32 peak; /* threads at once */
	__u64 threads, switches;
	__u64 charged_ns; /* CPU time, as the kernel charged it to the threads: sum_exec_runtime */
	__u64 wall_ns[HW_WALL_CLASSES];
	__u64 thread_ns[HW_WALL_CLASSES];
	__u64 width_ns[HW_WALL_WIDTHS];
	char comm[16];
};
/* The rest does not change with a class that is added. */
_Static_assert(sizeof(struct hw_wall_account) == 80 + 16 * HW_WALL_CLASSES + 8 * HW_WALL_WIDTHS,
	       "layout of struct hw_wall_account");

/* What a thread of a session does now, one of a list. */
struct hw_thread_status {
	__u32 session;
	__u32 pid, tid; /* in the pid namespace of hwprof */
	__u8 state;	/* enum hw_thread_state */
	__u8 rule;	/* of a wait: enum hw_wall_class or hw_call_rule */
	__u8 reserved[2];
	__u64 since; /* of the state */
};
_Static_assert(sizeof(struct hw_thread_status) == 24, "layout of struct hw_thread_status");

/* Where the words lie that threads of a process wait at for the GIL. */
struct hw_gil {
	__u64 start, end; /* addresses; 0, 0: has none, or it is not known yet */
	__u32 waiting;	  /* threads that do now */
	__u32 reserved;
};
_Static_assert(sizeof(struct hw_gil) == 24, "layout of struct hw_gil");

#define HW_GILS_MAX 8192 /* processes */

/* A process in which somebody waits at a futex: where is its GIL? */
struct hw_gil_request {
	__u32 tgid; /* in the first pid namespace: key of the answer */
	__u32 pid;  /* in that of hwprof */
};
_Static_assert(sizeof(struct hw_gil_request) == 8, "layout of struct hw_gil_request");

/* Blocked time that the thread just switched to is to send its stack for. */
struct hw_due {
	__u64 waited_ns, starved_ns; /* both 0: none */
	__u32 tid;		     /* in the first pid namespace */
	__u32 cause;		     /* enum hw_wall_class, of waited_ns */
};
_Static_assert(sizeof(struct hw_due) == 24, "layout of struct hw_due");

#endif
