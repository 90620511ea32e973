/* SPDX-License-Identifier: Apache-2.0
 * Rules for the procedure linkage table of x86-64, which lld and mold leave without call frame
 * information. Private to lib/sym. */
#ifndef HW_SYM_CFI_PLT_H
#define HW_SYM_CFI_PLT_H

#include <gelf.h>
#include <linux/types.h>
#include <stdint.h>

#include "shared.h"

struct hw_cfi_plt {
	uint64_t start, end; /* vaddr */
	struct hw_unwind_rule rule;
};

#define HW_CFI_PLT_MAX 5

/* Writes up to HW_CFI_PLT_MAX stretches of the table of @elf to @ret; returns how many. */
size_t hw_cfi_plt(Elf *elf, struct hw_cfi_plt *ret);

#endif
