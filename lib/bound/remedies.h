/* SPDX-License-Identifier: Apache-2.0
 * What to do about time: the one home of advice, whether it goes with the verdict or with a
 * finding. Each kind of time has a remedy in lib/profile/time_kinds.c; what is known of a run may
 * ask for another one. */
#ifndef HW_BOUND_REMEDIES_H
#define HW_BOUND_REMEDIES_H

#include "bound/case.h"

/* What to do about the time in @slice, a static string; @function is where it was spent, NULL when
 * that is not known. */
const char *hw_remedy(const struct hw_bound_case *c, enum hw_slice slice,
		      const struct hw_place *function);

/* What to do about work that one thread does alone. */
const char *hw_serial_remedy(const struct hw_place *function);

/* Sets *ret to what to do about a run that has most time of class @largest: sentences, the most
 * important one first (free with hw_sentences_free()). Returns 0, or -ENOMEM with *ret
 * untouched. */
int hw_advice_write(const struct hw_bound_case *c, enum hw_bound_class largest, char ***ret);

/* The share of @place's time in @slice that has @trait, at most 1. Traits are counted over all of
 * its time: only ask for one that means this slice. 0 without a place. */
double hw_place_trait_share(const struct hw_place *place, enum hw_slice slice, enum hw_trait trait);

/* The share of @place's computing that is CPython's own code. */
double hw_place_interpreted(const struct hw_place *place);

/* Of a function's time in a slice: enough to give it the advice that goes with a trait. */
#define HW_TRAIT_MOSTLY 0.6
#define HW_TRAIT_MUCH	0.3

#endif
