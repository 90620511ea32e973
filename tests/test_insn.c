/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "fixture.h"
#include "sym/insn.h"

/* Registers by their numbers in bpf/arch.h. */
enum { RBX = 5, RCX = 11, RDX, RSI, RDI };

static struct hw_insn insn;

/* What stands before @offset of @code: the answer of hw_insns_before_in(), details in insn. */
static int before(enum hw_insn_arch arch, const void *code, size_t size, size_t offset)
{
	struct hw_insns *c = hw_insns_new(arch);
	int r;

	ck_assert_ptr_nonnull(c);
	insn = (struct hw_insn){ 0 };
	r = hw_insns_before_in(c, code, size, offset, &insn);
	hw_insns_free(c);
	return r;
}

#define X86(offset, ...)                                                             \
	before(HW_INSN_X86_64, (const uint8_t[]){ __VA_ARGS__ },                     \
	       sizeof((const uint8_t[]){ __VA_ARGS__ }), offset)
#define ARM(offset, ...)                                                             \
	before(HW_INSN_AARCH64, (const uint32_t[]){ __VA_ARGS__ },                   \
	       sizeof((const uint32_t[]){ __VA_ARGS__ }), offset)

START_TEST(a_load_is_seen_and_its_address_known)
{
	uint64_t regs[20] = { [RBX] = 0x1000, [RCX] = 3 };

	/* mov rax, [rbx + rcx * 8 + 16]; nop */
	ck_assert_int_eq(X86(5, 0x48, 0x8b, 0x44, 0xcb, 0x10, 0x90), 1);
	ck_assert(insn.reads && !insn.writes && !insn.is_value);
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 20), 0x1000 + 3 * 8 + 16);
	/* registers that did not come are not read */
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 0), 16);
}
END_TEST

START_TEST(of_a_pointer_that_replaces_its_own_address_the_value_stands_for_it)
{
	uint64_t regs[20] = { [RDX] = 0x7f0000002000 };

	/* mov rdx, [rdx + 8]; nop */
	ck_assert_int_eq(X86(4, 0x48, 0x8b, 0x52, 0x08, 0x90), 1);
	ck_assert(insn.reads && insn.is_value && insn.is_loaded);
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 20), 0x7f0000002000);
	regs[RDX] = 0x3ff0000000000000; /* 1.0 is no pointer, and 5 is none */
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 20), 0);
	regs[RDX] = 5;
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 20), 0);
}
END_TEST

START_TEST(an_address_that_is_overwritten_is_said_where_it_was_made)
{
	uint64_t regs[20] = { [RBX] = 0x10000, [RCX] = 3 };

	/* lea rdx, [rbx + rcx * 8]; mov rdx, [rdx + 16]; nop */
	ck_assert_int_eq(X86(8, 0x48, 0x8d, 0x14, 0xcb, 0x48, 0x8b, 0x52, 0x10, 0x90), 1);
	ck_assert(insn.reads && !insn.is_value);
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 20), 0x10000 + 3 * 8 + 16);
	/* mov rdx, [rbx]; mov rdx, [rdx + 16]; nop: the place of the pointer stands for it */
	ck_assert_int_eq(X86(7, 0x48, 0x8b, 0x13, 0x48, 0x8b, 0x52, 0x10, 0x90), 1);
	ck_assert(insn.reads && !insn.is_value && insn.is_loaded);
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 20), 0x10000);
	/* mov rdx, [rbx]; mov rbx, rcx; mov rdx, [rdx]; nop: that place is forgotten as well */
	ck_assert_int_eq(X86(9, 0x48, 0x8b, 0x13, 0x48, 0x89, 0xcb, 0x48, 0x8b, 0x12, 0x90), 1);
	ck_assert(insn.is_value);
}
END_TEST

