/* SPDX-License-Identifier: Apache-2.0
 * Encodings: Arm Architecture Reference Manual, C6.2. */
#include <elf.h>
#include <string.h>

#include "sym/arch.h"

#define FP   29
#define LINK 30
#define SP   31

#define INSN 4 /* bytes */

static uint32_t insn_word_at(const unsigned char *code, size_t at)
{
	uint32_t word;

	memcpy(&word, code + at, sizeof(word));
	return word;
}

static const struct hw_unwind_rule on_entry = { .cfa = HW_CFA_REG,
						.cfa_reg = SP,
						.ra = HW_SAVED_IN_REG,
						.ra_off = LINK };

/* --- the procedure linkage table (System V ABI for the Arm 64-bit Architecture, 9.4; as GNU ld and
 * lld write it): PLT0 saves x16 and the link register and jumps. Each entry is
 * adrp x16,page; ldr x17,[x16,#word]; add x16,x16,#word; br x17, with "bti c" before and "autia1716"
 * and a nop behind where these are wanted, so that entries have 16 or 24 bytes. --- */

#define PLT0_SIZE   32
#define ENTRY_INSNS 6 /* at the most */

#define IS_BTI(word)	    (((word) & 0xffffff3f) == 0xd503241f)
#define IS_PLT0_PUSH(word)  ((word) == 0xa9bf7bf0)			/* stp x16,x30,[sp,#-16]! */
#define IS_ADRP_X16(word)   (((word) & 0x9f00001f) == 0x90000010)
#define IS_LDR_X17(word)    (((word) & 0xffc003ff) == 0xf9400211) /* ldr x17,[x16,#n] */

static size_t rules_of_table(const struct hw_arch_table *t, struct hw_arch_rule *ret)
{
	static const struct hw_unwind_rule pushed = { .cfa = HW_CFA_REG,
						      .cfa_reg = SP,
						      .cfa_off = 16,
						      .ra = HW_SAVED_AT_CFA,
						      .ra_off = -8 };
	uint64_t end = t->start + t->size, after;
	size_t push;

	if (!t->is_lazy || t->size < PLT0_SIZE) {
		ret[0] = (struct hw_arch_rule){ t->start, end, on_entry };
		return 1;
	}
	push = IS_BTI(insn_word_at(t->code, 0)) ? INSN : 0;
	if (!IS_PLT0_PUSH(insn_word_at(t->code, push))) {
		ret[0] = (struct hw_arch_rule){ t->start, end, on_entry };
		return 1;
	}
	after = t->start + push + INSN;
	ret[0] = (struct hw_arch_rule){ t->start, after, on_entry };
	ret[1] = (struct hw_arch_rule){ after, t->start + PLT0_SIZE, pushed };
	ret[2] = (struct hw_arch_rule){ t->start + PLT0_SIZE, end, on_entry };
	return 3;
}

/* The address that "adrp" @word at @vaddr sets its register to. */
static uint64_t page_of(uint32_t word, uint64_t vaddr)
{
	uint64_t pages = (uint64_t)(word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3);

	pages = (pages ^ 1u << 20) - (1u << 20); /* a signed number of 21 bits */
	return (vaddr & ~0xfffULL) + (pages << 12);
}

static bool stub_at(const struct hw_arch_table *t, uint64_t vaddr, uint64_t *ret_start,
		    uint64_t *ret_word)
{
	size_t at = (vaddr - t->start) / INSN * INSN;
	uint32_t word;

	if (t->size < 2 * INSN)
		return false;
	if (at <= t->size - 2 * INSN && IS_BTI(insn_word_at(t->code, at)))
		at += INSN;
	for (size_t back = 0; back < ENTRY_INSNS; back++, at -= INSN) {
		if (at <= t->size - 2 * INSN && IS_ADRP_X16(insn_word_at(t->code, at)))
			break;
		if (at < INSN || back + 1 == ENTRY_INSNS)
			return false;
	}
	word = insn_word_at(t->code, at + INSN);
	if (!IS_LDR_X17(word))
		return false;
	*ret_word = page_of(insn_word_at(t->code, at), t->start + at) + (word >> 10 & 0xfff) * 8;
	if (at >= INSN && IS_BTI(insn_word_at(t->code, at - INSN)))
		at -= INSN;
	*ret_start = t->start + at;
	return true;
}

/* --- code without call frame information: Linux builds the vDSO without, since a row for the
 * trampoline of signal handlers led unwinders astray (arch/arm64/kernel/vdso/sigreturn.S) --- */

static bool calls(uint32_t word)
{
	return (word & 0xfc000000) == 0x94000000 || /* bl */
	       (word & 0xfffffc1f) == 0xd63f0000 || /* blr */
	       (word & 0xfefff800) == 0xd63f0800;   /* blraa and its like */
}

