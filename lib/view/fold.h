/* SPDX-License-Identifier: Apache-2.0
 * A stack as people want to see it: CPython's own C frames belong to the Python function that
 * they work for. */
#ifndef HW_VIEW_FOLD_H
#define HW_VIEW_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

/* Copies the frame numbers of @stack, leaf first; of a stack with Python frames without those of the
 * interpreter (HW_FRAME_INTERPRETER), unless @native_all. So the time of an interpreter function that
 * f() called is self time of f(), and what CPython runs before its first function, or to start a
 * thread, does not hide the program's own root.
 *
 *	leaf  long_add  _PyEval_EvalFrameDefault  f (Python)  _PyEval_...  main (Python)  Py_RunMain
 *	becomes                                   f                       main
 *
 * Returns how many there are. */
size_t hw_fold_stack(const struct hw_profile *p, uint32_t stack, bool native_all,
		     uint32_t ret_frames[static HW_PROFILE_STACK_MAX]);

#endif
