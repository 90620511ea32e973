/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/format.h"

#include <string.h>

static bool valid_string(const struct hw_profile *p, const void *bytes, size_t size)
{
	(void)p;
	return !memchr(bytes, 0, size);
}

static bool valid_module(const struct hw_profile *p, const void *bytes, size_t size)
{
	uint32_t n_strings = hw_intern_count(p->strings);
	struct hw_module_info m;

	memcpy(&m, bytes, size);
	return m.path < n_strings && m.build_id < n_strings;
}

static bool valid_frame(const struct hw_profile *p, const void *bytes, size_t size)
{
	uint32_t n_strings = hw_intern_count(p->strings);
	struct hw_frame f;

	memcpy(&f, bytes, size);
	return f.kind >= HW_FRAME_NATIVE && f.kind <= HW_FRAME_MARKER &&
	       !(f.flags & ~(uint32_t)HW_FRAME_FLAGS) &&
	       f.module < hw_intern_count(p->modules) && f.name < n_strings && f.file < n_strings;
}

static bool valid_stack(const struct hw_profile *p, const void *bytes, size_t size)
{
	uint32_t n_frames = hw_intern_count(p->frames);

	for (size_t at = 0; at < size; at += sizeof(uint32_t)) {
		uint32_t frame;

		memcpy(&frame, (const char *)bytes + at, sizeof(frame));
		if (frame >= n_frames)
			return false;
	}
	return true;
}

static bool valid_task(const struct hw_profile *p, const void *bytes, size_t size)
{
	struct hw_task t;

	memcpy(&t, bytes, size);
	return t.comm < hw_intern_count(p->strings);
}

const struct hw_section_table hw_section_tables[HW_SECTION_TABLES] = {
	{ HW_SECTION_STRINGS, offsetof(struct hw_profile, strings), 1, true, 1,
	  HW_PROFILE_STRING_MAX, valid_string },
	{ HW_SECTION_MODULES, offsetof(struct hw_profile, modules), 1, false,
	  sizeof(struct hw_module_info), 1, valid_module },
	{ HW_SECTION_FRAMES, offsetof(struct hw_profile, frames), 0, false, sizeof(struct hw_frame),
	  1, valid_frame },
	{ HW_SECTION_STACKS, offsetof(struct hw_profile, stacks), 0, true, sizeof(uint32_t),
	  HW_PROFILE_STACK_MAX, valid_stack },
	{ HW_SECTION_TASKS, offsetof(struct hw_profile, tasks), 0, false, sizeof(struct hw_task), 1,
	  valid_task },
};
