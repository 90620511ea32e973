/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The native frames of the interrupted thread, leaf first, by the unwind rows of the files that
 * its code comes from (wire/rows.h); by frame pointers where there are none: a JIT, or assembly.
 * Reads memory of the target only through read_user(), pages only through pool_page(),
 * module_rows(), map_pages() and map_slow(), so tests compile it for the host over fake memory.
 * Whoever includes it calls native_step() until it ends, and has locate() call native_locate(), and
 * step_rarely() native_rarely(): in BPF by way of functions that the verifier checks by themselves,
 * or it would follow all paths through the one for each through the other. It also has code_bits:
 * those of a return address that are its address, and no signature of it.
 *
 * Of the registers the walk carries the stack and the frame pointer; the others are known only in
 * an interrupted frame (the leaf, or one that a signal interrupted), where rules may use any. */
#ifndef HW_BPF_NATIVE_H
#define HW_BPF_NATIVE_H

#define FRAME_RECORD_MAX (1ULL << 20) /* no frame is larger: further off is no frame pointer */

/* An interrupted frame's registers come in one of the kernel's two orders: that of struct pt_regs, and
 * of struct sigcontext. */
static const volatile __u8 regs_order[2][NAMED_REGS] = REGS_ORDER;

enum regs_from { FROM_PT_REGS, FROM_SIGNAL };

/* Rules found, by where in the code: stacks mostly go through the same few calls. They stay right
 * from walk to walk, since a file's rows never change and its number is never given again. */
struct rule_slot {
	__u64 key; /* module << 32 | rel; 0: empty */
	struct hw_unwind_rule rule;
};

#define RULE_SLOTS 512
#define FP_LOST	   1 /* no frame pointer is odd */
#define BX_LOST	   1

struct native_walk {
	__u64 pc, sp;
	__u64 fp;    /* the frame pointer register ... */
	__u64 fp_at; /* ... unless this is set: its value lies there, and was not needed so far */
	__u64 bx;    /* rbx, which few rules need ... */
	__u64 bx_at; /* ... unless this is set: it lies there, or is lost (BX_LOST) */
	__u64 regs[HW_REGS];
	__u32 pid;	 /* whose mappings to look in */
	__u32 n, limit;	 /* frames */
	__u8 regs_from;	 /* enum regs_from */
	__u8 exact;	 /* pc was interrupted, and all registers are known; else a return address */
	__u8 by_fp;	 /* how the frame at hand was found */
	__u8 end;	 /* enum hw_walk_end */
	struct hw_mapping map; /* that held the last code address */
	struct rule_slot rules[RULE_SLOTS];
};

/* What is known of a code address. */
enum place { PLACE_UNMAPPED, PLACE_NO_ROWS, PLACE_FOUND };

/* Has the compiler go on with the whole of @x, and add to it: with halves, and with an OR of bits that
 * it knows to be apart, the verifier of Linux 5.10 loses track of how large an index can be. */
#define IN_64_BITS(x) __asm__ volatile("" : "+r"(x))

static __always_inline __u64 reg_at(const struct native_walk *w, __u32 at)
{
	return at < HW_REGS ? w->regs[at] : 0;
}

/* Register @reg (DWARF number), below NAMED_REGS. */
static __always_inline __u64 named_reg(const struct native_walk *w, __u64 reg)
{
	__u64 order = w->regs_from;

	IN_64_BITS(order);
	order = (order & 1) * NAMED_REGS;
	IN_64_BITS(order);
	IN_64_BITS(reg);
	return reg_at(w, (&regs_order[0][0])[order + reg % NAMED_REGS]);
}

/* Takes pc, sp and fp from the registers. */
static __always_inline void take_regs(struct native_walk *w, __u8 from)
{
	w->regs_from = from;
	w->exact = 1;
	w->pc = reg_at(w, PC_AT);
	w->sp = named_reg(w, REG_SP);
	w->fp = named_reg(w, REG_FP);
	w->fp_at = 0;
	w->bx = named_reg(w, REG_BX);
	w->bx_at = 0;
}

