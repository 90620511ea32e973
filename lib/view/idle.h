/* SPDX-License-Identifier: Apache-2.0
 * Threads that only wait for work: a pool's workers without a task. 200 of them would hide the
 * waits that matter. */
#ifndef HW_VIEW_IDLE_H
#define HW_VIEW_IDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "profile/profile.h"
#include "view/charge.h"

/* Threads that wait for work at one place. */
struct hw_idle {
	uint32_t stack; /* one of those that end at the place, see hw_idle_frames() */
	size_t threads;
	uint64_t ns[HW_WALL_CLASSES]; /* blocked, by cause */
};

struct hw_idle_waits {
	struct hw_idle *items; /* longest first */
	size_t n, cap;
	uint32_t *place_of_task, *place_of_stack; /* by number; owned, NULL without any item */
	bool native_all;
};

struct hw_idle_opts {
	const struct hw_charge *charge; /* of the profile */
	int off_cpu_event;
	int cpu_event;	 /* negative: none */
	double worth_ns; /* as hw_charge_worth() gives it for @cpu_event */
	bool native_all; /* places by all frames */
};

/* Finds the waits of idle threads in @p. A thread is idle when it spent at least 95 % of the time
 * seen of it, and half of what the recording spans, blocked at one place, for other threads or
 * processes to give it work or for a timer (lock, pipe, sleep, other): a pool's worker without a
 * task. The main thread of the first process never is.
 * Returns 0 and fills *ret (release with hw_idle_done()), or -ENOMEM, -EOVERFLOW. */
int hw_idle_find(const struct hw_profile *p, const struct hw_idle_opts *opts,
		 struct hw_idle_waits *ret);
void hw_idle_done(struct hw_idle_waits *waits); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_idle_waits, hw_idle_done)

/* Whether @s, of the blocked time of the profile, is such a wait. */
bool hw_idle_has(const struct hw_idle_waits *waits, const struct hw_sample *s);

/* The frames of the place of @idle, leaf first, the interpreter folded. Returns how many. */
size_t hw_idle_frames(const struct hw_charge *c, const struct hw_idle_waits *waits,
		      const struct hw_idle *idle,
		      uint32_t ret_frames[static HW_PROFILE_STACK_MAX]);

#endif
