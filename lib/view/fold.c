/* SPDX-License-Identifier: Apache-2.0 */
#include "view/fold.h"

static bool has_python(const struct hw_profile *p, const uint32_t *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hw_profile_get_frame(p, frames[i])->kind == HW_FRAME_PYTHON)
			return true;
	return false;
}

size_t hw_fold_stack(const struct hw_profile *p, uint32_t stack, bool native_all,
		     uint32_t ret_frames[static HW_PROFILE_STACK_MAX])
{
	size_t n, n_kept = 0;
	const uint32_t *frames = hw_profile_get_stack(p, stack, &n);
	bool fold = !native_all && has_python(p, frames, n);

	for (size_t i = 0; i < n; i++) {
		const struct hw_frame *f = hw_profile_get_frame(p, frames[i]);

		if (fold && f->kind == HW_FRAME_NATIVE && f->flags & HW_FRAME_INTERPRETER)
			continue;
		ret_frames[n_kept++] = frames[i];
	}
	return n_kept;
}