START_TEST(what_a_round_loads_is_the_address_of_the_next)
{
	uint64_t regs[20] = { [RBX] = 0x10000, [RDX] = 0x7f0000002000 };

	/* mov rdx, [rbx]; mov rdx, [rdx + 8]; jmp to the second: only the first round came from there */
	ck_assert_int_eq(X86(7, 0x48, 0x8b, 0x13, 0x48, 0x8b, 0x52, 0x08, 0xeb, 0xfa), 1);
	ck_assert(!insn.is_value && insn.is_loaded);
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 20), 0x7f0000002008);
	/* mov edx, [rbx + rdx * 4]; jmp to it: an index is no pointer */
	regs[RDX] = 5;
	ck_assert_int_eq(X86(3, 0x8b, 0x14, 0x93, 0xeb, 0xfb), 1);
	ck_assert(!insn.is_value && insn.is_loaded);
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 20), 0x10000 + 5 * 4);
	/* mov edx, [rbx + rdx * 4]; mov edx, ecx; jmp to the first: the next round has another */
	ck_assert_int_eq(X86(3, 0x8b, 0x14, 0x93, 0x89, 0xca, 0xeb, 0xf9), 1);
	ck_assert(insn.is_value);
}
END_TEST

START_TEST(reads_by_arithmetic_and_comparisons_count)
{
	/* add rax, [rbx]; nop */
	ck_assert_int_eq(X86(3, 0x48, 0x03, 0x03, 0x90), 1);
	ck_assert(insn.reads && !insn.writes && insn.base == RBX);
	/* cmp [rbx], rax; nop */
	ck_assert_int_eq(X86(3, 0x48, 0x39, 0x03, 0x90), 1);
	ck_assert(insn.reads && !insn.writes);
	/* add [rbx], rax; nop */
	ck_assert_int_eq(X86(3, 0x48, 0x01, 0x03, 0x90), 1);
	ck_assert(insn.reads && insn.writes);
}
END_TEST

START_TEST(a_store_is_no_load)
{
	/* mov [rbx], rax; nop */
	ck_assert_int_eq(X86(3, 0x48, 0x89, 0x03, 0x90), 1);
	ck_assert(!insn.reads && insn.writes && insn.base == RBX);
}
END_TEST

START_TEST(what_only_looks_like_an_access_is_none)
{
	/* lea rax, [rbx + 8]; nop */
	ck_assert_int_eq(X86(4, 0x48, 0x8d, 0x43, 0x08, 0x90), 1);
	ck_assert(!insn.reads && !insn.writes);
	/* nop [rax + rax]; nop */
	ck_assert_int_eq(X86(5, 0x0f, 0x1f, 0x44, 0x00, 0x00, 0x90), 1);
	ck_assert(!insn.reads && !insn.writes);
	/* prefetcht0 [rbx]; nop */
	ck_assert_int_eq(X86(3, 0x0f, 0x18, 0x0b, 0x90), 1);
	ck_assert(!insn.reads && !insn.writes);
	/* pop rbx; nop */
	ck_assert_int_eq(X86(1, 0x5b, 0x90), 1);
	ck_assert(!insn.reads && !insn.writes);
	ck_assert_uint_eq(hw_insn_addr(&insn, (uint64_t[20]){ 0 }, 20), 0);
}
END_TEST

START_TEST(an_address_relative_to_the_code_is_absolute)
{
	/* mov rax, [rip + 0x100]; nop: counted from the end of the instruction */
	ck_assert_int_eq(X86(7, 0x48, 0x8b, 0x05, 0x00, 0x01, 0x00, 0x00, 0x90), 1);
	ck_assert(insn.reads);
	ck_assert_uint_eq(hw_insn_addr(&insn, (uint64_t[20]){ 0 }, 20), 0x107);
}
END_TEST

START_TEST(a_comparison_fused_with_its_jump_counts_behind_the_jump)
{
	/* cmp [rbx], rax; je +0; nop */
	ck_assert_int_eq(X86(5, 0x48, 0x39, 0x03, 0x74, 0x00, 0x90), 1);
	ck_assert(insn.reads && insn.base == RBX);
	/* mov rax, [rbx]; je +0; nop: these are two */
	ck_assert_int_eq(X86(5, 0x48, 0x8b, 0x03, 0x74, 0x00, 0x90), 1);
	ck_assert(!insn.reads);
	/* cmp [rbx], rax; jmp +0; nop: so are these */
	ck_assert_int_eq(X86(5, 0x48, 0x39, 0x03, 0xeb, 0x00, 0x90), 1);
	ck_assert(!insn.reads);
}
END_TEST

