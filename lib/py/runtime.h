/* SPDX-License-Identifier: Apache-2.0
 * Recognizes CPython in an ELF file and says where it keeps its frames and code objects. The
 * answer belongs to the file: every process that maps it adds only its load bias.
 *
 * To add a version: a row in the table of runtime.c, checked against the headers of that version
 * (3.13 and later publish their own offsets and need only be allowed). */
#ifndef HW_PY_RUNTIME_H
#define HW_PY_RUNTIME_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "shared.h"

struct hw_module;

/* Byte offsets in the objects that user space reads. */
struct hw_py_offsets {
	struct hw_py_proc walk;	 /* what the BPF program needs; walk.runtime stays 0 */
	uint16_t code_firstlineno; /* PyCodeObject: int */
	uint16_t code_filename, code_name, code_qualname, code_linetable; /* PyObject pointers */
	uint16_t code_instructions; /* PyCodeObject: co_code_adaptive */
	uint16_t bytes_size, bytes_data; /* PyBytesObject: ob_size, ob_sval */
	uint16_t str_length, str_state;	 /* PyASCIIObject */
	uint16_t str_ascii, str_compact; /* characters of an ASCII and of another compact string */
};

struct hw_py_runtime {
	uint32_t version;	/* as Py_Version and PY_VERSION_HEX: 0x030c01f0 is 3.12.1 final */
	bool free_threaded;	/* built without the GIL: not supported */
	uint64_t runtime_vaddr; /* of _PyRuntime in the file */
	struct hw_py_offsets offsets;
};

/* Whether frames of this version can be read; @version as above, patch level ignored. */
bool hw_py_version_supported(uint32_t version);

/* The supported versions for people: "3.11 to 3.13". */
const char *hw_py_versions_supported(void);

/* Looks for CPython in @m: section .PyRuntime (Python/pylifecycle.c puts _PyRuntime there, also in
 * stripped files), version from the symbol Py_Version (3.11 on) or the debug offsets (3.13 on,
 * Include/internal/pycore_debug_offsets.h). Returns 1 and fills *ret; 0 when @m is no CPython; or
 *   -ENOTSUP  CPython of another kind: ret->version says which (0: older than 3.11) and
 *	       ret->free_threaded, the rest is zero
 *   -EBADMSG  it calls itself CPython but what it says cannot be so */
int hw_py_runtime_find(struct hw_module *m, struct hw_py_runtime *ret);

/* Checks offsets that came from outside: every read they lead to is bounded. Used by
 * hw_py_runtime_find(). */
bool hw_py_offsets_sane(const struct hw_py_offsets *off);

#endif
