/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The Python frames of the thread that was interrupted, innermost first. Knows no version of
 * Python: struct hw_py_proc says where things are. Reads memory only through read_user(),
 * and whoever includes it does the loops, so tests compile it for the host over fake memory.
 *
 * Where C called Python is told by addresses on the C stack, from which user space knows the native
 * frame that ran the Python frames before them:
 *   3.6 to 3.9	nothing there: each Python frame has an eval call of its own
 *   3.10	each of these has a CFrame there, which links to the next one
 *   3.11	one eval call runs many frames; the outermost is_entry, and its call has a _PyCFrame
 *   3.12 on	a shim frame there stands behind the frames of one eval call (Python/ceval.c,
 *		entry_frame); its owner tells it from a frame that runs code */
#ifndef HW_BPF_PYTHON_H
#define HW_BPF_PYTHON_H

/* Bytes read at once. Asking the kernel costs more than the bytes do, and a caller's frame often
 * lies below its callee's: always from 3.11 on, where a thread has a stack for them, but for
 * generators; before, where they were allocated one after the other. */
#define HW_PY_WINDOW 2048

/* Code objects whose identity this sample has read: recursion and loops meet few. */
#define HW_PY_SEEN 16

struct code_seen {
	__u64 code;
	__u32 ident;
	__u32 sample; /* which one of this walk's samples saw it: others are forgotten */
};

struct python_walk {
	struct hw_py_proc proc;
	__u64 frame;  /* the next one to read */
	__u64 callee; /* the one read before it; 0: none */
	__u64 cframe; /* of the eval call that runs it */
	__u64 tstate; /* at hand in the search for the thread, and the one it found */
	__u64 interp; /* the next one to search */
	__u64 only_interp; /* the process has but this one; 0: it has several */
	__u64 thread_pointer; /* of the thread that runs */
	__u32 n, limit;
	__u32 sample;
	__u8 end;
	__u8 found;	/* tstate is one of the thread that runs */
	__u8 searching; /* for one more of them */
	__u8 entry_due; /* frames have been stored since the last entry */
	__u64 window_addr; /* of what was read last ... */
	__u32 window_size; /* ... in bytes; 0: nothing */
	__u32 at;	   /* index in window of the frame at hand */
	__u64 window[HW_PY_WINDOW / 8];
	struct code_seen seen[HW_PY_SEEN];
};

/* Begins the next sample. */
static __always_inline void python_init(struct python_walk *w, const struct hw_py_proc *proc,
					__u64 thread_pointer, __u32 limit)
{
	w->proc = *proc;
	w->thread_pointer = thread_pointer;
	w->limit = limit;
	w->frame = w->callee = w->cframe = 0;
	w->tstate = w->interp = w->only_interp = 0;
	w->n = 0;
	w->sample++;
	w->end = HW_END_NONE;
	w->found = w->searching = w->entry_due = 0;
	w->window_size = 0;
}

static __always_inline __u64 field_u64(const struct python_walk *w, __u8 off)
{
	__u32 i = w->at + off / 8;

	return i < HW_PY_WINDOW / 8 ? w->window[i] : 0;
}

/* A smaller field, in the low bits. All we run on is little-endian. */
static __always_inline __u64 field(const struct python_walk *w, __u8 off)
{
	return field_u64(w, off) >> off % 8 * 8;
}

static __always_inline int read_link(__u64 addr, __u64 *ret)
{
	return read_user(ret, sizeof(*ret), addr);
}

static __always_inline void store_python(struct python_walk *w, struct hw_raw_python *out,
					  struct hw_raw_python *f)
{
	__u32 n = w->n;

	if (n >= HW_PYTHON_MAX)
		return;
	out[n] = *f;
	w->n = n + 1;
}

/* An entry without frames before it says nothing. (3.15 ends with one: the base frame in the
 * thread state has the owner of a shim.) */
static __always_inline void store_entry(struct python_walk *w, struct hw_raw_python *out,
					 __u64 stack_addr)
{
	struct hw_raw_python f = { .addr = stack_addr, .kind = HW_RAW_PY_ENTRY };

	if (!w->entry_due)
		return;
	w->entry_due = 0;
	store_python(w, out, &f);
}

