/* SPDX-License-Identifier: Apache-2.0 */
#include "resolve/merge.h"

struct merge {
	const struct hw_raw_python *python;
	size_t n_python, at; /* the next Python frame to give out */
	uint64_t entry;	     /* that ends its run; UINT64_MAX: the run has none */
	struct hw_merged *out;
	size_t n_out;
};

static void find_entry(struct merge *m)
{
	for (size_t i = m->at; i < m->n_python; i++)
		if (m->python[i].kind == HW_RAW_PY_ENTRY) {
			m->entry = m->python[i].addr;
			return;
		}
	m->entry = UINT64_MAX;
}

/* Gives out the next run of Python frames, through its entry. */
static void give_run(struct merge *m)
{
	while (m->at < m->n_python) {
		const struct hw_raw_python *f = &m->python[m->at++];

		if (f->kind == HW_RAW_PY_ENTRY)
			break;
		m->out[m->n_out++] =
			(struct hw_merged){ .python = 1, .index = (uint16_t)(m->at - 1) };
	}
	find_entry(m);
}

size_t hw_merge(const struct hw_raw_native *native, size_t n_native,
		const struct hw_raw_python *python, size_t n_python, struct hw_merged *ret)
{
	struct merge m = { .python = python, .n_python = n_python, .out = ret };
	uint64_t begin = 0; /* where the native frame's part of the stack begins */

	find_entry(&m);
	for (size_t i = 0; i < n_native; i++) {
		uint64_t cfa = HW_NATIVE_CFA(native[i].cfa);

		while (m.at < n_python && m.entry < begin)
			give_run(&m); /* its eval frame is not among the native ones */
		m.out[m.n_out++] = (struct hw_merged){ .index = (uint16_t)i };
		while (m.at < n_python && m.entry < cfa)
			give_run(&m);
		if (cfa)
			begin = cfa;
	}
	while (m.at < n_python)
		give_run(&m);
	return m.n_out;
}

/* Gives out Python frames until one frame is out. */
static void give_frame(struct merge *m)
{
	size_t before = m->n_out;

	while (m->at < m->n_python && m->n_out == before) {
		if (m->python[m->at].kind != HW_RAW_PY_ENTRY)
			m->out[m->n_out++] = (struct hw_merged){ .python = 1,
								 .index = (uint16_t)m->at };
		m->at++;
	}
}

size_t hw_merge_by_eval(const uint8_t *is_eval, size_t n_native, const struct hw_raw_python *python,
			size_t n_python, struct hw_merged *ret)
{
	struct merge m = { .python = python, .n_python = n_python, .out = ret };
	size_t calls = 0, frames = 0;

	for (size_t i = 0; i < n_native; i++)
		calls += !!is_eval[i];
	for (size_t i = 0; i < n_python; i++)
		frames += python[i].kind != HW_RAW_PY_ENTRY;
	for (size_t i = 0; i < n_native; i++) {
		m.out[m.n_out++] = (struct hw_merged){ .index = (uint16_t)i };
		if (is_eval[i] && calls-- <= frames)
			give_frame(&m);
	}
	while (m.at < n_python)
		give_frame(&m);
	return m.n_out;
}
