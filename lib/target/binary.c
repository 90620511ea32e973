/* SPDX-License-Identifier: Apache-2.0 */
#include "target/binary.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/log.h"
#include "sym/modules.h"

struct hw_binaries {
	struct hw_modules *modules;
	struct hw_binary **items; /* one per module */
	size_t count, cap;
};

struct hw_binaries *hw_binaries_new(void)
{
	struct hw_binaries *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->modules = hw_modules_new();
	return set->modules ? set : hw_binaries_free(set);
}

struct hw_binaries *hw_binaries_free(struct hw_binaries *set)
{
	if (!set)
		return NULL;
	for (size_t i = 0; i < set->count; i++)
		free(set->items[i]);
	free(set->items);
	hw_modules_free(set->modules);
	free(set);
	return NULL;
}

/* Whether @path leads to the file that is mapped; device numbers are not compared, because
 * overlayfs shows others in maps than in stat(2). */
static bool is_mapped_file(const char *path, const struct hw_map *map)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && (!map->inode || st.st_ino == map->inode);
}

/* Opens the mapped file as its process sees it: by name under the process's root, else (replaced
 * or deleted) through map_files, else (the process has gone) where @other has it open, or by name
 * here. */
static struct hw_module *open_mapped(struct hw_binaries *set, int32_t pid, const struct hw_map *map,
				     const struct hw_binary *other)
{
	hw_autofree char *in_root = NULL, *by_range = NULL, *by_fd = NULL;
	int fd = other ? hw_module_fd(other->module) : -1;
	const char *candidates[4];
	struct hw_module *m;

	if (asprintf(&in_root, "/proc/%d/root%s", pid, map->path) < 0 ||
	    asprintf(&by_range, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid, map->start,
		     map->end) < 0 ||
	    asprintf(&by_fd, "/proc/self/fd/%d", fd) < 0)
		return NULL;
	candidates[0] = in_root;
	candidates[1] = by_range;
	candidates[2] = by_fd;
	candidates[3] = map->path;
	for (size_t i = 0; i < 4; i++)
		if (is_mapped_file(candidates[i], map) &&
		    !hw_modules_get(set->modules, candidates[i], map->path, &m))
			return m;
	log_debug("pid %d: %s cannot be opened, or is another file now", pid, map->path);
	return NULL;
}

static const struct hw_binary *binary_of(struct hw_binaries *set, struct hw_module *m)
{
	struct hw_binary *b;

	for (size_t i = 0; i < set->count; i++)
		if (set->items[i]->module == m)
			return set->items[i];
	if (hw_reserve(set->items, set->cap, set->count + 1) < 0)
		return NULL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->module = m;
	b->python = hw_py_runtime_find(m, &b->runtime);
	set->items[set->count++] = b;
	return b;
}

int hw_binaries_use_debuginfod(struct hw_binaries *set)
{
	return hw_modules_use_debuginfod(set->modules);
}

/* All processes of our word size have the same one; those of 32 bits have it below 4 GiB. */
static struct hw_module *open_vdso(struct hw_binaries *set, const struct hw_map *map)
{
	struct hw_module *m;

	if (map->start <= UINT32_MAX || hw_modules_get_vdso(set->modules, &m) < 0)
		return NULL;
	return m;
}

const struct hw_binary *hw_binaries_get(struct hw_binaries *set, int32_t pid,
					const struct hw_map *map, const struct hw_binary *other)
{
	struct hw_module *m = NULL;

	if (map->path[0] == '/')
		m = open_mapped(set, pid, map, other);
	else if (!strcmp(map->path, "[vdso]"))
		m = open_vdso(set, map);
	return m ? binary_of(set, m) : NULL;
}

const struct hw_binary *hw_binaries_at(struct hw_binaries *set, const char *path)
{
	struct hw_module *m;

	return hw_modules_get(set->modules, path, path, &m) < 0 ? NULL : binary_of(set, m);
}

bool hw_binary_python(const struct hw_binary *b, const struct hw_map *map, struct hw_py_proc *ret)
{
	uint64_t vaddr;

	if (!b || b->python <= 0 || hw_module_vaddr(b->module, map->file_off, &vaddr) < 0)
		return false;
	*ret = b->runtime.offsets.walk;
	ret->runtime = map->start - vaddr + b->runtime.runtime_vaddr;
	return true;
}

void hw_binaries_refused(const struct hw_binaries *set,
			 void (*visit)(void *ctx, const struct hw_binary *b), void *ctx)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i]->python < 0)
			visit(ctx, set->items[i]);
}
