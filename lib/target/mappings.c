/* SPDX-License-Identifier: Apache-2.0 */
#include "target/mappings.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"
#include "base/sorted.h"

#define CHUNK_VMAS 64

/* Mappings that stand side by side; they never change. */
struct vma_chunk {
	uint32_t refs; /* of versions */
	uint32_t n;    /* at least 1 */
	struct hw_vma vmas[];
};

struct hw_mappings {
	uint32_t refs;
	size_t count;
	struct vma_chunk **chunks; /* by address */
	size_t n_chunks, cap_chunks;
};

/* A place between two mappings, or behind the last: before vmas[i] of chunk c. */
struct vma_place {
	size_t c, i;
};

/* The owner of the current version alone takes references, and anybody gives them back. */
static void take_ref(uint32_t *refs)
{
	__atomic_fetch_add(refs, 1, __ATOMIC_RELAXED);
}

static bool was_last_ref(uint32_t *refs)
{
	return __atomic_fetch_sub(refs, 1, __ATOMIC_ACQ_REL) == 1;
}

static void let_go_of_mapped(const struct hw_mapped *what)
{
	struct hw_mapped *mine = (struct hw_mapped *)what; /* const is for who reads it */

	if (was_last_ref(&mine->refs))
		free(mine);
}

static const struct hw_mapped *mapped_ref(const struct hw_mapped *what)
{
	take_ref(&((struct hw_mapped *)what)->refs);
	return what;
}

static void let_go_of_chunk(struct vma_chunk *chunk)
{
	if (!was_last_ref(&chunk->refs))
		return;
	for (uint32_t i = 0; i < chunk->n; i++)
		let_go_of_mapped(chunk->vmas[i].what);
	free(chunk);
}

struct hw_mappings *hw_mappings_new(void)
{
	struct hw_mappings *m = calloc(1, sizeof(*m));

	if (m)
		m->refs = 1;
	return m;
}

struct hw_mappings *hw_mappings_ref(struct hw_mappings *m)
{
	take_ref(&m->refs);
	return m;
}

struct hw_mappings *hw_mappings_unref(struct hw_mappings *m)
{
	if (!m || !was_last_ref(&m->refs))
		return NULL;
	for (size_t c = 0; c < m->n_chunks; c++)
		let_go_of_chunk(m->chunks[c]);
	free(m->chunks);
	free(m);
	return NULL;
}

/* The place before the first mapping that ends behind @addr. */
static struct vma_place place_behind(const struct hw_mappings *m, uint64_t addr)
{
	struct vma_place at = { 0 };
	const struct vma_chunk *chunk;

	at.c = hw_lower_bound(c, m->n_chunks,
			      m->chunks[c]->vmas[m->chunks[c]->n - 1].end <= addr);
	if (at.c < m->n_chunks) {
		chunk = m->chunks[at.c];
		at.i = hw_lower_bound(i, chunk->n, chunk->vmas[i].end <= addr);
	}
	return at;
}

static const struct hw_vma *vma_at(const struct hw_mappings *m, struct vma_place at)
{
	return at.c < m->n_chunks ? &m->chunks[at.c]->vmas[at.i] : NULL;
}

static void step_place(const struct hw_mappings *m, struct vma_place *at)
{
	if (++at->i == m->chunks[at->c]->n)
		*at = (struct vma_place){ .c = at->c + 1 };
}

/* Mappings that are to take the place of others, with a reference each. */
struct fresh {
	struct hw_vma vmas[2 * CHUNK_VMAS + 3]; /* of two chunks cut open, and what is new between them */
	uint32_t n;
};

static void put_vma(struct fresh *fresh, struct hw_vma vma)
{
	mapped_ref(vma.what);
	fresh->vmas[fresh->n++] = vma;
}

/* Lays @vma over the mappings from @first up to @behind: collects what is to stand in the place of
 * the chunks from *ret_c on; returns how many those are. */
static size_t lay_over(const struct hw_mappings *m, const struct hw_vma *vma,
		       struct vma_place first, struct vma_place behind, struct fresh *ret,
		       size_t *ret_c)
{
	const struct hw_vma *cut = NULL, *last = NULL; /* the first and the last that it overlaps */
	bool at_end = first.c == m->n_chunks && first.c;
	size_t c = at_end ? first.c - 1 : first.c, n_before = at_end ? m->chunks[c]->n : first.i;

	for (struct vma_place at = first; at.c != behind.c || at.i != behind.i; step_place(m, &at)) {
		last = vma_at(m, at);
		cut = cut ? cut : last;
	}
	*ret_c = c;
	for (size_t i = 0; i < n_before; i++)
		put_vma(ret, m->chunks[c]->vmas[i]);
	if (cut && cut->start < vma->start)
		put_vma(ret, (struct hw_vma){ cut->start, vma->start, cut->file_off, cut->what });
	put_vma(ret, *vma);
	if (last && last->end > vma->end)
		put_vma(ret, (struct hw_vma){ vma->end, last->end,
					  last->file_off + (vma->end - last->start), last->what });
	if (behind.c == m->n_chunks || (!behind.i && behind.c > c))
		return behind.c - c; /* nothing is left of the last one */
	for (size_t i = behind.i; i < m->chunks[behind.c]->n; i++)
		put_vma(ret, m->chunks[behind.c]->vmas[i]);
	return behind.c - c + 1;
}

