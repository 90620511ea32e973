/* SPDX-License-Identifier: Apache-2.0
 * The rules behind bound/findings.h. */
#ifndef HW_BOUND_RULES_H
#define HW_BOUND_RULES_H

#include <stdbool.h>

#include "bound/findings.h"

/* Below this share of wall time a gain is none. */
#define HW_RULE_LEAST_GAIN 0.03

/* What a rule looks at. */
struct hw_rule_case {
	const struct hw_bound_facts *facts;
	const struct hw_budget *budget;
	const struct hw_places *places;	 /* NULL: no samples */
	const struct hw_faults *faults;	 /* NULL: their pages are not known */
	const struct hw_place *function; /* of a rule that is asked about functions */
	int what;			 /* as in the rule */
};

struct hw_rule {
	const char *name;
	/* Sets gain_s, the texts (NULL without memory) and the place of *@f, all zeros. Returns
	 * whether it has found anything. */
	bool (*look)(const struct hw_rule_case *in, struct hw_finding *f);
	int what;	  /* which of several things, where one function looks for them all */
	bool by_function; /* asked about each of the first functions; else once */
	double weight;	  /* of its gain, for the order */
};

extern const struct hw_rule hw_rules[];
extern const size_t hw_n_rules;

#endif
