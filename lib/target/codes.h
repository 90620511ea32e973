/* SPDX-License-Identifier: Apache-2.0
 * The code objects of the processes of a recording, each read once, while it is there. */
#ifndef HW_TARGET_CODES_H
#define HW_TARGET_CODES_H

#include <linux/types.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "py/code.h"
#include "target/program.h"
#include "wire/sample.h"

struct hw_codes; /* opaque */

struct hw_codes *hw_codes_new(void); /* empty; NULL without memory */
struct hw_codes *hw_codes_free(struct hw_codes *set);
HW_DEFINE_AUTO(struct hw_codes *, hw_codes_free)

/* The code object of @raw in @program, which process @pid (or a thread of it) runs with the layout @off: as read
 * before, there or in a program it was forked from (equal pointers at an equal address are the same object
 * there), else read now. Returns 0 and sets *ret, which lives as long as @set, and is NULL when the
 * object has gone; or -ENOMEM, -EOVERFLOW. */
int hw_codes_get(struct hw_codes *set, const struct hw_program *program, int32_t pid,
		 const struct hw_py_offsets *off, const struct hw_raw_python *raw,
		 const struct hw_py_code **ret);

/* The code object of @raw, as the BPF program has read it: is entered as hw_codes_get() would, from
 * the process where it is still whole there, else from the pieces in @raw, which is changed by that
 * (target/code_image.h). Its lines may then reach less far. Returns 0, also when nothing can be made
 * of it, or -ENOMEM, -EOVERFLOW. */
int hw_codes_offer(struct hw_codes *set, const struct hw_program *program, int32_t pid,
		   const struct hw_py_offsets *off, struct hw_raw_code *raw);

#endif
