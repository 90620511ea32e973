/* SPDX-License-Identifier: Apache-2.0
 * Which functions a section of call frame information describes. libdw evaluates what it says of
 * an address but does not say which addresses there are. Private to lib/sym. */
#ifndef HW_SYM_CFI_ENTRY_H
#define HW_SYM_CFI_ENTRY_H

#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

/* What a look at a CIE shows. */
struct hw_cfi_cie {
	Dwarf_Off offset;
	bool is_usable;
	bool has_sized_data; /* in its FDEs, before the instructions */
	uint8_t encoding;    /* of the addresses in its FDEs, DW_EH_PE_* */
	size_t data_size;    /* when has_sized_data is not set */
};

/* One section and libdw's view of it. That is a copy of the section in an ELF file of its own, so
 * that libdw sees the entries checked here and no others: .eh_frame_hdr may lead it anywhere. */
struct hw_cfi_section {
	void *image; /* of that file */
	Elf *elf;
	Dwarf *dwarf;	/* NULL for .eh_frame */
	Dwarf_CFI *cfi; /* to be asked with addresses as linked */

	Elf_Data *data;
	uint64_t vaddr;
	bool is_eh_frame;
	Dwarf_Off next;
	struct hw_cfi_cie cie; /* the last one met */
};

struct hw_cfi_fde {
	uint64_t start, end;  /* vaddr; empty when both are equal */
	size_t program_bytes; /* what libdw goes through for an address, at most */
};

/* Opens the section @name of @elf, ".eh_frame" or ".debug_frame". Returns 0, or -ENOENT (also when
 * it is compressed or larger than is read), -EBADMSG, -ENOMEM; *s is all zero then. */
int hw_cfi_section_open(Elf *elf, const char *name, struct hw_cfi_section *s);
void hw_cfi_section_close(struct hw_cfi_section *s); /* takes one that is all zero */

/* Reads on to the next FDE: 1 and sets *ret, 0 at the end, or -EBADMSG when it is broken, of a
 * kind no compiler writes, or one that would make libdw take much memory (it makes room for any
 * register number up to 2^28, and for a copy with each DW_CFA_remember_state). After -EBADMSG
 * libdw must not be asked. */
int hw_cfi_section_next(struct hw_cfi_section *s, struct hw_cfi_fde *ret);

#endif
