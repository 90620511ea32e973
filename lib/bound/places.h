/* SPDX-License-Identifier: Apache-2.0
 * The lines and functions of a profile, each with its time by class: where it computed, was held up
 * by memory, had the kernel work for it, and where it was blocked and by what. */
#ifndef HW_BOUND_PLACES_H
#define HW_BOUND_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bound/budget.h"
#include "bound/sampled.h"
#include "profile/profile.h"

/* What samples are charged to (view/charge.h). The strings belong to the profile. */
struct hw_place {
	const char *function, *file; /* file: "" unknown */
	const char *module;	     /* native code; "" for Python */
	uint32_t line;		     /* of a function the first; 0 unknown */
	uint32_t function_id;	     /* the same for a function and its lines */
	bool python;
	uint64_t samples;	   /* on CPUs and blocked */
	double seconds[HW_SLICES]; /* of all threads, waits included */
	double trait_s[HW_TRAITS]; /* of these: with that trait (see enum hw_trait) */
	double wanted_gil_s;	   /* on CPUs while another thread waited for the GIL */
	/* Of the wall time: each slice of the budget shared out by the seconds above. Nobody is
	 * charged for waits that held nothing up, their slice is empty; nor for a want of CPUs, which
	 * says nothing about the code that happened to want one. */
	double wall_s;
};

struct hw_places {
	struct hw_place *lines, *functions; /* by wall_s, largest first */
	size_t n_lines, n_functions;
	struct hw_place all;	   /* the sum; no names */
	uint64_t n_cpu, n_blocked; /* samples on CPUs, and blocked, with a stack */
};

/* Adds up the samples of @p over CPU time (hw_clock_cpu_event()) and of HW_EVENT_OFF_CPU by what
 * @sampled, of the same profile, says of their stacks; what they are worth, view/charge.h does.
 * Places without a sample do not exist.
 * Returns 0 and fills *ret (release with hw_places_done()) or
 *   -ENODATA  there is no such sample	-ENOMEM */
int hw_places_find(const struct hw_profile *p, const struct hw_sampled *sampled,
		   const struct hw_budget *budget, struct hw_places *ret);
void hw_places_done(struct hw_places *places); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_places, hw_places_done)

/* The slice in which @place spent most of its wall_s; the most of all its time when it has none. */
enum hw_slice hw_place_slice(const struct hw_places *places, const struct hw_budget *budget,
			     const struct hw_place *place);

/* The function (@function) or the line with the most seconds in @slice, or NULL when nobody has
 * any. */
const struct hw_place *hw_places_top(const struct hw_places *places, enum hw_slice slice,
				     bool function);

/* The line of @function with the most seconds in @slice; NULL when none has any. */
const struct hw_place *hw_places_line_of(const struct hw_places *places,
					 const struct hw_place *function, enum hw_slice slice);

/* What wall_s has of @slice: its part of the budget's row. */
double hw_place_wall_s(const struct hw_places *places, const struct hw_budget *budget,
		       const struct hw_place *place, enum hw_slice slice);

#endif
