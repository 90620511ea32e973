/* SPDX-License-Identifier: Apache-2.0
 * What time can be spent on: the one table of it (time_kinds.c), from the functions by which a kind
 * of time is told to the words in which it is reported.
 *
 * Seconds are kept by number (enum hw_slice, for a wait that the scheduler tells enum
 * hw_wall_class), and only printers turn a number into a name. To add a kind of time:
 *
 *   a wait           its enum hw_wall_class (bpf/classes.h), the last before HW_WALL_CLASSES,
 *                    because the numbers are in the files of profiles; its row in time_kinds.c,
 *                    with the functions of the kernel that end it. Where these do not tell, a rule
 *                    in bpf/cause.bpf.h or in the table of system calls, lib/sched/calls.c.
 *   work on a CPU    its enum hw_slice, before HW_SLICE_KERNEL; its row, with the functions that
 *                    are in its stacks. */
#ifndef HW_PROFILE_TIME_KINDS_H
#define HW_PROFILE_TIME_KINDS_H

#include "classes.h"

/* How a run is called in one word: by the kinds of time of which it has most. */
enum hw_bound_class {
	HW_BOUND_CPU,
	HW_BOUND_MEMORY,
	HW_BOUND_IO,
	HW_BOUND_LOCK,
	HW_BOUND_IDLE,
	HW_BOUND_CLASSES,
	HW_BOUND_MIXED = HW_BOUND_CLASSES, /* no class has enough of it */
};

/* The kinds of time. An instant of wall time is of exactly one. */
enum hw_slice {
	/* On a CPU, by what the stack says. */
	HW_SLICE_USER,	    /* computing in user mode */
	HW_SLICE_FAULTS,    /* the kernel handling page faults */
	HW_SLICE_KERNEL_IO, /* the kernel working for I/O */
	HW_SLICE_KERNEL,    /* the kernel otherwise */
	HW_SLICES_SAMPLED,  /* so many are told by stacks */
	/* Also on a CPU: the part of user mode that was held up by memory. */
	HW_SLICE_STALL = HW_SLICES_SAMPLED,
	HW_SLICES_BUSY, /* so many are on a CPU */
	/* On no CPU: each enum hw_wall_class but HW_WALL_BUSY, in its order. */
	HW_SLICE_STARVED = HW_SLICES_BUSY + HW_WALL_STARVED - 1,
	HW_SLICE_DISK = HW_SLICES_BUSY + HW_WALL_DISK - 1,
	HW_SLICE_NETWORK = HW_SLICES_BUSY + HW_WALL_NETWORK - 1,
	HW_SLICE_PIPE = HW_SLICES_BUSY + HW_WALL_PIPE - 1,
	HW_SLICE_SLEEP = HW_SLICES_BUSY + HW_WALL_SLEEP - 1,
	HW_SLICE_LOCK = HW_SLICES_BUSY + HW_WALL_LOCK - 1,
	HW_SLICE_GIL = HW_SLICES_BUSY + HW_WALL_GIL - 1,
	HW_SLICE_CHILD = HW_SLICES_BUSY + HW_WALL_CHILD - 1,
	HW_SLICE_OTHER = HW_SLICES_BUSY + HW_WALL_OTHER - 1,
	/* The same where the scheduler was not traced: by counts. */
	HW_SLICE_IO_WAIT = HW_SLICES_BUSY + HW_WALL_CLASSES - 1, /* short waits beside I/O calls */
	HW_SLICE_IDLE,						 /* waiting otherwise */
	HW_SLICES,
};

/* What may be true of time beside its kind: enough to choose an advice. */
enum hw_trait {
	HW_TRAIT_INTERPRETER, /* the innermost code outside the kernel is CPython's own */
	HW_TRAIT_COLLECTOR,   /* CPython's garbage collector */
	HW_TRAIT_IMPORT,      /* an import */
	HW_TRAIT_LIST,	      /* growing a list */
	HW_TRAIT_SYNC,	      /* fsync(2) and its like */
	HW_TRAIT_CONNECT,     /* connect(2), the names of hosts, TLS handshakes */
	HW_TRAIT_NAMES,	      /* open, stat, readdir, unlink ...: names of files, not their data */
	HW_TRAIT_MAP,	      /* mmap(2), munmap(2), brk(2), madvise(2) */
	HW_TRAIT_SPAWN,	      /* fork, exec, clone and the end of processes */
	HW_TRAIT_YIELD,	      /* sched_yield(2) */
	HW_TRAITS,
};

