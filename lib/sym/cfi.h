/* SPDX-License-Identifier: Apache-2.0
 * How to get from a frame to its caller, for all code of an ELF file: its call frame information
 * (DWARF 5 section 6.4, Linux Standard Base Core 5.0 section 10.6) as libdw evaluates it, reduced
 * to struct hw_unwind_rule. Of x86-64 and aarch64. */
#ifndef HW_SYM_CFI_H
#define HW_SYM_CFI_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/rows.h"
#include "sym/module.h"

/* Is given one row: @rule, borrowed for the call, holds from @vaddr on. Returns 0 or a negative
 * errno, which ends the reading. */
typedef int (*hw_cfi_row_fn)(void *ctx, uint64_t vaddr, const struct hw_unwind_rule *rule);

/* Gives all rows of @m to @row: ascending by address, each different from the one before it, the
 * last and those before a gap between functions of kind HW_CFA_NONE. A file without call frame
 * information gives none.
 * Read are .eh_frame; .debug_frame, for what .eh_frame does not cover; the separate debug file,
 * when .eh_frame covers less than half of the code; and the procedure linkage table of x86-64,
 * which some linkers do not describe. Functions outside the executable segments are left out (a
 * linker that drops one leaves its address 0); of two that overlap one is read.
 * It takes about 0.5 us per row, and more in functions with thousands of rows, up to 10 s in all;
 * what is left then is HW_CFA_OTHER.
 * @track_bx: rules say where rbx is, too (HW_SAVED_WITH_BX).
 * Returns 0, what @row returned, or
 *   -EOPNOTSUPP  not of x86-64 or aarch64, 64 bits and little-endian
 *   -E2BIG  more functions than any honest file has
 *   -EBADMSG  broken headers	-ENOMEM */
int hw_cfi_read(struct hw_module *m, bool track_bx, hw_cfi_row_fn row, void *ctx);

#endif
