/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * Every type that crosses between the BPF programs and user space. Fixed widths, explicit
 * padding, sizes asserted. Include <linux/types.h> or kernel.h before it. */
#ifndef HW_BPF_SHARED_H
#define HW_BPF_SHARED_H

#include <linux/bpf.h> /* struct bpf_spin_lock */

#include "arch.h"

#define HW_NATIVE_MAX 1024	/* native frames of one sample */
#define HW_PYTHON_MAX 2048	/* Python frames of one sample, entry marks included */
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
	HW_END_NO_ROWS,	     /* code without unwind rows, and no frame pointer that leads on */
	HW_END_NO_RULE,	     /* unwind rows say this spot takes more than we evaluate */
	HW_END_UNMAPPED,     /* the code address lies in no executable mapping that is known */
	HW_END_COUNT,
};

/* --- unwind rows: from where in the code on, how to get from a frame to its caller --- */

#define HW_PAGE_SIZE 4096

enum hw_cfa_kind {
	HW_CFA_NONE,   /* no rows for this code: a gap between functions */
	HW_CFA_REG,    /* cfa = register + cfa_off */
	HW_CFA_DEREF,  /* cfa = *(register + off) + plus, where cfa_off is HW_DEREF(off, plus) */
	HW_CFA_PLT,    /* x86-64: cfa = rsp + 8 + ((pc & 15) >= cfa_off ? 8 : 0) */
	HW_CFA_SIGNAL, /* the kernel's signal frame: every register lies on the stack */
	HW_CFA_OTHER,  /* an expression that is not evaluated: HW_END_NO_RULE */
};

enum hw_saved_kind {
	HW_SAVED_SAME,	    /* still in its register */
	HW_SAVED_AT_CFA,    /* *(cfa + off) */
	HW_SAVED_AT_FP,	    /* *(frame pointer + off) */
	HW_SAVED_IN_REG,    /* in the register with DWARF number off */
	HW_SAVED_UNDEFINED, /* lost; of the return address: this is the outermost frame */
	HW_SAVED_WITH_BX,   /* of the return address on x86-64: at cfa - 8, and rbx at cfa + off, lost
			     * for HW_BX_LOST, still in its register for HW_BX_SAME; used in all of
			     * a file that has code which finds its cfa by rbx */
	HW_SAVED_OTHER,	    /* takes what is not evaluated: as undefined, but for the return address
			     * HW_END_NO_RULE */
};

#define HW_DEREF(off, plus) ((__s32)((__u32)(plus) << 16 | (__u16)(off))) /* both signed, 16 bits */

#define HW_BX_LOST 0
#define HW_BX_SAME 1

/* Registers have their DWARF numbers (arch.h). */
struct hw_unwind_rule {
	__u8 cfa;     /* enum hw_cfa_kind */
	__u8 cfa_reg; /* DWARF number */
	__u8 fp;      /* enum hw_saved_kind of the frame pointer */
	__u8 ra;      /* enum hw_saved_kind of the return address */
	__s32 cfa_off, fp_off, ra_off; /* bytes, or a register */
};
_Static_assert(sizeof(struct hw_unwind_rule) == 16, "layout of struct hw_unwind_rule");

#define HW_PAGE_ROWS  1020
#define HW_PAGE_RULES 64

/* The rows of one file form a tree of pages. A leaf covers at most 64 KiB of code; row i holds for
 * the code from base + at[i] up to the next row, also across pages; at[0] is 0. Addresses are
 * relative to the
 * file's lowest segment ("rel"; hw_mapping.zero is where rel 0 lies in a process). */
struct hw_rows_page {
	__u32 base;
	__u16 n_rows;
	__u16 reserved;
	__u16 at[HW_PAGE_ROWS];	  /* ascending, each once */
	__u8 rule[HW_PAGE_ROWS];  /* index of rules */
	struct hw_unwind_rule rules[HW_PAGE_RULES];
	__u32 reserved2;
};
_Static_assert(sizeof(struct hw_rows_page) == HW_PAGE_SIZE, "layout of struct hw_rows_page");

#define HW_PAGE_CHILDREN 511

/* An inner page. In a file of the cache a child is the number of a page of that file, in the
 * kernel one of the pool. */
struct hw_rows_dir {
	__u32 n;
	__u32 reserved;
	__u32 at[HW_PAGE_CHILDREN];    /* rel of the first row below child i, ascending */
	__u32 child[HW_PAGE_CHILDREN];
};
_Static_assert(sizeof(struct hw_rows_dir) == HW_PAGE_SIZE, "layout of struct hw_rows_dir");

