/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The native frames of the interrupted thread, leaf first, by the unwind rows of the files that
 * its code comes from (shared.h); by frame pointers where there are none: a JIT, or assembly.
 * Reads memory of the target only through read_user(), pages only through pool_page(),
 * module_rows(), map_pages() and map_slow(), and loops only through bpf_loop(), so tests compile it
 * for the host over fake memory. Whoever includes it has locate() call native_locate(), and
 * step_rarely() native_rarely(): in BPF by way of functions that the verifier checks by themselves,
 * or it would follow all paths through the one for each through the other.
 *
 * Of the registers the walk carries the stack and the frame pointer; the others are known only in
 * an interrupted frame (the leaf, or one that a signal interrupted), where rules may use any. */
#ifndef HW_BPF_NATIVE_H
#define HW_BPF_NATIVE_H

#define USER_END (1ULL << 47)	      /* of x86-64 user space with 4-level paging */
#define FRAME_RECORD_MAX (1ULL << 20) /* no frame is larger: further off is no frame pointer */

/* An interrupted frame's registers in one of the kernel's two orders: struct pt_regs, and struct
 * sigcontext (arch/x86/include/uapi/asm/{ptrace,sigcontext}.h; arm64: both the same). */
#if defined(__aarch64__) || defined(__TARGET_ARCH_arm64)
#define HW_REGS	      34 /* x0 to x30, sp, pc, pstate */
#define REG_FP	      29
#define REG_BX	      19 /* a register that calls keep, as rbx; no rule asks for it */
#define REG_SP	      31
#define SIGNAL_REGS   312 /* from sp: siginfo 128, ucontext up to mcontext.regs 184 */
#define NAMED_REGS    32
static const volatile __u8 regs_order[2][NAMED_REGS] = {
	{ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
	  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 },
	{ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
	  16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31 },
};
#define PC_AT 32
#else
#define HW_REGS	      21
#define REG_FP	      6
#define REG_FP_PUSH   0x55 /* push %rbp */
#define REG_BX	      3
#define REG_SP	      7
#define SIGNAL_REGS   40 /* from sp: ucontext, uc_mcontext.gregs */
#define NAMED_REGS    16
/* DWARF order: rax rdx rcx rbx rsi rdi rbp rsp r8 to r15 */
static const volatile __u8 regs_order[2][NAMED_REGS] = {
	{ 10, 12, 11, 5, 13, 14, 4, 19, 9, 8, 7, 6, 3, 2, 1, 0 },
	{ 13, 12, 14, 11, 9, 8, 10, 15, 0, 1, 2, 3, 4, 5, 6, 7 },
};
#define PC_AT 16
#endif

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

static __always_inline __u64 reg_at(const struct native_walk *w, __u32 at)
{
	return at < HW_REGS ? w->regs[at] : 0;
}

/* Takes pc, sp and fp from the registers. */
static __always_inline void take_regs(struct native_walk *w, __u8 from)
{
	from &= 1;
	w->regs_from = from;
	w->exact = 1;
	w->pc = reg_at(w, PC_AT);
	w->sp = reg_at(w, regs_order[from][REG_SP]);
	w->fp = reg_at(w, regs_order[from][REG_FP]);
	w->fp_at = 0;
	w->bx = reg_at(w, regs_order[from][REG_BX]);
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
		*ret = reg_at(w, regs_order[w->regs_from & 1][reg]);
	else
		return 0;
	return 1;
}

/* --- Searches: the last of @n entries that is at most @key, or 0. Without a branch, so that the
 * verifier has one path to follow; they may look behind the array, never behind its page. --- */

/* 1 when @at is at most @key and @i is below @n, else 0; all below 2^63. The empty asm keeps the
 * compiler from making a branch of it. */
static __always_inline __u32 is_before(__u64 at, __u64 key, __u64 i, __u64 n)
{
	__u64 sign = ~(key - at) & (i - n);

	__asm__ volatile("" : "+r"(sign));
	return sign >> 63;
}

#define STEP(s) (i += (s) * is_before(at[i + (s)], key, i + (s), n))

static __always_inline __u32 find_row(const __u16 *at, __u32 n, __u64 key)
{
	__u32 i = 0;

	STEP(512), STEP(256), STEP(128), STEP(64), STEP(32);
	STEP(16), STEP(8), STEP(4), STEP(2), STEP(1);
	return i;
}

