/* SPDX-License-Identifier: Apache-2.0
 * The rules behind bound/findings.h: each looks at a run and says what could be gained in it. */
#ifndef HW_BOUND_RULES_H
#define HW_BOUND_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bound/case.h"

/* Below this share of wall time a gain is none. */
#define HW_RULE_LEAST_GAIN 0.03

struct hw_finding {
	const char *rule;		 /* "interpreted"; see bound/rules.c and time_kinds.c */
	char *title, *evidence, *advice; /* owned; no full stop */
	const char *function, *file;	 /* where; "" when it is about the whole run */
	const char *module;
	uint32_t line; /* 0 unknown */
	/* Wall time that is gone and how many times as fast the run is if all that the finding is
	 * about went away: an upper bound, Amdahl's law. */
	double gain_s, speedup;
	double score; /* what they are ordered by: gain_s, less for what is hard or uncertain */
};

/* What a rule is asked about, one after the other. */
enum hw_rule_subject {
	HW_RULE_RUN,	   /* the run as a whole: once */
	HW_RULE_WAITS,	   /* each kind of time with a rule of its own */
	HW_RULE_TRAITS,	   /* each trait with one */
	HW_RULE_FUNCTIONS, /* each of the first functions */
};

/* The one that it is asked about now; of the others the fields are 0. */
struct hw_rule_case {
	const struct hw_bound_case *run;
	const struct hw_time_kind *kind;
	enum hw_trait trait;
	const struct hw_place *function;
};

struct hw_rule {
	const char *name; /* NULL: that of the kind or the trait */
	/* Sets gain_s, the texts (NULL without memory) and the place of *@f, all zeros. Returns
	 * whether it has found anything. */
	bool (*look)(const struct hw_rule_case *in, struct hw_finding *f);
	enum hw_rule_subject subject;
	double weight; /* of its gain, for the order */
};

extern const struct hw_rule hw_rules[];
extern const size_t hw_n_rules;

#endif
