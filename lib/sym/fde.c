/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/fde.h"

#include <dwarf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* .eh_frame_hdr, Linux Standard Base Core 5.0, section 10.6.2: this head, then a row per FDE in
 * the order of addresses, both counted from the start of the head. */
struct fde_head {
	uint8_t version;      /* 1 */
	uint8_t eh_frame_enc; /* of a pointer to .eh_frame, not needed here */
	uint8_t count_enc;
	uint8_t table_enc;
	int32_t eh_frame;
	uint32_t n_rows;
};

struct fde_row {
	int32_t function, fde;
};

/* The head of an FDE in .eh_frame, same document, section 10.6.1. */
struct fde {
	uint32_t length;
	uint32_t cie_distance;
	int32_t function;    /* from this field on */
	uint32_t size_bytes; /* of the function */
};

struct hw_fde_table hw_fde_table_of(const struct hw_mem *image, uint64_t vaddr, uint64_t size)
{
	const struct hw_fde_table none = { 0 };
	struct fde_head head;

	if (size < sizeof(head) || hw_mem_read(image, vaddr, &head, sizeof(head)) < 0)
		return none;
	if (head.version != 1 || head.count_enc != DW_EH_PE_udata4 ||
	    (head.eh_frame_enc & 0x0f) != DW_EH_PE_sdata4 ||
	    head.table_enc != (DW_EH_PE_datarel | DW_EH_PE_sdata4) ||
	    head.n_rows > (size - sizeof(head)) / sizeof(struct fde_row))
		return none;
	return (struct hw_fde_table){ .vaddr = vaddr, .n_rows = head.n_rows };
}

/* Whether the FDE at @at says that the function at @start reaches to @vaddr. How the FDE writes
 * addresses is said elsewhere (in its CIE); that the table agrees with it proves our reading. */
static bool covers(const struct hw_mem *image, uint64_t at, uint64_t start, uint64_t vaddr)
{
	struct fde fde;

	return hw_mem_read(image, at, &fde, sizeof(fde)) == 0 &&
	       at + offsetof(struct fde, function) + (uint64_t)(int64_t)fde.function == start &&
	       vaddr - start < fde.size_bytes;
}

int hw_fde_start(const struct hw_mem *image, const struct hw_fde_table *table, uint64_t vaddr,
		 uint64_t *ret_start)
{
	uint32_t low = 0, high = table->n_rows;
	uint64_t start = 0, fde = 0;

	/* By hand, not hw_lower_bound(): each row is a read that may fail. */
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		uint64_t at = table->vaddr + sizeof(struct fde_head) + mid * sizeof(struct fde_row);
		struct fde_row row;
		uint64_t function;

		if (hw_mem_read(image, at, &row, sizeof(row)) < 0)
			return -ENOENT;
		function = table->vaddr + (uint64_t)(int64_t)row.function;
		if (function <= vaddr) {
			start = function;
			fde = table->vaddr + (uint64_t)(int64_t)row.fde;
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	if (!low || !covers(image, fde, start, vaddr))
		return -ENOENT;
	*ret_start = start;
	return 0;
}
