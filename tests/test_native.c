/* SPDX-License-Identifier: Apache-2.0
 * Walks as on x86-64; what is particular to aarch64 is in test_native_arm64.c. */
#define __TARGET_ARCH_x86
#include "native_fakes.h"

enum { PT_BX = 5, PT_BP = 4, PT_DI = 14, PT_PC = 16, PT_SP = 19 }; /* in struct pt_regs */

enum { LEAF, PUSHED, FRAMED, ROOT, SIGNAL, PLT, REALIGNED, VFORK, OTHER, GAP, BY_RBX,
       SAVES_RBX, KEEPS_RBX, IN_MEMORY, N_RULES };
static const struct hw_unwind_rule rules[N_RULES] = {
#define RA .ra = HW_SAVED_AT_CFA, .ra_off = -8
	[LEAF] = { HW_CFA_REG, .cfa_reg = 7, .cfa_off = 8, RA },
	[PUSHED] = { HW_CFA_REG, .cfa_reg = 7, .cfa_off = 32, .fp = HW_SAVED_AT_CFA, .fp_off = -16, RA },
	[FRAMED] = { HW_CFA_REG, .cfa_reg = 6, .cfa_off = 16, .fp = HW_SAVED_AT_CFA, .fp_off = -16, RA },
	[ROOT] = { HW_CFA_REG, .cfa_reg = 7, .cfa_off = 8, .ra = HW_SAVED_UNDEFINED },
	[SIGNAL] = { HW_CFA_SIGNAL },
	[PLT] = { HW_CFA_PLT, .cfa_off = 11, RA },
	[REALIGNED] = { HW_CFA_DEREF, .cfa_reg = 6, .cfa_off = HW_DEREF(-8, 0), .fp = HW_SAVED_AT_FP, RA },
	[VFORK] = { HW_CFA_REG, .cfa_reg = 7, .cfa_off = 0, .ra = HW_SAVED_IN_REG, .ra_off = 5 },
	[OTHER] = { HW_CFA_OTHER, RA },
	[GAP] = { HW_CFA_NONE },
	[BY_RBX] = { HW_CFA_REG, .cfa_reg = 3, .cfa_off = 8, RA },
	[SAVES_RBX] = { HW_CFA_REG, .cfa_reg = 7, .cfa_off = 24, .ra = HW_SAVED_WITH_BX, .ra_off = -16 },
	[KEEPS_RBX] = { HW_CFA_REG, .cfa_reg = 7, .cfa_off = 8, .ra = HW_SAVED_WITH_BX,
			.ra_off = HW_BX_SAME },
	[IN_MEMORY] = { HW_CFA_DEREF, .cfa_reg = 7, .cfa_off = HW_DEREF(16, 8), RA },
#undef RA
};

static void reset(void)
{
	lay_out(rules, N_RULES, 0x1000, 0x2000);
}

static void walk_limited(uint64_t pc, uint64_t sp, uint64_t fp, uint32_t limit)
{
	w.regs[PT_PC] = pc;
	w.regs[PT_SP] = sp;
	w.regs[PT_BP] = fp;
	native_init(&w, 7, limit);
	for (int i = 0; i <= HW_NATIVE_MAX && !native_step(&w, out); i++)
		;
	ck_assert_uint_ne(w.end, HW_END_NONE);
}

static void walk(uint64_t pc, uint64_t sp, uint64_t fp)
{
	walk_limited(pc, sp, fp, HW_NATIVE_MAX);
}

START_TEST(rows_lead_from_frame_to_frame_up_to_the_root)
{
	reset();
	put(BASE + 0x00, in(PUSHED)); /* of the leaf */
	put(BASE + 0x18, BASE + 0x60); /* rbp that PUSHED has saved */
	put(BASE + 0x20, in(FRAMED));
	put(BASE + 0x60, 0x1234);
	put(BASE + 0x68, in(ROOT));
	walk(in(LEAF), BASE, 0x9999);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 4);
	expect(0, in(LEAF), (BASE + 0x08) | HW_NATIVE_EXACT);
	expect(1, in(PUSHED), BASE + 0x28);
	expect(2, in(FRAMED), BASE + 0x70);
	expect(3, in(ROOT), BASE + 0x78);
}
END_TEST

