/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/limits.h"

#include <inttypes.h>
#include <math.h>

#include "bound/sentences.h"

/* Fewer samples than that leave shares of 3 points and more to chance. */
#define FEW_SAMPLES 300

/* A share of samples that is worth a sentence. */
static const double loss_matters = 0.01;

static void admit_waits(const struct hw_bound_case *c, struct hw_writer *w)
{
	if (!c->wall)
		hw_writer_say(w, "waits: the scheduler was not traced, so that they are estimated "
				 "from counts of getrusage(2); `hwprof doctor` says what tracing "
				 "needs");
	else if (!c->places || !c->places->n_blocked)
		hw_writer_say(w, "where it was blocked: no stacks of blocked time were recorded, "
				 "so that waits have no lines");
}

static void admit_stall(const struct hw_bound_facts *facts, struct hw_writer *w)
{
	bool sampled = hw_bound_facts_stall_method(facts) == HW_STALL_SAMPLED;

	if (sampled && hw_bound_facts_ipc(facts) >= 0)
		hw_writer_say(w,
			     "memory stalls: no counter tells them here; they are estimated from "
			     "where samples lie, +- %.0f points of user time",
			     100 * facts->stall_error);
	else if (hw_bound_facts_ipc(facts) >= 0)
		return;
	else if (sampled)
		hw_writer_say(w,
			     "cache misses: no hardware counters were read; memory stalls are "
			     "estimated from where samples lie, +- %.0f points of user time",
			     100 * facts->stall_error);
	else
		hw_writer_say(w, "memory stalls: no hardware counters were read, and too few "
				 "samples have decoded code to estimate them");
}

static void admit_samples(const struct hw_bound_case *c, struct hw_writer *w)
{
	uint64_t n = c->places ? c->places->n_cpu : 0;

	if (!n)
		hw_writer_say(w, "lines: there are no samples with stacks over CPU time; it was "
				 "too short, or not recorded with -g and cpu-clock or cycles");
	else if (n < FEW_SAMPLES)
		hw_writer_say(w,
			     "details: %" PRIu64 " samples on CPUs are few, the standard error of "
			     "a share is up to %.0f points",
			     n, 50 / sqrt((double)n));
}

static void admit_losses(const struct hw_profile *p, struct hw_writer *w)
{
	const struct hw_session *s = &p->session;
	double all = (double)p->n_samples + (double)s->lost;

	if (s->lost)
		hw_writer_say(w,
			     "%" PRIu64 " samples (%.1f %%) were lost: there was no room for them",
			     s->lost, 100 * (double)s->lost / all);
	for (size_t i = 0; i < s->n_losses; i++)
		if ((double)s->losses[i].count >= loss_matters * all)
			hw_writer_say(w, "stacks: %" PRIu64 " incomplete, %s%s%s",
				     s->losses[i].count, s->losses[i].reason,
				     s->losses[i].advice[0] ? ": " : "", s->losses[i].advice);
	for (char **doubt = s->doubts; doubt && *doubt; doubt++)
		hw_writer_say(w, "%s", *doubt);
}

int hw_limits_write(const struct hw_profile *p, const struct hw_bound_case *c, char ***ret)
{
	hw_auto(hw_writer_done) struct hw_writer w = { 0 };

	admit_waits(c, &w);
	admit_stall(c->facts, &w);
	admit_samples(c, &w);
	admit_losses(p, &w);
	return hw_writer_take(&w, ret);
}
