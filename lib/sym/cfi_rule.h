/* SPDX-License-Identifier: Apache-2.0
 * One state of call frame information, as libdw gives it, as a rule of ours. Private to lib/sym. */
#ifndef HW_SYM_CFI_RULE_H
#define HW_SYM_CFI_RULE_H

#include <elfutils/libdw.h>
#include <linux/types.h>
#include <stdbool.h>

#include "wire/rows.h"
#include "sym/arch.h"

/* What the ABI of a machine says about registers. */
struct hw_cfi_abi {
	const struct hw_arch *arch;
	bool track_bx; /* rules say where arch->bx is, too */
};

struct hw_cfi_row {
	struct hw_unwind_rule rule;
	Dwarf_Addr end;	     /* of the code it is for */
	size_t n_operations; /* of DWARF expressions, which libdw decoded for it and keeps */
};

/* Reduces @frame to a row. What cannot be said by a rule becomes HW_CFA_OTHER or HW_SAVED_OTHER. */
struct hw_cfi_row hw_cfi_rule(Dwarf_Frame *frame, const struct hw_cfi_abi *abi);

#endif
