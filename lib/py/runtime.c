/* SPDX-License-Identifier: Apache-2.0 */
#include "py/runtime.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "sym/module.h"

#define MINOR(version) ((version) >> 16)

/* FRAME_OWNED_BY_CSTACK of Include/internal/pycore_frame.h, 3.12 and 3.13. */
#define OWNED_BY_CSTACK 3

/* One row per version that does not publish its offsets. Sources: Include/internal/
 * pycore_runtime.h, pycore_interp.h, pycore_frame.h, Include/cpython/pystate.h, code.h,
 * unicodeobject.h of the version; the values are those of offsetof() on x86-64, release build. */
static const struct {
	uint32_t version;
	struct hw_py_offsets off;
} tables[] = {
	{ 0x0000030b, /* 3.11 */
	  { .walk = { .interpreters_head = 40, .interp_next = 0, .interp_threads = 16,
		      .tstate_next = 8, .tstate_thread_id = 152, .tstate_cframe = 56,
		      .cframe_frame = 8, .cframe_previous = 16,
		      .frame_code = 32, .frame_previous = 48, .frame_instr = 56, .frame_size = 80,
		      .frame_entry = 68 /* is_entry */, .entry = HW_PY_ENTRY_FLAG,
		      .entry_value = 1, .hidden_value = 0xff,
		      .code_ident = 112 },
	    .code_firstlineno = 72, .code_filename = 112, .code_name = 120, .code_qualname = 128,
	    .code_linetable = 136, .code_instructions = 184, .bytes_size = 16, .bytes_data = 32,
	    .str_length = 16, .str_state = 32, .str_ascii = 48, .str_compact = 72 } },
	{ 0x0000030c, /* 3.12 */
	  { .walk = { .interpreters_head = 40, .interp_next = 0, .interp_threads = 72,
		      .tstate_next = 8, .tstate_thread_id = 136, .tstate_cframe = 56,
		      .cframe_frame = 0, .cframe_previous = 8,
		      .frame_code = 0, .frame_previous = 8, .frame_instr = 56, .frame_size = 80,
		      .frame_entry = 70 /* owner */, .entry_value = OWNED_BY_CSTACK,
		      .entry = HW_PY_ENTRY_SHIM, .hidden_value = 0xff, .code_ident = 112 },
	    .code_firstlineno = 68, .code_filename = 112, .code_name = 120, .code_qualname = 128,
	    .code_linetable = 136, .code_instructions = 192, .bytes_size = 16, .bytes_data = 32,
	    .str_length = 16, .str_state = 32, .str_ascii = 40, .str_compact = 56 } },
};

/* The start of struct _Py_DebugOffsets as 3.13 has it (Include/internal/pycore_runtime.h); each
 * number is 8 bytes, so this is the file's own layout. */
struct debug_offsets {
	char cookie[8];
	uint64_t version, free_threaded;
	struct {
		uint64_t size, finalizing, interpreters_head;
	} runtime_state;
	struct {
		uint64_t size, id, next, threads_head, gc, imports_modules, sysdict, builtins,
			ceval_gil, gil_runtime_state, gil_runtime_state_enabled,
			gil_runtime_state_locked, gil_runtime_state_holder;
	} interpreter_state;
	struct {
		uint64_t size, prev, next, interp, current_frame, thread_id, native_thread_id,
			datastack_chunk, status;
	} thread_state;
	struct {
		uint64_t size, previous, executable, instr_ptr, localsplus, owner;
	} interpreter_frame;
	struct {
		uint64_t size, filename, name, qualname, linetable, firstlineno, argcount,
			localsplusnames, localspluskinds, co_code_adaptive;
	} code_object;
	struct {
		uint64_t size, ob_type;
	} pyobject;
	struct {
		uint64_t size, tp_name, tp_repr, tp_flags;
	} type_object;
	struct {
		uint64_t size, ob_item, ob_size;
	} tuple_object, list_object;
	struct {
		uint64_t size, ma_keys, ma_values;
	} dict_object;
	struct {
		uint64_t size, ob_fval;
	} float_object;
	struct {
		uint64_t size, lv_tag, ob_digit;
	} long_object;
	struct {
		uint64_t size, ob_size, ob_sval;
	} bytes_object;
	struct {
		uint64_t size, state, length, asciiobject_size;
	} unicode_object;
};

static const char debug_cookie[8] = "xdebugpy"; /* _Py_Debug_Cookie */

bool hw_py_version_supported(uint32_t version)
{
	uint32_t minor = MINOR(version);

	return minor >= 0x030b && minor <= 0x030d;
}

const char *hw_py_versions_supported(void)
{
	return "3.11 to 3.13";
}

bool hw_py_offsets_sane(const struct hw_py_offsets *off)
{
	const struct hw_py_proc *w = &off->walk;

	return w->frame_size <= HW_PY_FRAME_SIZE && !(w->frame_code % 8) &&
	       !(w->frame_previous % 8) && !(w->frame_instr % 8) && w->frame_code + 8u <= w->frame_size &&
	       w->frame_previous + 8u <= w->frame_size && w->frame_instr + 8u <= w->frame_size &&
	       w->frame_entry < w->frame_size && off->code_name == off->code_filename + 8 &&
	       off->code_qualname == off->code_filename + 16 &&
	       off->code_linetable == off->code_filename + 24 &&
	       w->code_ident == off->code_filename && off->bytes_data >= 8 && off->str_ascii >= 8;
}

