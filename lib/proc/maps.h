/* SPDX-License-Identifier: Apache-2.0
 * The mappings of one process as /proc/PID/maps has them. Only executable mappings matter to us, so
 * only those are kept. */
#ifndef HW_PROC_MAPS_H
#define HW_PROC_MAPS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/cleanup.h"

/* Mappings kept of one process at the most; a forged /proc/PID/maps ends there. */
#define HW_MAPS_MAX 65536

struct hw_map {
	uint64_t start, end; /* addresses: [start, end) */
	uint64_t file_off;   /* offset in the file of the byte at start */
	uint32_t dev_major, dev_minor;
	uint64_t inode; /* 0: anonymous */
	char *path;	/* never NULL: "" when anonymous, "[vdso]", "/usr/lib/x.so (deleted)" */
};

struct hw_maps; /* opaque */

struct hw_maps *hw_maps_free(struct hw_maps *maps);
HW_DEFINE_AUTO(struct hw_maps *, hw_maps_free)

/* Reads the executable mappings of @pid. Returns 0 and sets *ret (free with hw_maps_free()), or
 *   -ESRCH or -ENOENT  no such process    -EACCES  not ours to read
 *   -ENOMEM  no memory                    -EBADMSG  not in the form of proc(5) */
int hw_maps_read(pid_t pid, struct hw_maps **ret);

/* The same from an open file in the form of /proc/PID/maps: -EBADMSG, -ENOMEM. */
int hw_maps_parse(FILE *f, struct hw_maps **ret);

/* The mapping that holds @addr, valid as long as @maps; NULL when none does. */
const struct hw_map *hw_maps_find(const struct hw_maps *maps, uint64_t addr);

/* How many there are, and the i-th in the order of addresses (i < count). */
size_t hw_maps_count(const struct hw_maps *maps);
const struct hw_map *hw_maps_at(const struct hw_maps *maps, size_t i);

#endif
