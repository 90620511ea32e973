/* SPDX-License-Identifier: Apache-2.0
 * What a CPU was doing when a sample was taken, by the names in its stack. */
#ifndef HW_BOUND_BUSY_H
#define HW_BOUND_BUSY_H

#include <stdint.h>

#include "profile/profile.h"

/* What a CPU was doing when a sample was taken. The first that fits:
 *   no kernel frame at the leaf          user
 *   a page-fault entry among the kernel frames   fault, also when the fault reads from disk
 *   a function of the I/O paths among them       io
 *   else                                 kernel */
enum hw_busy_class {
	HW_BUSY_NONE, /* no stack: nobody knows */
	HW_BUSY_USER,
	HW_BUSY_FAULT,
	HW_BUSY_IO,
	HW_BUSY_KERNEL,
};

/* Classifies every stack of @p: an array of enum hw_busy_class by stack number, caller frees.
 * Returns 0 or -ENOMEM. */
int hw_bound_classify_stacks(const struct hw_profile *p, uint8_t **ret);

#endif