/* Begins a walk at w->regs, in the order of struct pt_regs. */
static __always_inline void native_init(struct native_walk *w, __u32 pid, __u32 limit)
{
	w->pid = pid;
	w->n = 0;
	w->limit = limit;
	w->by_fp = 0;
	w->end = HW_END_NONE;
	w->map.start = w->map.end = 0;
	take_regs(w, FROM_PT_REGS);
}

static __always_inline int end_native(struct native_walk *w, enum hw_walk_end end)
{
	w->end = end;
	return 1;
}

/* The frame pointer, read if need be; FP_LOST when it cannot be. */
static __always_inline __u64 frame_pointer(struct native_walk *w)
{
	__u64 fp;

	if (w->fp_at) {
		w->fp = read_user(&fp, sizeof(fp), w->fp_at) ? FP_LOST : fp;
		w->fp_at = 0;
	}
	return w->fp;
}

/* Register rbx; 0 when it is lost. */
static __always_inline int read_bx(const struct native_walk *w, __u64 *ret)
{
	*ret = w->bx;
	if (!w->bx_at)
		return 1;
	return w->bx_at != BX_LOST && !read_user(ret, sizeof(*ret), w->bx_at);
}

/* Register @reg (DWARF number); 0 when it is not known. */
static __always_inline int read_reg(struct native_walk *w, __u32 reg, __u64 *ret)
{
	if (reg == REG_SP)
		*ret = w->sp;
	else if (reg == REG_FP)
		*ret = frame_pointer(w);
	else if (reg == REG_BX)
		return read_bx(w, ret);
	else if (w->exact && reg < NAMED_REGS)
		*ret = named_reg(w, reg);
	else
		return 0;
	return 1;
}

/* --- Searches: the last of @n entries that is at most @key, or 0. Without a branch, so that the
 * verifier has one path to follow; they may look behind the array, never behind its page. --- */

/* 1 when @at is at most @key and @i is below @n, else 0; all below 2^63. The empty asm keeps the
 * compiler from making a branch of it. */
static __always_inline __u64 is_before(__u64 at, __u64 key, __u64 i, __u64 n)
{
	__u64 sign = ~(key - at) & (i - n);

	__asm__ volatile("" : "+r"(sign));
	return sign >> 63;
}

#define STEP(s)                                                     \
	do {                                                        \
		i += (s) * is_before(at[i + (s)], key, i + (s), n); \
		IN_64_BITS(i);                                      \
	} while (0)

static __always_inline __u64 find_row(const __u16 *at, __u32 n, __u64 key)
{
	__u64 i = 0;

	STEP(512); STEP(256); STEP(128); STEP(64); STEP(32);
	STEP(16); STEP(8); STEP(4); STEP(2); STEP(1);
	return i;
}

static __always_inline __u64 find_child(const __u32 *at, __u32 n, __u64 key)
{
	__u64 i = 0;

	STEP(256); STEP(128); STEP(64); STEP(32); STEP(16); STEP(8); STEP(4); STEP(2); STEP(1);
	return i;
}

static __always_inline __u64 find_mapping(const __u64 *at, __u32 n, __u64 key)
{
	__u64 i = 0;

	STEP(128); STEP(64); STEP(32); STEP(16); STEP(8); STEP(4); STEP(2); STEP(1);
	return i;
}

static __always_inline __u64 find_maps_page(const __u64 *at, __u32 n, __u64 key)
{
	__u64 i = 0;

	STEP(8); STEP(4); STEP(2); STEP(1);
	return i;
}

#undef STEP

/* Sets w->map to the mapping that holds @addr: 1, or 0 when none is known. */
static __always_inline int find_map(struct native_walk *w, __u64 addr)
{
	const struct hw_proc_maps *maps;
	const struct hw_maps_page *page;
	__u64 i;

	if (addr >= w->map.start && addr < w->map.end)
		return 1;
	w->map.start = w->map.end = 0;
	maps = map_pages(w->pid);
	if (!maps)
		return map_slow(addr, &w->map);
	i = find_maps_page(maps->first, maps->n, addr);
	page = pool_page(maps->page[i]);
	if (!page)
		return map_slow(addr, &w->map);
	i = find_mapping(page->start, page->n, addr);
	if (i >= HW_PAGE_MAPPINGS || addr < page->start[i] || addr >= page->end[i])
		return map_slow(addr, &w->map);
	w->map.start = page->start[i];
	w->map.end = page->end[i];
	w->map.zero = page->zero[i];
	w->map.module = page->module[i];
	return 1;
}

