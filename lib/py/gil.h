/* SPDX-License-Identifier: Apache-2.0
 * Where the threads of a CPython wait for the global interpreter lock. */
#ifndef HW_PY_GIL_H
#define HW_PY_GIL_H

#include <stdint.h>

#include "py/runtime.h"
#include "sym/module.h"

/* The part of @m, whose runtime is @rt, that holds the mutex and the condition of the GIL: all of
 * _PyRuntime, where they lie from 3.7 on (Include/internal/pycore_gil.h: in _PyRuntime.ceval, from
 * 3.12 on in the main interpreter, which is a member of it), or gil_mutex and gil_cond themselves
 * (Python/ceval_gil.h, 3.6). No other lock that threads wait for long lies there. Subinterpreters
 * with a GIL of their own have it on the heap: it is not found. Returns 0, or -ENOENT: free-threaded,
 * or stripped of the symbols that would tell. */
int hw_py_gil_find(struct hw_module *m, const struct hw_py_runtime *rt, uint64_t *ret_vaddr,
		   uint64_t *ret_size);

#endif