#define HW_ROWS_LEVELS_MAX 2 /* inner pages on the way to a leaf: 511 * 511 leaves */

/* Pages live in a pool that grows by chunks. Page 0 is none. */
#define HW_CHUNK_PAGES 512
#define HW_CHUNKS_MAX  512 /* a gigabyte */

/* A file whose code processes map. */
struct hw_module_rows {
	__u32 root;   /* page; 0: no rows, or not yet */
	__u32 levels; /* of inner pages above the leaves: 0 when the root is a leaf */
};

#define HW_MODULES_MAX 16384 /* files of one recording; number 0 stands for code in no file */

/* An executable mapping. */
struct hw_mapping {
	__u64 start, end; /* addresses: [start, end) */
	__u64 zero;	  /* address of the module's rel 0 */
	__u32 module;	  /* index of struct hw_module_rows; 0: none */
	__u32 reserved;
};

#define HW_PAGE_MAPPINGS 146

/* Mappings in ascending order. */
struct hw_maps_page {
	__u32 n;
	__u32 reserved;
	__u64 start[HW_PAGE_MAPPINGS], end[HW_PAGE_MAPPINGS], zero[HW_PAGE_MAPPINGS];
	__u32 module[HW_PAGE_MAPPINGS];
};
_Static_assert(sizeof(struct hw_maps_page) == HW_PAGE_SIZE, "layout of struct hw_maps_page");

#define HW_PROC_PAGES 16 /* mappings of one process: 16 * 146 */

/* What a process has mapped. */
struct hw_proc_maps {
	__u32 n; /* pages */
	__u32 reserved;
	__u64 first[HW_PROC_PAGES]; /* start of the first mapping of the page, ascending */
	__u32 page[HW_PROC_PAGES];
};

/* Files that mappings may show before user space has told of the mapping: by what the kernel knows
 * of it, kdev_t and inode number. */
struct hw_file_key {
	__u64 inode;
	__u32 dev; /* as of the kernel: major << 20 | minor */
	__u32 reserved;
};

struct hw_file {
	__u64 shift;  /* rel = file offset + shift, in the one executable segment */
	__u32 module; /* index of struct hw_module_rows */
	__u32 reserved;
};

/* --- Python --- */

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

/* --- the wall budget --- */

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

#define HW_CALLS_MAX 512 /* numbers of system calls */

/* A function of the kernel: when it wakes a thread, that thread had waited for @class. */
struct hw_waker {
	__u64 start, end;
	__u32 class;
	__u32 reserved;
};

#define HW_WAKERS_MAX 128 /* a power of two */

enum hw_thread_state { HW_THREAD_RUNNING, HW_THREAD_RUNNABLE, HW_THREAD_WAITING, HW_THREAD_STATES };

/* The account of one session: threads in each state now, and where the time went until @since. All
 * times in nanoseconds, CLOCK_MONOTONIC. */
struct hw_wall_account {
	struct bpf_spin_lock lock;
	__u32 pid; /* by process: which; else 0. In the pid namespace of hwprof */
	__u64 begin, since;
	__u32 n[HW_THREAD_STATES];
	__u32 peak; /* threads at once */
	__u64 threads, switches;
	__u64 wall_ns[HW_WALL_CLASSES];
	__u64 thread_ns[HW_WALL_CLASSES];
	__u64 width_ns[HW_WALL_WIDTHS];
	char comm[16];
};

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

#define HW_GILS_MAX 8192 /* processes */

/* A process in which somebody waits at a futex: where is its GIL? */
struct hw_gil_request {
	__u32 tgid; /* in the first pid namespace: key of the answer */
	__u32 pid;  /* in that of hwprof */
};

/* Blocked time that the thread just switched to is to send its stack for. */
struct hw_due {
	__u64 waited_ns, starved_ns; /* both 0: none */
	__u32 tid;		     /* in the first pid namespace */
	__u32 cause;		     /* enum hw_wall_class, of waited_ns */
};

/* --- page faults --- */

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

/* --- the sample --- */

/* Native frame: its code address and its canonical frame address, the value of sp before the call,
 * with flags in its low bits; the address is 0 when it is not known. */
struct hw_raw_native {
	__u64 pc;
	__u64 cfa;
};

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
