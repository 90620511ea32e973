/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/decode.h"

#include <capstone/capstone.h>

#include "sym/arch.h"

struct hw_decoder {
	const struct hw_arch *arch;
	bool has_details; /* what capstone was told last */
	csh handle;
	cs_insn *insn;
};

static const struct hw_arch *arch_of(enum hw_insn_arch arch)
{
	if (arch == HW_INSN_HERE)
		return hw_arch_here;
	return arch == HW_INSN_AARCH64 ? &hw_arch_arm64 : &hw_arch_x86_64;
}

struct hw_decoder *hw_decoder_new(enum hw_insn_arch arch)
{
	hw_auto(hw_decoder_free) struct hw_decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->arch = arch_of(arch);
	if (cs_open(d->arch->capstone_arch, d->arch->capstone_mode, &d->handle))
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

uint8_t hw_decoder_stack(const struct hw_decoder *d)
{
	return d->arch->stack_register;
}

size_t hw_decoder_step(const struct hw_decoder *d)
{
	return d->arch->insn_step;
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

static void find_registers(const struct hw_decoder *d, struct hw_step *ret)
{
	cs_regs reads, writes;
	uint8_t n_reads = 0, n_writes = 0;

	if (cs_regs_access(d->handle, d->insn, reads, &n_reads, writes, &n_writes))
		return;
	for (uint8_t i = 0; i < n_reads; i++)
		ret->reads |= d->arch->register_bit(reads[i]);
	for (uint8_t i = 0; i < n_writes; i++)
		ret->writes |= d->arch->register_bit(writes[i]);
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
	d->arch->describe(d->handle, d->insn, ret);
	return true;
}