START_TEST(a_string_instruction_is_interrupted_in_its_middle)
{
	/* nop; rep movsq; nop: at it, and behind it */
	ck_assert_int_eq(X86(1, 0x90, 0xf3, 0x48, 0xa5, 0x90), 1);
	ck_assert(insn.reads && insn.writes && insn.base == RSI);
	ck_assert_int_eq(X86(4, 0x90, 0xf3, 0x48, 0xa5, 0x90), 1);
	ck_assert(insn.reads && insn.writes && !insn.is_loaded);
	/* nop; rep stosq */
	ck_assert_int_eq(X86(1, 0x90, 0xf3, 0x48, 0xab), 1);
	ck_assert(!insn.reads && insn.writes && insn.base == RDI);
	/* nop; movsd xmm0, xmm1 has such a prefix as well */
	ck_assert_int_eq(X86(1, 0x90, 0xf2, 0x0f, 0x10, 0xc1), 1);
	ck_assert(!insn.reads && !insn.writes);
}
END_TEST

START_TEST(an_address_out_of_memory_is_told_from_a_computed_one)
{
	/* mov rax, [rbx]; mov rcx, [rax + 8]; nop */
	ck_assert_int_eq(X86(7, 0x48, 0x8b, 0x03, 0x48, 0x8b, 0x48, 0x08, 0x90), 1);
	ck_assert(insn.reads && insn.is_loaded);
	/* by way of a sum: mov rax, [rbx]; add rax, rdx; mov rcx, [rax]; nop */
	ck_assert_int_eq(X86(9, 0x48, 0x8b, 0x03, 0x48, 0x01, 0xd0, 0x48, 0x8b, 0x08, 0x90), 1);
	ck_assert(insn.is_loaded);
	/* by the next round of a loop: mov rcx, [rax + 8]; mov rax, [rax]; jmp to the start */
	ck_assert_int_eq(X86(4, 0x48, 0x8b, 0x48, 0x08, 0x48, 0x8b, 0x00, 0xeb, 0xf7), 1);
	ck_assert(insn.is_loaded);
	/* add rax, rdx; mov rcx, [rax]; nop */
	ck_assert_int_eq(X86(6, 0x48, 0x01, 0xd0, 0x48, 0x8b, 0x08, 0x90), 1);
	ck_assert(insn.reads && !insn.is_loaded);
	/* a local variable is no data: mov rax, [rsp]; mov rcx, [rax]; nop */
	ck_assert_int_eq(X86(7, 0x48, 0x8b, 0x04, 0x24, 0x48, 0x8b, 0x08, 0x90), 1);
	ck_assert(insn.reads && !insn.is_loaded);
}
END_TEST

START_TEST(places_that_are_no_instruction_have_none_before)
{
	ck_assert_int_eq(X86(0, 0x48, 0x8b, 0x03, 0x90), 0); /* the start */
	ck_assert_int_eq(X86(2, 0x48, 0x8b, 0x03, 0x90), 0); /* within mov rax, [rbx] */
	ck_assert_int_eq(X86(4, 0x48, 0x8b, 0x03, 0x90), 0); /* behind the end */
}
END_TEST

START_TEST(bytes_that_are_no_code_harm_nobody)
{
	uint8_t code[512];
	struct hw_insns *c[2] = { hw_insns_new(HW_INSN_X86_64), hw_insns_new(HW_INSN_AARCH64) };

	srandom(1);
	for (size_t i = 0; i < sizeof(code); i++)
		code[i] = (uint8_t)random();
	for (int arch = 0; arch < 2; arch++)
		for (size_t at = 0; at < sizeof(code); at++) {
			int r = hw_insns_before_in(c[arch], code, sizeof(code), at, &insn);

			ck_assert(r == 0 || r == 1);
		}
	hw_insns_free(c[0]);
	hw_insns_free(c[1]);
}
END_TEST

