/* SPDX-License-Identifier: Apache-2.0
 * Why a verdict is what it is, in sentences with their figures. */
#ifndef HW_BOUND_EVIDENCE_H
#define HW_BOUND_EVIDENCE_H

#include "bound/case.h"

/* Sets *ret to the sentences (free with hw_sentences_free()), those on the class @largest, which
 * has the largest share, first. Returns 0, or -ENOMEM with *ret untouched. */
int hw_evidence_write(const struct hw_bound_case *c, enum hw_bound_class largest, char ***ret);

#endif