/* Loads and stores of a register or two that write their base, and add and sub (immediate, extended)
 * to sp. */
static bool moves_stack(uint32_t word)
{
	bool is_pair = (word & 0x3a000000) == 0x28000000 && word & 0x00800000;
	bool is_single = (word & 0x3b200400) == 0x38000400;
	bool is_add = (word & 0xbf800000) == 0x91000000 || (word & 0xbfe00000) == 0x8b200000 ||
		      (word & 0xbf800000) == 0x91800000;

	return ((is_pair || is_single) && (word >> 5 & 31) == SP) || (is_add && (word & 31) == SP);
}

/* Loads that replace the return address. */
static bool loads_link(uint32_t word)
{
	bool is_load = (word & 0x0a400000) == 0x08400000;
	bool is_pair = (word & 0x3a000000) == 0x28000000;

	return is_load && ((word & 31) == LINK || (is_pair && (word >> 10 & 31) == LINK));
}

static bool leaf_by_code(const unsigned char *code, size_t size, struct hw_unwind_rule *ret)
{
	static const uint32_t sigreturn[] = { 0xd2801168, 0xd4000001 }; /* mov x8,#139; svc #0 */

	if (size >= sizeof(sigreturn) && !memcmp(code, sigreturn, sizeof(sigreturn)))
		return false;
	for (size_t at = 0; at + INSN <= size; at += INSN) {
		uint32_t word = insn_word_at(code, at);

		if (calls(word) || moves_stack(word) || loads_link(word))
			return false;
	}
	*ret = on_entry;
	return true;
}

static bool ends_in_call(const unsigned char *code)
{
	return calls(insn_word_at(code, HW_ARCH_CALL_MAX - INSN));
}

/* --- instructions, as capstone decodes them --- */

/* The number of a register, HW_INSN_NO_REG when samples do not hold it; x3 for w3, its half. */
static uint8_t number_of(unsigned int reg)
{
	if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28)
		return (uint8_t)(reg - ARM64_REG_X0);
	if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W30)
		return (uint8_t)(reg - ARM64_REG_W0);
	if (reg == ARM64_REG_X29 || reg == ARM64_REG_X30)
		return reg == ARM64_REG_X29 ? 29 : 30;
	return reg == ARM64_REG_SP ? 31 : HW_INSN_NO_REG;
}

static uint32_t register_bit(unsigned int reg)
{
	uint8_t i = number_of(reg);

	return i == HW_INSN_NO_REG ? 0 : 1u << i;
}

/* By their names, which tell them apart: ldr, ldp, ldxr, ld1 ...; str, stp, stxr, st1 ... (Arm
 * Architecture Reference Manual, C3.2). Capstone 4 does not decode the atomic ones of Armv8.1. */
static void describe(csh handle, const cs_insn *insn, struct hw_step *ret)
{
	const cs_arm64 *a = &insn->detail->arm64;
	const char *name = insn->mnemonic;
	struct hw_insn *m = &ret->insn;

	m->reads = !strncmp(name, "ld", 2);
	m->writes = !strncmp(name, "st", 2);
	ret->is_conditional = !strncmp(name, "cs", 2);
	for (uint8_t i = 0; i < a->op_count; i++) {
		const cs_arm64_op *op = &a->operands[i];

		if (op->type == ARM64_OP_IMM && cs_insn_group(handle, insn, ARM64_GRP_JUMP))
			ret->target = (uint64_t)op->imm;
		if (op->type != ARM64_OP_MEM)
			continue;
		m->base = number_of(op->mem.base);
		m->index = number_of(op->mem.index);
		m->disp = op->mem.disp;
		m->scale = op->shift.type == ARM64_SFT_LSL ? (uint8_t)(1u << (op->shift.value & 7)) : 1;
	}
	/* The base of a writeback holds the address already, or one a few bytes further on. */
	if (a->writeback && m->base != HW_INSN_NO_REG) {
		ret->advances = 1u << m->base;
		m->disp = 0;
	}
}

const struct hw_arch hw_arch_arm64 = {
	.machine = EM_AARCH64,
	.fp = FP,
	.jump_slot = R_AARCH64_JUMP_SLOT,
	.glob_dat = R_AARCH64_GLOB_DAT,
	.irelative = R_AARCH64_IRELATIVE,
	.rules_of_table = rules_of_table,
	.stub_at = stub_at,
	.leaf_by_code = leaf_by_code,
	.ends_in_call = ends_in_call,
	.capstone_arch = CS_ARCH_ARM64,
	.capstone_mode = CS_MODE_LITTLE_ENDIAN,
	.insn_step = INSN,
	.stack_register = SP,
	.register_bit = register_bit,
	.describe = describe,
};

#if defined(__aarch64__)
const struct hw_arch *const hw_arch_here = &hw_arch_arm64;
#endif
