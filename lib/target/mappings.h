/* SPDX-License-Identifier: Apache-2.0
 * What a process has mapped executable at one moment: a version. A later one shares with it all but the
 * 64 mappings or so around what has changed, and is made only if somebody holds the one before: a
 * process that maps ten thousand times costs a microsecond for each, or four when a sample stands
 * between each two.
 *
 * A version that is shared never changes. It is counted, and any thread may hold, read and let go of
 * one; hw_mappings_add() is for the thread that whose current version it is. */
#ifndef HW_TARGET_MAPPINGS_H
#define HW_TARGET_MAPPINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "proc/maps.h"

struct hw_binary; /* target/binary.h */

/* What a mapping shows: of all that is left of it, in all versions. */
struct hw_mapped {
	uint32_t refs;		  /* for mappings.c alone */
	uint64_t since_ns;	  /* when it was mapped, CLOCK_MONOTONIC; 0: before anybody looked */
	struct hw_binary *binary; /* NULL: none (anonymous memory), or it could not be opened */
	char path[];		  /* as in struct hw_map */
};

struct hw_vma {
	uint64_t start, end; /* addresses: [start, end) */
	uint64_t file_off;   /* offset in the file of the byte at start */
	const struct hw_mapped *what;
};

struct hw_mappings; /* opaque */

struct hw_mappings *hw_mappings_new(void); /* none; NULL without memory */
struct hw_mappings *hw_mappings_ref(struct hw_mappings *m);   /* takes and returns @m */
struct hw_mappings *hw_mappings_unref(struct hw_mappings *m); /* NULL allowed; returns NULL */
HW_DEFINE_AUTO(struct hw_mappings *, hw_mappings_unref)

/* Lays @map, which shows @binary (or NULL), over *m as mmap(2) does: what it overlaps is cut away. The
 * caller's *m is a version with it then; who else holds the old one keeps that. Returns 0, or with *m
 * as it was -EINVAL for an empty range, -E2BIG past HW_MAPS_MAX, -ENOMEM. */
int hw_mappings_add(struct hw_mappings **m, const struct hw_map *map, struct hw_binary *binary,
		    uint64_t since_ns);

/* Lays @vma, of another version, over *m in the same way. */
int hw_mappings_lay(struct hw_mappings **m, const struct hw_vma *vma);

/* The mapping that holds @addr, valid as long as @m; NULL when none does. */
const struct hw_vma *hw_mappings_find(const struct hw_mappings *m, uint64_t addr);

/* How many there are, and the i-th in the order of addresses (i < count), valid as long as @m. */
size_t hw_mappings_count(const struct hw_mappings *m);
const struct hw_vma *hw_mappings_at(const struct hw_mappings *m, size_t i);

#endif
