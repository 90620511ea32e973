/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/findings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/rules.h"

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
static void keep(struct hw_findings *findings, struct hw_finding *f)
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

static int apply(const struct hw_rule *rule, const struct hw_findings_input *in,
		 const struct hw_place *function, struct hw_findings *findings)
{
	struct hw_rule_case view = { in->facts,  in->budget, in->places,
				     in->faults, function,   rule->what };
	double wall_s = in->budget->wall_s;
	hw_auto(finding_done) struct hw_finding f = { 0 };

	if (!rule->look(&view, &f))
		return 0;
	if (!f.title || !f.evidence || !f.advice)
		return -ENOMEM;
	f.rule = rule->name;
	f.function = f.function ? f.function : "";
	f.file = f.file ? f.file : "";
	f.module = f.module ? f.module : "";
	f.gain_s = fmin(f.gain_s, wall_s);
	f.speedup = wall_s / fmax(wall_s - f.gain_s, wall_s / 1000);
	f.score = f.gain_s * rule->weight;
	keep(findings, &f);
	return 0;
}

int hw_findings_find(const struct hw_findings_input *in, struct hw_findings *ret)
{
	hw_auto(hw_findings_done) struct hw_findings findings = { 0 };
	size_t n_functions = in->places ? in->places->n_functions : 0;
	int r = 0;

	if (n_functions > FUNCTIONS_MAX)
		n_functions = FUNCTIONS_MAX;
	for (size_t i = 0; r >= 0 && i < hw_n_rules; i++) {
		if (!hw_rules[i].by_function)
			r = apply(&hw_rules[i], in, NULL, &findings);
		for (size_t j = 0; r >= 0 && hw_rules[i].by_function && j < n_functions; j++)
			r = apply(&hw_rules[i], in, &in->places->functions[j], &findings);
	}
	if (r < 0)
		return r;
	*ret = findings;
	findings.n = 0;
	return 0;
}
