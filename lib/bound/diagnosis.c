/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/diagnosis.h"

#include <errno.h>

#include "bound/case.h"
#include "bound/faults.h"
#include "bound/limits.h"
#include "bound/sampled.h"
#include "bound/sentences.h"

/* Everything that is said of the run, once its time is split. */
static int say_all(const struct hw_profile *p, const struct hw_sampled *sampled,
		   struct hw_diagnosis *d)
{
	hw_auto(hw_faults_done) struct hw_faults faults = { 0 };
	struct hw_bound_case c;
	int r;

	hw_bound_case_init(&c, &d->facts, &d->budget);
	r = hw_places_find(p, sampled, &d->budget, &d->places);
	if (r >= 0)
		c.places = &d->places;
	else if (r != -ENODATA)
		return r;
	r = hw_faults_find(p, &(struct hw_faults_opts){ .functions = true }, &faults);
	if (r < 0)
		return r;
	if (faults.recorded && faults.pages_known)
		c.faults = &faults;
	r = hw_verdict_write(&c, &d->verdict);
	if (r >= 0)
		r = hw_findings_find(&c, &d->findings);
	return r < 0 ? r : hw_limits_write(p, &c, &d->not_measured);
}

int hw_diagnose(const struct hw_profile *p, struct hw_diagnosis *ret)
{
	hw_auto(hw_diagnosis_done) struct hw_diagnosis d = { 0 };
	hw_auto(hw_sampled_done) struct hw_sampled sampled = { 0 };
	int r = hw_sampled_find(p, &sampled);

	if (r < 0)
		return r;
	hw_sampled_facts(p, &sampled, &d.facts);
	r = hw_budget_split(&d.facts, &d.budget);
	if (r >= 0)
		r = hw_phases_cut(&p->session.wall, &d.phases);
	if (r >= 0)
		r = say_all(p, &sampled, &d);
	if (r < 0)
		return r;
	*ret = d;
	d = (struct hw_diagnosis){ 0 };
	return 0;
}

void hw_diagnosis_done(struct hw_diagnosis *d)
{
	hw_verdict_done(&d->verdict);
	hw_places_done(&d->places);
	hw_findings_done(&d->findings);
	d->not_measured = hw_sentences_free(d->not_measured);
}
