/* SPDX-License-Identifier: Apache-2.0
 * A view of a profile: which of its samples, what each weighs, and which frames of its stack are
 * shown. It only looks, so that any number of views of one profile may be open at once.
 *
 * Of an event it has the samples as they were taken. Of the clocks "blocked" and "wall" it has
 * thread time, what every thread spent, added up: a wait has its cause as class, and the kernel's
 * way to sleep and those who only pass it on (view/fold.h) are shown only with all native code:
 *
 *	leaf  schedule  futex_wait  __futex_abstimed_wait  take_lock (/bin/x)  main (/bin/x)
 *	shown                                              take_lock           main   (lock) */
#ifndef HW_VIEW_VIEW_H
#define HW_VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "profile/profile.h"
#include "view/charge.h"
#include "view/clock.h"
#include "view/idle.h"

struct hw_weight {
	uint64_t samples;
	uint64_t period; /* ns of a clock; else the sum of hw_sample.period, in the event's unit */
};

struct hw_view_opts {
	enum hw_clock clock; /* CPU: the samples of @event, whatever it counts */
	/* By number in the session. Of the wall clock whose samples are its time on CPUs; of the
	 * blocked clock those which tell how long threads ran, negative: none. */
	int event;
	bool native_all; /* show all frames */
	bool keep_idle;	 /* leave the waits of idle threads (view/idle.h) in */
};

/* The samples of one stack and class, added up. */
struct hw_view_sum {
	uint32_t stack;		  /* of the profile */
	enum hw_wall_class class; /* busy: on CPUs, and all of an event */
	struct hw_weight weight;
};

struct hw_view {
	const struct hw_profile *profile;
	struct hw_view_opts opts;
	const char *name, *unit;  /* of the event, or of the clock and "ns"; borrowed */
	struct hw_view_sum *sums; /* by stack, then class */
	size_t n_sums;
	struct hw_weight all;
	double squares;			      /* of the samples' weights, added up */
	uint64_t truncated;		      /* samples whose stack does not reach its root */
	uint64_t ns[HW_WALL_CLASSES];	      /* of a clock with waits, by class */
	uint64_t samples_cpu, samples_blocked; /* the same */
	/* Of a clock with waits, else all zeros. */
	struct hw_charge charge;
	struct hw_idle_waits idle; /* none when they are kept */
	int off_cpu_event;	   /* negative: waits are not looked at */
	double worth_ns;	   /* hw_charge_worth() of opts.event; 0: not known, or none */
};

/* Looks at @p, which must outlive the view. Returns 0 and fills *ret (release with
 * hw_view_done()), or
 *   -ENODATA    no blocked time was recorded, which the clock is about
 *   -ENOENT     a wall clock needs an event on CPUs
 *   -EDOM       as hw_charge_worth()
 *   -EOVERFLOW  times that no run can have
 *   -ENOMEM */
int hw_view_make(const struct hw_profile *p, const struct hw_view_opts *opts, struct hw_view *ret);
void hw_view_done(struct hw_view *v); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_view, hw_view_done)

/* Whether the view has waits, and so classes. */
bool hw_view_has_waits(const struct hw_view *v);

/* How many samples of equal weight would be as sure as those of the view: fewer than there are when
 * a few long waits make up most of the time (Kish's effective sample size). */
uint64_t hw_view_effective_samples(const struct hw_view *v);

/* Whether @s, of the profile, is in the view; then its class and what it weighs in *ret_class and
 * *ret_period. */
bool hw_view_takes(const struct hw_view *v, const struct hw_sample *s,
		   enum hw_wall_class *ret_class, uint64_t *ret_period);

/* The frames of @stack that are shown of samples of @class, leaf first. Which of them has a sample
 * as its own in *ret_self: of what was on a CPU the leaf, of a wait who is charged with it
 * (view/charge.h); without folding the leaf. Returns how many there are. */
size_t hw_view_frames(const struct hw_view *v, uint32_t stack, enum hw_wall_class class,
		      uint32_t ret_frames[static HW_PROFILE_STACK_MAX], size_t *ret_self);

#endif