START_TEST(a_return_address_belongs_to_the_call_before_it)
{
	reset();
	put(BASE, in(FRAMED) - 0x80); /* the call was the last instruction of PUSHED */
	put(BASE + 0x20, in(ROOT));
	walk(in(LEAF), BASE, 0);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	expect(1, in(FRAMED) - 0x80, BASE + 0x28);
	walk(in(ROOT) - 0x80, BASE, 0); /* the leaf stands where it stands */
	ck_assert_uint_eq(w.end, HW_END_ROOT);
}
END_TEST

START_TEST(the_rarer_rules_are_followed)
{
	reset();
	put(BASE + 0x10, in(ROOT));
	walk(in(PLT) & ~15ULL, BASE + 0x10, 0);
	expect(1, in(ROOT), BASE + 0x20);
	walk((in(PLT) & ~15ULL) + 11, BASE + 0x08, 0); /* one more word was pushed */
	expect(1, in(ROOT), BASE + 0x20);

	put(BASE + 0x38, BASE + 0x80); /* rbp - 8 points to the frame */
	put(BASE + 0x78, in(FRAMED));
	put(BASE + 0x40, BASE + 0x90); /* the saved rbp */
	put(BASE + 0x98, in(ROOT));
	walk(in(REALIGNED), BASE + 0x20, BASE + 0x40);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	expect(0, in(REALIGNED), (BASE + 0x80) | HW_NATIVE_EXACT);
	expect(1, in(FRAMED), BASE + 0xa0);

	w.regs[PT_DI] = in(ROOT);
	walk(in(VFORK), BASE + 0x10, 0);
	expect(0, in(VFORK), (BASE + 0x10) | HW_NATIVE_EXACT);
	expect(1, in(ROOT), BASE + 0x18);
	put(BASE + 0x10, BASE + 0x98);
	put(BASE + 0x98, in(ROOT));
	walk(in(IN_MEMORY), BASE, 0);
	expect(0, in(IN_MEMORY), (BASE + 0xa0) | HW_NATIVE_EXACT);

	put(BASE + 0x10, in(ROOT));
	w.regs[PT_BX] = BASE + 0x10;
	walk(in(BY_RBX), BASE, 0);
	expect(1, in(ROOT), BASE + 0x20);
}
END_TEST

START_TEST(rbx_is_followed_where_rules_tell_of_it)
{
	reset();
	put(BASE + 0x08, BASE + 0x60); /* rbx, saved by the leaf */
	put(BASE + 0x10, in(KEEPS_RBX));
	put(BASE + 0x18, in(BY_RBX));
	put(BASE + 0x60, in(ROOT));
	walk(in(SAVES_RBX), BASE, 0);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 4);
	expect(2, in(BY_RBX), BASE + 0x68);
	put(BASE + 0x10, in(LEAF)); /* code of a file that does not tell */
	walk(in(SAVES_RBX), BASE, 0);
	ck_assert_uint_eq(w.end, HW_END_NO_RULE);
}
END_TEST

START_TEST(a_signal_frame_gives_all_registers_back)
{
	const uint64_t uc = BASE + 0x100, other = BASE + 0x800;

	reset();
	put(uc - 8, in(SIGNAL)); /* the handler returns to the signal frame */
	put(uc + 40 + 8 * 8, in(ROOT)); /* rdi, where VFORK has its return address */
	put(uc + 40 + 15 * 8, other);	/* rsp, on another stack */
	put(uc + 40 + 16 * 8, in(VFORK) - 0x80); /* rip: the first instruction */
	walk(in(LEAF), uc - 8, 0);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 4);
	expect(1, in(SIGNAL), HW_NATIVE_SIGNAL);
	expect(2, in(VFORK) - 0x80, other | HW_NATIVE_EXACT);
	expect(3, in(ROOT), other + 8);
}
END_TEST