/* Makes chunks of @fresh, in equal parts, which take its references over: how many, or 0 without
 * memory. */
static size_t make_chunks(struct fresh *fresh, struct vma_chunk *ret[3])
{
	size_t parts = (fresh->n + CHUNK_VMAS - 1) / CHUNK_VMAS, at = 0;

	for (size_t p = 0; p < parts; p++) {
		uint32_t n = (uint32_t)((fresh->n - at) / (parts - p));

		ret[p] = malloc(sizeof(**ret) + n * sizeof(ret[p]->vmas[0]));
		if (!ret[p]) {
			while (p)
				free(ret[--p]);
			return 0;
		}
		ret[p]->refs = 1;
		ret[p]->n = n;
		memcpy(ret[p]->vmas, &fresh->vmas[at], n * sizeof(fresh->vmas[0]));
		at += n;
	}
	return parts;
}

/* A version of its own that shares all chunks of @m; NULL without memory. */
static struct hw_mappings *unshare(const struct hw_mappings *m)
{
	struct hw_mappings *own = hw_mappings_new();

	if (!own || hw_reserve(own->chunks, own->cap_chunks, m->n_chunks + 1) < 0)
		return hw_mappings_unref(own);
	own->count = m->count;
	own->n_chunks = m->n_chunks;
	for (size_t c = 0; c < m->n_chunks; c++) {
		take_ref(&m->chunks[c]->refs);
		own->chunks[c] = m->chunks[c];
	}
	return own;
}

/* Puts @n chunks in the place of @n_old at @c; there is room. */
static void replace_chunks(struct hw_mappings *m, size_t c, size_t n_old,
			   struct vma_chunk *const *chunks, size_t n)
{
	for (size_t i = c; i < c + n_old; i++) {
		m->count -= m->chunks[i]->n;
		let_go_of_chunk(m->chunks[i]);
	}
	memmove(&m->chunks[c + n], &m->chunks[c + n_old],
		(m->n_chunks - c - n_old) * sizeof(*m->chunks));
	memcpy(&m->chunks[c], chunks, n * sizeof(*m->chunks));
	m->n_chunks += n - n_old;
	for (size_t i = 0; i < n; i++)
		m->count += chunks[i]->n;
}

int hw_mappings_lay(struct hw_mappings **m, const struct hw_vma *vma)
{
	struct hw_mappings *own = *m;
	struct vma_place first = place_behind(*m, vma->start), behind = first;
	struct fresh fresh = { .n = 0 };
	struct vma_chunk *chunks[3];
	size_t c, n_old, n = 0, after;
	int r;

	while (vma_at(*m, behind) && vma_at(*m, behind)->start < vma->end)
		step_place(*m, &behind);
	n_old = lay_over(*m, vma, first, behind, &fresh, &c);
	after = (*m)->count + fresh.n;
	for (size_t i = c; i < c + n_old; i++)
		after -= (*m)->chunks[i]->n;
	r = after > HW_MAPS_MAX ? -E2BIG : 0;
	/* Acquired: what others read of a version that they have let go of, they have read. */
	if (!r && __atomic_load_n(&own->refs, __ATOMIC_ACQUIRE) > 1)
		own = unshare(*m);
	if (!r)
		r = own ? hw_reserve(own->chunks, own->cap_chunks, own->n_chunks + 3) : -ENOMEM;
	if (!r)
		n = make_chunks(&fresh, chunks);
	if (!n) {
		for (uint32_t i = 0; i < fresh.n; i++)
			let_go_of_mapped(fresh.vmas[i].what);
		if (own != *m)
			hw_mappings_unref(own);
		return r ? r : -ENOMEM;
	}
	replace_chunks(own, c, n_old, chunks, n);
	if (own != *m)
		hw_mappings_unref(*m);
	*m = own;
	return 0;
}

int hw_mappings_add(struct hw_mappings **m, const struct hw_map *map, struct hw_binary *binary,
		    uint64_t since_ns)
{
	struct hw_vma vma = { map->start, map->end, map->file_off, NULL };
	size_t size = strlen(map->path) + 1;
	struct hw_mapped *what;
	int r;

	if (map->start >= map->end)
		return -EINVAL;
	what = malloc(sizeof(*what) + size);
	if (!what)
		return -ENOMEM;
	what->refs = 1;
	what->since_ns = since_ns;
	what->binary = binary;
	memcpy(what->path, map->path, size);
	vma.what = what;
	r = hw_mappings_lay(m, &vma);
	let_go_of_mapped(what);
	return r;
}

const struct hw_vma *hw_mappings_find(const struct hw_mappings *m, uint64_t addr)
{
	const struct hw_vma *vma = vma_at(m, place_behind(m, addr));

	return vma && vma->start <= addr ? vma : NULL;
}

size_t hw_mappings_count(const struct hw_mappings *m)
{
	return m->count;
}

const struct hw_vma *hw_mappings_at(const struct hw_mappings *m, size_t i)
{
	size_t c = 0;

	while (i >= m->chunks[c]->n)
		i -= m->chunks[c++]->n;
	return &m->chunks[c]->vmas[i];
}
