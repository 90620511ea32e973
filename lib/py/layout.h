/* SPDX-License-Identifier: Apache-2.0
 * Where each version of CPython keeps what is read of it: from our tables (3.6 to 3.12), or from
 * what the interpreter publishes itself (3.13 to 3.15, struct _Py_DebugOffsets).
 *
 * To add a version: a row in one of the two tables of layout.c, which are all that says which ones
 * are supported, and run tests/e2e/python_offsets.sh, which compares the rows with the headers of
 * every version it finds. */
#ifndef HW_PY_LAYOUT_H
#define HW_PY_LAYOUT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/python.h"

/* How a code object maps instructions to lines. */
enum hw_py_lines {
	HW_PY_LINES_LNOTAB,    /* 3.6 to 3.9: Objects/lnotab_notes.txt; instructions by byte */
	HW_PY_LINES_PAIRS,     /* 3.10: the same file there; instructions by code unit */
	HW_PY_LINES_LOCATIONS, /* 3.11 on: Objects/locations.md (later InternalDocs/code_objects.md) */
};

/* Byte offsets in the objects that user space reads. */
struct hw_py_offsets {
	struct hw_py_proc walk;	 /* what the BPF program needs; walk.runtime stays 0 */
	uint8_t lines;		 /* enum hw_py_lines */
	uint16_t code_head;	 /* PyCodeObject: bytes that hold all of the following */
	uint16_t code_firstlineno; /* int */
	uint16_t code_filename, code_name, code_linetable; /* PyObject pointers */
	uint16_t code_qualname;	    /* the same; 0: there is none (before 3.11) */
	uint16_t code_tlbc;	    /* free-threaded: _PyCodeArray pointer; 0: there is none */
	uint16_t code_instructions; /* co_code_adaptive; not used before 3.11 */
	uint16_t bytes_size, bytes_data; /* PyBytesObject: ob_size, ob_sval */
	uint16_t str_length, str_state;	 /* PyASCIIObject */
	uint16_t str_ascii, str_compact; /* characters of an ASCII and of another compact string */
	uint8_t str_kind_shift;		 /* PyASCIIObject.state: where kind begins, behind interned */
};

#define HW_PY_CODE_HEAD_MAX 256

/* Whether frames of @version (as PY_VERSION_HEX; the patch level does not matter) can be read. */
bool hw_py_version_supported(uint32_t version);

/* Writes the supported versions for people, "3.6 to 3.15", to @ret and returns it. */
#define HW_PY_VERSIONS_SIZE 32
const char *hw_py_versions_supported(char ret[static HW_PY_VERSIONS_SIZE]);

/* The layout of version @version by our tables. @trace_refs: built so that every object has two more words at its head (Py_TRACE_REFS:
 * debug builds before 3.8, later by --with-trace-refs). Returns 0, or -ENOTSUP. */
int hw_py_layout_known(uint32_t version, bool trace_refs, struct hw_py_offsets *ret);

/* The words of struct _Py_DebugOffsets that are read, at the most. */
#define HW_PY_PUBLISHED_WORDS 128

/* The same by what the interpreter says: the first @n words of its _PyRuntime. Returns 0, or
 *   -ENOENT   nothing is published there, *ret_version is untouched
 *   -ENOTSUP  by a version whose form of it is not known (*ret_version says which)
 *   -EBADMSG  what it says cannot be so */
int hw_py_layout_published(const uint64_t *words, size_t n, uint32_t *ret_version,
			   bool *ret_free_threaded, struct hw_py_offsets *ret);

/* Whether every read that the offsets lead to is bounded. The functions above give no others. */
bool hw_py_layout_sane(const struct hw_py_offsets *off);

#endif
