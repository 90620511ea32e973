/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/maps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"
#include "base/sorted.h"

/* Lines read of one file at the most: the kernel's own limit on mappings is
 * vm.max_map_count, by default 65,530, and can be raised. */
#define LINES_MAX (1U << 20)

struct hw_maps {
	struct hw_map *items; /* by start; they do not overlap */
	size_t count, cap;
};

struct hw_maps *hw_maps_free(struct hw_maps *maps)
{
	if (!maps)
		return NULL;
	for (size_t i = 0; i < maps->count; i++)
		free(maps->items[i].path);
	free(maps->items);
	free(maps);
	return NULL;
}

/* Appends a copy of @map. What the kernel joined between two reads of the file may begin before its
 * last line ended: the later line holds. */
static int append_map(struct hw_maps *maps, const struct hw_map *map)
{
	struct hw_map *last, copy = *map;

	while (maps->count && maps->items[maps->count - 1].start >= map->start)
		free(maps->items[--maps->count].path);
	last = maps->count ? &maps->items[maps->count - 1] : NULL;
	if (last && last->end > map->start)
		last->end = map->start;
	if (maps->count == HW_MAPS_MAX)
		return -E2BIG;
	copy.path = strdup(map->path);
	if (!copy.path || hw_reserve(maps->items, maps->cap, maps->count + 1) < 0) {
		free(copy.path);
		return -ENOMEM;
	}
	maps->items[maps->count++] = copy;
	return 0;
}

/* The kernel writes a newline in a path as \012 and nothing else is escaped (fs/proc/task_mmu.c,
 * show_map_vma(): seq_path(m, path, "\n")). */
static void unescape(char *path)
{
	char *out = path;

	while (*path) {
		if (!strncmp(path, "\\012", 4)) {
			*out++ = '\n';
			path += 4;
		} else {
			*out++ = *path++;
		}
	}
	*out = 0;
}

/* "7f0c-7f0d r-xp 00001000 08:01 1234     /usr/lib/x.so\n", see proc_pid_maps(5).
 * Returns 1 when it is executable, 0 when not. @ret points into @line. */
static int parse_line(char *line, struct hw_map *ret)
{
	char perms[5];
	int path_at = -1;

	line[strcspn(line, "\n")] = 0;
	if (sscanf(line,
		   "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %" SCNx32 ":%" SCNx32 " %" SCNu64 " %n",
		   &ret->start, &ret->end, perms, &ret->file_off, &ret->dev_major, &ret->dev_minor,
		   &ret->inode, &path_at) != 7 ||
	    path_at < 0 || strlen(perms) != 4 || ret->start >= ret->end)
		return -EBADMSG;
	ret->path = line + path_at;
	unescape(ret->path);
	return perms[2] == 'x';
}

int hw_maps_parse(FILE *f, struct hw_maps **ret)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = calloc(1, sizeof(*maps));
	hw_autofree char *line = NULL;
	size_t cap = 0;

	if (!maps)
		return -ENOMEM;
	for (unsigned int n = 0; n < LINES_MAX; n++) {
		struct hw_map map = { 0 };
		int r;

		errno = 0;
		if (getline(&line, &cap, f) < 0) {
			if (errno)
				return -errno;
			break;
		}
		r = parse_line(line, &map);
		if (r > 0)
			r = append_map(maps, &map);
		if (r == -E2BIG)
			break;
		if (r < 0)
			return r;
	}
	*ret = hw_take_ptr(maps);
	return 0;
}

int hw_maps_read(pid_t pid, struct hw_maps **ret)
{
	hw_autofclose FILE *f = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	return hw_maps_parse(f, ret);
}

const struct hw_map *hw_maps_find(const struct hw_maps *maps, uint64_t addr)
{
	size_t i = hw_lower_bound(k, maps->count, maps->items[k].end <= addr);

	return i < maps->count && maps->items[i].start <= addr ? &maps->items[i] : NULL;
}

size_t hw_maps_count(const struct hw_maps *maps)
{
	return maps->count;
}

const struct hw_map *hw_maps_at(const struct hw_maps *maps, size_t i)
{
	return &maps->items[i];
}