/* The identity of @code; 0 when its page is out: then the frame stays, unidentified, and the walk
 * goes on. */
static __always_inline __u32 ident_of(struct python_walk *w, __u64 code)
{
	struct code_seen *seen = &w->seen[(code >> 4 ^ code >> 9) % HW_PY_SEEN];
	__u64 pointers[4];

	if (seen->code == code && seen->sample == w->sample)
		return seen->ident;
	seen->code = code;
	seen->sample = w->sample;
	seen->ident = 0;
	if (read_user(pointers, sizeof(pointers), code + w->proc.code_ident))
		return 0;
	seen->ident = hw_code_ident(pointers);
	code_met(code, seen->ident, pointers);
	return seen->ident;
}

static __always_inline int end_python(struct python_walk *w, enum hw_walk_end end)
{
	w->end = end;
	return 1;
}

/* Stores the frame that was read: 0, or 1 when it cannot be one. */
static __always_inline int store_frame(struct python_walk *w, struct hw_raw_python *out)
{
	struct hw_raw_python f = { .kind = HW_RAW_PY_FRAME };

	f.addr = field_u64(w, w->proc.frame_code) & ~(__u64)w->proc.code_tag;
	if (!f.addr || f.addr >> 56)
		return end_python(w, HW_END_BAD_FRAME);
	f.instr = w->proc.instr_is_index ? (__u64)(__s32)field(w, w->proc.frame_instr) :
					   field_u64(w, w->proc.frame_instr);
	if (w->proc.frame_tlbc)
		f.tlbc = field(w, w->proc.frame_tlbc);
	f.ident = ident_of(w, f.addr);
	w->entry_due = 1;
	store_python(w, out, &f);
	return 0;
}

/* The eval call that ran the frames so far has a CFrame: marks it, and turns to the next one. */
static __always_inline void leave_cframe(struct python_walk *w, struct hw_raw_python *out)
{
	store_entry(w, out, w->cframe);
	if (read_link(w->cframe + w->proc.cframe_previous, &w->cframe))
		w->cframe = 0;
}

/* Brings the frame at hand into the window. After a short step down to it the next one is guessed
 * to be as near, and what lies below is read with it. */
static __always_inline int load_frame(struct python_walk *w)
{
	__u64 addr = w->frame + w->proc.frame_begin, at = addr - w->window_addr;
	__u32 size = w->proc.frame_size;

	if (size > HW_PY_FRAME_SIZE)
		size = HW_PY_FRAME_SIZE;
	if (at < w->window_size && w->window_size - at >= size) {
		w->at = at / 8;
		return 0;
	}
	w->window_addr = addr + size - HW_PY_WINDOW;
	w->window_size = HW_PY_WINDOW;
	w->at = (HW_PY_WINDOW - size) / 8;
	if (w->callee - w->frame < HW_PY_WINDOW / 2 &&
	    !read_user(w->window, HW_PY_WINDOW, w->window_addr))
		return 0;
	w->window_addr = addr;
	w->window_size = size;
	w->at = 0;
	return read_user(w->window, size, addr);
}

/* Whether @id, the pthread_self() of a thread state, is that of the thread that runs. */
static __always_inline int runs_as(const struct python_walk *w, __u64 id)
{
	return id && w->thread_pointer - id <= w->proc.thread_reach;
}

/* One step through the interpreters and their threads: 0 goes on; 1 ends it, with w->tstate the
 * thread that was looked for and w->found set, or neither. */
static long find_thread_step(struct python_walk *w)
{
	__u64 id;

	if (!w->tstate) {
		if (!w->interp)
			return 1;
		if (read_link(w->interp + w->proc.interp_threads, &w->tstate) ||
		    read_link(w->interp + w->proc.interp_next, &w->interp))
			w->tstate = w->interp = 0;
		return 0;
	}
	if (read_link(w->tstate + w->proc.tstate_thread_id, &id)) {
		w->tstate = w->interp = 0;
		return 1;
	}
	w->found = runs_as(w, id);
	if (w->found)
		return 1;
	if (read_link(w->tstate + w->proc.tstate_next, &w->tstate))
		w->tstate = w->interp = 0;
	return 0;
}

