/* SPDX-License-Identifier: Apache-2.0
 * Where the function around an address starts, by .eh_frame: stripped files keep that, since
 * exceptions need it. Private to lib/sym. (libdw would read all entries up to the one wanted.) */
#ifndef HW_SYM_FDE_H
#define HW_SYM_FDE_H

#include <stdint.h>

#include "proc/mem.h"

/* The search table of a file; all zero when it has none that we read. */
struct hw_fde_table {
	uint64_t vaddr; /* of .eh_frame_hdr */
	uint32_t n_rows;
};

/* Finds the table in .eh_frame_hdr, the @size bytes at @vaddr of @image, which is the file as it is
 * loaded. It is empty unless encoded as ld, gold, lld and mold do it. */
struct hw_fde_table hw_fde_table_of(const struct hw_mem *image, uint64_t vaddr, uint64_t size);

/* Finds the start of the function (of its part, when the compiler split it) around @vaddr of @image:
 * 0, or -ENOENT when the table knows none, with *ret_start untouched. */
int hw_fde_start(const struct hw_mem *image, const struct hw_fde_table *table, uint64_t vaddr,
		 uint64_t *ret_start);

#endif
