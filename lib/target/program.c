/* SPDX-License-Identifier: Apache-2.0 */
#include "target/program.h"

#include <errno.h>
#include <stdbool.h>

#include "sym/perf_map.h"

#define ANCESTORS_MAX 16 /* whose files are read: a server forks workers, which fork little */

struct hw_program *hw_program_new(uint32_t id, int32_t pid, struct hw_program *parent)
{
	struct hw_program *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->refs = 1;
	p->id = id;
	p->pid = pid;
	p->parent = parent ? hw_program_ref(parent) : NULL;
	return p;
}

struct hw_program *hw_program_ref(struct hw_program *p)
{
	__atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
	return p;
}

/* No recursion: a chain of forks may be long. */
struct hw_program *hw_program_unref(struct hw_program *p)
{
	while (p && __atomic_fetch_sub(&p->refs, 1, __ATOMIC_ACQ_REL) == 1) {
		struct hw_program *parent = p->parent;

		hw_perf_map_free(p->jit);
		free(p);
		p = parent;
	}
	return NULL;
}

int hw_program_jit(struct hw_program *p, uint64_t addr, struct hw_symbol *ret)
{
	for (int i = 0; p && i < ANCESTORS_MAX; i++, p = p->parent) {
		int r;

		if (!p->jit)
			p->jit = hw_perf_map_new(p->pid);
		r = p->jit ? hw_perf_map_find(p->jit, addr, ret) : -ENOMEM;
		if (r)
			return r;
	}
	return 0;
}
