/* SPDX-License-Identifier: Apache-2.0 */
#include <dwarf.h>
#include <elf.h>
#include <string.h>

#include "sym/arch.h"

#define RSP 7
#define RIP 16

/* System V ABI, AMD64 supplement, "Procedure Linkage Table": .plt starts with PLT0, which pushes a
 * word of the GOT (6 bytes) and jumps; the entries that follow push their index and jump to PLT0.
 * All are 16 bytes. The other tables only jump; the stubs of .plt.got have only 8 bytes where they
 * need not start with a landing mark for indirect jumps. */
#define ENTRY_SIZE	 16
#define SHORT_ENTRY_SIZE 8
#define PLT0_PUSH_SIZE	 6
#define INDEX_PUSH_SIZE	 5

static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
static const unsigned char bnd[] = { 0xf2 };
static const unsigned char jmp_slot[] = { 0xff, 0x25 }; /* and 4 bytes: the distance from its end */

static bool starts_with(const unsigned char *code, const unsigned char *end, const void *bytes,
			size_t size)
{
	return (size_t)(end - code) >= size && !memcmp(code, bytes, size);
}

static struct hw_unwind_rule pushed(enum hw_cfa_kind kind, int cfa_off)
{
	return (struct hw_unwind_rule){
		.cfa = kind,
		.cfa_reg = RSP,
		.cfa_off = cfa_off,
		.fp = HW_SAVED_SAME,
		.ra = HW_SAVED_AT_CFA,
		.ra_off = -8,
	};
}

/* From which byte of the entry @code on its index is on the stack; 0: it pushes none. */
static int end_of_push(const unsigned char code[ENTRY_SIZE])
{
	const int jump_size =
		6; /* jmp *slot(%rip), which is first without control flow protection */
	const unsigned char push = 0x68;

	if (code[0] == 0xff && code[1] == 0x25 && code[jump_size] == push)
		return jump_size + INDEX_PUSH_SIZE;
	if (!memcmp(code, endbr64, sizeof(endbr64)) && code[sizeof(endbr64)] == push)
		return (int)sizeof(endbr64) + INDEX_PUSH_SIZE;
	return 0;
}

static bool is_plt0(const unsigned char code[ENTRY_SIZE])
{
	return code[0] == 0xff && code[1] == 0x35; /* push slot(%rip) */
}

static size_t rules_of_table(const struct hw_arch_table *t, struct hw_arch_rule *ret)
{
	int push_end = 0;

	if (t->is_lazy && t->size >= 2 * ENTRY_SIZE && t->start % ENTRY_SIZE == 0 && is_plt0(t->code))
		push_end = end_of_push(t->code + ENTRY_SIZE);
	if (!push_end) {
		*ret = (struct hw_arch_rule){ t->start, t->start + t->size, pushed(HW_CFA_REG, 8) };
		return 1;
	}
	ret[0] = (struct hw_arch_rule){ t->start, t->start + PLT0_PUSH_SIZE, pushed(HW_CFA_REG, 16) };
	ret[1] = (struct hw_arch_rule){ t->start + PLT0_PUSH_SIZE, t->start + ENTRY_SIZE,
					pushed(HW_CFA_REG, 24) };
	ret[2] = (struct hw_arch_rule){ t->start + ENTRY_SIZE, t->start + t->size,
					pushed(HW_CFA_PLT, push_end) };
	return 3;
}

/* Finds the slot of "[endbr64] [bnd] jmp *slot(%rip)" in the @size bytes of @code at @vaddr. */
static bool slot_of_stub(const unsigned char *code, size_t size, uint64_t vaddr, uint64_t *ret)
{
	const unsigned char *at = code, *end = code + size;
	int32_t distance;

	if (starts_with(at, end, endbr64, sizeof(endbr64)))
		at += sizeof(endbr64);
	if (starts_with(at, end, bnd, sizeof(bnd)))
		at += sizeof(bnd);
	if (!starts_with(at, end, jmp_slot, sizeof(jmp_slot)))
		return false;
	at += sizeof(jmp_slot);
	if ((size_t)(end - at) < sizeof(distance))
		return false;
	memcpy(&distance, at, sizeof(distance));
	at += sizeof(distance);
	*ret = vaddr + (uint64_t)(at - code) + (uint64_t)(int64_t)distance;
	return true;
}

