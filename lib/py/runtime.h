/* SPDX-License-Identifier: Apache-2.0
 * Recognizes CPython in an ELF file and says where it keeps its frames and code objects. The
 * answer belongs to the file: every process that maps it adds only its load bias. */
#ifndef HW_PY_RUNTIME_H
#define HW_PY_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "py/layout.h"

struct hw_module;

/* A part of the eval function: GCC puts rarely run code into one of its own. */
struct hw_py_range {
	uint64_t vaddr, size; /* size 0: there is none */
};

#define HW_PY_EVAL_PARTS 2

struct hw_py_runtime {
	uint32_t version;	/* as Py_Version and PY_VERSION_HEX: 0x030c01f0 is 3.12.1 final */
	bool free_threaded;	/* built without the GIL */
	uint64_t runtime_vaddr; /* of _PyRuntime in the file; of 3.6: of interp_head */
	struct hw_py_offsets offsets;
	/* _PyEval_EvalFrameDefault, of versions where each Python frame has a call of it and
	 * nothing else says so (HW_PY_ENTRY_NONE); zero for others. */
	struct hw_py_range eval[HW_PY_EVAL_PARTS];
};

/* Looks for CPython in @m, whatever its name: section .PyRuntime (3.10 on: Python/pylifecycle.c
 * puts _PyRuntime there, also in stripped files) or the exported function Py_GetVersion. The
 * version is what the interpreter publishes (3.13 on), else by hw_py_version_find(). Returns 1 and
 * fills *ret; 0 when @m is no CPython; or
 *   -ENOTSUP  CPython of another version: ret->version says which (0: older than 3.6, or not to
 *	       be told), the rest is zero
 *   -EBADMSG  it calls itself CPython but what it says cannot be so, or something is missing */
int hw_py_runtime_find(struct hw_module *m, struct hw_py_runtime *ret);

/* Whether @vaddr of the file is in the eval function, by eval[]. */
bool hw_py_runtime_is_eval(const struct hw_py_runtime *rt, uint64_t vaddr);

#endif