START_TEST(loads_and_stores_of_aarch64_are_seen)
{
	uint64_t regs[32] = { [1] = 0x1000, [2] = 5 };

	/* ldr x0, [x1, #16]; nop */
	ck_assert_int_eq(ARM(4, 0xf9400820, 0xd503201f), 1);
	ck_assert(insn.reads && !insn.writes && !insn.is_value);
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 32), 0x1010);
	/* ldr x0, [x1, x2, lsl #3]; nop */
	ck_assert_int_eq(ARM(4, 0xf8627820, 0xd503201f), 1);
	ck_assert_uint_eq(hw_insn_addr(&insn, regs, 32), 0x1000 + 5 * 8);
	/* ldp x3, x4, [x1]; nop */
	ck_assert_int_eq(ARM(4, 0xa9401023, 0xd503201f), 1);
	ck_assert(insn.reads && insn.base == 1);
	/* str x0, [x1]; nop */
	ck_assert_int_eq(ARM(4, 0xf9000020, 0xd503201f), 1);
	ck_assert(!insn.reads && insn.writes && insn.base == 1);
	/* ldxr x0, [x1]; nop */
	ck_assert_int_eq(ARM(4, 0xc85f7c20, 0xd503201f), 1);
	ck_assert(insn.reads && insn.base == 1);
	/* prfm pldl1keep, [x1]; nop */
	ck_assert_int_eq(ARM(4, 0xf9800020, 0xd503201f), 1);
	ck_assert(!insn.reads && !insn.writes);
	/* add x0, x1, x2; nop */
	ck_assert_int_eq(ARM(4, 0x8b020020, 0xd503201f), 1);
	ck_assert(!insn.reads && !insn.writes);
}
END_TEST

START_TEST(chains_of_loads_are_seen_on_aarch64)
{
	/* ldr x1, [x1]; nop */
	ck_assert_int_eq(ARM(4, 0xf9400021, 0xd503201f), 1);
	ck_assert(insn.reads && insn.is_value && insn.is_loaded && insn.base == 1);
	/* ldr x1, [x3]; ldr x0, [x1]; nop */
	ck_assert_int_eq(ARM(8, 0xf9400061, 0xf9400020, 0xd503201f), 1);
	ck_assert(insn.is_loaded && !insn.is_value);
	/* ldr x0, [x1], #8; nop: moves on by itself */
	ck_assert_int_eq(ARM(4, 0xf8408420, 0xd503201f), 1);
	ck_assert(insn.reads && !insn.is_value && !insn.is_loaded && insn.base == 1);
}
END_TEST

/* A function of this program: its own code is decoded by the way of its module. */
uint64_t follow(const uint64_t *p); /* not static, lest the compiler give it another name */
__attribute__((noinline)) uint64_t follow(const uint64_t *p)
{
	return *p + 1;
}

START_TEST(functions_of_a_module_are_decoded_from_their_start)
{
	struct hw_insns *c = hw_insns_new(HW_INSN_HERE);
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	uint64_t start, size, value = 41;
	bool reads = false;

	ck_assert_uint_eq(follow(&value), 42);
	ck_assert_int_eq(hw_module_open("/proc/self/exe", "/proc/self/exe", &m), 0);
	ck_assert_int_eq(hw_module_lookup(m, "follow", &start, &size), 0);
	for (uint64_t at = start; at < start + size; at++)
		if (hw_insns_before(c, m, at, &insn) == 1)
			reads |= insn.reads && insn.base != HW_INSN_NO_REG;
	ck_assert(reads);
	ck_assert_int_eq(hw_insns_before(c, m, start, &insn), 0);
	ck_assert_int_eq(hw_insns_before(c, m, 0, &insn), 0);
	hw_insns_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("insn");
	TCase *tc = tcase_create("insn");

	tcase_add_test(tc, a_load_is_seen_and_its_address_known);
	tcase_add_test(tc, of_a_pointer_that_replaces_its_own_address_the_value_stands_for_it);
	tcase_add_test(tc, an_address_that_is_overwritten_is_said_where_it_was_made);
	tcase_add_test(tc, what_a_round_loads_is_the_address_of_the_next);
	tcase_add_test(tc, reads_by_arithmetic_and_comparisons_count);
	tcase_add_test(tc, a_store_is_no_load);
	tcase_add_test(tc, what_only_looks_like_an_access_is_none);
	tcase_add_test(tc, an_address_relative_to_the_code_is_absolute);
	tcase_add_test(tc, a_comparison_fused_with_its_jump_counts_behind_the_jump);
	tcase_add_test(tc, a_string_instruction_is_interrupted_in_its_middle);
	tcase_add_test(tc, an_address_out_of_memory_is_told_from_a_computed_one);
	tcase_add_test(tc, places_that_are_no_instruction_have_none_before);
	tcase_add_test(tc, bytes_that_are_no_code_harm_nobody);
	tcase_add_test(tc, loads_and_stores_of_aarch64_are_seen);
	tcase_add_test(tc, chains_of_loads_are_seen_on_aarch64);
	tcase_add_test(tc, functions_of_a_module_are_decoded_from_their_start);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
