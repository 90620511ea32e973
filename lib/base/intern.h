/* SPDX-License-Identifier: Apache-2.0
 * Stores byte strings once and numbers them 0, 1, 2, ... in the order they first come.
 * Strings, frames, stacks and tasks of a profile are each such a table; what was added
 * since the last flush is simply the ids from the last count on.
 * No locking: one thread at a time. */
#ifndef HW_BASE_INTERN_H
#define HW_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct hw_intern; /* opaque */

/* Returns an empty table (free it with hw_intern_free()), or NULL without memory. */
struct hw_intern *hw_intern_new(void);
struct hw_intern *hw_intern_free(struct hw_intern *t); /* takes and returns NULL */
HW_DEFINE_AUTO(struct hw_intern *, hw_intern_free)

/* Finds or adds the @size bytes at @bytes (copied; may hold zeros; @size may be 0).
 * Returns 1 when they were new, 0 when already there, and sets *ret_id; or, leaving it alone,
 *   -ENOMEM   no memory
 *   -EOVERFLOW  2^32 - 1 entries are there, or @size is over 2^31 */
int hw_intern_add(struct hw_intern *t, const void *bytes, size_t size, uint32_t *ret_id);

/* Finds the @size bytes at @bytes without adding them: 1 and *ret_id, or 0. */
int hw_intern_find(const struct hw_intern *t, const void *bytes, size_t size, uint32_t *ret_id);

/* The bytes of entry @id, valid until the table is freed, aligned for any type and followed
 * by a zero byte; their number in *ret_size (may be NULL). NULL when there is no such entry. */
const void *hw_intern_get(const struct hw_intern *t, uint32_t id, size_t *ret_size);

/* How many entries there are. */
uint32_t hw_intern_count(const struct hw_intern *t);

#endif
