/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/decode.h"

#include <capstone/capstone.h>
#include <string.h>

#if defined(__aarch64__)
#define ARCH_HERE HW_INSN_AARCH64
#else
#define ARCH_HERE HW_INSN_X86_64
#endif

struct hw_decoder {
	enum hw_insn_arch arch;
	bool has_details; /* what capstone was told last */
	csh handle;
	cs_insn *insn;
};

struct hw_decoder *hw_decoder_new(enum hw_insn_arch arch)
{
	hw_auto(hw_decoder_free) struct hw_decoder *d = calloc(1, sizeof(*d));
	cs_err e;

	if (!d)
		return NULL;
	d->arch = arch == HW_INSN_HERE ? ARCH_HERE : arch;
	if (d->arch == HW_INSN_AARCH64)
		e = cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &d->handle);
	else
		e = cs_open(CS_ARCH_X86, CS_MODE_64, &d->handle);
	if (e)
		return NULL;
	cs_option(d->handle, CS_OPT_DETAIL, CS_OPT_ON); /* cs_malloc() makes room for them only then */
	d->has_details = true;
	d->insn = cs_malloc(d->handle);
	return d->insn ? hw_take_ptr(d) : NULL;
}

struct hw_decoder *hw_decoder_free(struct hw_decoder *d)
{
	if (!d)
		return NULL;
	if (d->insn)
		cs_free(d->insn, 1);
	if (d->handle)
		cs_close(&d->handle);
	free(d);
	return NULL;
}

size_t hw_decoder_step(const struct hw_decoder *d)
{
	return d->arch == HW_INSN_AARCH64 ? 4 : 1;
}

/* Without details it takes half of the time. */
static bool decode(struct hw_decoder *d, bool details, const uint8_t *code, size_t size, size_t at,
		   uint64_t start)
{
	const uint8_t *p = code + at;
	size_t left = size - at;
	uint64_t address = start + at;

	if (at >= size)
		return false;
	if (details != d->has_details)
		cs_option(d->handle, CS_OPT_DETAIL, details ? CS_OPT_ON : CS_OPT_OFF);
	d->has_details = details;
	return cs_disasm_iter(d->handle, &p, &left, &address, d->insn);
}

size_t hw_decode_size(struct hw_decoder *d, const uint8_t *code, size_t size, size_t at)
{
	return decode(d, false, code, size, at, 0) ? d->insn->size : 0;
}

/* The number of a register, HW_INSN_NO_REG when samples do not hold it; of its whole for a part of
 * it: x86-64 rdi for edi, aarch64 x3 for w3. */
static uint8_t x86_register(unsigned int reg)
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

static uint8_t arm_register(unsigned int reg)
{
	if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28)
		return (uint8_t)(reg - ARM64_REG_X0);
	if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W30)
		return (uint8_t)(reg - ARM64_REG_W0);
	if (reg == ARM64_REG_X29 || reg == ARM64_REG_X30)
		return reg == ARM64_REG_X29 ? 29 : 30;
	return reg == ARM64_REG_SP ? 31 : HW_INSN_NO_REG;
}

static uint32_t register_bit(const struct hw_decoder *d, unsigned int reg)
{
	uint8_t i = d->arch == HW_INSN_AARCH64 ? arm_register(reg) : x86_register(reg);

	if (d->arch == HW_INSN_X86_64 && reg == X86_REG_EFLAGS)
		return HW_STEP_FLAGS;
	return i == HW_INSN_NO_REG ? 0 : 1u << i;
}

static void find_registers(const struct hw_decoder *d, struct hw_step *ret)
{
	cs_regs reads, writes;
	uint8_t n_reads = 0, n_writes = 0;

	if (cs_regs_access(d->handle, d->insn, reads, &n_reads, writes, &n_writes))
		return;
	for (uint8_t i = 0; i < n_reads; i++)
		ret->reads |= register_bit(d, reads[i]);
	for (uint8_t i = 0; i < n_writes; i++)
		ret->writes |= register_bit(d, writes[i]);
}

