/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/modules.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/intern.h"

/* What makes a file the same file. Compared as bytes: no padding. */
struct file_key {
	uint64_t dev, inode;
	int64_t mtime_s, mtime_ns;
};

struct module_slot {
	struct hw_module *module; /* NULL: see error */
	int error;
};

struct hw_modules {
	/* The file_key of each file, and each path that failed; the number is the index in slots.
	 * No path is taken for a key: nanoseconds below 2^30 leave zero bytes in the key. */
	struct hw_intern *keys;
	struct module_slot *slots;
	size_t n_slots, cap_slots;
	struct hw_module *vdso;
};

struct hw_modules *hw_modules_new(void)
{
	hw_auto(hw_modules_free) struct hw_modules *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->keys = hw_intern_new();
	return c->keys ? hw_take_ptr(c) : NULL;
}

struct hw_modules *hw_modules_free(struct hw_modules *c)
{
	if (!c)
		return NULL;
	for (size_t i = 0; i < c->n_slots; i++)
		hw_module_free(c->slots[i].module);
	hw_module_free(c->vdso);
	free(c->slots);
	hw_intern_free(c->keys);
	free(c);
	return NULL;
}

static const struct module_slot *find_slot(const struct hw_modules *c, const void *key, size_t size)
{
	uint32_t i;

	return hw_intern_find(c->keys, key, size, &i) ? &c->slots[i] : NULL;
}

/* Takes @slot.module over on success only. */
static int remember_slot(struct hw_modules *c, const void *key, size_t size,
			 struct module_slot slot)
{
	uint32_t i;
	int r;

	r = hw_reserve(c->slots, c->cap_slots, c->n_slots + 1);
	if (r < 0)
		return r;
	r = hw_intern_add(c->keys, key, size, &i);
	if (r < 0)
		return r;
	c->slots[c->n_slots++] = slot;
	return 0;
}

/* Remembers that @path cannot be had because of @error, which it returns. */
static int fail_module(struct hw_modules *c, const char *path, int error)
{
	if (error == -ENOMEM || error == -EMFILE || error == -ENFILE)
		return error;
	/* Without memory for it the path is only tried again. */
	remember_slot(c, path, strlen(path), (struct module_slot){ .error = error });
	return error;
}

int hw_modules_get(struct hw_modules *c, const char *path, const char *name, struct hw_module **ret)
{
	hw_auto(hw_module_free) struct hw_module *opened = NULL;
	const struct module_slot *known = find_slot(c, path, strlen(path));
	struct file_key key;
	struct stat st;
	int r;

	if (known)
		return known->error;
	if (stat(path, &st))
		return fail_module(c, path, -errno);
	key = (struct file_key){
		.dev = st.st_dev,
		.inode = st.st_ino,
		.mtime_s = st.st_mtim.tv_sec,
		.mtime_ns = st.st_mtim.tv_nsec,
	};
	known = find_slot(c, &key, sizeof(key));
	if (known) {
		*ret = known->module;
		return 0;
	}
	r = hw_module_open(path, name, &opened);
	if (r < 0)
		return fail_module(c, path, r);
	r = remember_slot(c, &key, sizeof(key), (struct module_slot){ .module = opened });
	if (r < 0)
		return r;
	*ret = hw_take_ptr(opened);
	return 0;
}

int hw_modules_get_vdso(struct hw_modules *c, struct hw_module **ret)
{
	int r = c->vdso ? 0 : hw_module_open_vdso(&c->vdso);

	if (r == 0)
		*ret = c->vdso;
	return r;
}