/* The columns in which a list of processes has the shares of wall time. */
enum hw_time_column {
	HW_COLUMN_CPU,
	HW_COLUMN_STARVED,
	HW_COLUMN_DISK,
	HW_COLUMN_NETWORK,
	HW_COLUMN_PIPE,
	HW_COLUMN_LOCK,
	HW_COLUMN_IDLE,
	HW_COLUMNS,
};

/* How a kind of time looks, where there is colour. */
enum hw_tone { HW_TONE_WORK, HW_TONE_HELD_UP, HW_TONE_WAIT };

/* Names in a stack: of functions, or of the file of Python's code. */
enum hw_subject { HW_IN_KERNEL = 1, HW_IN_NATIVE, HW_IN_CPYTHON, HW_IN_PYTHON_FILE };

/* @pattern is fnmatch(3)'s. A list of them ends with one of subject 0. */
struct hw_name_pattern {
	enum hw_subject subject;
	const char *pattern;
};

/* A row of the table. Texts are for people, without a full stop; NULL where it says so. */
struct hw_time_kind {
	enum hw_slice slice;
	enum hw_bound_class bound;
	enum hw_time_column column;
	const char *name;   /* in JSON and tables: "disk" */
	const char *part;   /* of busy time, "20 % ...": "in page faults"; NULL of a wait */
	const char *doing;  /* what a run or a thread does, "... for 12 % of 3 s" */
	const char *beside; /* what threads wait for while others run; NULL: not worth a word */
	/* The finding (bound/rules.h) that is about all of its time; NULL: it has none. */
	const char *rule, *title;
	const char *remedy; /* when nothing is known that asks for another, bound/remedies.h */
	/* How it is told. Of work on a CPU: a name that a stack must have, in the kernel when that
	 * was interrupted, else outside; the kinds without names take what is left. Of a wait:
	 * functions of the kernel on the way to try_to_wake_up() from what ends the wait, of which
	 * the innermost in the waker's stack decides. NULL: none. */
	const struct hw_name_pattern *names;
	const char *const *wakers; /* NULL-terminated */
};

/* All of them, in the order in which people see them. */
extern const struct hw_time_kind hw_time_kinds[HW_SLICES];

const struct hw_time_kind *hw_time_kind(enum hw_slice slice);

/* The slice of a wait. Of HW_WALL_BUSY, which is no wait: HW_SLICE_KERNEL, and of what is no class:
 * HW_SLICE_OTHER. */
enum hw_slice hw_slice_of_wait(unsigned int wall_class);

const char *hw_slice_name(enum hw_slice slice); /* "user", "memory-stall", "page-faults" ... */
enum hw_bound_class hw_slice_class(enum hw_slice slice);

/* "busy", "starved", "disk" ...; "?" of what is no class. */
const char *hw_wall_class_name(enum hw_wall_class class);
enum hw_time_column hw_wall_class_column(enum hw_wall_class class);

const char *hw_bound_class_name(enum hw_bound_class class); /* "cpu", "memory" ... "mixed" */

/* How the classes are called by people. Of HW_BOUND_MIXED there is no such row. */
struct hw_bound_words {
	const char *name;
	const char *among;    /* "CPU 35 %, I/O 30 %" */
	const char *headline; /* "I/O-bound" */
	enum hw_tone tone;
};
const struct hw_bound_words *hw_bound_words(enum hw_bound_class class);

const char *hw_time_column_title(enum hw_time_column column); /* at most 4 characters */

/* A trait, and the finding about all time that has it. */
struct hw_trait_row {
	const struct hw_name_pattern *names; /* NULL: told otherwise, bound/stacks.h */
	const char *rule, *title;	     /* NULL: no finding of its own */
	const char *spent;		     /* "12 s of thread time ..." */
	const char *remedy;
};
const struct hw_trait_row *hw_trait_row(enum hw_trait trait);

#endif