/* Instructions with an operand in memory that they do not read or write, and those whose operand
 * is the top of the stack. */
static bool x86_touches_nothing(const cs_insn *insn)
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

static void find_x86_memory(const cs_insn *insn, struct hw_step *ret)
{
	const cs_x86 *x = &insn->detail->x86;
	bool touches = !x86_touches_nothing(insn);
	struct hw_insn *m = &ret->insn;

	ret->is_lea = insn->id == X86_INS_LEA;
	for (uint8_t i = 0; i < x->op_count; i++) {
		const cs_x86_op *op = &x->operands[i];

		if (op->type != X86_OP_MEM)
			continue;
		m->reads |= touches && op->access & CS_AC_READ;
		m->writes |= touches && op->access & CS_AC_WRITE;
		m->base = x86_register(op->mem.base);
		m->index = x86_register(op->mem.index);
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
		.base = x86_register(by_rsi ? X86_REG_RSI : X86_REG_RDI),
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

static void describe_x86(const struct hw_decoder *d, struct hw_step *ret)
{
	const cs_insn *insn = d->insn;
	const cs_x86 *x = &insn->detail->x86;

	find_x86_memory(insn, ret);
	find_repeated(insn, ret);
	ret->is_conditional = !strncmp(insn->mnemonic, "cmov", 4);
	ret->is_fusible = is_fusible(insn->id);
	if (!cs_insn_group(d->handle, insn, X86_GRP_JUMP))
		return;
	ret->jumps_if = insn->id != X86_INS_JMP && insn->id != X86_INS_LJMP;
	if (x->op_count == 1 && x->operands[0].type == X86_OP_IMM)
		ret->target = (uint64_t)x->operands[0].imm;
}

/* By their names, which tell them apart: ldr, ldp, ldxr, ld1 ...; str, stp, stxr, st1 ... (Arm
 * Architecture Reference Manual, C3.2). Capstone 4 does not decode the atomic ones of Armv8.1. */
static void describe_arm(const struct hw_decoder *d, struct hw_step *ret)
{
	const cs_arm64 *a = &d->insn->detail->arm64;
	const char *name = d->insn->mnemonic;
	struct hw_insn *m = &ret->insn;

	m->reads = !strncmp(name, "ld", 2);
	m->writes = !strncmp(name, "st", 2);
	ret->is_conditional = !strncmp(name, "cs", 2);
	for (uint8_t i = 0; i < a->op_count; i++) {
		const cs_arm64_op *op = &a->operands[i];

		if (op->type == ARM64_OP_IMM && cs_insn_group(d->handle, d->insn, ARM64_GRP_JUMP))
			ret->target = (uint64_t)op->imm;
		if (op->type != ARM64_OP_MEM)
			continue;
		m->base = arm_register(op->mem.base);
		m->index = arm_register(op->mem.index);
		m->disp = op->mem.disp;
		m->scale = op->shift.type == ARM64_SFT_LSL ? (uint8_t)(1u << (op->shift.value & 7)) : 1;
	}
	/* The base of a writeback holds the address already, or one a few bytes further on. */
	if (a->writeback && m->base != HW_INSN_NO_REG) {
		ret->advances = 1u << m->base;
		m->disp = 0;
	}
}

bool hw_decode(struct hw_decoder *d, const uint8_t *code, size_t size, size_t at, uint64_t start,
	       struct hw_step *ret)
{
	if (!decode(d, true, code, size, at, start))
		return false;
	*ret = (struct hw_step){
		.at = start + at,
		.size = d->insn->size,
		.insn = { .base = HW_INSN_NO_REG, .index = HW_INSN_NO_REG },
		.target = HW_STEP_NO_TARGET,
	};
	find_registers(d, ret);
	if (d->arch == HW_INSN_AARCH64)
		describe_arm(d, ret);
	else
		describe_x86(d, ret);
	return true;
}
