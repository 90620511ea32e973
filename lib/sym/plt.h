/* SPDX-License-Identifier: Apache-2.0
 * Names for the stubs of the procedure linkage table, through which a file calls others: they have
 * no symbols. Private to lib/sym; one thread at a
 * time. */
#ifndef HW_SYM_PLT_H
#define HW_SYM_PLT_H

#include <libelf.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sym/symtab.h"

struct hw_plt; /* opaque */

/* Finds the sections with stubs (.plt, .plt.sec, .plt.got, .iplt) in @elf, whose functions are
 * @functions; both are borrowed. Relocations are read when a stub is first asked for. Returns the
 * object (free with hw_plt_free()), or NULL without memory. */
struct hw_plt *hw_plt_new(Elf *elf, struct hw_symtab *functions);
struct hw_plt *hw_plt_free(struct hw_plt *t);
HW_DEFINE_AUTO(struct hw_plt *, hw_plt_free)

/* Finds the stub around @vaddr. Its name is that of the function it jumps to, as hw_symtab_find()
 * gives names, with "@plt" behind; it lives as long as the object. Returns 1, 0 when it is no stub
 * or one that only binds others (outputs untouched), or -ENOMEM. */
int hw_plt_find(struct hw_plt *t, uint64_t vaddr, const char **ret_name, uint64_t *ret_start);

#endif
