/* SPDX-License-Identifier: Apache-2.0
 * The pieces of memory in a struct hw_raw_code, to be read as the memory of the process. */
#ifndef HW_TARGET_CODE_IMAGE_H
#define HW_TARGET_CODE_IMAGE_H

#include <linux/types.h>

#include "proc/mem.h"
#include "py/layout.h"
#include "wire/sample.h"

/* Makes @raw readable: its sizes come from the ring and are bounded here, and a line table that is
 * not all there is shortened to its last whole entry, so that no line is told wrong. @off: of the
 * interpreter. The result reads from @raw, which is borrowed. */
struct hw_mem hw_code_image_open(struct hw_raw_code *raw, const struct hw_py_offsets *off);

#endif