/* Begins the search, at the youngest interpreter. */
static __always_inline void find_thread_begin(struct python_walk *w)
{
	__u64 next;

	w->tstate = w->only_interp = 0;
	if (read_link(w->proc.runtime + w->proc.interpreters_head, &w->interp) || !w->interp ||
	    read_link(w->interp + w->proc.interp_next, &next))
		w->interp = 0;
	else if (!next)
		w->only_interp = w->interp;
}

/* Whether @tstate, found by an earlier sample, is that of the running thread, which has no other:
 * when @only_interp was and is the only interpreter. Goes behind find_thread_begin(). */
static __always_inline int thread_holds(struct python_walk *w, __u64 tstate, __u64 only_interp)
{
	__u64 id;

	if (!tstate || !only_interp || w->only_interp != only_interp ||
	    read_link(tstate + w->proc.tstate_thread_id, &id) || !runs_as(w, id))
		return 0;
	w->tstate = tstate;
	return 1;
}

/* From the thread state to its innermost frame: 0, or 1 when the walk ends here. */
static __always_inline int first_frame(struct python_walk *w)
{
	__u64 at = w->tstate + w->proc.tstate_frame;

	if (w->proc.tstate_cframe) {
		if (read_link(w->tstate + w->proc.tstate_cframe, &w->cframe) || !w->cframe)
			return end_python(w, HW_END_FAULT);
		if (w->proc.entry != HW_PY_ENTRY_EACH)
			at = w->cframe + w->proc.cframe_frame;
	}
	if (read_link(at, &w->frame))
		return end_python(w, HW_END_FAULT);
	w->searching = 0;
	w->end = HW_END_TOO_DEEP; /* until something else ends the walk */
	return 0;
}

/* Behind the last frame of a thread state. A thread that runs in an interpreter inside of another
 * has a thread state in each, and the inner one is the younger: the search goes on. */
static __always_inline int next_thread_state(struct python_walk *w)
{
	if (w->only_interp)
		return end_python(w, HW_END_ROOT);
	if (!w->searching) {
		w->searching = 1;
		w->found = 0;
		if (read_link(w->tstate + w->proc.tstate_next, &w->tstate))
			return end_python(w, HW_END_FAULT);
	}
	if (!find_thread_step(w))
		return 0;
	if (!w->found)
		return end_python(w, HW_END_ROOT);
	return first_frame(w);
}

/* One frame of the chain, stored from @out[w->n] on, which has room for HW_PYTHON_MAX: 0 goes on,
 * 1 ends it. */
static long python_step(struct python_walk *w, struct hw_raw_python *out)
{
	__u8 entry = w->proc.entry, mark;

	if (!w->frame)
		return next_thread_state(w);
	if (w->n >= w->limit || w->n >= HW_PYTHON_MAX - 1)
		return end_python(w, w->limit == 1 ? HW_END_LEAF : HW_END_TOO_DEEP);
	if (w->frame % 8)
		return end_python(w, HW_END_BAD_FRAME);
	if (load_frame(w))
		return end_python(w, HW_END_FAULT);

	mark = field(w, w->proc.frame_entry);
	if (entry == HW_PY_ENTRY_SHIM && mark == w->proc.entry_value) {
		store_entry(w, out, w->frame);
	} else if (entry != HW_PY_ENTRY_SHIM || mark != w->proc.hidden_value) {
		if (store_frame(w, out))
			return 1;
		if (entry == HW_PY_ENTRY_EACH ||
		    (entry == HW_PY_ENTRY_FLAG && mark == w->proc.entry_value))
			leave_cframe(w, out);
	}
	w->callee = w->frame;
	w->frame = field_u64(w, w->proc.frame_previous);
	return 0;
}

#endif
