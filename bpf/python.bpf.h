/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The Python frames of the thread that was interrupted, innermost first. Knows no version of
 * Python: struct hw_py_proc says where things are. Reads memory only through read_user() and
 * loops only through bpf_loop(), so tests compile it for the host over fake memory.
 *
 * On 3.11 and later one C call of the eval loop runs many Python frames. Where C called in is
 * marked: on 3.11 by the frame's is_entry, and a _PyCFrame on the C stack of that eval call; from
 * 3.12 on by a shim frame that is itself a C local of the eval call (Python/ceval.c, entry_frame).
 * Either address tells user space which native frame the Python frames belong to. */
#ifndef HW_BPF_PYTHON_H
#define HW_BPF_PYTHON_H

struct python_walk {
	struct hw_py_proc proc;
	__u64 frame;  /* the next one to read */
	__u64 cframe; /* of the eval call that runs it */
	__u64 tstate, interp;
	__u64 thread_id;
	__u64 last_code; /* of the frame before: in a recursion it is the same one */
	__u32 last_ident;
	__u32 n, limit;
	__u8 end;
	__u64 words[HW_PY_FRAME_SIZE / 8]; /* the frame at hand */
};

static __always_inline __u64 field_u64(const struct python_walk *w, __u8 off)
{
	return off / 8 < HW_PY_FRAME_SIZE / 8 ? w->words[off / 8] : 0;
}

static __always_inline __u8 field_u8(const struct python_walk *w, __u8 off)
{
	return field_u64(w, off) >> off % 8 * 8; /* little-endian, as all we run on */
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

static __always_inline void store_entry(struct python_walk *w, struct hw_raw_python *out,
					 __u64 stack_addr)
{
	struct hw_raw_python f = { .addr = stack_addr, .kind = HW_RAW_PY_ENTRY };

	store_python(w, out, &f);
}

static __always_inline void store_frame(struct python_walk *w, struct hw_raw_python *out,
					 __u64 code, __u64 instr)
{
	__u64 pointers[4];
	struct hw_raw_python f = { .addr = code, .kind = HW_RAW_PY_FRAME, .instr = instr };

	/* The page may be out: then the frame stays, unidentified, and the walk goes on. */
	if (code == w->last_code)
		f.ident = w->last_ident;
	else if (!read_user(pointers, sizeof(pointers), code + w->proc.code_ident))
		f.ident = hw_code_ident(pointers);
	w->last_code = code;
	w->last_ident = f.ident;
	store_python(w, out, &f);
}

static __always_inline int end_python(struct python_walk *w, enum hw_walk_end end)
{
	w->end = end;
	return 1;
}

/* One frame of the chain, stored from @out[w->n] on, which has room for HW_PYTHON_MAX: 0 goes on,
 * 1 ends it. */
static long python_step(struct python_walk *w, struct hw_raw_python *out)
{
	__u64 code;
	__u32 size = w->proc.frame_size;
	__u8 is_entry;

	if (!w->frame)
		return end_python(w, HW_END_ROOT);
	if (w->n >= w->limit || w->n >= HW_PYTHON_MAX - 1)
		return end_python(w, w->limit == 1 ? HW_END_LEAF : HW_END_TOO_DEEP);
	if (size > HW_PY_FRAME_SIZE)
		size = HW_PY_FRAME_SIZE;
	if (read_user(w->words, size, w->frame))
		return end_python(w, HW_END_FAULT);

	is_entry = field_u8(w, w->proc.frame_entry) == w->proc.entry_value;
	if (is_entry && w->proc.entry == HW_PY_ENTRY_SHIM) {
		store_entry(w, out, w->frame);
	} else {
		code = field_u64(w, w->proc.frame_code);
		if (!code || code >> 56)
			return end_python(w, HW_END_BAD_FRAME);
		store_frame(w, out, code, field_u64(w, w->proc.frame_instr));
		if (is_entry) {
			store_entry(w, out, w->cframe);
			if (read_link(w->cframe + w->proc.cframe_previous, &w->cframe))
				w->cframe = 0;
		}
	}
	w->frame = field_u64(w, w->proc.frame_previous);
	return 0;
}

/* One step through the interpreters and their threads: 0 goes on; 1 ends it, with w->tstate the
 * thread that was looked for, or 0. */
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
	if (id == w->thread_id)
		return 1;
	if (read_link(w->tstate + w->proc.tstate_next, &w->tstate))
		w->tstate = w->interp = 0;
	return 0;
}

/* Whether w->tstate (of an earlier sample) is still that of the running thread. */
static __always_inline int thread_holds(struct python_walk *w)
{
	__u64 id;

	return w->tstate && !read_link(w->tstate + w->proc.tstate_thread_id, &id) &&
	       id == w->thread_id;
}

/* From the thread state to its innermost frame. */
static __always_inline int first_frame(struct python_walk *w)
{
	if (!w->proc.tstate_cframe)
		return read_link(w->tstate + w->proc.tstate_frame, &w->frame) ?
			       end_python(w, HW_END_FAULT) :
			       0;
	if (read_link(w->tstate + w->proc.tstate_cframe, &w->cframe) || !w->cframe ||
	    read_link(w->cframe + w->proc.cframe_frame, &w->frame))
		return end_python(w, HW_END_FAULT);
	return 0;
}

#endif