/* The last thing that the function which a handler returns to does, and pc is behind it. */
START_TEST(a_system_call_belongs_to_the_code_before_it)
{
	const uint64_t code = BASE + 0xf00, uc = BASE + 0x100, zero = BASE + 0xa00;
	const uint64_t end = zero + 0x100 * (SIGNAL + 1);

	reset();
	put(uc + 40 + 15 * 8, BASE + 0x800);
	put(uc + 40 + 16 * 8, in(ROOT));
	/* musl's, which has no rows: movl $15,%eax; syscall */
	mappings.end[0] = BASE + 0x1000;
	put(code, 0x050f0000000fb8);
	walk(code + 7, uc, 0);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	expect(0, code + 7, HW_NATIVE_EXACT | HW_NATIVE_SIGNAL);
	expect(1, in(ROOT), (BASE + 0x808) | HW_NATIVE_EXACT);
	walk(code + 6, uc, 0); /* in its midst no processor stops */
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 1);
	/* glibc's, with rows, which end there */
	the_leaf.rule[SIGNAL + 1] = GAP;
	mappings.end[0] = mappings.start[1] = mappings.zero[1] = zero;
	put(uc + 40 + 16 * 8, zero + 0x100 * ROOT);
	put(end - 8, 0x050fULL << 48);
	walk(end, uc, 0);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 2);
	expect(0, end, HW_NATIVE_EXACT | HW_NATIVE_SIGNAL);
}
END_TEST

START_TEST(code_without_rows_goes_by_frame_pointers)
{
	const uint64_t jit = 0x1800, nowhere = 0x900000;

	reset();
	put(BASE + 0x40, BASE + 0x60);
	put(BASE + 0x48, in(FRAMED));
	put(BASE + 0x60, 0);
	put(BASE + 0x68, jit + 8);
	walk(jit, BASE, BASE + 0x40);
	ck_assert_uint_eq(w.end, HW_END_ROOT); /* fp 0 in code without rows */
	ck_assert_uint_eq(w.n, 3);
	expect(0, jit, (BASE + 0x50) | HW_NATIVE_EXACT);
	expect(1, in(FRAMED), (BASE + 0x70) | HW_NATIVE_BY_FP);
	expect(2, jit + 8, 0);

	walk(in(GAP), BASE, BASE + 0x40);
	expect(1, in(FRAMED), (BASE + 0x70) | HW_NATIVE_BY_FP);
	walk(jit, BASE, BASE + 0x41); /* unaligned */
	ck_assert_uint_eq(w.end, HW_END_NO_ROWS);
	walk(jit, BASE + 0x100, BASE + 0x40); /* backwards */
	ck_assert_uint_eq(w.end, HW_END_NO_ROWS);
	walk(jit, BASE, BASE + (1 << 24)); /* too far */
	ck_assert_uint_eq(w.end, HW_END_NO_ROWS);
	walk(nowhere, BASE, 3);
	ck_assert_uint_eq(w.end, HW_END_UNMAPPED);
	walk(jit, BASE, BASE + 0x2000); /* not there */
	ck_assert_uint_eq(w.end, HW_END_FAULT);
	put(BASE + 0x48, 0xffffffff81000000); /* a kernel address */
	walk(jit, BASE, BASE + 0x40);
	ck_assert_uint_eq(w.end, HW_END_BAD_FRAME);
}
END_TEST

/* Frame pointers are made and taken down in code that says so. */
START_TEST(a_leaf_without_its_frame_record_keeps_its_caller)
{
	const uint64_t code = BASE + 0xf00;
	static const struct {
		uint64_t bytes;
		int words;
	} forms[] = { { 0x55, 0 }, { 0xc3, 0 }, { 0xfa1e0ff3, 0 }, { 0xe58948, 1 }, { 0xec8b48, 1 } };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		reset();
		put(code, forms[i].bytes);
		put(BASE + 0x10, forms[i].words ? BASE + 0x40 : in(FRAMED));
		put(BASE + 0x18, forms[i].words ? in(FRAMED) : 0);
		put(BASE + 0x48, in(ROOT));
		walk(code, BASE + 0x10, forms[i].words ? 0x1111 : BASE + 0x40);
		ck_assert_uint_eq(w.end, HW_END_ROOT);
		ck_assert_uint_eq(w.n, 3);
		expect(1, in(FRAMED), (BASE + 0x50) | HW_NATIVE_BY_FP);
	}
}
END_TEST

