/* SPDX-License-Identifier: Apache-2.0
 * The verdict as one sentence: what bounds the run, how many cores it used, what kept it from using
 * more. */
#ifndef HW_BOUND_SUMMARY_H
#define HW_BOUND_SUMMARY_H

#include "bound/case.h"

/* Sets *ret to the sentence, without a full stop; caller frees. @largest is the class with the
 * largest share. Returns 0, or -ENOMEM with *ret untouched. */
int hw_summary_write(const struct hw_bound_case *c, enum hw_bound_class largest, char **ret);

#endif
