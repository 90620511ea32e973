/* SPDX-License-Identifier: Apache-2.0
 * What the names in a stack say of its time, by the table of lib/profile/time_kinds.c. */
#ifndef HW_BOUND_STACKS_H
#define HW_BOUND_STACKS_H

#include <stdint.h>

#include "profile/profile.h"
#include "profile/time_kinds.h"

#define HW_TRAIT_BIT(trait) (1u << (trait))

struct hw_stack_kind {
	/* What a CPU was doing when a sample with that stack was taken, below HW_SLICES_SAMPLED;
	 * HW_SLICES of an empty stack: nobody knows. With user code at the leaf that is computing,
	 * whatever lies beneath; in the kernel the first kind of the table of which a name is among
	 * the kernel's frames, so that a page fault that reads from disk is a fault. */
	uint8_t slice;
	uint16_t traits; /* a set of HW_TRAIT_BIT(), of the stack in whole */
};

/* Sets *ret to an array by number of the stacks of @p; caller frees. Returns 0 or -ENOMEM. */
int hw_stack_kinds(const struct hw_profile *p, struct hw_stack_kind **ret);

#endif
