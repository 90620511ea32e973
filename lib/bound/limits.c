/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "base/cleanup.h"
#include "bound/sentences.h"

HW_DEFINE_AUTO(char **, hw_sentences_free)

/* Fewer samples than that leave shares of 3 points and more to chance. */
#define FEW_SAMPLES 300

/* A share of samples that is worth a sentence. */
static const double loss_matters = 0.01;

struct writer {
	const struct hw_profile *p;
	const struct hw_bound_facts *facts;
	const struct hw_places *places;
	char ***list;
};

#define say(w, ...) hw_sentences_add((w)->list, __VA_ARGS__)

static int say_waits(struct writer *w)
{
	if (!hw_bound_facts_measured(w->facts))
		return say(w,
			   "waits: the scheduler was not traced, so that they are estimated from "
			   "counts of getrusage(2); `hwprof doctor` says what tracing needs");
	if (!w->places || !w->places->n_blocked)
		return say(w, "where it was blocked: no stacks of blocked time were recorded, so "
			      "that waits have no lines");
	return 0;
}

static int say_stall(struct writer *w)
{
	enum hw_stall_method method = hw_bound_facts_stall_method(w->facts);

	if (method == HW_STALL_SAMPLED && hw_bound_facts_ipc(w->facts) >= 0)
		return say(w,
			   "memory stalls: no counter tells them here; they are estimated from "
			   "where samples lie, +- %.0f points of user time",
			   100 * w->facts->stall_error);
	if (hw_bound_facts_ipc(w->facts) >= 0)
		return 0;
	if (method == HW_STALL_SAMPLED)
		return say(w,
			   "cache misses: no hardware counters were read; memory stalls are "
			   "estimated from where samples lie, +- %.0f points of user time",
			   100 * w->facts->stall_error);
	return say(w, "memory stalls: no hardware counters were read, and too few samples have "
		      "decoded code to estimate them");
}

static int say_samples(struct writer *w)
{
	uint64_t n = w->places ? w->places->n_cpu : 0;

	if (!n)
		return say(w, "lines: there are no samples with stacks over CPU time; it was too "
			      "short, or not recorded with -g and cpu-clock or cycles");
	if (n < FEW_SAMPLES)
		return say(w,
			   "details: %" PRIu64 " samples on CPUs are few, the standard error of a "
			   "share is up to %.0f points",
			   n, 50 / sqrt((double)n));
	return 0;
}

static int say_losses(struct writer *w)
{
	const struct hw_session *s = &w->p->session;
	double all = (double)w->p->n_samples + (double)s->lost;
	int r = 0;

	if (s->lost)
		r = say(w, "%" PRIu64 " samples (%.1f %%) were lost: there was no room for them",
			s->lost, 100 * (double)s->lost / all);
	for (size_t i = 0; r >= 0 && i < s->n_losses; i++)
		if ((double)s->losses[i].count >= loss_matters * all)
			r = say(w, "stacks: %" PRIu64 " incomplete, %s%s%s", s->losses[i].count,
				s->losses[i].reason, s->losses[i].advice[0] ? ": " : "",
				s->losses[i].advice);
	for (char **doubt = s->doubts; r >= 0 && doubt && *doubt; doubt++)
		r = say(w, "%s", *doubt);
	return r;
}

int hw_limits_write(const struct hw_profile *p, const struct hw_bound_facts *facts,
		    const struct hw_places *places, char ***ret)
{
	hw_auto(hw_sentences_free) char **list = NULL;
	struct writer w = { .p = p, .facts = facts, .places = places, .list = &list };
	int r = say_waits(&w);

	if (r >= 0)
		r = say_stall(&w);
	if (r >= 0)
		r = say_samples(&w);
	if (r >= 0)
		r = say_losses(&w);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(list);
	return 0;
}
