/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/findings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS_MAX 8 /* that the rules look at */

static void finding_done(struct hw_finding *f)
{
	free(f->title);
	free(f->evidence);
	free(f->advice);
	*f = (struct hw_finding){ 0 };
}
HW_DEFINE_AUTO_DONE(struct hw_finding, finding_done)

void hw_findings_done(struct hw_findings *findings)
{
	while (findings->n)
		finding_done(&findings->items[--findings->n]);
}

/* Keeps @f, whose texts it takes, when it is among the best so far. */
static void keep_finding(struct hw_findings *findings, struct hw_finding *f)
{
	size_t at = findings->n;

	while (at && findings->items[at - 1].score < f->score)
		at--;
	if (at == HW_FINDINGS_MAX)
		return;
	if (findings->n == HW_FINDINGS_MAX)
		finding_done(&findings->items[--findings->n]);
	memmove(&findings->items[at + 1], &findings->items[at], (findings->n - at) * sizeof(*f));
	findings->items[at] = *f;
	findings->n++;
	*f = (struct hw_finding){ 0 };
}

static int apply_rule(const struct hw_rule *rule, const char *name, const struct hw_rule_case *in,
		      struct hw_findings *findings)
{
	double wall_s = in->run->budget->wall_s;
	hw_auto(finding_done) struct hw_finding f = { 0 };

	if (!rule->look(in, &f))
		return 0;
	if (!f.title || !f.evidence || !f.advice)
		return -ENOMEM;
	f.rule = name;
	f.function = f.function ? f.function : "";
	f.file = f.file ? f.file : "";
	f.module = f.module ? f.module : "";
	f.gain_s = fmin(f.gain_s, wall_s);
	f.speedup = wall_s / fmax(wall_s - f.gain_s, wall_s / 1000);
	f.score = f.gain_s * rule->weight;
	keep_finding(findings, &f);
	return 0;
}

/* Asks @rule about all that it is to be asked about. */
static int ask_rule(const struct hw_rule *rule, const struct hw_bound_case *c,
		    struct hw_findings *findings)
{
	struct hw_rule_case in = { .run = c };
	size_t n_functions = c->places ? c->places->n_functions : 0;
	int r = 0;

	switch (rule->subject) {
	case HW_RULE_RUN:
		return apply_rule(rule, rule->name, &in, findings);
	case HW_RULE_WAITS:
		for (int i = 0; r >= 0 && i < HW_SLICES; i++) {
			in.kind = &hw_time_kinds[i];
			if (in.kind->rule)
				r = apply_rule(rule, in.kind->rule, &in, findings);
		}
		break;
	case HW_RULE_TRAITS:
		for (in.trait = 0; r >= 0 && in.trait < HW_TRAITS; in.trait++)
			if (hw_trait_row(in.trait)->rule)
				r = apply_rule(rule, hw_trait_row(in.trait)->rule, &in, findings);
		break;
	case HW_RULE_FUNCTIONS:
		for (size_t i = 0; r >= 0 && i < n_functions && i < FUNCTIONS_MAX; i++) {
			in.function = &c->places->functions[i];
			r = apply_rule(rule, rule->name, &in, findings);
		}
		break;
	}
	return r;
}

int hw_findings_find(const struct hw_bound_case *c, struct hw_findings *ret)
{
	hw_auto(hw_findings_done) struct hw_findings findings = { 0 };

	for (size_t i = 0; i < hw_n_rules; i++) {
		int r = ask_rule(&hw_rules[i], c, &findings);

		if (r < 0)
			return r;
	}
	*ret = findings;
	findings.n = 0;
	return 0;
}
