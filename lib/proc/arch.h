/* SPDX-License-Identifier: Apache-2.0
 * What the processes of this machine have that others do not: one arch_*.c for each machine. */
#ifndef HW_PROC_ARCH_H
#define HW_PROC_ARCH_H

#include <stdint.h>

/* The bits of a user-space code address that are its address. The others may hold a signature in
 * addresses that were stored (aarch64, pointer authentication); all ones where nothing is signed. */
uint64_t hw_proc_code_bits(void);

#endif
