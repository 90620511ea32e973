/* SPDX-License-Identifier: Apache-2.0
 * Why a verdict is what it is, and what to do about it, in sentences with their figures. */
#ifndef HW_BOUND_EVIDENCE_H
#define HW_BOUND_EVIDENCE_H

#include "bound/budget.h"

/* Below this share of wall time no class is the answer: the verdict is "mixed". */
#define HW_BOUND_MIN_SHARE 0.40

/* Sets *ret to the sentences (free with hw_sentences_free()), those on the
 * class @largest, which has the largest share, first. Returns 0, or -ENOMEM with *ret untouched. */
int hw_evidence_write(const struct hw_bound_facts *facts, const struct hw_budget *budget,
		      enum hw_bound_class largest, char ***ret);
int hw_advice_write(const struct hw_bound_facts *facts, const struct hw_budget *budget,
		    enum hw_bound_class largest, char ***ret);

#endif
