/* SPDX-License-Identifier: Apache-2.0
 * Code objects of another process: name, file, and the line of an instruction. */
#ifndef HW_PY_CODE_H
#define HW_PY_CODE_H

#include <stdint.h>

#include "base/cleanup.h"
#include "proc/mem.h"
#include "py/runtime.h"

/* Bounds on what is believed of the target's memory. */
#define HW_PY_NAME_MAX	    4096	/* characters of a name or path; longer is cut with "..." */
#define HW_PY_LINETABLE_MAX (1u << 20)	/* bytes */

struct hw_py_code {
	char *name; /* qualified name, UTF-8, never empty */
	char *file; /* co_filename, UTF-8 */
	uint32_t first_line;
	uint8_t *linetable;
	uint32_t linetable_size;
	uint64_t begin; /* address of the first instruction, where the code object was read */
};

/* Reads the code object at @addr. @ident is the hw_code_ident() that the sample carried: when the
 * memory now holds another code object, or one that is taken apart meanwhile, it is refused.
 * 0: unknown, then the object is only checked for sense.
 * Returns 0 and sets *ret (free with hw_py_code_free()), or
 *   -ESTALE  another object is there now	-EFAULT, -ESRCH, -EPERM  as hw_mem_read()
 *   -EBADMSG  no code object, or broken	-ENOMEM */
int hw_py_code_read(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
		    uint32_t ident, struct hw_py_code **ret);
struct hw_py_code *hw_py_code_free(struct hw_py_code *code);
HW_DEFINE_AUTO(struct hw_py_code *, hw_py_code_free)

/* The line of the instruction at address @instr (struct hw_raw_python), by the
 * location table of 3.11 and later (Objects/locations.md). 0 when that instruction has none, or
 * is not of this code; first_line for a frame that has not begun. */
uint32_t hw_py_code_line(const struct hw_py_code *code, uint64_t instr);

#endif
