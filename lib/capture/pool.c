/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/pool.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/types.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "wire/rows.h"

struct page_list {
	uint32_t *items;
	size_t count, cap;
};

struct hw_pool {
	int pool_fd;
	int *chunks; /* of BPF maps; chunk 0 is borrowed */
	size_t n_chunks, cap_chunks, max_chunks;
	struct page_list free;
	struct page_list resting[2]; /* given back in this round, and in the one before */
};

/* Makes room in @list for all pages there can be, so that giving back cannot fail. */
static int reserve_pages(struct hw_pool *pool, struct page_list *list)
{
	return hw_reserve(list->items, list->cap, (pool->n_chunks + 1) * HW_CHUNK_PAGES);
}

/* Enters chunk @fd and its pages; page 0 is none. */
static int enter_chunk(struct hw_pool *pool, int fd)
{
	uint32_t first = (uint32_t)pool->n_chunks * HW_CHUNK_PAGES;
	int r = hw_reserve(pool->chunks, pool->cap_chunks, pool->n_chunks + 1);

	if (r >= 0)
		r = reserve_pages(pool, &pool->free);
	for (int i = 0; i < 2 && r >= 0; i++)
		r = reserve_pages(pool, &pool->resting[i]);
	if (r < 0)
		return r;
	pool->chunks[pool->n_chunks++] = fd;
	for (uint32_t i = HW_CHUNK_PAGES; i-- > 0;) /* taken from the end */
		if (first + i)
			pool->free.items[pool->free.count++] = first + i;
	return 0;
}

static int add_chunk(struct hw_pool *pool)
{
	uint32_t key = (uint32_t)pool->n_chunks;
	int fd, r;

	if (pool->n_chunks >= pool->max_chunks)
		return -ENOSPC;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "chunk", sizeof(uint32_t), HW_PAGE_SIZE,
			    HW_CHUNK_PAGES, NULL);
	if (fd < 0)
		return -errno;
	r = bpf_map_update_elem(pool->pool_fd, &key, &fd, BPF_ANY) < 0 ? -errno : 0;
	if (r >= 0)
		r = enter_chunk(pool, fd);
	if (r < 0)
		close(fd);
	return r;
}

int hw_pool_new(int pool_fd, int chunk_fd, uint64_t budget, struct hw_pool **ret)
{
	hw_auto(hw_pool_free) struct hw_pool *pool = calloc(1, sizeof(*pool));
	uint64_t chunks = budget / (HW_CHUNK_PAGES * HW_PAGE_SIZE);
	int r;

	if (!pool)
		return -ENOMEM;
	pool->pool_fd = pool_fd;
	pool->max_chunks = chunks < 1 ? 1 : chunks < HW_CHUNKS_MAX ? chunks : HW_CHUNKS_MAX;
	r = enter_chunk(pool, chunk_fd);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(pool);
	return 0;
}

struct hw_pool *hw_pool_free(struct hw_pool *pool)
{
	if (!pool)
		return NULL;
	for (size_t i = 1; i < pool->n_chunks; i++)
		close(pool->chunks[i]);
	free(pool->chunks);
	free(pool->free.items);
	for (int i = 0; i < 2; i++)
		free(pool->resting[i].items);
	free(pool);
	return NULL;
}

int hw_pool_take(struct hw_pool *pool, uint32_t *pages, size_t n)
{
	size_t possible = pool->free.count + (pool->max_chunks - pool->n_chunks) * HW_CHUNK_PAGES;

	if (n > possible)
		return -ENOSPC;
	while (pool->free.count < n) {
		int r = add_chunk(pool);

		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n; i++)
		pages[i] = pool->free.items[--pool->free.count];
	return 0;
}

int hw_pool_write(struct hw_pool *pool, uint32_t number, const void *bytes)
{
	uint32_t key = number % HW_CHUNK_PAGES;
	int fd = pool->chunks[number / HW_CHUNK_PAGES];

	return bpf_map_update_elem(fd, &key, bytes, BPF_ANY) < 0 ? -errno : 0;
}

void hw_pool_give(struct hw_pool *pool, const uint32_t *pages, size_t n)
{
	for (size_t i = 0; i < n; i++)
		pool->resting[0].items[pool->resting[0].count++] = pages[i];
}

void hw_pool_tick(struct hw_pool *pool)
{
	struct page_list rested = pool->resting[1];

	for (size_t i = 0; i < rested.count; i++)
		pool->free.items[pool->free.count++] = rested.items[i];
	rested.count = 0;
	pool->resting[1] = pool->resting[0];
	pool->resting[0] = rested;
}