static __always_inline __u32 find_child(const __u32 *at, __u32 n, __u64 key)
{
	__u32 i = 0;

	STEP(256), STEP(128), STEP(64), STEP(32), STEP(16), STEP(8), STEP(4), STEP(2), STEP(1);
	return i;
}

static __always_inline __u32 find_mapping(const __u64 *at, __u32 n, __u64 key)
{
	__u32 i = 0;

	STEP(128), STEP(64), STEP(32), STEP(16), STEP(8), STEP(4), STEP(2), STEP(1);
	return i;
}

static __always_inline __u32 find_maps_page(const __u64 *at, __u32 n, __u64 key)
{
	__u32 i = 0;

	STEP(8), STEP(4), STEP(2), STEP(1);
	return i;
}

#undef STEP

/* Sets w->map to the mapping that holds @addr: 1, or 0 when none is known. */
static __always_inline int find_map(struct native_walk *w, __u64 addr)
{
	const struct hw_proc_maps *maps;
	const struct hw_maps_page *page;
	__u32 i;

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
	__u32 page, i, level;

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

static __always_inline int step_by_common(struct native_walk *w, const struct hw_unwind_rule *rule,
					  struct hw_raw_native *frame)
{
	__u64 cfa = (rule->cfa_reg == REG_SP ? w->sp : frame_pointer(w)) + rule->cfa_off, pc;
	__s32 ra_off = rule->ra == HW_SAVED_AT_CFA ? rule->ra_off : -8;

	if (!is_frame(w, cfa))
		return end_native(w, HW_END_BAD_FRAME);
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
	if (!is_frame(w, cfa))
		return end_native(w, HW_END_BAD_FRAME);
	frame->cfa |= cfa;
	end = caller_pc(w, rule, cfa, &pc);
	if (end)
		return end_native(w, end);
	restore_fp(w, rule, cfa);
	restore_bx(w, rule, cfa);
	return go_on(w, pc, cfa, 0);
}

/* Where on the stack the return address of the leaf lies when its code says that the frame record is
 * not made yet, or gone: words from sp, 0 or 1; -1 when it does not say so. */
static __always_inline int words_to_return(const struct native_walk *w)
{
#ifdef REG_FP_PUSH
	__u32 code;

	if (!w->exact || read_user(&code, sizeof(code), w->pc))
		return -1;
	if ((code & 0xff) == REG_FP_PUSH || (code & 0xff) == 0xc3 || code == 0xfa1e0ff3)
		return 0; /* push %rbp; ret; endbr64 */
	if ((code & 0xffffff) == 0xe58948 || (code & 0xffffff) == 0xec8b48)
		return 1; /* mov %rsp,%rbp, in its two encodings */
#endif
	return -1;
}

/* The leaf, without a frame record: @words as above. */
static __always_inline int step_without_record(struct native_walk *w, struct hw_raw_native *frame,
					       int words)
{
	__u64 stack[2];

	if (read_user(stack, sizeof(stack), w->sp))
		return end_native(w, HW_END_FAULT);
	if (words)
		w->fp = stack[0];
	frame->cfa |= w->sp + 8 + 8 * words;
	w->bx_at = BX_LOST;
	return go_on(w, words ? stack[1] : stack[0], w->sp + 8 + 8 * words, 1);
}

/* Code without rows. */
static __always_inline int step_by_fp(struct native_walk *w, struct hw_raw_native *frame,
				      enum place place)
{
	struct {
		__u64 fp, ret;
	} record;
	__u64 fp = frame_pointer(w);
	int words = words_to_return(w);

	if (words >= 0 && !(w->sp & 7))
		return step_without_record(w, frame, words);
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
	__u64 at = w->pc - !w->exact;
	enum place place = find_place(w, at);
	struct hw_unwind_rule rule;
	__u32 n = w->n - 1;

	if (n >= HW_NATIVE_MAX)
		return 1;
	if (place != PLACE_FOUND)
		return step_by_fp(w, &out[n], place);
	rule = slot_of(w, at - w->map.zero)->rule;
	if (rule.cfa == HW_CFA_NONE)
		return step_by_fp(w, &out[n], PLACE_NO_ROWS);
	if (rule.cfa == HW_CFA_SIGNAL)
		return step_by_signal(w, &out[n]);
	return step_by_rule(w, &rule, &out[n]);
}

#endif
