/* SPDX-License-Identifier: Apache-2.0
 * What CPython leaves to the machine: one arch_*.c for each. Private to lib/py. */
#ifndef HW_PY_ARCH_H
#define HW_PY_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far the thread pointer register may be above pthread_self(), in bytes. */
extern const uint16_t hw_py_thread_reach;

/* Finds the address of the variable that the function at @vaddr, its @size bytes @code, loads into its
 * result. */
bool hw_py_loaded_variable(const uint8_t *code, size_t size, uint64_t vaddr, uint64_t *ret);

#endif
