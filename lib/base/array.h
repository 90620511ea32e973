/* SPDX-License-Identifier: Apache-2.0
 * Growable arrays: a pointer, a count and a capacity that the owner keeps.
 *
 *	struct row *rows = NULL;
 *	size_t n_rows = 0, cap_rows = 0;
 *	r = hw_reserve(rows, cap_rows, n_rows + 1);
 *	if (r < 0)
 *		return r;
 *	rows[n_rows++] = row;
 */
#ifndef HW_BASE_ARRAY_H
#define HW_BASE_ARRAY_H

#include <errno.h>
#include <stddef.h>

/* Reallocates @items for at least @need items of @item_size bytes, doubling, and updates
 * *@cap. Returns the array, or NULL on overflow or lack of memory with @items still valid. */
void *hw_reserve_items(void *items, size_t *cap, size_t need, size_t item_size);

/* Makes room for @need items in @items. Returns 0, or -ENOMEM with everything untouched. */
#define hw_reserve(items, cap, need)                                                          \
	({                                                                                    \
		void *grown_ = hw_reserve_items((items), &(cap), (need), sizeof(*(items)));   \
		if (grown_)                                                                   \
			(items) = grown_;                                                     \
		grown_ ? 0 : -ENOMEM;                                                         \
	})

#endif
