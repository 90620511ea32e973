/* SPDX-License-Identifier: Apache-2.0
 * Opening ELF files that nobody vouches for. Private to lib/sym. */
#ifndef HW_SYM_ELF_FILE_H
#define HW_SYM_ELF_FILE_H

#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>

#include "base/cleanup.h"

struct hw_elf_file {
	Elf *elf;   /* NULL: none */
	void *copy; /* the bytes of a file that is in memory */
	int fd;	    /* -1: none */
};

#define HW_ELF_FILE_NONE ((struct hw_elf_file){ .fd = -1 })

/* Opens the ELF file @path, of 4 GiB at the most, mapped into memory. Returns 0 and fills *ret
 * (release with hw_elf_file_done()), or -EBADMSG when it is not an ELF file, -EFBIG, or errno
 * of open(2). */
int hw_elf_file_open(const char *path, struct hw_elf_file *ret);

/* The same from the descriptor @fd, which it takes over, also on failure. */
int hw_elf_file_adopt(int fd, struct hw_elf_file *ret);

/* The same from bytes, which must come from malloc(3) and which it takes over, also on failure. */
int hw_elf_file_memory(void *bytes, size_t size, struct hw_elf_file *ret);

/* Another handle of the file @f, which must outlive it: libelf's belong to one thread each. Maps the
 * file again, for libelf writes where it inflates sections. Errors as above. */
int hw_elf_file_again(const struct hw_elf_file *f, struct hw_elf_file *ret);

void hw_elf_file_done(struct hw_elf_file *f); /* leaves HW_ELF_FILE_NONE, which it may be */
HW_DEFINE_AUTO_DONE(struct hw_elf_file, hw_elf_file_done)

/* The header of section @scn and its name; NULL when it has none that can be read. */
const char *hw_elf_section_name(Elf *elf, Elf_Scn *scn, GElf_Shdr *ret);

/* The section @name with its header, or NULL. */
Elf_Scn *hw_elf_section(Elf *elf, const char *name, GElf_Shdr *ret);

/* The address of the first PT_LOAD segment, whole pages; 0 without one. What was split off a
 * program lies at other addresses when the program was moved afterwards. */
uint64_t hw_elf_base(Elf *elf);

#endif