/* The rule for the code @rel of @module; NULL when it has no rows there. */
static __always_inline const struct hw_unwind_rule *find_rule(__u32 module, __u64 rel)
{
	const struct hw_module_rows *rows = module_rows(module);
	const struct hw_rows_page *leaf;
	const struct hw_rows_dir *dir;
	__u32 page, level;
	__u64 i;

	if (!rows || rel >> 32)
		return NULL;
	page = rows->root;
	for (level = 0; level < HW_ROWS_LEVELS_MAX && level < rows->levels; level++) {
		dir = pool_page(page);
		if (!dir)
			return NULL;
		i = find_child(dir->at, dir->n, rel);
		page = i < HW_PAGE_CHILDREN ? dir->child[i] : 0;
	}
	leaf = pool_page(page);
	if (!leaf || rel < leaf->base)
		return NULL;
	i = find_row(leaf->at, leaf->n_rows, rel - leaf->base);
	return &leaf->rules[leaf->rule[i] % HW_PAGE_RULES];
}

static __always_inline struct rule_slot *slot_of(struct native_walk *w, __u64 rel)
{
	return &w->rules[(rel ^ rel >> 9 ^ w->map.module) % RULE_SLOTS];
}

static __always_inline __u64 key_of(const struct native_walk *w, __u64 rel)
{
	return (__u64)w->map.module << 32 | (__u32)rel;
}

/* Finds the mapping and the rule for the code at @at, the long way: then the one is in w->map, and
 * the other in its slot. */
static __always_inline enum place native_locate(struct native_walk *w, __u64 at)
{
	const struct hw_unwind_rule *found;
	struct rule_slot *slot;
	__u64 rel;

	if (!find_map(w, at))
		return PLACE_UNMAPPED;
	rel = at - w->map.zero;
	found = w->map.module ? find_rule(w->map.module, rel) : NULL;
	if (!found)
		return PLACE_NO_ROWS;
	slot = slot_of(w, rel);
	slot->key = key_of(w, rel);
	slot->rule = *found;
	return PLACE_FOUND;
}

/* The same by what is remembered, if it is. */
static __always_inline enum place find_place(struct native_walk *w, __u64 at)
{
	__u64 rel = at - w->map.zero;

	if (at >= w->map.start && at < w->map.end && w->map.module &&
	    slot_of(w, rel)->key == key_of(w, rel))
		return PLACE_FOUND;
	return locate(w, at);
}

/* --- from a frame to its caller --- */

static __always_inline enum hw_walk_end read_word(__u64 addr, __u64 *ret)
{
	return read_user(ret, sizeof(*ret), addr) ? HW_END_FAULT : HW_END_NONE;
}

static __always_inline enum hw_walk_end find_cfa(struct native_walk *w,
						 const struct hw_unwind_rule *rule, __u64 *ret)
{
	__u64 base = 0;

	if (rule->cfa == HW_CFA_PLT) {
		*ret = w->sp + 8 + ((__s64)(w->pc & 15) >= rule->cfa_off ? 8 : 0);
		return HW_END_NONE;
	}
	if (rule->cfa == HW_CFA_OTHER || !read_reg(w, rule->cfa_reg, &base))
		return HW_END_NO_RULE;
	*ret = base + rule->cfa_off;
	if (rule->cfa == HW_CFA_REG)
		return HW_END_NONE;
	if (read_word(base + (__s16)rule->cfa_off, ret))
		return HW_END_FAULT;
	*ret += rule->cfa_off >> 16;
	return HW_END_NONE;
}

