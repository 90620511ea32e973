/* SPDX-License-Identifier: Apache-2.0
 * What waits in the kernel are for: by the system call that waits, and by the kernel's function
 * that ends the wait. */
#ifndef HW_SCHED_CALLS_H
#define HW_SCHED_CALLS_H

#include <linux/types.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/wait.h"

/* Fills @rules by the numbers of this architecture: each an enum hw_wall_class or hw_call_rule. */
void hw_calls_rules(uint8_t rules[static HW_CALLS_MAX]);

/* Reads from @f, in the form of /proc/kallsyms, where the functions lie that end waits; @ret has
 * them by address, the rest at ~0. Returns how many were found (0 where the addresses are hidden),
 * or -EIO, -ENOMEM. */
int hw_calls_parse_wakers(FILE *f, struct hw_waker ret[static HW_WAKERS_MAX]);

/* The same for the running kernel. Reading its list takes some 40 ms, so the answer is kept until
 * the next boot in a file beside the unwind rows (base/cachedir.h). -EACCES too. */
int hw_calls_find_wakers(struct hw_waker ret[static HW_WAKERS_MAX]);

#endif
