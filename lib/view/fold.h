/* SPDX-License-Identifier: Apache-2.0
 * A stack as people want to see it: without code that only works for, or passes a wait on to, what
 * they wrote. */
#ifndef HW_VIEW_FOLD_H
#define HW_VIEW_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"
#include "view/charge.h"

/* Copies @n frame numbers, leaf first; of a stack with Python frames without those of the
 * interpreter (HW_FRAME_INTERPRETER). So the time of an interpreter function that f() called is
 * self time of f(), and what CPython runs before its first function, or to start a thread, does not
 * hide the program's own root.
 *
 *	leaf  long_add  _PyEval_EvalFrameDefault  f (Python)  _PyEval_...  main (Python)  Py_RunMain
 *	becomes                                   f                       main
 *
 * Returns how many there are. */
size_t hw_fold_interpreter(const struct hw_profile *p, const uint32_t *frames, size_t n,
			   uint32_t *ret_frames);

/* How many frames at the leaf of a wait only pass it on: those of the kernel, the C library and the
 * interpreter. Of a stack that is all of these, those below the highest layer that it reaches
 * (view/layers.h). */
size_t hw_fold_wait(const struct hw_charge *c, const uint32_t *frames, size_t n);

#endif
