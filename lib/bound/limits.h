/* SPDX-License-Identifier: Apache-2.0
 * What could not be measured in a run, and why: a page that does not say so claims too much. */
#ifndef HW_BOUND_LIMITS_H
#define HW_BOUND_LIMITS_H

#include "bound/case.h"
#include "profile/profile.h"

/* Sets *ret to the sentences, which may be none (NULL); free them with hw_sentences_free().
 * Returns 0, or -ENOMEM with *ret untouched. */
int hw_limits_write(const struct hw_profile *p, const struct hw_bound_case *c, char ***ret);

#endif
