/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/cfi_rule.h"

#include <dwarf.h>
#include <stdint.h>

static bool fits(Dwarf_Word number)
{
	return (int64_t)number == (int32_t)number;
}

/* Whether @op is a register of number below 256 plus an offset. */
static bool is_register_plus(const Dwarf_Op *op, __u8 *ret_reg, __s32 *ret_off)
{
	bool is_short = op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31;
	Dwarf_Word reg = is_short ? (Dwarf_Word)(op->atom - DW_OP_breg0) : op->number;
	Dwarf_Word off = is_short ? op->number : op->number2;

	if ((!is_short && op->atom != DW_OP_bregx) || reg > UINT8_MAX || !fits(off))
		return false;
	*ret_reg = (__u8)reg;
	*ret_off = (__s32)off;
	return true;
}

/* *(register + off) + plus, packed by HW_DEREF(). Hand-written cryptography keeps its CFA in
 * memory so. */
static bool is_deref(const Dwarf_Op *ops, size_t n, __u8 *ret_reg, __s32 *ret_packed)
{
	Dwarf_Word plus = n == 3 && ops[2].atom == DW_OP_plus_uconst ? ops[2].number : 0;
	__s32 off;

	if (n < 2 || n > 3 || ops[1].atom != DW_OP_deref || (n == 3 && !plus) || plus > INT16_MAX ||
	    !is_register_plus(ops, ret_reg, &off) || off != (int16_t)off)
		return false;
	*ret_packed = HW_DEREF(off, plus);
	return true;
}

static size_t read_cfa(Dwarf_Frame *frame, const struct hw_cfi_abi *abi, struct hw_unwind_rule *ret)
{
	Dwarf_Op *ops;
	size_t n, n_ops;

	ret->cfa = HW_CFA_OTHER;
	if (dwarf_frame_cfa(frame, &ops, &n_ops) || !n_ops)
		return 0;
	/* A CFA is a value, which libdw says at the end of an expression. */
	n = ops[n_ops - 1].atom == DW_OP_stack_value ? n_ops - 1 : n_ops;
	if (n == 1 && is_register_plus(ops, &ret->cfa_reg, &ret->cfa_off))
		ret->cfa = HW_CFA_REG;
	else if (is_deref(ops, n, &ret->cfa_reg, &ret->cfa_off))
		ret->cfa = HW_CFA_DEREF;
	else if (abi->arch->cfa_by_expression)
		abi->arch->cfa_by_expression(ops, n, ret);
	return n_ops > 1 ? n_ops : 0; /* a single one comes from no expression */
}

/* The location @ops of a register, which the stack machine computes with the CFA pushed first. */
static enum hw_saved_kind saved_kind(const Dwarf_Op *ops, size_t n, const struct hw_cfi_abi *abi,
				     __s32 *ret_off)
{
	__u8 reg;

	if (n == 1 && ops[0].atom == DW_OP_regx && ops[0].number <= UINT8_MAX) {
		*ret_off = (__s32)ops[0].number;
		return HW_SAVED_IN_REG;
	}
	if (!n || n > 2 || ops[0].atom != DW_OP_call_frame_cfa)
		return HW_SAVED_OTHER;
	if (n == 1)
		return HW_SAVED_AT_CFA;
	if (ops[1].atom == DW_OP_plus_uconst && fits(ops[1].number)) {
		*ret_off = (__s32)ops[1].number;
		return HW_SAVED_AT_CFA;
	}
	if (is_register_plus(&ops[1], &reg, ret_off) && reg == abi->arch->fp)
		return HW_SAVED_AT_FP;
	*ret_off = 0;
	return HW_SAVED_OTHER;
}

static size_t read_saved(Dwarf_Frame *frame, int reg, const struct hw_cfi_abi *abi, __u8 *ret_kind,
			 __s32 *ret_off)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	*ret_off = 0;
	*ret_kind = HW_SAVED_OTHER;
	if (dwarf_frame_register(frame, reg, mem, &ops, &n))
		return 0;
	if (n)
		*ret_kind = saved_kind(ops, n, abi, ret_off);
	else
		*ret_kind = ops ? HW_SAVED_UNDEFINED : HW_SAVED_SAME;
	return ops == mem ? 0 : n;
}

/* Has the return address' rule say where rbx is. */
static size_t add_bx(Dwarf_Frame *frame, const struct hw_cfi_abi *abi, struct hw_unwind_rule *rule)
{
	__u8 kind;
	__s32 off;
	size_t n = read_saved(frame, abi->arch->bx, abi, &kind, &off);

	rule->ra = HW_SAVED_WITH_BX;
	rule->ra_off = kind == HW_SAVED_AT_CFA ? off : kind == HW_SAVED_SAME ? HW_BX_SAME : HW_BX_LOST;
	return n;
}

struct hw_cfi_row hw_cfi_rule(Dwarf_Frame *frame, const struct hw_cfi_abi *abi)
{
	struct hw_cfi_row row = { .rule.cfa = HW_CFA_OTHER };
	struct hw_unwind_rule rule = { 0 };
	Dwarf_Addr start;
	bool is_signal = false;
	int ra = dwarf_frame_info(frame, &start, &row.end, &is_signal);

	if (is_signal) {
		row.rule.cfa = HW_CFA_SIGNAL;
		return row;
	}
	row.n_operations = read_cfa(frame, abi, &rule);
	if (rule.cfa == HW_CFA_OTHER)
		return row;
	row.n_operations += read_saved(frame, abi->arch->fp, abi, &rule.fp, &rule.fp_off);
	row.n_operations += read_saved(frame, ra, abi, &rule.ra, &rule.ra_off);
	if (rule.ra == HW_SAVED_SAME) { /* a leaf function, where calls put it into a register */
		rule.ra = HW_SAVED_IN_REG;
		rule.ra_off = ra;
	}
	if (abi->track_bx && rule.ra == HW_SAVED_AT_CFA && rule.ra_off == -8)
		row.n_operations += add_bx(frame, abi, &rule);
	row.rule = rule;
	return row;
}
