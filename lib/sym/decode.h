/* SPDX-License-Identifier: Apache-2.0
 * One machine instruction, in the few words that lib/sym/insn.c needs. Private to lib/sym, which is
 * the only user of capstone. */
#ifndef HW_SYM_DECODE_H
#define HW_SYM_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sym/insn.h"

#define HW_STEP_NO_TARGET UINT64_MAX

/* Sets of registers: a bit for each number (bpf/arch.h), and one for the flags of x86-64 in the
 * place of its orig_ax, which is no register. */
#define HW_STEP_FLAGS (1u << 15)

struct hw_step {
	uint64_t at;	     /* where it starts */
	uint32_t size;	     /* bytes */
	uint32_t reads, writes; /* registers */
	uint32_t advances;   /* of those written: moved on to the next data, not loaded */
	struct hw_insn insn; /* memory; the address by the registers before it */
	bool is_lea;	     /* writes the address of insn, which it does not use, to a register */
	bool is_conditional; /* whether it writes a register depends on flags: cmov, csel */
	bool is_fusible;     /* x86-64: may be done at once with a conditional jump behind it */
	bool is_repeated;    /* x86-64: a string instruction, interrupted between two rounds */
	bool jumps_if;	     /* a conditional jump */
	uint64_t target;     /* of a direct jump; else HW_STEP_NO_TARGET */
};

struct hw_decoder; /* opaque */

struct hw_decoder *hw_decoder_new(enum hw_insn_arch arch); /* NULL without memory */
struct hw_decoder *hw_decoder_free(struct hw_decoder *d);  /* takes and returns NULL */
HW_DEFINE_AUTO(struct hw_decoder *, hw_decoder_free)

/* The number of the stack pointer. */
uint8_t hw_decoder_stack(const struct hw_decoder *d);

/* How far apart instructions may start. */
size_t hw_decoder_step(const struct hw_decoder *d);

/* The size of the instruction at @at of @size bytes of @code, 0 when there is none. */
size_t hw_decode_size(struct hw_decoder *d, const uint8_t *code, size_t size, size_t at);

/* Describes it; @code lies at address @start. Returns false when there is none. */
bool hw_decode(struct hw_decoder *d, const uint8_t *code, size_t size, size_t at, uint64_t start,
	       struct hw_step *ret);

#endif
