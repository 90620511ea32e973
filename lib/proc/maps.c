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

struct hw_maps *hw_maps_new(void)
{
	return calloc(1, sizeof(struct hw_maps));
}

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

/* The first mapping that ends behind @addr, or count. */
static size_t first_behind(const struct hw_maps *maps, uint64_t addr)
{
	return hw_lower_bound(i, maps->count, maps->items[i].end <= addr);
}

static void cut_front(struct hw_map *map, uint64_t start)
{
	map->file_off += start - map->start;
	map->start = start;
}

/* Puts @map, whose path it takes over, at index @at; there is room. */
static void insert(struct hw_maps *maps, size_t at, const struct hw_map *map)
{
	memmove(&maps->items[at + 1], &maps->items[at], (maps->count - at) * sizeof(*map));
	maps->items[at] = *map;
	maps->count++;
}

/* Makes [start, end) free and returns the index where a mapping of it belongs. @tail_path is a
 * copy of the path of the mapping that the range splits in two; NULL when none is split. */
static size_t cut_out(struct hw_maps *maps, uint64_t start, uint64_t end, char *tail_path)
{
	size_t first = first_behind(maps, start), last;

	if (tail_path) {
		struct hw_map tail = maps->items[first];

		tail.path = tail_path;
		cut_front(&tail, end);
		maps->items[first].end = start;
		insert(maps, first + 1, &tail);
		return first + 1;
	}
	if (first < maps->count && maps->items[first].start < start)
		maps->items[first++].end = start;
	for (last = first; last < maps->count && maps->items[last].end <= end; last++)
		free(maps->items[last].path);
	if (last < maps->count && maps->items[last].start < end)
		cut_front(&maps->items[last], end);
	memmove(&maps->items[first], &maps->items[last],
		(maps->count - last) * sizeof(*maps->items));
	maps->count -= last - first;
	return first;
}

/* The mapping that has something left on both sides of [start, end); NULL when none has. */
static const struct hw_map *split_by(const struct hw_maps *maps, uint64_t start, uint64_t end)
{
	size_t i = first_behind(maps, start);

	if (i < maps->count && maps->items[i].start < start && maps->items[i].end > end)
		return &maps->items[i];
	return NULL;
}

int hw_maps_add(struct hw_maps *maps, const struct hw_map *map)
{
	hw_autofree char *path = NULL, *tail_path = NULL;
	const struct hw_map *split;
	struct hw_map copy = *map;
	size_t at;

	if (map->start >= map->end)
		return -EINVAL;
	split = split_by(maps, map->start, map->end);
	if (maps->count + (split ? 2 : 1) > HW_MAPS_MAX)
		return -E2BIG;
	path = strdup(map->path);
	if (split)
		tail_path = strdup(split->path);
	if (!path || (split && !tail_path) ||
	    hw_reserve(maps->items, maps->cap, maps->count + 2) < 0)
		return -ENOMEM;
	at = cut_out(maps, map->start, map->end, hw_take_ptr(tail_path));
	copy.path = hw_take_ptr(path);
	insert(maps, at, &copy);
	return 0;
}

struct hw_maps *hw_maps_clone(const struct hw_maps *maps)
{
	hw_auto(hw_maps_free) struct hw_maps *clone = hw_maps_new();

	if (!clone || hw_reserve(clone->items, clone->cap, maps->count) < 0)
		return NULL;
	for (size_t i = 0; i < maps->count; i++) {
		clone->items[i] = maps->items[i];
		clone->items[i].path = strdup(maps->items[i].path);
		if (!clone->items[i].path)
			return NULL;
		clone->count++;
	}
	return hw_take_ptr(clone);
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
	hw_auto(hw_maps_free) struct hw_maps *maps = hw_maps_new();
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
			r = hw_maps_add(maps, &map);
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

struct hw_map *hw_maps_find(struct hw_maps *maps, uint64_t addr)
{
	size_t i = first_behind(maps, addr);

	return i < maps->count && maps->items[i].start <= addr ? &maps->items[i] : NULL;
}

size_t hw_maps_count(const struct hw_maps *maps)
{
	return maps->count;
}

struct hw_map *hw_maps_at(struct hw_maps *maps, size_t i)
{
	return &maps->items[i];
}
