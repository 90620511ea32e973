/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * What comes through the ring of samples: a thread with its native, Python and kernel frames, and the
 * code objects they name. */
#ifndef HW_BPF_WIRE_SAMPLE_H
#define HW_BPF_WIRE_SAMPLE_H

#include <linux/types.h>

#include "arch.h"
#include "classes.h"

#define HW_NATIVE_MAX 1024	/* native frames of one sample */
#define HW_PYTHON_MAX 2048	/* Python frames of one sample, entry marks included */
#define HW_KERNEL_MAX 127	/* kernel.perf_event_max_stack: the kernel gives no more */
#define HW_RECORD_EVENTS_MAX 8	/* events in one recording: a BPF program each */

/* Native frame: its code address and its canonical frame address, the value of sp before the call,
 * with flags in its low bits; the address is 0 when it is not known. */
struct hw_raw_native {
	__u64 pc;
	__u64 cfa;
};
_Static_assert(sizeof(struct hw_raw_native) == 16, "layout of struct hw_raw_native");

#define HW_NATIVE_EXACT	 1ULL /* pc is the instruction that runs; else where a call returns to */
#define HW_NATIVE_BY_FP	 2ULL /* found by a frame pointer: a guess, check that it follows a call */
#define HW_NATIVE_SIGNAL 4ULL /* the kernel's signal frame: no code of the program */
#define HW_NATIVE_CFA(cfa) ((cfa) & ~7ULL)

enum hw_raw_python_kind {
	HW_RAW_PY_FRAME = 1, /* a Python frame */
	HW_RAW_PY_ENTRY = 2, /* C called Python here: the frames before it ran in the native frame
			      * whose part of the C stack holds this address */
};

/* Python frame. For an entry only kind and addr are set. */
struct hw_raw_python {
	__u64 addr;  /* of the code object, or on the C stack */
	__u64 instr; /* as the frame says it: address of an instruction, or f_lasti (sign-extended) */
	__u32 ident; /* hw_code_ident() of the code object, 0 when it could not be read */
	__u16 kind;  /* enum hw_raw_python_kind */
	__u16 tlbc;  /* free-threaded: which copy of the bytecode instr points into */
};
_Static_assert(sizeof(struct hw_raw_python) == 24, "layout of struct hw_raw_python");

/* What comes through the ring begins with its kind. */
enum hw_raw_kind {
	HW_RAW_SAMPLE = 1, /* struct hw_raw_sample */
	HW_RAW_CODE,	   /* struct hw_raw_code */
};

#define HW_CODE_HEAD  256  /* bytes of a code object: all fields that are read */
#define HW_CODE_STR   320  /* of a string object */
#define HW_CODE_TABLE 1280 /* of a line table, a bytes object */

/* A piece of the target's memory, as far as it could be read. */
struct hw_raw_piece {
	__u64 addr;
	__u32 size; /* bytes; 0: could not be read */
	__u32 reserved;
};
_Static_assert(sizeof(struct hw_raw_piece) == 16, "layout of struct hw_raw_piece");

/* A code object that a sample is about to name, and what it points to: by the time user space comes
 * to read it, it may have been freed. Sent once per CPU, before the sample. */
struct hw_raw_code {
	__u32 kind; /* HW_RAW_CODE */
	__u32 pid;
	__u64 time_ns;
	__u64 addr;
	__u32 ident; /* hw_code_ident() */
	__u32 reserved;
	struct hw_raw_piece pieces[5]; /* head, the objects at its four identifying words in order */
	__u8 head[HW_CODE_HEAD];
	__u8 strings[3][HW_CODE_STR];
	__u8 table[HW_CODE_TABLE];
};
_Static_assert(sizeof(struct hw_raw_code) == 2608, "layout of struct hw_raw_code");

/* One sample. Behind it, leaf first and without gaps: n_native struct hw_raw_native, n_python
 * struct hw_raw_python, n_kernel __u64 addresses, n_regs __u64 registers. */
struct hw_raw_sample {
	__u32 kind;    /* HW_RAW_SAMPLE */
	__u32 cpu;
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 period;
	__u64 addr;	/* of the data, of page faults; else 0 */
	__u32 pid, tid; /* in the pid namespace of hwprof */
	__u16 event;	/* which of the recording's events */
	__u16 n_native, n_python, n_kernel;
	__u8 native_end, python_end; /* enum hw_walk_end */
	__u8 gil_wanted;	     /* another thread of the process waits for the GIL */
	__u8 wait;		     /* of blocked time: enum hw_wall_class, its cause; else 0 */
	__u8 fault;		     /* of page faults: enum hw_fault_kind */
	__u8 n_regs;		     /* HW_SAMPLE_REGS when user code was interrupted, else 0 */
	__u8 reserved[2];
	char comm[16]; /* of the thread */
};
_Static_assert(sizeof(struct hw_raw_sample) == 72, "layout of struct hw_raw_sample");

#endif
