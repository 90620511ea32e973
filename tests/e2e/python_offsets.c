/* SPDX-License-Identifier: Apache-2.0
 * Compiled against the headers of one CPython: what they say about the layout that lib/py/layout.c
 * knows or reads, one "name value" a line, as tests/tool_offsets.c prints it. */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <frameobject.h>
#include <stddef.h>
#include <stdio.h>
#if PY_VERSION_HEX >= 0x030e0000
#include <internal/pycore_interpframe.h>
#elif PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_frame.h>
#endif
#if PY_VERSION_HEX >= 0x03090000
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#elif PY_VERSION_HEX >= 0x03080000
#include <internal/pycore_pystate.h>
#elif PY_VERSION_HEX >= 0x03070000
#include <internal/pystate.h>
#endif

#define SAY(name, value) printf("%s %zu\n", name, (size_t)(value))
#define AT(name, type, member) SAY(name, offsetof(type, member))

static void say_threads(void)
{
#if PY_VERSION_HEX >= 0x03070000
	AT("interpreters_head", _PyRuntimeState, interpreters.head);
#else
	SAY("interpreters_head", 0);
#endif
	AT("interp_next", PyInterpreterState, next);
#if PY_VERSION_HEX >= 0x030d0000
	AT("interp_threads", PyInterpreterState, threads.head);
	AT("tstate_frame", PyThreadState, current_frame);
	SAY("cframe_frame", 0);
	SAY("cframe_previous", 0);
#elif PY_VERSION_HEX >= 0x030b0000
	AT("interp_threads", PyInterpreterState, threads.head);
	SAY("tstate_frame", 0);
	AT("cframe_frame", _PyCFrame, current_frame);
	AT("cframe_previous", _PyCFrame, previous);
#else
	AT("interp_threads", PyInterpreterState, tstate_head);
	AT("tstate_frame", PyThreadState, frame);
	SAY("cframe_frame", 0);
#if PY_VERSION_HEX >= 0x030a0000
	AT("cframe_previous", CFrame, previous);
#else
	SAY("cframe_previous", 0);
#endif
#endif
#if PY_VERSION_HEX >= 0x030a0000 && PY_VERSION_HEX < 0x030d0000
	AT("tstate_cframe", PyThreadState, cframe);
#else
	SAY("tstate_cframe", 0);
#endif
	AT("tstate_next", PyThreadState, next);
	AT("tstate_thread_id", PyThreadState, thread_id);
}

static void say_frame(void)
{
#if PY_VERSION_HEX >= 0x030d0000
	AT("frame_code", _PyInterpreterFrame, f_executable);
	AT("frame_previous", _PyInterpreterFrame, previous);
	AT("frame_instr", _PyInterpreterFrame, instr_ptr);
	AT("frame_entry", _PyInterpreterFrame, owner);
#elif PY_VERSION_HEX >= 0x030b0000
	AT("frame_code", _PyInterpreterFrame, f_code);
	AT("frame_previous", _PyInterpreterFrame, previous);
	AT("frame_instr", _PyInterpreterFrame, prev_instr);
#if PY_VERSION_HEX >= 0x030c0000
	AT("frame_entry", _PyInterpreterFrame, owner);
#else
	AT("frame_entry", _PyInterpreterFrame, is_entry);
#endif
#else
	AT("frame_code", PyFrameObject, f_code);
	AT("frame_previous", PyFrameObject, f_back);
	AT("frame_instr", PyFrameObject, f_lasti);
	SAY("frame_entry", 0);
#endif
#if PY_VERSION_HEX >= 0x030e0000
	SAY("entry_value", FRAME_OWNED_BY_INTERPRETER);
#elif PY_VERSION_HEX >= 0x030c0000
	SAY("entry_value", FRAME_OWNED_BY_CSTACK);
#else
	SAY("entry_value", PY_VERSION_HEX >= 0x030b0000);
#endif
}

static void say_code(void)
{
	AT("code_firstlineno", PyCodeObject, co_firstlineno);
	AT("code_filename", PyCodeObject, co_filename);
	AT("code_name", PyCodeObject, co_name);
#if PY_VERSION_HEX >= 0x030b0000
	AT("code_ident", PyCodeObject, co_filename);
	AT("code_qualname", PyCodeObject, co_qualname);
	AT("code_instructions", PyCodeObject, co_code_adaptive);
#else
	AT("code_ident", PyCodeObject, co_cell2arg);
	SAY("code_qualname", 0);
	SAY("code_instructions", 0);
#endif
#if PY_VERSION_HEX >= 0x030a0000
	AT("code_linetable", PyCodeObject, co_linetable);
#else
	AT("code_linetable", PyCodeObject, co_lnotab);
#endif
}

int main(void)
{
	SAY("version", PY_VERSION_HEX);
	say_threads();
	say_frame();
	say_code();
	AT("bytes_size", PyVarObject, ob_size);
	AT("bytes_data", PyBytesObject, ob_sval);
	AT("str_length", PyASCIIObject, length);
	AT("str_state", PyASCIIObject, state);
	SAY("str_ascii", sizeof(PyASCIIObject));
	SAY("str_compact", sizeof(PyCompactUnicodeObject));
	return 0;
}
