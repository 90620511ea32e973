/* SPDX-License-Identifier: Apache-2.0
 * What the samples of a profile say, stack by stack, found out once for all who ask. */
#ifndef HW_BOUND_SAMPLED_H
#define HW_BOUND_SAMPLED_H

#include <stdint.h>

#include "base/cleanup.h"
#include "bound/facts.h"
#include "bound/stacks.h"
#include "bound/stall.h"
#include "profile/profile.h"

struct hw_sampled {
	int clock;		     /* hw_clock_cpu_event(), also when that is -ENOENT */
	struct hw_stack_kind *kinds; /* by number of the stack, hw_stack_kinds(); owned */
	struct hw_stall stall;	     /* of the samples by that clock */
};

/* Returns 0 and fills *ret (release with hw_sampled_done()), or -ENOMEM. */
int hw_sampled_find(const struct hw_profile *p, struct hw_sampled *ret);
void hw_sampled_done(struct hw_sampled *s); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_sampled, hw_sampled_done)

/* Sets *ret to what the profile knows: the usage of its session, what was counted, and the shares
 * that @s, of the same profile, has seen. These stay unknown without stacks, without a clock event,
 * and when the samples saw user mode only. The wall budget in *ret is the profile's own. */
void hw_sampled_facts(const struct hw_profile *p, const struct hw_sampled *s,
		      struct hw_bound_facts *ret);

#endif
