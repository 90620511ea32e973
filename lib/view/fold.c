/* SPDX-License-Identifier: Apache-2.0 */
#include "view/fold.h"

#include <stdbool.h>

#include "view/layers.h"

static bool has_python(const struct hw_profile *p, const uint32_t *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hw_profile_get_frame(p, frames[i])->kind == HW_FRAME_PYTHON)
			return true;
	return false;
}

size_t hw_fold_interpreter(const struct hw_profile *p, const uint32_t *frames, size_t n,
			   uint32_t *ret_frames)
{
	bool fold = has_python(p, frames, n);
	size_t n_kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct hw_frame *f = hw_profile_get_frame(p, frames[i]);

		if (fold && f->kind == HW_FRAME_NATIVE && f->flags & HW_FRAME_INTERPRETER)
			continue;
		ret_frames[n_kept++] = frames[i];
	}
	return n_kept;
}

size_t hw_fold_wait(const struct hw_charge *c, const uint32_t *frames, size_t n)
{
	size_t first = 0;

	for (size_t i = 1; i < n && c->layers[frames[first]] <= HW_LAYER_INTERPRETER; i++)
		if (c->layers[frames[i]] > c->layers[frames[first]])
			first = i;
	return first;
}
