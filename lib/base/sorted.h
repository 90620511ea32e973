/* SPDX-License-Identifier: Apache-2.0
 * Sorted arrays: how they are put in order, and where something is in them. bsearch(3) finds what is
 * equal; here most questions are for the last that begins not behind an address.
 *
 *	size_t n = hw_lower_bound(i, maps->count, maps->items[i].start <= addr);
 *	return n && addr < maps->items[n - 1].end ? &maps->items[n - 1] : NULL;
 */
#ifndef HW_BASE_SORTED_H
#define HW_BASE_SORTED_H

#include <stddef.h>

/* The first index of 0 .. @n - 1 at which @is_before, an expression of the index @i, is false, or @n;
 * it must be true up to there and false from there on. So many are before. */
#define hw_lower_bound(i, n, is_before)                      \
	({                                                   \
		size_t low_ = 0, high_ = (n);                \
		while (low_ < high_) {                       \
			size_t i = low_ + (high_ - low_) / 2; \
			if (is_before)                       \
				low_ = i + 1;                \
			else                                 \
				high_ = i;                   \
		}                                            \
		low_;                                        \
	})

/* For qsort(3): doubles, the smallest first. */
static inline int hw_compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

#endif
