/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * Every type that crosses between the BPF programs and user space. Fixed widths, explicit
 * padding, sizes asserted. Include <linux/types.h> or kernel.h before it. */
#ifndef HW_BPF_SHARED_H
#define HW_BPF_SHARED_H

#define HW_NATIVE_MAX 1024	/* native frames of one sample */
#define HW_PYTHON_MAX 1024	/* Python frames of one sample, entry marks included */
#define HW_KERNEL_MAX 127	/* kernel.perf_event_max_stack: the kernel gives no more */
#define HW_RECORD_EVENTS_MAX 8	/* events in one recording: a BPF program each */
#define HW_PY_THREADS_MAX 4096	/* thread states looked through for the one that runs */

/* How a walk over one of the three parts of a stack ended. */
enum hw_walk_end {
	HW_END_NONE,	     /* nothing to walk: no such part */
	HW_END_ROOT,	     /* the outermost frame was reached */
	HW_END_TOO_DEEP,     /* the frame limit */
	HW_END_FAULT,	     /* memory of the target could not be read */
	HW_END_BAD_FRAME,    /* a link that cannot be one: unaligned, backwards, outside user space */
	HW_END_NO_THREAD,    /* CPython does not know this thread (or not yet) */
	HW_END_LEAF,	     /* only the innermost frame was asked for */
	HW_END_COUNT,
};

/* Where CPython keeps what the walk needs, in one process. User space fills it from the
 * interpreter's own tables or ours (lib/py/runtime.h); all offsets are in bytes. */
struct hw_py_proc {
	__u64 runtime;		     /* address of _PyRuntime */
	__u16 interpreters_head;     /* _PyRuntime: first PyInterpreterState */
	__u16 interp_next;	     /* PyInterpreterState: the next one */
	__u16 interp_threads;	     /* PyInterpreterState: first PyThreadState */
	__u16 tstate_next;	     /* PyThreadState: the next one */
	__u16 tstate_thread_id;	     /* PyThreadState: pthread_self() */
	__u16 tstate_frame;	     /* PyThreadState: the frame, or the _PyCFrame when has_cframe */
	__u16 cframe_frame;	     /* _PyCFrame: the current frame */
	__u16 cframe_previous;	     /* _PyCFrame: the one of the eval call further out */
	__u8 has_cframe;	     /* 1 on 3.11 and 3.12 */
	__u8 frame_code;	     /* _PyInterpreterFrame: code object */
	__u8 frame_previous;	     /* _PyInterpreterFrame: the caller's */
	__u8 frame_instr;	     /* _PyInterpreterFrame: the instruction that runs */
	__u8 frame_entry;	     /* _PyInterpreterFrame: the byte that marks an entry */
	__u8 entry_value;	     /* value of that byte in a frame that enters from C ... */
	__u8 entry_is_shim;	     /* ... 1: which is no Python frame and lies on the C stack;
				      *     0: a real frame, whose _PyCFrame lies on the C stack */
	__u8 frame_size;	     /* bytes of a frame to read, at most HW_PY_FRAME_SIZE */
	__u8 code_ident;	     /* PyCodeObject: start of the four pointers that identify it */
	__u8 reserved[7];
};
_Static_assert(sizeof(struct hw_py_proc) == 40, "layout of struct hw_py_proc");

#define HW_PY_FRAME_SIZE 96

/* Native frame: its code address (for a caller: the return address) and its canonical frame
 * address, the value of sp before the call; cfa is 0 when it is not known. */
struct hw_raw_native {
	__u64 pc;
	__u64 cfa;
};

enum hw_raw_python_kind {
	HW_RAW_PY_FRAME = 1, /* a Python frame */
	HW_RAW_PY_ENTRY = 2, /* C called Python here: the frames before it ran in the native frame
			      * whose part of the C stack holds this address */
};

/* Python frame. For an entry only kind and addr are set. */
struct hw_raw_python {
	__u64 addr;	 /* of the code object, or on the C stack */
	__u32 ident;	 /* hw_code_ident() of the code object, 0 when it could not be read */
	__s32 instr_off; /* bytes from the code object to the instruction; HW_NO_INSTR */
	__u32 kind;	 /* enum hw_raw_python_kind */
	__u32 reserved;
};
_Static_assert(sizeof(struct hw_raw_python) == 24, "layout of struct hw_raw_python");

#define HW_NO_INSTR ((__s32)0x80000000)

/* Tells two code objects apart that lived at the same address one after the other: a hash of the
 * pointers co_filename, co_name, co_qualname and co_linetable, which stand side by side in 3.11
 * to 3.13 (Include/cpython/code.h). Never 0. */
static inline __u32 hw_code_ident(const __u64 pointers[4])
{
	__u64 h = pointers[0];

	h = h * 0x9e3779b97f4a7c15ULL + pointers[1];
	h = h * 0x9e3779b97f4a7c15ULL + pointers[2];
	h = h * 0x9e3779b97f4a7c15ULL + pointers[3];
	h *= 0x9e3779b97f4a7c15ULL;
	return (__u32)(h >> 32) | 1;
}

/* One sample. Behind it, leaf first and without gaps: n_native struct hw_raw_native, n_python
 * struct hw_raw_python, n_kernel __u64 addresses. */
struct hw_raw_sample {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 period;
	__u32 pid, tid; /* in the pid namespace of hwprof */
	__u32 cpu;
	__u16 event;	/* which of the recording's events */
	__u16 n_native, n_python, n_kernel;
	__u8 native_end, python_end; /* enum hw_walk_end */
	__u8 reserved[6];
	char comm[16]; /* of the thread */
};
_Static_assert(sizeof(struct hw_raw_sample) == 64, "layout of struct hw_raw_sample");

#endif
