/* SPDX-License-Identifier: Apache-2.0 */
#include "target/binary.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"
#include "py/gil.h"
#include "sym/debuginfod.h"
#include "sym/modules.h"

struct opened {
	struct hw_binary binary;
	bool was_mapped; /* by a process; else it was only expected to be */
};

struct hw_binaries {
	pthread_mutex_t lock; /* over all that follows */
	struct hw_modules *modules;
	struct hw_debuginfod *servers; /* NULL: none is asked */
	struct opened **items;	       /* one per module */
	size_t count, cap;
};

struct hw_binaries *hw_binaries_new(void)
{
	struct hw_binaries *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	pthread_mutex_init(&set->lock, NULL);
	set->modules = hw_modules_new();
	return set->modules ? set : hw_binaries_free(set);
}

struct hw_binaries *hw_binaries_free(struct hw_binaries *set)
{
	if (!set)
		return NULL;
	for (size_t i = 0; i < set->count; i++) {
		for (int use = 0; use < HW_BINARY_USES; use++)
			hw_module_free(set->items[i]->binary.handles[use]);
		free(set->items[i]);
	}
	free(set->items);
	hw_modules_free(set->modules);
	hw_debuginfod_free(set->servers);
	pthread_mutex_destroy(&set->lock);
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
 * or deleted) through map_files, else (the process has gone) by name here. */
static struct hw_module *open_mapped(struct hw_binaries *set, int32_t pid, const struct hw_map *map)
{
	hw_autofree char *in_root = hw_text("/proc/%d/root%s", pid, map->path);
	hw_autofree char *by_range = hw_text("/proc/%d/map_files/%" PRIx64 "-%" PRIx64, pid,
					     map->start, map->end);
	const char *const candidates[] = { in_root, by_range, map->path };
	struct hw_module *m;

	if (!in_root || !by_range)
		return NULL;
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++)
		if (is_mapped_file(candidates[i], map) &&
		    !hw_modules_get(set->modules, candidates[i], map->path, &m))
			return m;
	log_debug("pid %d: %s cannot be opened, or is another file now", pid, map->path);
	return NULL;
}

/* All processes of our word size have the same one; those of 32 bits have it below 4 GiB. */
static struct hw_module *open_vdso(struct hw_binaries *set, const struct hw_map *map)
{
	struct hw_module *m;

	if (map->start <= UINT32_MAX || hw_modules_get_vdso(set->modules, &m) < 0)
		return NULL;
	return m;
}

/* What is asked of symbols is asked here, once: afterwards @m is only read. */
static void look_for_python(struct hw_module *m, struct hw_binary *ret)
{
	ret->module = m;
	ret->python = hw_py_runtime_find(m, &ret->runtime);
	if (ret->python == 1 &&
	    hw_py_gil_find(m, &ret->runtime, &ret->gil_vaddr, &ret->gil_size) < 0)
		ret->gil_vaddr = ret->gil_size = 0;
}

static struct opened *opened_of(struct hw_binaries *set, struct hw_module *m)
{
	struct opened *o;

	for (size_t i = 0; i < set->count; i++)
		if (set->items[i]->binary.module == m)
			return set->items[i];
	if (hw_reserve(set->items, set->cap, set->count + 1) < 0)
		return NULL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	look_for_python(m, &o->binary);
	o->binary.servers = set->servers;
	set->items[set->count++] = o;
	return o;
}

int hw_binaries_use_debuginfod(struct hw_binaries *set)
{
	pthread_mutex_lock(&set->lock);
	if (!set->servers)
		set->servers = hw_debuginfod_new(HW_DEBUGINFOD_BUDGET_MS);
	pthread_mutex_unlock(&set->lock);
	return set->servers ? 0 : -ENOMEM;
}

struct hw_binary *hw_binaries_get(struct hw_binaries *set, int32_t pid, const struct hw_map *map)
{
	struct hw_module *m = NULL;
	struct opened *o;

	pthread_mutex_lock(&set->lock);
	if (map->path[0] == '/')
		m = open_mapped(set, pid, map);
	else if (!strcmp(map->path, "[vdso]"))
		m = open_vdso(set, map);
	o = m ? opened_of(set, m) : NULL;
	if (o)
		o->was_mapped = true;
	pthread_mutex_unlock(&set->lock);
	return o ? &o->binary : NULL;
}

struct hw_binary *hw_binaries_at(struct hw_binaries *set, const char *path)
{
	struct hw_module *m;
	struct opened *o;

	pthread_mutex_lock(&set->lock);
	o = hw_modules_get(set->modules, path, path, &m) < 0 ? NULL : opened_of(set, m);
	pthread_mutex_unlock(&set->lock);
	return o ? &o->binary : NULL;
}

struct hw_module *hw_binary_handle(struct hw_binary *b, enum hw_binary_use use)
{
	int r = b->handles[use] ? 0 : hw_module_again(b->module, &b->handles[use]);

	if (r < 0) {
		log_debug("%s cannot be opened again: %s", hw_module_name(b->module), strerror(-r));
		return NULL;
	}
	if (use == HW_BINARY_NAMES)
		hw_module_set_debuginfod(b->handles[use], b->servers);
	return b->handles[use];
}

void hw_binary_put_handle(struct hw_binary *b, enum hw_binary_use use)
{
	b->handles[use] = hw_module_free(b->handles[use]);
}

bool hw_binary_python(const struct hw_binary *b, uint64_t start, uint64_t file_off,
		      struct hw_py_proc *ret)
{
	uint64_t vaddr;

	if (!b || b->python <= 0 || hw_module_vaddr(b->module, file_off, &vaddr) < 0)
		return false;
	*ret = b->runtime.offsets.walk;
	ret->runtime = start - vaddr + b->runtime.runtime_vaddr;
	return true;
}

void hw_binaries_refused(struct hw_binaries *set,
			 void (*visit)(void *ctx, const struct hw_binary *b), void *ctx)
{
	pthread_mutex_lock(&set->lock);
	for (size_t i = 0; i < set->count; i++)
		if (set->items[i]->binary.python < 0 && set->items[i]->was_mapped)
			visit(ctx, &set->items[i]->binary);
	pthread_mutex_unlock(&set->lock);
}