START_TEST(a_new_mapping_is_asked_of_the_kernel)
{
	reset();
	proc = (struct hw_proc_maps){ 0 };
	put(BASE, in(ROOT));
	walk(in(LEAF), BASE, 3);
	ck_assert_uint_eq(w.end, HW_END_UNMAPPED);
	slow = (struct hw_mapping){ CODE, CODE + 0x100000, .zero = CODE, .module = 1 };
	walk(in(LEAF), BASE, 3);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 2);
}
END_TEST

START_TEST(what_is_not_evaluated_has_its_own_code)
{
	reset();
	walk(in(OTHER), BASE, 0);
	ck_assert_uint_eq(w.end, HW_END_NO_RULE);
	put(BASE, in(BY_RBX)); /* rbx is not known in a caller */
	walk(in(LEAF), BASE, 0);
	ck_assert_uint_eq(w.end, HW_END_NO_RULE);
	ck_assert_uint_eq(w.n, 2);
}
END_TEST

START_TEST(a_stack_that_runs_in_circles_ends)
{
	reset();
	put(BASE + 0x40, BASE + 0x40);
	put(BASE + 0x48, in(FRAMED));
	walk(in(FRAMED), BASE, BASE + 0x40);
	ck_assert_uint_eq(w.end, HW_END_BAD_FRAME);
	ck_assert_uint_eq(w.n, 2);

	/* signal frames may lead anywhere, so only the limit ends those */
	put(BASE + 0x100 + 40 + 15 * 8, BASE + 0x100);
	put(BASE + 0x100 + 40 + 16 * 8, in(SIGNAL));
	walk(in(SIGNAL), BASE + 0x100, 0);
	ck_assert_uint_eq(w.end, HW_END_TOO_DEEP);
	ck_assert_uint_eq(w.n, HW_NATIVE_MAX);
}
END_TEST

START_TEST(limits_have_their_codes)
{
	reset();
	for (uint64_t at = BASE; at < BASE + 0xff8; at += 8)
		put(at, in(LEAF));
	walk_limited(in(LEAF), BASE, 0, 1);
	ck_assert_uint_eq(w.end, HW_END_LEAF);
	ck_assert_uint_eq(w.n, 1);
	walk_limited(in(LEAF), BASE, 0, 100);
	ck_assert_uint_eq(w.end, HW_END_TOO_DEEP);
	ck_assert_uint_eq(w.n, 100);
}
END_TEST

/* Each read in turn fails: the walk ends with a named code, or goes on without a frame pointer. */
START_TEST(every_failing_read_ends_in_a_named_code)
{
	const uint64_t uc = BASE + 0x100;
	unsigned int all;

	reset();
	put(uc - 8, in(SIGNAL));
	put(uc + 40 + 10 * 8, BASE + 0x440); /* rbp */
	put(uc + 40 + 15 * 8, BASE + 0x400);
	put(uc + 40 + 16 * 8, in(FRAMED));
	put(BASE + 0x440, BASE + 0x480);
	put(BASE + 0x448, in(REALIGNED));
	put(BASE + 0x478, BASE + 0x500);
	put(BASE + 0x480, BASE + 0x600);
	put(BASE + 0x4f8, in(FRAMED));
	put(BASE + 0x608, in(ROOT));
	walk(in(LEAF), uc - 8, 0);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 6);
	all = fake.reads;
	ck_assert_uint_ge(all, 8);
	for (unsigned int i = 1; i <= all; i++) {
		fake.reads = 0;
		fake.fail_at = i;
		walk(in(LEAF), uc - 8, 0);
		ck_assert_uint_ge(w.n, 1);
		ck_assert(w.end == HW_END_FAULT || w.end == HW_END_BAD_FRAME ||
			  w.end == HW_END_NO_RULE || w.end == HW_END_ROOT);
	}
}
END_TEST

