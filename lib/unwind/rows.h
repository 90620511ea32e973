/* SPDX-License-Identifier: Apache-2.0
 * The unwind rows of one ELF file as a tree of pages (bpf/wire/rows.h). */
#ifndef HW_UNWIND_ROWS_H
#define HW_UNWIND_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sym/cfi.h"

#define HW_ROWS_PAGES_MAX 32768 /* 128 MiB */

/* A leaf, or an inner page when levels are left above the leaves. */
union hw_rows_any {
	struct hw_rows_page leaf;
	struct hw_rows_dir dir;
};

/* Leaves come first, ascending by address, then the pages above them, level by level; the root is
 * the last. A child is the number of a page. */
struct hw_rows {
	uint64_t base;	  /* vaddr of rel 0: hw_module_base() */
	uint32_t n_pages; /* 0: the file has no rows */
	uint32_t root;
	uint32_t levels; /* inner pages on the way to a leaf, at most HW_ROWS_LEVELS_MAX */
	union hw_rows_any *pages;
};

/* Reads the rows of @m. A file without any gives a tree without pages. Returns 0 and sets *ret
 * (free with hw_rows_free()), or an error of hw_cfi_read(); -E2BIG also for more than 128 MiB of
 * pages. About 20 ms for 3 MB of code. */
int hw_rows_build(struct hw_module *m, struct hw_rows **ret);

struct hw_rows *hw_rows_free(struct hw_rows *rows);
HW_DEFINE_AUTO(struct hw_rows *, hw_rows_free)

/* Whether @rows is a tree as described, so that each walk down stays within its pages. What
 * hw_rows_build() made is. */
bool hw_rows_is_valid(const struct hw_rows *rows);

/* The rule for the instruction at @vaddr; of kind HW_CFA_NONE where there are no rows. For a
 * return address pass vaddr - 1. */
struct hw_unwind_rule hw_rows_find(const struct hw_rows *rows, uint64_t vaddr);

#endif
