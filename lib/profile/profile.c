/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/profile.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "profile/session.h"

struct hw_profile *hw_profile_new(void)
{
	hw_auto(hw_profile_free) struct hw_profile *p = calloc(1, sizeof(*p));
	struct hw_module_info none = { 0 };
	uint32_t zero;

	if (!p)
		return NULL;
	p->session.exit_status = -1;
	p->strings = hw_intern_new();
	p->modules = hw_intern_new();
	p->frames = hw_intern_new();
	p->stacks = hw_intern_new();
	p->tasks = hw_intern_new();
	if (!p->strings || !p->modules || !p->frames || !p->stacks || !p->tasks)
		return NULL;
	/* Number 0 of each: "" and no file, so that a field of 0 says that there is none. */
	if (hw_profile_string(p, "", &zero) < 0 || hw_profile_module(p, &none, &zero) < 0)
		return NULL;
	return hw_take_ptr(p);
}

struct hw_profile *hw_profile_free(struct hw_profile *p)
{
	if (!p)
		return NULL;
	hw_intern_free(p->strings);
	hw_intern_free(p->modules);
	hw_intern_free(p->frames);
	hw_intern_free(p->stacks);
	hw_intern_free(p->tasks);
	free(p->samples);
	hw_session_done(&p->session);
	free(p);
	return NULL;
}

/* Records are told apart by their bytes, so they may have no padding (the asserted sizes of
 * profile/profile.h); what a new one refers to must be there: the numbers are of our own making here,
 * hence the assertions. Those of a file are checked by profile/file.c before it adds them. */
static int add_bytes(struct hw_intern *table, const void *bytes, size_t size, uint32_t *ret)
{
	int r = hw_intern_add(table, bytes, size, ret);

	return r < 0 ? r : 0;
}

int hw_profile_string(struct hw_profile *p, const char *s, uint32_t *ret)
{
	size_t size = strlen(s);

	if (size > HW_PROFILE_STRING_MAX)
		return -EOVERFLOW;
	return add_bytes(p->strings, s, size, ret);
}

int hw_profile_module(struct hw_profile *p, const struct hw_module_info *m, uint32_t *ret)
{
	assert(m->path < hw_intern_count(p->strings));
	assert(m->build_id < hw_intern_count(p->strings));
	return add_bytes(p->modules, m, sizeof(*m), ret);
}

int hw_profile_frame(struct hw_profile *p, const struct hw_frame *f, uint32_t *ret)
{
	assert(f->name < hw_intern_count(p->strings) && f->file < hw_intern_count(p->strings));
	assert(f->module < hw_intern_count(p->modules));
	return add_bytes(p->frames, f, sizeof(*f), ret);
}

int hw_profile_stack(struct hw_profile *p, const uint32_t *frames, size_t n, uint32_t *ret)
{
	if (n > HW_PROFILE_STACK_MAX)
		return -EOVERFLOW;
	for (size_t i = 0; i < n; i++)
		assert(frames[i] < hw_intern_count(p->frames));
	return add_bytes(p->stacks, frames, n * sizeof(*frames), ret);
}

int hw_profile_task(struct hw_profile *p, const struct hw_task *t, uint32_t *ret)
{
	assert(t->comm < hw_intern_count(p->strings));
	return add_bytes(p->tasks, t, sizeof(*t), ret);
}

int hw_profile_sample(struct hw_profile *p, const struct hw_sample *s)
{
	int r = hw_reserve(p->samples, p->cap_samples, p->n_samples + 1);

	if (r < 0)
		return r;
	p->samples[p->n_samples++] = *s;
	return 0;
}

const char *hw_profile_str(const struct hw_profile *p, uint32_t string)
{
	const char *s = hw_intern_get(p->strings, string, NULL);

	return s ? s : "";
}

const struct hw_module_info *hw_profile_get_module(const struct hw_profile *p, uint32_t module)
{
	return hw_intern_get(p->modules, module, NULL);
}

const struct hw_frame *hw_profile_get_frame(const struct hw_profile *p, uint32_t frame)
{
	return hw_intern_get(p->frames, frame, NULL);
}

const uint32_t *hw_profile_get_stack(const struct hw_profile *p, uint32_t stack, size_t *ret_n)
{
	size_t size = 0;
	const uint32_t *frames = hw_intern_get(p->stacks, stack, &size);

	*ret_n = size / sizeof(*frames);
	return frames;
}

const struct hw_task *hw_profile_get_task(const struct hw_profile *p, uint32_t task)
{
	return hw_intern_get(p->tasks, task, NULL);
}
