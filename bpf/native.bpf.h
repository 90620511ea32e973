/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The native frames of the interrupted thread, by frame pointers: on x86-64 and aarch64 a frame
 * record is two words, the caller's frame pointer and the return address, and its end is the
 * canonical frame address. Code built without frame pointers ends the walk, or leads it to a word
 * that only looks like a frame; user space drops return addresses that follow no call. The whole
 * method is behind native_init() and native_step(). */
#ifndef HW_BPF_NATIVE_H
#define HW_BPF_NATIVE_H

#define USER_END (1ULL << 47)	      /* of x86-64 user space with 4-level paging */
#define FRAME_RECORD_MAX (1ULL << 20) /* no frame is larger: further off is not a frame */

struct native_walk {
	__u64 pc, sp, fp;
	__u32 n, limit;
	__u8 end;
};

static __always_inline void native_init(struct native_walk *w, __u64 pc, __u64 sp, __u64 fp,
					__u32 limit)
{
	w->pc = pc;
	w->sp = sp;
	w->fp = fp;
	w->n = 0;
	w->limit = limit;
	w->end = HW_END_NONE;
}

static __always_inline int end_native(struct native_walk *w, enum hw_walk_end end)
{
	w->end = end;
	return 1;
}

/* Stores one frame in @out[w->n], which has room for HW_NATIVE_MAX: 0 goes on, 1 ends it. */
static long native_step(struct native_walk *w, struct hw_raw_native *out)
{
	struct {
		__u64 fp, ret;
	} record;
	__u64 cfa = w->fp + sizeof(record);
	__u32 n = w->n;
	int plausible = w->fp >= w->sp && w->fp - w->sp < FRAME_RECORD_MAX && !(w->fp & 7);

	if (n >= w->limit || n >= HW_NATIVE_MAX)
		return end_native(w, HW_END_TOO_DEEP);
	out[n].pc = w->pc;
	out[n].cfa = plausible ? cfa : 0;
	w->n = n + 1;
	if (w->limit == 1)
		return end_native(w, HW_END_LEAF);
	if (!w->fp)
		return end_native(w, HW_END_ROOT); /* the ABI's mark of the outermost frame */
	if (!plausible)
		return end_native(w, HW_END_BAD_FRAME);
	if (read_user(&record, sizeof(record), w->fp))
		return end_native(w, HW_END_FAULT);
	if (!record.ret)
		return end_native(w, HW_END_ROOT);
	if (record.ret < 4096 || record.ret >= USER_END)
		return end_native(w, HW_END_BAD_FRAME);
	w->pc = record.ret;
	w->fp = record.fp;
	w->sp = cfa;
	return 0;
}

#endif
