/* SPDX-License-Identifier: Apache-2.0
 * What a module lends to the other files of lib/sym, which read it with elfutils themselves. */
#ifndef HW_SYM_INTERNAL_H
#define HW_SYM_INTERNAL_H

#include <elfutils/libdw.h>

#include "sym/module.h"

/* The file itself; lives as long as the module. */
Elf *hw_module_elf(const struct hw_module *m);

/* The debugging information of @m, in the file itself or in a separate one on this machine, looked
 * for and read at the first call: that inflates compressed sections, all of them. What libdw calls
 * its address is @ret_bias below ours. NULL: none, or more than may be read. Lives as @m. */
Dwarf *hw_module_debug(struct hw_module *m, Dwarf_Addr *ret_bias);

#endif