/* Sets the frame pointer to that of the caller; one that is lost ends nothing by itself. */
static __always_inline void restore_fp(struct native_walk *w, const struct hw_unwind_rule *rule,
				       __u64 cfa)
{
	__u64 fp = FP_LOST;

	switch (rule->fp) {
	case HW_SAVED_SAME:
		return;
	case HW_SAVED_AT_CFA:
		w->fp_at = cfa + rule->fp_off;
		return;
	case HW_SAVED_AT_FP:
		w->fp_at = frame_pointer(w) + rule->fp_off;
		return;
	case HW_SAVED_IN_REG:
		if (!read_reg(w, rule->fp_off, &fp))
			fp = FP_LOST;
		break;
	}
	w->fp = fp;
	w->fp_at = 0;
}

/* The same for rbx, by a rule of the return address. */
static __always_inline void restore_bx(struct native_walk *w, const struct hw_unwind_rule *rule,
				       __u64 cfa)
{
	if (rule->ra != HW_SAVED_WITH_BX || rule->ra_off == HW_BX_LOST)
		w->bx_at = BX_LOST;
	else if (rule->ra_off != HW_BX_SAME)
		w->bx_at = cfa + rule->ra_off;
}

/* Where the frame returns to. */
static __always_inline enum hw_walk_end caller_pc(struct native_walk *w,
						  const struct hw_unwind_rule *rule, __u64 cfa,
						  __u64 *ret)
{
	switch (rule->ra) {
	case HW_SAVED_AT_CFA:
		return read_word(cfa + rule->ra_off, ret);
	case HW_SAVED_WITH_BX:
		return read_word(cfa - 8, ret);
	case HW_SAVED_AT_FP:
		return read_word(frame_pointer(w) + rule->ra_off, ret);
	case HW_SAVED_IN_REG:
		return read_reg(w, rule->ra_off, ret) ? HW_END_NONE : HW_END_NO_RULE;
	case HW_SAVED_UNDEFINED:
		return HW_END_ROOT;
	}
	return HW_END_NO_RULE;
}

/* Goes on at the caller. Its frame lies further up the stack: that ends every walk. */
static __always_inline int go_on(struct native_walk *w, __u64 pc, __u64 cfa, __u8 by_fp)
{
	pc &= code_bits;
	if (!pc)
		return end_native(w, HW_END_ROOT);
	if (pc < 4096 || pc >= USER_END)
		return end_native(w, HW_END_BAD_FRAME);
	w->pc = pc;
	w->sp = cfa;
	w->exact = 0;
	w->by_fp = by_fp;
	return 0;
}

/* Whether nearly all rules are like this one: found by the stack or the frame pointer, with the
 * return address in its place. */
static __always_inline int is_common(const struct hw_unwind_rule *rule)
{
	return rule->cfa == HW_CFA_REG && (rule->cfa_reg == REG_SP || rule->cfa_reg == REG_FP) &&
	       rule->fp <= HW_SAVED_AT_CFA &&
	       (rule->ra == HW_SAVED_WITH_BX || rule->ra == HW_SAVED_AT_CFA);
}

static __always_inline int is_frame(const struct native_walk *w, __u64 cfa)
{
	return !(cfa & 7) && cfa < USER_END && (cfa > w->sp || (cfa == w->sp && w->exact));
}

/* After a frame that was found by its record, which may lie anywhere in it, the stack pointer is at
 * least w->sp, but not known. The frame pointer then leads to the record of the frame at hand, whose
 * place its rule tells. Sets @ret to the CFA, or returns 0: no record there, so the other way. */
static __always_inline int cfa_by_record(struct native_walk *w, const struct hw_unwind_rule *rule,
					 __u64 *ret)
{
	__u64 fp;

	if (RECORD_ENDS_FRAME || !w->by_fp || rule->fp != HW_SAVED_AT_CFA ||
	    rule->ra != HW_SAVED_AT_CFA || rule->ra_off != rule->fp_off + 8)
		return 0;
	fp = frame_pointer(w);
	*ret = fp - rule->fp_off;
	return fp >= w->sp && fp - w->sp < FRAME_RECORD_MAX;
}