static bool stub_at(const struct hw_arch_table *t, uint64_t vaddr, uint64_t *ret_start,
		    uint64_t *ret_word)
{
	bool is_short = t->is_bound &&
			!starts_with(t->code, t->code + t->size, endbr64, sizeof(endbr64));
	size_t entry = is_short ? SHORT_ENTRY_SIZE : ENTRY_SIZE;
	size_t at = (vaddr - t->start) / entry * entry;

	*ret_start = t->start + at;
	return slot_of_stub(t->code + at, t->size - at < entry ? t->size - at : entry, *ret_start,
			    ret_word);
}

/* The lazy procedure linkage table, as GNU ld and gold describe it: an entry pushes its index from
 * some byte of its 16 on, so rsp + 8 + ((rip & 15) >= N) << 3. */
static bool cfa_by_expression(const Dwarf_Op *ops, size_t n, struct hw_unwind_rule *ret)
{
	static const uint8_t atoms[] = {
		DW_OP_breg0 + RSP,
		DW_OP_breg0 + RIP,
		DW_OP_lit15,
		DW_OP_and,
		DW_OP_lit0,
		DW_OP_ge,
		DW_OP_lit3,
		DW_OP_shl,
		DW_OP_plus,
	};
	const size_t push_end = 4;

	if (n != sizeof(atoms) || ops[0].number != 8 || ops[1].number != 0)
		return false;
	for (size_t i = 0; i < n; i++)
		if (i != push_end && ops[i].atom != atoms[i])
			return false;
	if (ops[push_end].atom < DW_OP_lit0 || ops[push_end].atom > DW_OP_lit15)
		return false;
	ret->cfa = HW_CFA_PLT;
	ret->cfa_reg = RSP;
	ret->cfa_off = ops[push_end].atom - DW_OP_lit0;
	return true;
}

/* E8 rel32, or FF /2 with one to seven bytes (Intel SDM, volume 2, CALL). */
static bool ends_in_call(const unsigned char *code)
{
	if (code[HW_ARCH_CALL_MAX - 5] == 0xe8)
		return true;
	for (int at = 1; at <= HW_ARCH_CALL_MAX - 2; at++)
		if (code[at] == 0xff && (code[at + 1] & 0x38) == 0x10)
			return true;
	return false;
}

/* --- instructions, as capstone decodes them --- */

/* The number of a register, HW_INSN_NO_REG when samples do not hold it; of its whole for a part of
 * it: rdi for edi. */
static uint8_t number_of(unsigned int reg)
{
	/* in the order of HW_SAMPLE_REGS, for 8, 4, 2 and 1 bytes */
	static const uint16_t names[][4] = {
		{ X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B },
		{ X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B },
		{ X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B },
		{ X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B },
		{ X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL },
		{ X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL },
		{ X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B },
		{ X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B },
		{ X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B },
		{ X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B },
		{ X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL },
		{ X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL },
		{ X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL },
		{ X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL },
		{ X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL },
		{ 0 }, { 0 }, { 0 }, { 0 },
		{ X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL },
	};

	for (uint8_t i = 0; i < sizeof(names) / sizeof(*names) && reg; i++)
		for (int size = 0; size < 4; size++)
			if (names[i][size] == reg)
				return i;
	return HW_INSN_NO_REG;
}

static uint32_t register_bit(unsigned int reg)
{
	uint8_t i = number_of(reg);

	if (reg == X86_REG_EFLAGS)
		return HW_STEP_FLAGS;
	return i == HW_INSN_NO_REG ? 0 : 1u << i;
}

/* Instructions with an operand in memory that they do not read or write, and those whose operand
 * is the top of the stack. */
