/* SPDX-License-Identifier: Apache-2.0
 * Puts the native and the Python frames of one sample in the order in which they called each other,
 * by address alone: every run of Python frames ends with the address of something that lies in the
 * C stack frame of the eval call that ran them (struct hw_raw_python).
 *
 *	native (leaf first)	cfa		Python (leaf first)
 *	memcpy			0x7f10		inner()
 *	eval			0x7f80		outer()
 *	call_method		0x7fa0		entry at 0x7f40
 *	eval			0x8010		main()
 *	_start			0x8100		entry at 0x7fd0
 * gives memcpy, eval, inner, outer, call_method, eval, main, _start: Python runs above the eval
 * call that holds its entry. Python frames whose native frames are missing still come in order. */
#ifndef HW_RESOLVE_MERGE_H
#define HW_RESOLVE_MERGE_H

#include <linux/types.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/python.h"
#include "wire/sample.h"

struct hw_merged {
	uint8_t python; /* 1: index is of the Python frames, 0: of the native ones */
	uint16_t index;
};

/* Merges; @ret has room for @n_native + @n_python. Returns how many there are: entries are left
 * out. The frames come from the target's memory and may say anything: all of them are always
 * returned, once each. */
size_t hw_merge(const struct hw_raw_native *native, size_t n_native,
		const struct hw_raw_python *python, size_t n_python, struct hw_merged *ret);

/* The same where the C stack shows no entries (HW_PY_ENTRY_NONE, 3.6 to 3.9), by count: each call
 * of the eval function runs one Python frame. is_eval[i] is nonzero when native frame i is in that
 * function (hw_py_runtime_is_eval() of its vaddr; of a return address, of the byte before it).
 * Counted from the root: a call at the leaf that has not yet made its Python frame current, or no
 * longer, has none. From the leaf where the native walk ended early and so has fewer. */
size_t hw_merge_by_eval(const uint8_t *is_eval, size_t n_native, const struct hw_raw_python *python,
			size_t n_python, struct hw_merged *ret);

#endif
