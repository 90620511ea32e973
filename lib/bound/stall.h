/* SPDX-License-Identifier: Apache-2.0
 * How much of the time in user mode was spent waiting for memory, estimated from timer-driven
 * samples alone: without a PMU, from where they fall. */
#ifndef HW_BOUND_STALL_H
#define HW_BOUND_STALL_H

#include <stdint.h>

#include "base/cleanup.h"
#include "profile/profile.h"

struct hw_stall {
	double share;	    /* of the samples in user mode, estimated as stalled; < 0 unknown */
	double error;	    /* expected error of @share, same unit; > 0 when @share is known */
	uint64_t n_samples; /* in user mode whose code was decoded: behind @share */
	/* By number of the stack: which part, 0 to 1, of the time of a sample with it was a stall;
	 * 0 for stacks in the kernel or without decoded code. Summed over the samples it gives
	 * @share. Owned; not NULL even when the profile has no stack. */
	float *by_stack;
};

/* Estimates the stall from the samples of @p by its clock event (hw_clock_cpu_event()). The share
 * is unknown when there is none, or too few samples with decoded code.
 * Returns 0 and fills *ret (release with hw_stall_done()), or -ENOMEM. */
int hw_stall_from_profile(const struct hw_profile *p, struct hw_stall *ret);
void hw_stall_done(struct hw_stall *stall); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_stall, hw_stall_done)

#endif
