/* SPDX-License-Identifier: Apache-2.0
 * usage: tool_offsets FILE | VERSION trace-refs
 * Prints the layout of the CPython in FILE, or that of a version (as PY_VERSION_HEX) of which there
 * is no build here with Py_TRACE_REFS, one "name value" a line. Of a version that is refused, the
 * version alone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/runtime.h"
#include "sym/module.h"

static void say(const char *name, unsigned int value)
{
	printf("%s %u\n", name, value);
}

static void say_walk(const struct hw_py_proc *w)
{
	bool has_mark = w->entry == HW_PY_ENTRY_FLAG || w->entry == HW_PY_ENTRY_SHIM;

	say("interpreters_head", w->interpreters_head);
	say("interp_next", w->interp_next);
	say("interp_threads", w->interp_threads);
	say("tstate_frame", w->tstate_frame);
	say("cframe_frame", w->cframe_frame);
	say("cframe_previous", w->cframe_previous);
	say("tstate_cframe", w->tstate_cframe);
	say("tstate_next", w->tstate_next);
	say("tstate_thread_id", w->tstate_thread_id);
	say("frame_code", w->frame_begin + w->frame_code);
	say("frame_previous", w->frame_begin + w->frame_previous);
	say("frame_instr", w->frame_begin + w->frame_instr);
	say("frame_entry", has_mark ? w->frame_begin + w->frame_entry : 0);
	say("entry_value", w->entry_value);
}

static void say_objects(const struct hw_py_offsets *off)
{
	say("code_firstlineno", off->code_firstlineno);
	say("code_filename", off->code_filename);
	say("code_name", off->code_name);
	say("code_ident", off->walk.code_ident);
	say("code_qualname", off->code_qualname);
	say("code_instructions", off->code_instructions);
	say("code_linetable", off->code_linetable);
	say("bytes_size", off->bytes_size);
	say("bytes_data", off->bytes_data);
	say("str_length", off->str_length);
	say("str_state", off->str_state);
	say("str_ascii", off->str_ascii);
	say("str_compact", off->str_compact);
}

static int find(const char *file, struct hw_py_runtime *ret)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	int r = hw_module_open(file, file, &m);

	return r < 0 ? r : hw_py_runtime_find(m, ret);
}

int main(int argc, char **argv)
{
	struct hw_py_runtime rt = { 0 };
	int r;

	if (argc != 2 && (argc != 3 || strcmp(argv[2], "trace-refs")))
		return 2;
	if (argc == 3) {
		rt.version = (uint32_t)strtoul(argv[1], NULL, 0);
		r = hw_py_layout_known(rt.version, true, &rt.offsets);
	} else {
		r = find(argv[1], &rt);
		r = r == 0 ? -ENOENT : r;
	}
	say("version", rt.version);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-r));
		return 1;
	}
	say_walk(&rt.offsets.walk);
	say_objects(&rt.offsets);
	return 0;
}