static bool touches_nothing(const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_LEA:
	case X86_INS_NOP:
	case X86_INS_PREFETCH:
	case X86_INS_PREFETCHNTA:
	case X86_INS_PREFETCHT0:
	case X86_INS_PREFETCHT1:
	case X86_INS_PREFETCHT2:
	case X86_INS_PREFETCHW:
	case X86_INS_PUSH:
	case X86_INS_POP:
	case X86_INS_CALL:
		return true;
	default:
		return false;
	}
}

static void find_memory(const cs_insn *insn, struct hw_step *ret)
{
	const cs_x86 *x = &insn->detail->x86;
	bool touches = !touches_nothing(insn);
	struct hw_insn *m = &ret->insn;

	ret->is_lea = insn->id == X86_INS_LEA;
	for (uint8_t i = 0; i < x->op_count; i++) {
		const cs_x86_op *op = &x->operands[i];

		if (op->type != X86_OP_MEM)
			continue;
		m->reads |= touches && op->access & CS_AC_READ;
		m->writes |= touches && op->access & CS_AC_WRITE;
		m->base = number_of(op->mem.base);
		m->index = number_of(op->mem.index);
		m->scale = (uint8_t)op->mem.scale;
		m->disp = op->mem.disp;
		if (op->mem.base == X86_REG_RIP)
			m->disp += (int64_t)(ret->at + ret->size);
	}
}

/* By the opcode (Intel SDM, volume 2): movs, cmps, stos, lods, scas with a prefix. */
static void find_repeated(const cs_insn *insn, struct hw_step *ret)
{
	const cs_x86 *x = &insn->detail->x86;
	uint8_t op = x->opcode[0];
	bool has_prefix = x->prefix[0] == X86_PREFIX_REP || x->prefix[0] == X86_PREFIX_REPNE;
	bool by_rsi = op < 0xa8 || op == 0xac || op == 0xad, is_stos = op == 0xaa || op == 0xab;

	if (!has_prefix || op < 0xa4 || op > 0xaf || op == 0xa8 || op == 0xa9)
		return;
	ret->is_repeated = true;
	ret->advances = ret->writes;
	ret->insn = (struct hw_insn){
		.reads = !is_stos,
		.writes = op < 0xa6 || is_stos,
		.base = number_of(by_rsi ? X86_REG_RSI : X86_REG_RDI),
		.index = HW_INSN_NO_REG,
	};
}

/* Instructions that processors fuse with a conditional jump behind them (Intel optimization manual,
 * "macro-fusion"). */
static bool is_fusible(unsigned int id)
{
	return id == X86_INS_CMP || id == X86_INS_TEST || id == X86_INS_ADD || id == X86_INS_SUB ||
	       id == X86_INS_AND;
}

static void describe(csh handle, const cs_insn *insn, struct hw_step *ret)
{
	const cs_x86 *x = &insn->detail->x86;

	find_memory(insn, ret);
	find_repeated(insn, ret);
	ret->is_conditional = !strncmp(insn->mnemonic, "cmov", 4);
	ret->is_fusible = is_fusible(insn->id);
	if (!cs_insn_group(handle, insn, X86_GRP_JUMP))
		return;
	ret->jumps_if = insn->id != X86_INS_JMP && insn->id != X86_INS_LJMP;
	if (x->op_count == 1 && x->operands[0].type == X86_OP_IMM)
		ret->target = (uint64_t)x->operands[0].imm;
}

const struct hw_arch hw_arch_x86_64 = {
	.machine = EM_X86_64,
	.fp = 6,
	.bx = 3,
	.jump_slot = R_X86_64_JUMP_SLOT,
	.glob_dat = R_X86_64_GLOB_DAT,
	.irelative = R_X86_64_IRELATIVE,
	.rules_of_table = rules_of_table,
	.stub_at = stub_at,
	.cfa_by_expression = cfa_by_expression,
	.ends_in_call = ends_in_call,
	.capstone_arch = CS_ARCH_X86,
	.capstone_mode = CS_MODE_64,
	.insn_step = 1,
	.stack_register = 19,
	.register_bit = register_bit,
	.describe = describe,
};

#if defined(__x86_64__)
const struct hw_arch *const hw_arch_here = &hw_arch_x86_64;
#endif
