/* SPDX-License-Identifier: Apache-2.0
 * Code objects of another process: name, file, and the line of an instruction. */
#ifndef HW_PY_CODE_H
#define HW_PY_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "proc/mem.h"
#include "py/layout.h"

/* Bounds on what is believed of the target's memory. */
#define HW_PY_NAME_MAX	    4096	/* characters of a name or path; longer is cut with "..." */
#define HW_PY_LINETABLE_MAX (1u << 20)	/* bytes */
#define HW_PY_COPIES_MAX    4096	/* copies of one bytecode, one per thread at the most */

#define HW_PY_NO_COLUMN UINT32_MAX

/* The piece of source that an instruction is made from. */
struct hw_py_position {
	uint32_t line, end_line;     /* 0: it has none */
	uint32_t column, end_column; /* bytes from the start of their lines; HW_PY_NO_COLUMN */
};

struct hw_py_code {
	char *name; /* qualified name (3.11 on), else the plain one; UTF-8, never empty */
	char *file; /* co_filename, UTF-8 */
	uint32_t first_line;
	uint8_t lines; /* enum hw_py_lines */
	uint8_t *linetable;
	uint32_t linetable_size;
	/* 3.11 on: addresses of the first instruction of each copy of the bytecode, the one inside
	 * the object first; 0: not made yet. Only free-threaded builds have more than one. */
	uint64_t *begins;
	uint32_t n_begins;
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

/* Whether @code knows where copy @tlbc (struct hw_raw_python) begins. */
bool hw_py_code_has_copy(const struct hw_py_code *code, uint16_t tlbc);

/* Reads once more which copies there are, when one was made after @code was read. Errors as
 * hw_py_code_read(); @code then is as before. */
int hw_py_code_add_copies(const struct hw_mem *mem, const struct hw_py_offsets *off, uint64_t addr,
			  uint32_t ident, struct hw_py_code *code);

/* The position of the instruction that a frame names by @instr and @tlbc (struct hw_raw_python):
 * that of frame.f_lineno, for a frame that calls as for the innermost one. Of a frame that has not
 * begun, the first line of the function. Before 3.11 there are no columns and end_line is line. */
struct hw_py_position hw_py_code_position(const struct hw_py_code *code, uint64_t instr,
					  uint16_t tlbc);

#endif