/* 0: not known. */
static __always_inline __u64 common_cfa(struct native_walk *w, const struct hw_unwind_rule *rule)
{
	__u64 cfa;

	if (rule->cfa_reg != REG_SP)
		return frame_pointer(w) + rule->cfa_off;
	if (RECORD_ENDS_FRAME || !w->by_fp)
		return w->sp + rule->cfa_off;
	return cfa_by_record(w, rule, &cfa) ? cfa : 0;
}

static __always_inline int step_by_common(struct native_walk *w, const struct hw_unwind_rule *rule,
					  struct hw_raw_native *frame)
{
	__u64 cfa = common_cfa(w, rule), pc;
	__s32 ra_off = rule->ra == HW_SAVED_AT_CFA ? rule->ra_off : -8;

	if (!is_frame(w, cfa))
		return end_native(w, cfa ? HW_END_BAD_FRAME : HW_END_NO_ROWS);
	frame->cfa |= cfa;
	if (read_word(cfa + ra_off, &pc))
		return end_native(w, HW_END_FAULT);
	if (rule->fp == HW_SAVED_AT_CFA)
		w->fp_at = cfa + rule->fp_off;
	restore_bx(w, rule, cfa);
	return go_on(w, pc, cfa, 0);
}

static __always_inline int step_by_rule(struct native_walk *w, const struct hw_unwind_rule *rule,
					struct hw_raw_native *frame)
{
	enum hw_walk_end end;
	__u64 cfa, pc;

	end = find_cfa(w, rule, &cfa);
	if (end)
		return end_native(w, end);
	/* What a thread starts in may leave the stack alone. */
	if (!is_frame(w, cfa) && rule->ra != HW_SAVED_UNDEFINED)
		return end_native(w, HW_END_BAD_FRAME);
	frame->cfa |= cfa;
	end = caller_pc(w, rule, cfa, &pc);
	if (end)
		return end_native(w, end);
	restore_fp(w, rule, cfa);
	restore_bx(w, rule, cfa);
	return go_on(w, pc, cfa, 0);
}

/* The leaf, where its code says that its frame record is not made yet, or gone. */
static __always_inline int step_without_record(struct native_walk *w, struct hw_raw_native *frame,
					       enum return_place place)
{
	__u64 stack[2], pc, cfa = w->sp;

	w->bx_at = BX_LOST;
#ifdef REG_LINK
	if (place == RETURN_IN_LINK) {
		frame->cfa |= cfa;
		return go_on(w, reg_at(w, REG_LINK), cfa, 1);
	}
#endif
	if (read_user(stack, sizeof(stack), w->sp))
		return end_native(w, HW_END_FAULT);
	pc = stack[0];
	cfa += 8;
	if (place == RETURN_ABOVE_FP) {
		w->fp = stack[0];
		pc = stack[1];
		cfa += 8;
	}
	frame->cfa |= cfa;
	return go_on(w, pc, cfa, 1);
}

static __always_inline enum return_place place_of_return(const struct native_walk *w)
{
	__u32 code;

	if (!w->exact || w->sp & 7 || read_user(&code, sizeof(code), w->pc))
		return RETURN_IN_RECORD;
	return return_place(code);
}

/* Code without rows. */
static __always_inline int step_by_fp(struct native_walk *w, struct hw_raw_native *frame,
				      enum place place)
{
	struct {
		__u64 fp, ret;
	} record;
	__u64 fp = frame_pointer(w);
	enum return_place leaf = place_of_return(w);

	if (leaf != RETURN_IN_RECORD)
		return step_without_record(w, frame, leaf);
	if (!fp)
		return end_native(w, HW_END_ROOT); /* the ABI's mark of the outermost frame */
	if (fp < w->sp || fp - w->sp >= FRAME_RECORD_MAX || fp & 7)
		return end_native(w, place == PLACE_UNMAPPED ? HW_END_UNMAPPED : HW_END_NO_ROWS);
	if (read_user(&record, sizeof(record), fp))
		return end_native(w, HW_END_FAULT);
	frame->cfa |= fp + sizeof(record);
	w->fp = record.fp;
	w->bx_at = BX_LOST;
	return go_on(w, record.ret, fp + sizeof(record), 1);
}

