/* SPDX-License-Identifier: Apache-2.0 */
#include "base/intern.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"
#include "base/hashmap.h"

struct interned {
	UT_hash_handle hh;
	uint32_t id;
	uint32_t size;
	_Alignas(max_align_t) unsigned char bytes[];
};

struct hw_intern {
	struct interned *by_bytes; /* uthash */
	struct interned **by_id;
	size_t count, cap;
};

struct hw_intern *hw_intern_new(void)
{
	return calloc(1, sizeof(struct hw_intern));
}

struct hw_intern *hw_intern_free(struct hw_intern *t)
{
	if (!t)
		return NULL;
	HASH_CLEAR(hh, t->by_bytes);
	for (size_t i = 0; i < t->count; i++)
		free(t->by_id[i]);
	free(t->by_id);
	free(t);
	return NULL;
}

/* uthash leaves hh.tbl NULL when it could not add. */
static bool hash_entry(struct hw_intern *t, struct interned *e, unsigned int hash)
{
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, t->by_bytes, e->bytes, e->size, hash, e);
	return e->hh.tbl != NULL;
}

int hw_intern_add(struct hw_intern *t, const void *bytes, size_t size, uint32_t *ret_id)
{
	struct interned *e = NULL;
	unsigned int hash;

	if (size > INT_MAX)
		return -EOVERFLOW;
	HASH_VALUE(bytes, size, hash);
	HASH_FIND_BYHASHVALUE(hh, t->by_bytes, bytes, size, hash, e);
	if (e) {
		*ret_id = e->id;
		return 0;
	}
	if (t->count >= UINT32_MAX)
		return -EOVERFLOW;
	if (hw_reserve(t->by_id, t->cap, t->count + 1) < 0)
		return -ENOMEM;
	/* Each by itself: what hw_intern_get() gave away stays where it is while the table grows. */
	e = malloc(sizeof(*e) + size + 1);
	if (!e)
		return -ENOMEM;
	e->id = (uint32_t)t->count;
	e->size = (uint32_t)size;
	memcpy(e->bytes, size ? bytes : "", size);
	e->bytes[size] = 0;
	if (!hash_entry(t, e, hash)) {
		free(e);
		return -ENOMEM;
	}
	t->by_id[t->count++] = e;
	*ret_id = e->id;
	return 1;
}

int hw_intern_find(const struct hw_intern *t, const void *bytes, size_t size, uint32_t *ret_id)
{
	struct interned *e = NULL;

	if (size <= INT_MAX)
		HASH_FIND(hh, t->by_bytes, bytes, size, e);
	if (!e)
		return 0;
	*ret_id = e->id;
	return 1;
}

const void *hw_intern_get(const struct hw_intern *t, uint32_t id, size_t *ret_size)
{
	if (id >= t->count)
		return NULL;
	if (ret_size)
		*ret_size = t->by_id[id]->size;
	return t->by_id[id]->bytes;
}

uint32_t hw_intern_count(const struct hw_intern *t)
{
	return (uint32_t)t->count;
}
