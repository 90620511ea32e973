/* SPDX-License-Identifier: Apache-2.0
 * The function symbols of one ELF file, sorted for lookup by address. Private to lib/sym.
 * (dwfl_module_addrinfo() would walk all symbols for each address.) One thread at a time. */
#ifndef HW_SYM_SYMTAB_H
#define HW_SYM_SYMTAB_H

#include <libelf.h>
#include <stdint.h>

#include "base/cleanup.h"

/* Symbols read of one file at the most; a larger table is ignored. */
#define HW_SYMTAB_MAX (4u << 20)

struct hw_symtab; /* opaque */

/* Reads the functions of @elf from .symtab and .dynsym, and those of what was split off it, @debug
 * (NULL: nothing), whose addresses are @debug_bias below those of @elf. Names stay in the
 * files, which must outlive the table. Returns 0 and sets *ret (free with hw_symtab_free()), or
 * -ENOMEM. Broken symbols and tables are skipped: the result may be empty.
 *
 * One symbol is kept per address: a function before a bare label, with a size before without,
 * global before weak before local, without leading underscore before with. A symbol without a
 * size reaches to the next one or to the end of its section; one inside a function is dropped.
 */
int hw_symtab_new(Elf *elf, Elf *debug, uint64_t debug_bias, struct hw_symtab **ret);
struct hw_symtab *hw_symtab_free(struct hw_symtab *t);
HW_DEFINE_AUTO(struct hw_symtab *, hw_symtab_free)

/* Finds the innermost function that covers @vaddr; its name, demangled and without version, lives
 * as long as the table. Returns 1, 0 when there is none (outputs untouched), or -ENOMEM. */
int hw_symtab_find(struct hw_symtab *t, uint64_t vaddr, const char **ret_name, uint64_t *ret_start);

/* Finds the defined symbol @name, function or data, in .dynsym or .symtab of @elf:
 * 0, or -ENOENT with the outputs untouched. */
int hw_symtab_lookup(Elf *elf, const char *name, uint64_t *ret_vaddr, uint64_t *ret_size);

/* The same in .dynsym alone. */
int hw_symtab_export(Elf *elf, const char *name, uint64_t *ret_vaddr, uint64_t *ret_size);

#endif
