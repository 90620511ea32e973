/* SPDX-License-Identifier: Apache-2.0
 * The instruction before an interrupted one: does it read or write memory, and where? One thread at
 * a time. */
#ifndef HW_SYM_INSN_H
#define HW_SYM_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sym/module.h"

enum hw_insn_arch { HW_INSN_X86_64, HW_INSN_AARCH64, HW_INSN_HERE /* of this machine */ };

#define HW_INSN_NO_REG 0xff

/* What an instruction does with memory. Its address is, from the registers after it,
 * base + index * scale + disp, registers by their numbers in bpf/arch.h (HW_SAMPLE_REGS). Where
 * it overwrote one of those, that is where the pointer had been loaded from: another address, but
 * as much the same or not the same one from sample to sample. */
struct hw_insn {
	bool reads, writes;  /* an operand in memory; not the stack of push, pop, call and ret, whose
			      * top is always in the cache; not prefetches, which wait for nothing */
	bool is_loaded;	     /* its address came out of memory a few instructions before, the last
			      * round of a loop included: it had to wait for that */
	bool is_value;	     /* the instruction overwrote a register of its address, and where that came
			      * from is not known: base holds what was read there instead */
	uint8_t base, index; /* HW_INSN_NO_REG: none; both: the address is not known */
	uint8_t scale;
	int64_t disp;
};

struct hw_insns; /* opaque: where instructions start in the functions that were asked about */

/* Returns an empty cache (free it with hw_insns_free()), or NULL without memory. */
struct hw_insns *hw_insns_new(enum hw_insn_arch arch);
struct hw_insns *hw_insns_free(struct hw_insns *c); /* takes and returns NULL */
HW_DEFINE_AUTO(struct hw_insns *, hw_insns_free)

/* Describes the instruction that stands before the one at @vaddr of @m. One that is fused with
 * the conditional jump behind it, so that both are done at once (x86-64), counts for the place
 * behind the jump; a repeated string instruction (x86-64) that was interrupted between two
 * rounds is described itself. Decodes from the start of the function, as hw_module_find() knows
 * it, each function once, and forgets all when it knows too many. Returns 1 and fills *ret; 0
 * when there is no such instruction (the start of a function, a place between two instructions)
 * or it is not known (no function, more than 1 MiB behind its start, undecodable); or -ENOMEM. */
int hw_insns_before(struct hw_insns *c, struct hw_module *m, uint64_t vaddr, struct hw_insn *ret);

/* The same for @size bytes of @code that start a function: of the instruction before @offset. */
int hw_insns_before_in(struct hw_insns *c, const uint8_t *code, size_t size, size_t offset,
		       struct hw_insn *ret);

/* The address that @insn used, from the registers of a sample; 0 when it is not known, also for
 * values that can be no pointer. */
uint64_t hw_insn_addr(const struct hw_insn *insn, const uint64_t *regs, size_t n_regs);

#endif
