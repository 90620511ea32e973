/* SPDX-License-Identifier: Apache-2.0 */
#include "target/codes.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/intern.h"
#include "base/log.h"
#include "target/code_image.h"

struct code_key {
	uint32_t program, ident;
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

static struct hw_py_code *find(const struct hw_codes *set, const struct hw_program *program,
			       const struct hw_raw_python *raw)
{
	for (; program; program = program->parent) {
		struct code_key key = { program->id, raw->ident, raw->addr };
		uint32_t i;

		if (hw_intern_find(set->keys, &key, sizeof(key), &i) && set->items[i])
			return set->items[i];
	}
	return NULL;
}

/* Makes room for what @raw names in @program: its place among the items. */
static int slot_of(struct hw_codes *set, const struct hw_program *program,
		   const struct hw_raw_python *raw, struct hw_py_code ***ret)
{
	struct code_key key = { program->id, raw->ident, raw->addr };
	int r = hw_reserve(set->items, set->cap, hw_intern_count(set->keys) + 1U);
	uint32_t i;

	if (r >= 0)
		r = hw_intern_add(set->keys, &key, sizeof(key), &i);
	if (r < 0)
		return r;
	if (r)
		set->items[i] = NULL; /* it is new */
	*ret = &set->items[i];
	return 0;
}

/* Reads it from @pid; without success *item stays as it is. */
static int read_code(int32_t pid, const struct hw_py_offsets *off, const struct hw_raw_python *raw,
		     struct hw_py_code **item)
{
	struct hw_mem mem = hw_mem_of_process(pid);
	int r = hw_py_code_read(&mem, off, raw->addr, raw->ident, item);

	if (r < 0)
		log_debug("pid %d: code object at %#llx: %s", pid, raw->addr, strerror(-r));
	return r == -ENOMEM ? r : 0;
}

int hw_codes_get(struct hw_codes *set, const struct hw_program *program, int32_t pid,
		 const struct hw_py_offsets *off, const struct hw_raw_python *raw,
		 const struct hw_py_code **ret)
{
	struct hw_mem mem = hw_mem_of_process(pid);
	struct hw_py_code *code = find(set, program, raw), **item;
	int r;

	if (code) {
		if (off->code_tlbc && !hw_py_code_has_copy(code, raw->tlbc))
			hw_py_code_add_copies(&mem, off, raw->addr, raw->ident, code);
		*ret = code;
		return 0;
	}
	r = slot_of(set, program, raw, &item);
	if (r >= 0)
		r = read_code(pid, off, raw, item);
	if (r >= 0)
		*ret = *item;
	return r;
}

int hw_codes_offer(struct hw_codes *set, const struct hw_program *program, int32_t pid,
		   const struct hw_py_offsets *off, struct hw_raw_code *raw)
{
	const struct hw_raw_python name = { .addr = raw->addr, .ident = raw->ident };
	struct hw_py_code **item;
	struct hw_mem pieces;
	int r;

	if (find(set, program, &name))
		return 0;
	r = slot_of(set, program, &name, &item);
	if (r >= 0)
		r = read_code(pid, off, &name, item);
	if (r >= 0 && !*item) {
		pieces = hw_code_image_open(raw, off);
		r = hw_py_code_read(&pieces, off, raw->addr, raw->ident, item);
	}
	return r == -ENOMEM || r == -EOVERFLOW ? r : 0;
}
