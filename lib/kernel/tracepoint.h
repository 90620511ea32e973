/* SPDX-License-Identifier: Apache-2.0
 * Whether this kernel has a tracepoint that a BPF program wants. */
#ifndef HW_KERNEL_TRACEPOINT_H
#define HW_KERNEL_TRACEPOINT_H

#include <stdbool.h>

/* Asks the kernel for @name ("sched_switch"), by hanging a program that does nothing to it for a
 * moment: the types of the kernel, where it is written as well, take 30 ms to read. False also when
 * that may not be done. */
bool hw_tracepoint_exists(const char *name);

#endif
