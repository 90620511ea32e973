/* SPDX-License-Identifier: Apache-2.0 */
#include "view/layers.h"

#include <stdbool.h>
#include <string.h>

/* Whether the name of the file @path begins as that of a C or C++ library, a loader or an allocator
 * does, or is what the kernel maps. With what follows "libc": libclang.so is none. */
static bool is_c_library(const char *path)
{
	static const char *const names[] = {
		"libc.so", "libc-",   "libc.musl-",  "libpthread",  "ld-",	   "ld.so",
		"[vdso]",  "libc++",  "libstdc++",   "libjemalloc", "libtcmalloc", "libmimalloc",
	};
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(base, names[i], strlen(names[i])))
			return true;
	return false;
}

/* Whether the file @path is the program python3.12 itself, which may do no more than start its
 * library, and then is not marked as the interpreter. */
static bool is_python_program(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	return !strncmp(base, "python", 6) && !base[6 + strspn(base + 6, "0123456789.")];
}

/* Whether @path lies in a folder @lib of a Python, "/lib/python3.11/". */
static bool is_below(const char *path, const char *lib)
{
	const char *at = strstr(path, lib);

	return at && strchr(at + strlen(lib), '/');
}

/* Whether @file is of Python's standard library: frozen into the interpreter, or in its folder
 * beside the packages that were installed. */
static bool is_standard_library(const char *file)
{
	if (!strncmp(file, "<frozen ", strlen("<frozen ")))
		return true;
	if (strstr(file, "/site-packages/") || strstr(file, "/dist-packages/"))
		return false;
	return is_below(file, "/lib/python3") || is_below(file, "/lib64/python3");
}

static enum hw_layer native_layer(const char *module, uint32_t flags)
{
	if (flags & HW_FRAME_INTERPRETER || is_python_program(module) ||
	    strstr(module, "/lib-dynload/"))
		return HW_LAYER_INTERPRETER;
	return is_c_library(module) ? HW_LAYER_C_LIBRARY : HW_LAYER_NATIVE;
}

enum hw_layer hw_layer_of(const struct hw_profile *p, const struct hw_frame *f)
{
	switch (f->kind) {
	case HW_FRAME_PYTHON:
		return is_standard_library(hw_profile_str(p, f->file)) ? HW_LAYER_PYTHON_LIBRARY
								       : HW_LAYER_PYTHON;
	case HW_FRAME_NATIVE:
		return native_layer(hw_profile_str(p, hw_profile_get_module(p, f->module)->path),
				    f->flags);
	default:
		return HW_LAYER_SYSTEM;
	}
}
