/* SPDX-License-Identifier: Apache-2.0
 * Whose code a frame is, by where it lies: the one list of what belongs to the system, to the C
 * library and to CPython. */
#ifndef HW_VIEW_LAYERS_H
#define HW_VIEW_LAYERS_H

#include "profile/profile.h"

/* From what nobody changes to what people write. */
enum hw_layer {
	HW_LAYER_SYSTEM,    /* the kernel; marks where frames are missing */
	HW_LAYER_C_LIBRARY, /* of glibc or musl, with loader and [vdso]; C++ library; allocators */
	/* CPython, its program where that only starts its library, and the extension modules of
	 * its standard library: these are built into some interpreters, files in lib-dynload of
	 * others. */
	HW_LAYER_INTERPRETER,
	HW_LAYER_NATIVE,	 /* any other native code */
	HW_LAYER_PYTHON_LIBRARY, /* the standard library, as far as it is written in Python */
	HW_LAYER_PYTHON,	 /* what people write or install: also site-packages */
};

enum hw_layer hw_layer_of(const struct hw_profile *p, const struct hw_frame *f);

#endif
