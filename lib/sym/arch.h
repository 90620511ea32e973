/* SPDX-License-Identifier: Apache-2.0
 * What differs between machines in their files and their code: one arch_*.c for each. Chosen by the
 * file, not by the machine that reads it. Private to lib/sym. */
#ifndef HW_SYM_ARCH_H
#define HW_SYM_ARCH_H

#include <capstone/capstone.h>
#include <elfutils/libdw.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/rows.h"
#include "sym/decode.h"

/* Code at consecutive addresses that has one rule. */
struct hw_arch_rule {
	uint64_t start, end; /* vaddr */
	struct hw_unwind_rule rule;
};

#define HW_ARCH_TABLE_RULES 3

/* A section with stubs of the procedure linkage table. */
struct hw_arch_table {
	uint64_t start; /* vaddr; start + size does not overflow */
	const unsigned char *code;
	size_t size; /* bytes */
	bool is_lazy; /* .plt: a first stub that binds the others may lead */
	bool is_bound; /* .plt.got: nothing binds these later */
};

struct hw_arch {
	uint16_t machine; /* e_machine */
	uint8_t fp;	  /* DWARF number of the frame pointer */
	uint8_t bx;	  /* of the base pointer that HW_SAVED_WITH_BX is about; 0: none */

	/* Relocations of the words that stubs jump through: of a function, and of one whose address
	 * an indirect function chooses. */
	uint32_t jump_slot, glob_dat, irelative;

	/* Writes up to HW_ARCH_TABLE_RULES rules for the stubs of @t, which linkers leave without
	 * call frame information, to @ret; returns how many. */
	size_t (*rules_of_table)(const struct hw_arch_table *t, struct hw_arch_rule *ret);

	/* Finds the stub around @vaddr, which lies in @t: its start, and the word that it jumps
	 * through. */
	bool (*stub_at)(const struct hw_arch_table *t, uint64_t vaddr, uint64_t *ret_start,
			uint64_t *ret_word);

	/* Whether the @n operations are a CFA that a rule of this machine alone can hold; NULL: none. */
	bool (*cfa_by_expression)(const Dwarf_Op *ops, size_t n, struct hw_unwind_rule *ret);

	/* Whether the function @code of @size bytes is a leaf that leaves the stack and the return
	 * address alone, as far as its code says; then *ret is its rule. NULL: cannot be told. */
	bool (*leaf_by_code)(const unsigned char *code, size_t size, struct hw_unwind_rule *ret);

	/* Whether the instruction that ends @code, HW_ARCH_CALL_MAX bytes, can be a call. */
	bool (*ends_in_call)(const unsigned char *code);

	/* How capstone decodes its code, and how far apart instructions may start, in bytes. */
	cs_arch capstone_arch;
	cs_mode capstone_mode;
	size_t insn_step;
	uint8_t stack_register; /* in the order of HW_SAMPLE_REGS */
	/* The bit of capstone's @reg in the sets of struct hw_step; 0: it has none. */
	uint32_t (*register_bit)(unsigned int reg);
	/* Fills in what @insn does, all but at, size, reads and writes, which are there already. */
	void (*describe)(csh handle, const cs_insn *insn, struct hw_step *ret);
};

#define HW_ARCH_CALL_MAX 8

extern const struct hw_arch hw_arch_x86_64, hw_arch_arm64;
extern const struct hw_arch *const hw_arch_here; /* of this machine */

/* NULL when call frame information of that e_machine is not read. */
const struct hw_arch *hw_arch_of(uint16_t machine);

#endif
