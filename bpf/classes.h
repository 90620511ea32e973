/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The words for what was observed, of the BPF programs and of everybody who judges it: kinds of time,
 * of page faults, of a stack's end. No types of the kernel: who includes this sees nothing else. */
#ifndef HW_BPF_CLASSES_H
#define HW_BPF_CLASSES_H

/* In which class an instant of a session's wall time falls, or of a thread's life. For a session:
 * busy when any of its threads is on a CPU, else starved when any could run, else the cause of the
 * wait whose end lets the session go on. */
enum hw_wall_class {
	HW_WALL_BUSY,
	HW_WALL_STARVED, /* runnable, on no CPU */
	HW_WALL_DISK,	 /* storage and file systems, swap included */
	HW_WALL_NETWORK, /* sockets, but for AF_UNIX */
	HW_WALL_PIPE,	 /* pipes, terminals, AF_UNIX sockets, eventfds: other programs here */
	HW_WALL_SLEEP,	 /* sleep, a timer, a timeout that ran out */
	HW_WALL_LOCK,	 /* futex, flock, semaphores */
	HW_WALL_GIL,	 /* a futex of CPython's runtime */
	HW_WALL_CHILD,	 /* a child process outside the session, or a vfork */
	HW_WALL_OTHER,
	HW_WALL_CLASSES,
};

#define HW_WALL_WIDTHS 65 /* threads that run at once: 0 to 63 each, then "64 and more" */

/* What a system call waits for: a class above, or one of these. */
enum hw_call_rule {
	HW_CALL_FILE = HW_WALL_CLASSES, /* the file of its first argument */
	HW_CALL_READY,			/* what wakes it tells: poll, epoll and their kin */
	HW_CALL_FUTEX,
};

enum hw_thread_state { HW_THREAD_RUNNING, HW_THREAD_RUNNABLE, HW_THREAD_WAITING, HW_THREAD_STATES };

enum hw_fault_kind {
	HW_FAULT_UNKNOWN,
	HW_FAULT_ABSENT, /* the page was not there: touched for the first time, or again after it had
			  * been given back */
	HW_FAULT_COPY,	 /* a write to a page that was there, read-only: shared since a fork, of a
			  * file mapped privately, the page of zeros. The kernel copies it, unless
			  * nobody shares it any more */
	HW_FAULT_MAJOR,	 /* it had to be read from disk */
	HW_FAULT_KINDS,
};

/* How a walk over one of the three parts of a stack ended. */
enum hw_walk_end {
	HW_END_NONE,	     /* nothing to walk: no such part */
	HW_END_ROOT,	     /* the outermost frame was reached */
	HW_END_TOO_DEEP,     /* the frame limit */
	HW_END_FAULT,	     /* memory of the target could not be read */
	HW_END_BAD_FRAME,    /* a link that cannot be one: unaligned, backwards, outside user space */
	HW_END_NO_THREAD,    /* CPython does not know this thread (or not yet) */
	HW_END_LEAF,	     /* only the innermost frame was asked for */
	HW_END_NO_ROWS,	     /* code without unwind rows, and no frame pointer that leads on */
	HW_END_NO_RULE,	     /* unwind rows say this spot takes more than we evaluate */
	HW_END_UNMAPPED,     /* the code address lies in no executable mapping that is known */
	HW_END_COUNT,
};

#endif
