/* SPDX-License-Identifier: Apache-2.0
 * Rules for the procedure linkage table, which linkers leave without call frame information: lld and
 * mold on x86-64, all of them on aarch64. Private to lib/sym. */
#ifndef HW_SYM_CFI_PLT_H
#define HW_SYM_CFI_PLT_H

#include <gelf.h>

#include "sym/arch.h"

#define HW_CFI_PLT_TABLES 3
#define HW_CFI_PLT_MAX	  (HW_CFI_PLT_TABLES * HW_ARCH_TABLE_RULES)

/* Writes up to HW_CFI_PLT_MAX stretches of the tables of @elf to @ret; returns how many. */
size_t hw_cfi_plt(Elf *elf, const struct hw_arch *arch, struct hw_arch_rule *ret);

#endif
