/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/stacks.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/cleanup.h"

_Static_assert(HW_TRAITS <= 16, "a set of traits has 16 bits");

/* What its name says of a frame: the row of hw_time_kinds, HW_SLICES for none, and its traits. */
struct frame_kind {
	uint8_t row;
	uint16_t traits;
};

static bool is_about(enum hw_subject subject, const struct hw_frame *f)
{
	switch (subject) {
	case HW_IN_KERNEL:
		return f->kind == HW_FRAME_KERNEL;
	case HW_IN_NATIVE:
		return f->kind == HW_FRAME_NATIVE && !(f->flags & HW_FRAME_INTERPRETER);
	case HW_IN_CPYTHON:
		return f->kind == HW_FRAME_NATIVE && f->flags & HW_FRAME_INTERPRETER;
	case HW_IN_PYTHON_FILE:
		return f->kind == HW_FRAME_PYTHON;
	}
	return false;
}

static bool is_named(const struct hw_name_pattern *names, const struct hw_frame *f,
		     const char *text)
{
	for (; names && names->subject; names++)
		if (is_about(names->subject, f) && fnmatch(names->pattern, text, 0) == 0)
			return true;
	return false;
}

static struct frame_kind kind_of_frame(const struct hw_profile *p, const struct hw_frame *f)
{
	const char *text = hw_profile_str(p, f->kind == HW_FRAME_PYTHON ? f->file : f->name);
	struct frame_kind kind = { 0 };

	while (kind.row < HW_SLICES && !is_named(hw_time_kinds[kind.row].names, f, text))
		kind.row++;
	for (int trait = 0; trait < HW_TRAITS; trait++)
		if (is_named(hw_trait_row(trait)->names, f, text))
			kind.traits |= (uint16_t)HW_TRAIT_BIT(trait);
	return kind;
}

/* Whether the innermost frame outside the kernel is the interpreter's. A Python frame at the leaf
 * is as well: it is all that is left of it where native frames were not walked. */
static bool is_interpreter(const struct hw_profile *p, const uint32_t *frames, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct hw_frame *f = hw_profile_get_frame(p, frames[i]);

		if (f->kind != HW_FRAME_KERNEL)
			return f->kind == HW_FRAME_PYTHON || f->flags & HW_FRAME_INTERPRETER;
	}
	return false;
}

static bool is_kernel(const struct hw_profile *p, uint32_t frame)
{
	return hw_profile_get_frame(p, frame)->kind == HW_FRAME_KERNEL;
}

static struct hw_stack_kind kind_of_stack(const struct hw_profile *p,
					  const struct frame_kind *of_frame, uint32_t stack)
{
	size_t n;
	const uint32_t *frames = hw_profile_get_stack(p, stack, &n);
	struct hw_stack_kind kind = { .slice = HW_SLICES };
	bool in_kernel = n && is_kernel(p, frames[0]);
	unsigned int row = HW_SLICES;

	for (size_t i = 0; i < n; i++) {
		const struct frame_kind *frame = &of_frame[frames[i]];

		kind.traits |= frame->traits;
		if (frame->row < row && is_kernel(p, frames[i]) == in_kernel)
			row = frame->row;
	}
	if (is_interpreter(p, frames, n))
		kind.traits |= (uint16_t)HW_TRAIT_BIT(HW_TRAIT_INTERPRETER);
	if (row < HW_SLICES)
		kind.slice = (uint8_t)hw_time_kinds[row].slice;
	else if (n)
		kind.slice = in_kernel ? HW_SLICE_KERNEL : HW_SLICE_USER;
	return kind;
}

int hw_stack_kinds(const struct hw_profile *p, struct hw_stack_kind **ret)
{
	uint32_t n_frames = hw_intern_count(p->frames), n_stacks = hw_intern_count(p->stacks);
	hw_autofree struct frame_kind *of_frame = calloc(n_frames + 1ul, sizeof(*of_frame));
	struct hw_stack_kind *kinds = calloc(n_stacks + 1ul, sizeof(*kinds));

	if (!of_frame || !kinds) {
		free(kinds);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n_frames; i++)
		of_frame[i] = kind_of_frame(p, hw_profile_get_frame(p, i));
	for (uint32_t i = 0; i < n_stacks; i++)
		kinds[i] = kind_of_stack(p, of_frame, i);
	*ret = kinds;
	return 0;
}
