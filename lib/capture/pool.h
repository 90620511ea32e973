/* SPDX-License-Identifier: Apache-2.0
 * The pages of 4 KiB that the BPF programs unwind with (bpf/wire/rows.h), in chunks that are added as they
 * are needed, up to a budget. */
#ifndef HW_CAPTURE_POOL_H
#define HW_CAPTURE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct hw_pool; /* opaque */

/* Makes a pool in the BPF map of maps @pool_fd, whose chunk 0 is the map @chunk_fd (both borrowed),
 * of at most @budget bytes, one chunk at the least. Returns 0 and sets *ret (free with
 * hw_pool_free()), or -ENOMEM. */
int hw_pool_new(int pool_fd, int chunk_fd, uint64_t budget, struct hw_pool **ret);
struct hw_pool *hw_pool_free(struct hw_pool *pool);
HW_DEFINE_AUTO(struct hw_pool *, hw_pool_free)

/* Takes @n pages, with their numbers in @pages. Returns 0, -ENOSPC when the budget does not allow
 * it (then none is taken), -ENOMEM, or the negative errno of bpf(2). */
int hw_pool_take(struct hw_pool *pool, uint32_t *pages, size_t n);

/* Fills page @number with the HW_PAGE_SIZE bytes @bytes: 0, or the negative errno of bpf(2). */
int hw_pool_write(struct hw_pool *pool, uint32_t number, const void *bytes);

/* Gives pages back. A program that runs right now may still read them: they are taken again only
 * after two calls of hw_pool_tick(). */
void hw_pool_give(struct hw_pool *pool, const uint32_t *pages, size_t n);

/* Call it once per round, milliseconds apart. */
void hw_pool_tick(struct hw_pool *pool);

#endif
