/* SPDX-License-Identifier: Apache-2.0
 * Source file and line of code addresses, from the DWARF of one file. Private to lib/sym.
 * Knows which compilation unit covers which addresses; the line table of a unit is read by libdw
 * when the first address in it is asked for. One thread at a time. */
#ifndef HW_SYM_LINES_H
#define HW_SYM_LINES_H

#include <elfutils/libdw.h>
#include <stdint.h>

#include "base/cleanup.h"

struct hw_lines; /* opaque */

/* Lists the units of @dwarf, which is borrowed and must outlive the object; its addresses are
 * @bias below those asked for. Returns 0 and sets *ret (free with hw_lines_free()), or -ENOMEM.
 * What is broken is skipped. */
int hw_lines_new(Dwarf *dwarf, uint64_t bias, struct hw_lines **ret);
struct hw_lines *hw_lines_free(struct hw_lines *l);
HW_DEFINE_AUTO(struct hw_lines *, hw_lines_free)

/* Finds file and line (from 1) of the instruction at @vaddr; the string lives as long as the
 * Dwarf. Returns 1, or 0 when they are not known, with the outputs untouched. */
int hw_lines_find(struct hw_lines *l, uint64_t vaddr, const char **ret_file, uint32_t *ret_line);

/* The compilation unit around @vaddr, and its number below hw_lines_units(), which is the same for
 * all addresses in it; NULL when none covers it. */
Dwarf_Die *hw_lines_unit(struct hw_lines *l, uint64_t vaddr, uint32_t *ret_number);
size_t hw_lines_units(const struct hw_lines *l);

#endif