/* From the frame that the kernel made for a signal handler to what it interrupted, which may have
 * run on another stack. */
static __always_inline int step_by_signal(struct native_walk *w, struct hw_raw_native *frame)
{
	__u64 sp = w->sp;

	frame->cfa |= HW_NATIVE_SIGNAL;
	if (read_user(w->regs, sizeof(w->regs), sp + SIGNAL_REGS))
		return end_native(w, HW_END_FAULT);
	take_regs(w, FROM_SIGNAL);
	w->by_fp = 0;
	return w->pc < 4096 || w->pc >= USER_END ? end_native(w, HW_END_BAD_FRAME) : 0;
}

/* Whether the leaf is in a system call: then its pc is behind the instruction for that, which may be
 * the last one of its function. */
static __always_inline int is_in_call(const struct native_walk *w)
{
	__u32 code = 0;

	return w->exact && !read_user(&code, SYSCALL_BYTES, w->pc - SYSCALL_BYTES) &&
	       code == SYSCALL_CODE;
}

/* Whether the code at @at, which has no rows, is what a signal handler returns to. */
static __always_inline int is_sigreturn(__u64 at)
{
	__u64 code = 0;

	return !read_user(&code, SIGRETURN_BYTES, at) && code == SIGRETURN_CODE;
}

static __always_inline int step_without_rows(struct native_walk *w, struct hw_raw_native *frame,
					     enum place place, int in_call)
{
	return is_sigreturn(in_call ? w->pc - SIGRETURN_BYTES : w->pc) ?
		       step_by_signal(w, frame) :
		       step_by_fp(w, frame, place);
}

/* What is known of code address @at: PLACE_FOUND sets @ret to its rule. */
static __always_inline enum place rule_at(struct native_walk *w, __u64 at,
					    struct hw_unwind_rule *ret)
{
	enum place place = find_place(w, at);

	if (place != PLACE_FOUND)
		return place;
	*ret = slot_of(w, at - w->map.zero)->rule;
	return ret->cfa == HW_CFA_NONE ? PLACE_NO_ROWS : PLACE_FOUND;
}

/* Stores one frame in @out[w->n], which has room for HW_NATIVE_MAX: 0 goes on, 1 ends it. */
static long native_step(struct native_walk *w, struct hw_raw_native *out)
{
	struct hw_unwind_rule rule;
	__u32 n = w->n;
	__u64 at = w->pc - !w->exact;

	if (n >= w->limit || n >= HW_NATIVE_MAX)
		return end_native(w, HW_END_TOO_DEEP);
	out[n].pc = w->pc;
	out[n].cfa = (w->exact ? HW_NATIVE_EXACT : 0) | (w->by_fp ? HW_NATIVE_BY_FP : 0);
	w->n = n + 1;
	if (w->limit == 1)
		return end_native(w, HW_END_LEAF);
	if (find_place(w, at) == PLACE_FOUND) {
		rule = slot_of(w, at - w->map.zero)->rule;
		if (is_common(&rule))
			return step_by_common(w, &rule, &out[n]);
	}
	return step_rarely(w, out);
}

/* The last frame of @out, when its rule is not a common one. */
static __always_inline long native_rarely(struct native_walk *w, struct hw_raw_native *out)
{
	struct hw_unwind_rule rule;
	enum place place = rule_at(w, w->pc - !w->exact, &rule);
	int in_call = place != PLACE_FOUND && is_in_call(w);
	__u32 n = w->n - 1;

	if (n >= HW_NATIVE_MAX)
		return 1;
	if (in_call)
		place = rule_at(w, w->pc - 1, &rule);
	if (place != PLACE_FOUND)
		return step_without_rows(w, &out[n], place, in_call);
	if (rule.cfa == HW_CFA_SIGNAL)
		return step_by_signal(w, &out[n]);
	return step_by_rule(w, &rule, &out[n]);
}

#endif
