/* SPDX-License-Identifier: Apache-2.0
 * Walks as on aarch64: what differs from those of test_native.c. */
#define __TARGET_ARCH_arm64
#include "native_fakes.h"

#define FP   29
#define LINK 30
#define SP   31
#define PC   32

enum { LEAF, FRAMED, ROOT, N_RULES };
static const struct hw_unwind_rule rules[N_RULES] = {
	[LEAF] = { HW_CFA_REG, .cfa_reg = SP, .ra = HW_SAVED_IN_REG, .ra_off = LINK },
	[FRAMED] = { HW_CFA_REG, .cfa_reg = SP, .cfa_off = 32, .fp = HW_SAVED_AT_CFA, .fp_off = -32,
		     .ra = HW_SAVED_AT_CFA, .ra_off = -24 },
	[ROOT] = { HW_CFA_REG, .cfa_reg = SP, .ra = HW_SAVED_UNDEFINED },
};

/* The stack is code without rows, too. */
static void reset(void)
{
	lay_out(rules, N_RULES, BASE, BASE + sizeof(bytes));
}

static void walk(uint64_t pc, uint64_t sp, uint64_t fp, uint64_t link)
{
	w.regs[PC] = pc;
	w.regs[SP] = sp;
	w.regs[FP] = fp;
	w.regs[LINK] = link;
	native_init(&w, 7, HW_NATIVE_MAX);
	for (int i = 0; i <= HW_NATIVE_MAX && !native_step(&w, out); i++)
		;
}

START_TEST(a_leaf_returns_by_the_link_register)
{
	reset();
	put(BASE + 0x08, in(ROOT));
	walk(in(LEAF), BASE, 0, in(FRAMED));
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 3);
	expect(0, in(LEAF), BASE | HW_NATIVE_EXACT);
	expect(1, in(FRAMED), BASE + 0x20);
	expect(2, in(ROOT), BASE + 0x20);
}
END_TEST

START_TEST(only_a_leaf_still_has_the_link_register)
{
	reset();
	put(BASE + 0x08, in(LEAF));
	walk(in(FRAMED), BASE, 0, in(ROOT));
	ck_assert_uint_ne(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 2);
}
END_TEST

/* Pointer authentication: the signature fills the bits above the address. */
START_TEST(the_signature_of_a_return_address_is_taken_off)
{
	reset();
	put(BASE + 0x08, in(ROOT) | 0x5aULL << 48);
	walk(in(LEAF), BASE, 0, in(FRAMED) | 0x7fULL << 48);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	expect(1, in(FRAMED), BASE + 0x20);
	expect(2, in(ROOT), BASE + 0x20);
}
END_TEST

START_TEST(code_without_rows_is_left_by_its_next_instruction)
{
	static const uint32_t first[] = { 0xd503233f /* paciasp */, 0xd503245f /* bti c */,
					  0xa9be7bfd /* stp x29,x30,[sp,#-32]! */,
					  0xd65f03c0 /* ret */, 0xd65f0bff /* retaa */ };
	const uint64_t code = BASE + 0xf00;

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		reset();
		put(code, first[i]);
		walk(code, BASE, BASE + 0x40, in(ROOT));
		ck_assert_uint_eq(w.end, HW_END_ROOT);
		ck_assert_uint_eq(w.n, 2);
		expect(1, in(ROOT), BASE | HW_NATIVE_BY_FP);
	}
	reset();
	put(code, 0x910003fd); /* mov x29,sp: the record is there, the register does not point to it */
	put(BASE + 0x08, in(ROOT));
	walk(code, BASE, BASE + 0x40, in(LEAF));
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	expect(1, in(ROOT), (BASE + 0x10) | HW_NATIVE_BY_FP);
}
END_TEST

/* A frame record tells the stack pointer of its caller only where the caller has one too. */
START_TEST(behind_a_frame_record_the_stack_pointer_is_not_known)
{
	const uint64_t code = BASE + 0xf00;

	reset();
	put(BASE + 0x40, BASE + 0x80);
	put(BASE + 0x48, in(FRAMED));
	put(BASE + 0x88, in(ROOT));
	walk(code, BASE, BASE + 0x40, 0);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	expect(1, in(FRAMED), (BASE + 0xa0) | HW_NATIVE_BY_FP);
	expect(2, in(ROOT), BASE + 0xa0);
	the_leaf.rules[FRAMED].fp = HW_SAVED_SAME;
	walk(code, BASE, BASE + 0x40, 0);
	ck_assert_uint_eq(w.end, HW_END_NO_ROWS);
	ck_assert_uint_eq(w.n, 2);
}
END_TEST

/* The vDSO's trampoline has no rows. Handlers return to it; its own pc is behind the system call. */
START_TEST(the_trampoline_of_signals_is_known_by_its_code)
{
	const uint64_t code = BASE + 0xf00, sp = BASE + 0x100;
	const uint64_t regs = sp + 312;

	reset();
	put(code, 0xd4000001d2801168ULL);
	put(regs + SP * 8, BASE + 0x800);
	put(regs + PC * 8, in(ROOT));
	walk(in(LEAF), sp, 0, code);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 3);
	expect(1, code, HW_NATIVE_SIGNAL);
	expect(2, in(ROOT), (BASE + 0x800) | HW_NATIVE_EXACT);
	walk(code + 8, sp, 0, 0);
	ck_assert_uint_eq(w.end, HW_END_ROOT);
	ck_assert_uint_eq(w.n, 2);
	expect(1, in(ROOT), (BASE + 0x800) | HW_NATIVE_EXACT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("native_arm64");
	TCase *t = tcase_create("native_arm64");

	tcase_add_test(t, a_leaf_returns_by_the_link_register);
	tcase_add_test(t, only_a_leaf_still_has_the_link_register);
	tcase_add_test(t, the_signature_of_a_return_address_is_taken_off);
	tcase_add_test(t, code_without_rows_is_left_by_its_next_instruction);
	tcase_add_test(t, behind_a_frame_record_the_stack_pointer_is_not_known);
	tcase_add_test(t, the_trampoline_of_signals_is_known_by_its_code);
	suite_add_tcase(s, t);
	return run_suite(s);
}
