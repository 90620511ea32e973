/* SPDX-License-Identifier: Apache-2.0 */
#include "view/location.h"

#include <string.h>

#include "base/text.h"

static const char *last_of_path(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

char *hw_location(const struct hw_row *row, enum hw_by by, bool short_names)
{
	bool by_file = row->kind == HW_FRAME_PYTHON || (by == HW_BY_LINE && row->line);
	const char *path = by_file ? row->file : row->module;

	if (short_names)
		path = last_of_path(path);
	if (by == HW_BY_MODULE)
		return strdup("");
	if (by == HW_BY_PROCESS)
		return hw_text("pid %d", row->pid);
	if (by == HW_BY_THREAD)
		return hw_text("pid %d, tid %d", row->pid, row->tid);
	if (by_file && path[0] && row->line)
		return hw_text("%s:%u", path, row->line);
	return hw_text("%s%s", path, row->inlined ? " (inlined)" : "");
}

const char *hw_kind_name(enum hw_frame_kind kind)
{
	static const char *const names[] = {
		[HW_FRAME_NATIVE] = "native",
		[HW_FRAME_PYTHON] = "python",
		[HW_FRAME_KERNEL] = "kernel",
		[HW_FRAME_MARKER] = "",
	};

	return kind >= HW_FRAME_NATIVE && kind <= HW_FRAME_MARKER ? names[kind] : "";
}
