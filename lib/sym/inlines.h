/* SPDX-License-Identifier: Apache-2.0
 * Which functions the compiler inlined at an address, from the DWARF of one file. Private to
 * lib/sym. Lists the functions of a compilation unit, and the calls in a function, when the first
 * address in it is asked for: dwarf_getscopes() of libdw would walk the whole unit each time. One
 * thread at a time. */
#ifndef HW_SYM_INLINES_H
#define HW_SYM_INLINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sym/lines.h"

struct hw_inlines; /* opaque */

/* One inlined call. The strings live as long as the object and the Dwarf. */
struct hw_inline {
	const char *name;      /* the function that was inlined, as hw_symtab_find() gives names */
	const char *call_file; /* where it was called: in the next one, or the function itself */
	uint32_t call_line;    /* 0, and call_file NULL: not known */
};

/* For the units of @lines, which is borrowed; addresses are @bias above those of the DWARF. Returns
 * the object (free with hw_inlines_free()), or NULL without memory. */
struct hw_inlines *hw_inlines_new(struct hw_lines *lines, uint64_t bias);
struct hw_inlines *hw_inlines_free(struct hw_inlines *in);
HW_DEFINE_AUTO(struct hw_inlines *, hw_inlines_free)

/* Finds the calls inlined at @vaddr, innermost first, @max at the most. Returns
 * how many, 0 when there are none or the DWARF is broken, or -ENOMEM. */
int hw_inlines_find(struct hw_inlines *in, uint64_t vaddr, struct hw_inline *ret, size_t max);

#endif
