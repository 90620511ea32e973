/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/codes.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/intern.h"
#include "base/log.h"

struct code_key {
	uint32_t image, ident;
	uint64_t addr;
};

struct hw_codes {
	struct hw_intern *keys;	   /* struct code_key; its number is an index of items */
	struct hw_py_code **items; /* NULL: could not be read */
	size_t cap;
};

struct hw_codes *hw_codes_new(void)
{
	struct hw_codes *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->keys = hw_intern_new();
	return set->keys ? set : hw_codes_free(set);
}

struct hw_codes *hw_codes_free(struct hw_codes *set)
{
	if (!set)
		return NULL;
	for (uint32_t i = 0; set->keys && i < hw_intern_count(set->keys); i++)
		hw_py_code_free(set->items[i]);
	free(set->items);
	hw_intern_free(set->keys);
	free(set);
	return NULL;
}

static struct hw_py_code *find(const struct hw_codes *set, const struct hw_image *image,
			       const struct hw_raw_python *raw)
{
	for (; image; image = image->parent) {
		struct code_key key = { image->id, raw->ident, raw->addr };
		uint32_t i;

		if (hw_intern_find(set->keys, &key, sizeof(key), &i) && set->items[i])
			return set->items[i];
	}
	return NULL;
}

int hw_codes_get(struct hw_codes *set, const struct hw_image *image, int32_t pid,
		 const struct hw_py_offsets *off, const struct hw_raw_python *raw,
		 const struct hw_py_code **ret)
{
	struct code_key key = { image->id, raw->ident, raw->addr };
	struct hw_mem mem = hw_mem_of_process(pid);
	struct hw_py_code *code = find(set, image, raw);
	uint32_t i;
	int r;

	if (code) {
		*ret = code;
		return 0;
	}
	r = hw_reserve(set->items, set->cap, hw_intern_count(set->keys) + 1U);
	if (r >= 0)
		r = hw_intern_add(set->keys, &key, sizeof(key), &i);
	if (r < 0)
		return r;
	set->items[i] = NULL; /* also when it was there: then reading it failed before */
	r = hw_py_code_read(&mem, off, raw->addr, raw->ident, &code);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		log_debug("pid %d: code object at %#llx: %s", pid, raw->addr, strerror(-r));
	set->items[i] = code;
	*ret = code;
	return 0;
}
