/* SPDX-License-Identifier: Apache-2.0
 * Which CPython an ELF file has, when the interpreter does not publish it. Private to lib/py. */
#ifndef HW_PY_VERSION_H
#define HW_PY_VERSION_H

#include <stddef.h>
#include <stdint.h>

struct hw_module;

/* The version as PY_VERSION_HEX: the constant Py_Version (3.11 on); before, the minor version by
 * the C API that the file exports, and the rest by PY_VERSION, a string among its constants (patch
 * level 0 where that is not found). A file that exports nothing, but is known to be CPython 3.10
 * or later, has its version by that string alone. 0: older than 3.6 and not 2.7, or not to be
 * told. */
uint32_t hw_py_version_find(struct hw_module *m);

/* Reads a version as PY_VERSION has it ("3.10.13", "3.9.0rc1", "3.8.2+") at the beginning of
 * @text, @size bytes, where a NUL must end it: 0x030a0df0; 0: there is none. */
uint32_t hw_py_version_parse(const char *text, size_t size);

#endif
