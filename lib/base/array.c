/* SPDX-License-Identifier: Apache-2.0 */
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

void *hw_reserve_items(void *items, size_t *cap, size_t need, size_t item_size)
{
	size_t new_cap = *cap > SIZE_MAX / 2 ? need : *cap * 2;
	void *grown;

	if (items && need <= *cap)
		return items;
	if (new_cap < need)
		new_cap = need;
	if (new_cap < 8)
		new_cap = 8;
	grown = reallocarray(items, new_cap, item_size);
	if (grown)
		*cap = new_cap;
	return grown;
}
