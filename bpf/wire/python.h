/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * Where CPython keeps what the walk needs: user space knows its versions, the BPF programs only
 * offsets. */
#ifndef HW_BPF_WIRE_PYTHON_H
#define HW_BPF_WIRE_PYTHON_H

#include <linux/types.h>

#define HW_PY_THREADS_MAX 4096 /* thread states looked through for the one that runs */

/* How the C stack shows where C called Python, so that frames can be put in order. */
enum hw_py_entry {
	HW_PY_ENTRY_NONE,   /* 3.6 to 3.9: it does not; each frame has an eval call of its own */
	HW_PY_ENTRY_EACH,   /* 3.10: each frame has an eval call, and that a CFrame on the C stack */
	HW_PY_ENTRY_FLAG,   /* 3.11: a frame that entered from C is marked; its _PyCFrame lies on
			     * the C stack */
	HW_PY_ENTRY_SHIM,   /* 3.12 on: a shim frame, which is no Python frame, on the C stack */
};

/* Where CPython keeps what the walk needs, in one process. User space fills it from the
 * interpreter's own tables or ours (lib/py/layout.h); all offsets are in bytes. */
struct hw_py_proc {
	__u64 runtime;		 /* address of _PyRuntime; of 3.6: what points to the first interpreter */
	__u16 interpreters_head; /* _PyRuntime: first PyInterpreterState */
	__u16 interp_next;	 /* PyInterpreterState: the next one */
	__u16 interp_threads;	 /* PyInterpreterState: first PyThreadState */
	__u16 tstate_next;	 /* PyThreadState: the next one */
	__u16 tstate_thread_id;	 /* PyThreadState: pthread_self() */
	__u16 thread_reach;	 /* how far the thread pointer register may be above that: 0 on x86-64;
				  * elsewhere struct pthread lies between, always less than a page */
	__u16 tstate_frame;	 /* PyThreadState: the innermost frame; 3.11, 3.12: not used */
	__u16 tstate_cframe;	 /* PyThreadState: the innermost CFrame; 0: has none */
	__u16 cframe_frame;	 /* _PyCFrame of 3.11, 3.12: the current frame */
	__u16 cframe_previous;	 /* CFrame: the one of the eval call further out */
	__u16 code_ident;	 /* PyCodeObject: start of the four words that identify it */
	__u8 frame_begin;	 /* frame: where what is read begins; the next ones count from there */
	__u8 frame_size;	 /* frame: bytes to read, at most HW_PY_FRAME_SIZE */
	__u8 frame_code;	 /* frame: code object */
	__u8 frame_previous;	 /* frame: the caller's */
	__u8 frame_instr;	 /* frame: the instruction that runs ... */
	__u8 instr_is_index;	 /* ... 1: an int, f_lasti; 0: a pointer */
	__u8 frame_entry;	 /* frame: the byte that marks an entry (is_entry, owner) */
	__u8 entry;		 /* enum hw_py_entry */
	__u8 entry_value;	 /* of that byte in a marked frame, or a shim */
	__u8 hidden_value;	 /* of that byte in a frame to pass over; 0xff: there is none such */
	__u8 code_tag;		 /* low bits of the code pointer that are no address */
	__u8 frame_tlbc;	 /* frame, free-threaded: int, which copy of the bytecode; 0: no copies */
	__u8 reserved[6];
};
_Static_assert(sizeof(struct hw_py_proc) == 48, "layout of struct hw_py_proc");

#define HW_PY_FRAME_SIZE 120

/* Tells two code objects apart that lived at the same address one after the other: a hash of four
 * pointers that stand side by side, co_filename, co_name, co_qualname and co_linetable from 3.11
 * on, before that co_cell2arg, co_filename, co_name and co_lnotab or co_linetable
 * (Include/cpython/code.h). Never 0. */
static inline __u32 hw_code_ident(const __u64 pointers[4])
{
	__u64 h = pointers[0];

	h = h * 0x9e3779b97f4a7c15ULL + pointers[1];
	h = h * 0x9e3779b97f4a7c15ULL + pointers[2];
	h = h * 0x9e3779b97f4a7c15ULL + pointers[3];
	h *= 0x9e3779b97f4a7c15ULL;
	return (__u32)(h >> 32) | 1;
}

#endif
