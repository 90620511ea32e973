/* SPDX-License-Identifier: Apache-2.0
 * Everything that lib/bound has to say about one profile. */
#ifndef HW_BOUND_DIAGNOSIS_H
#define HW_BOUND_DIAGNOSIS_H

#include "bound/findings.h"
#include "bound/phases.h"
#include "bound/places.h"
#include "bound/verdict.h"
#include "profile/profile.h"

struct hw_diagnosis {
	struct hw_bound_facts facts;
	struct hw_budget budget;
	struct hw_verdict verdict;
	struct hw_phases phases;
	struct hw_places places; /* all zeros without samples */
	struct hw_findings findings;
	char **not_measured; /* sentences, NULL-terminated, owned; may be NULL */
};

/* Diagnoses @p, which must outlive the result: its names are in it.
 * Returns 0 and fills *ret (release with hw_diagnosis_done()), or
 *   -EINVAL  there is no wall time to divide: the profile was cut before its end
 *   -ENOMEM */
int hw_diagnose(const struct hw_profile *p, struct hw_diagnosis *ret);
void hw_diagnosis_done(struct hw_diagnosis *d); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_diagnosis, hw_diagnosis_done)

#endif