/* Checks, then narrows: a value that does not fit makes *bad true. */
static uint16_t narrow(uint64_t value, uint64_t max, bool *bad)
{
	if (value > max)
		*bad = true;
	return (uint16_t)value;
}

static int read_debug_offsets(const struct debug_offsets *d, struct hw_py_offsets *ret)
{
	bool bad = false;
	struct hw_py_offsets off = {
		.walk = {
			.interpreters_head = narrow(d->runtime_state.interpreters_head, UINT16_MAX, &bad),
			.interp_next = narrow(d->interpreter_state.next, UINT16_MAX, &bad),
			.interp_threads = narrow(d->interpreter_state.threads_head, UINT16_MAX, &bad),
			.tstate_next = narrow(d->thread_state.next, UINT16_MAX, &bad),
			.tstate_thread_id = narrow(d->thread_state.thread_id, UINT16_MAX, &bad),
			.tstate_frame = narrow(d->thread_state.current_frame, UINT16_MAX, &bad),
			.frame_code = narrow(d->interpreter_frame.executable, UINT8_MAX, &bad),
			.frame_previous = narrow(d->interpreter_frame.previous, UINT8_MAX, &bad),
			.frame_instr = narrow(d->interpreter_frame.instr_ptr, UINT8_MAX, &bad),
			.frame_entry = narrow(d->interpreter_frame.owner, UINT8_MAX, &bad),
			.frame_size = narrow(d->interpreter_frame.size, UINT8_MAX, &bad),
			.entry_value = OWNED_BY_CSTACK,
			.entry = HW_PY_ENTRY_SHIM,
			.hidden_value = 0xff,
			.code_ident = narrow(d->code_object.filename, UINT8_MAX, &bad),
		},
		.code_firstlineno = narrow(d->code_object.firstlineno, UINT16_MAX, &bad),
		.code_filename = narrow(d->code_object.filename, UINT16_MAX, &bad),
		.code_name = narrow(d->code_object.name, UINT16_MAX, &bad),
		.code_qualname = narrow(d->code_object.qualname, UINT16_MAX, &bad),
		.code_linetable = narrow(d->code_object.linetable, UINT16_MAX, &bad),
		.code_instructions = narrow(d->code_object.co_code_adaptive, UINT16_MAX, &bad),
		.bytes_size = narrow(d->bytes_object.ob_size, UINT16_MAX, &bad),
		.bytes_data = narrow(d->bytes_object.ob_sval, UINT16_MAX, &bad),
		.str_length = narrow(d->unicode_object.length, UINT16_MAX, &bad),
		.str_state = narrow(d->unicode_object.state, UINT16_MAX, &bad),
		.str_ascii = narrow(d->unicode_object.asciiobject_size, UINT16_MAX, &bad),
	};

	/* PyCompactUnicodeObject adds utf8_length and utf8 (Include/cpython/unicodeobject.h). */
	off.str_compact = off.str_ascii + 16;
	if (bad || !hw_py_offsets_sane(&off))
		return -EBADMSG;
	*ret = off;
	return 0;
}

/* The version: from the runtime itself where it is published there, else from Py_Version. */
static int read_version(struct hw_module *m, uint64_t runtime, struct debug_offsets *d,
			bool *published, uint32_t *ret)
{
	uint64_t vaddr, size, version;

	*published = !hw_module_read(m, runtime, d, sizeof(*d)) &&
		     !memcmp(d->cookie, debug_cookie, sizeof(debug_cookie));
	if (*published) {
		if (d->version > UINT32_MAX)
			return -EBADMSG;
		*ret = (uint32_t)d->version;
		return 0;
	}
	if (hw_module_lookup(m, "Py_Version", &vaddr, &size) < 0 || size != sizeof(version) ||
	    hw_module_read(m, vaddr, &version, sizeof(version)) < 0 || version > UINT32_MAX) {
		*ret = 0; /* Py_Version came with 3.11 */
		return 0;
	}
	*ret = (uint32_t)version;
	return 0;
}

static int find_offsets(uint32_t version, struct hw_py_offsets *ret)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].version == MINOR(version)) {
			*ret = tables[i].off;
			return 0;
		}
	return -EBADMSG;
}

int hw_py_runtime_find(struct hw_module *m, struct hw_py_runtime *ret)
{
	struct hw_py_runtime rt = { 0 };
	struct debug_offsets d;
	uint64_t size;
	bool published;
	int r;

	if (hw_module_section(m, ".PyRuntime", &rt.runtime_vaddr, &size) < 0)
		return 0;
	r = read_version(m, rt.runtime_vaddr, &d, &published, &rt.version);
	if (r < 0)
		return r;
	log_debug("%s is CPython, version %#x", hw_module_name(m), rt.version);
	rt.free_threaded = published && d.free_threaded;
	if (!hw_py_version_supported(rt.version) || rt.free_threaded) {
		*ret = (struct hw_py_runtime){ .version = rt.version,
					       .free_threaded = rt.free_threaded };
		return -ENOTSUP;
	}
	r = published ? read_debug_offsets(&d, &rt.offsets) :
			find_offsets(rt.version, &rt.offsets);
	if (r < 0)
		return r;
	*ret = rt;
	return 1;
}