/* Pages that say anything lead nowhere outside themselves (ASan looks on). */
START_TEST(forged_pages_are_not_followed_out_of_bounds)
{
	reset();
	memset(the_leaf.at, 0xff, sizeof(the_leaf.at));
	memset(the_leaf.rule, 0xff, sizeof(the_leaf.rule));
	the_leaf.n_rows = UINT16_MAX;
	the_dir.n = UINT32_MAX;
	memset(the_dir.at, 0, sizeof(the_dir.at));
	walk(in(LEAF), BASE, 0);
	for (int i = 0; i < HW_PAGE_CHILDREN; i++)
		the_dir.child[i] = 1;
	the_leaf.base = 0;
	memset(the_leaf.at, 0, sizeof(the_leaf.at));
	walk(in(LEAF), BASE, 0);
	module_1.levels = UINT32_MAX;
	walk(in(LEAF), BASE, 0);
	mappings.n = UINT32_MAX;
	proc.n = UINT32_MAX;
	walk(in(LEAF), BASE, 0);
	module_1 = (struct hw_module_rows){ .root = 99 };
	walk(in(LEAF), BASE, 0);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
}
END_TEST

/* The searches, against plain ones. */
START_TEST(searches_find_the_last_that_is_at_most_the_key)
{
	reset();
	for (int n = 1; n <= HW_PAGE_ROWS; n += n < 10 ? 1 : 101) {
		for (int i = 0; i < HW_PAGE_ROWS; i++)
			the_leaf.at[i] = (__u16)(3 * i);
		for (uint64_t key = 0; key < 3300; key++) {
			uint32_t want = key / 3 < (uint64_t)n ? (uint32_t)(key / 3) : (uint32_t)n - 1;

			ck_assert_uint_eq(find_row(the_leaf.at, (__u32)n, key), want);
		}
	}
	for (uint32_t n = 1; n <= HW_PAGE_MAPPINGS; n++) {
		for (uint32_t i = 0; i < HW_PAGE_MAPPINGS; i++)
			mappings.start[i] = 0x7f0000000000 + i * 0x1000ULL;
		ck_assert_uint_eq(find_mapping(mappings.start, n, 0x7f0000000000 + n * 0x1000ULL), n - 1);
		ck_assert_uint_eq(find_mapping(mappings.start, n, 0x7f0000000fff), 0);
		ck_assert_uint_eq(find_mapping(mappings.start, n, 0x1000), 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("native");
	TCase *tc = tcase_create("walk");

	tcase_add_test(tc, rows_lead_from_frame_to_frame_up_to_the_root);
	tcase_add_test(tc, a_return_address_belongs_to_the_call_before_it);
	tcase_add_test(tc, the_rarer_rules_are_followed);
	tcase_add_test(tc, rbx_is_followed_where_rules_tell_of_it);
	tcase_add_test(tc, a_signal_frame_gives_all_registers_back);
	tcase_add_test(tc, a_system_call_belongs_to_the_code_before_it);
	tcase_add_test(tc, code_without_rows_goes_by_frame_pointers);
	tcase_add_test(tc, a_leaf_without_its_frame_record_keeps_its_caller);
	tcase_add_test(tc, a_new_mapping_is_asked_of_the_kernel);
	tcase_add_test(tc, what_is_not_evaluated_has_its_own_code);
	tcase_add_test(tc, a_stack_that_runs_in_circles_ends);
	tcase_add_test(tc, limits_have_their_codes);
	tcase_add_test(tc, every_failing_read_ends_in_a_named_code);
	tcase_add_test(tc, forged_pages_are_not_followed_out_of_bounds);
	tcase_add_test(tc, searches_find_the_last_that_is_at_most_the_key);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
