/* SPDX-License-Identifier: Apache-2.0
 * One hash for what has no table of its own: names of files in the cache, damage in them, whether a
 * table has changed. FNV-1a (Fowler, Noll and Vo) with eight bytes a step and the upper half of each
 * product folded into the lower, which the multiplication alone never reaches. Not for what others
 * may choose in order to collide. What is kept on disk depends on it: another hash makes what is
 * there unknown, not wrong. */
#ifndef HW_BASE_HASH_H
#define HW_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The hash of what gave @hash, followed by the @size bytes at @bytes. The pieces count, not only
 * what they hold: "ab" and "c" is not "abc". */
static inline uint64_t hw_hash_more(uint64_t hash, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size) {
		size_t n = size < sizeof(uint64_t) ? size : sizeof(uint64_t);
		uint64_t word = 0;

		memcpy(&word, at, n);
		hash = (hash ^ word) * 0x100000001b3ull;
		hash ^= hash >> 32;
		at += n;
		size -= n;
	}
	return hash;
}

/* The hash of the @size bytes at @bytes. */
static inline uint64_t hw_hash(const void *bytes, size_t size)
{
	return hw_hash_more(0xcbf29ce484222325ull, bytes, size);
}

#endif
