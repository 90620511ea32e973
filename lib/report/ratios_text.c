/* SPDX-License-Identifier: Apache-2.0 */
#include "report/ratios_text.h"

#include <inttypes.h>

#include "base/amount.h"
#include "event/role.h"

#define RATIO_COLUMNS 14

/* What is said of an event whose samples stand for less than this part of what was counted. */
static const double complete_enough = 0.9;
#define ENOUGH_SAMPLES 20 /* to say it: a thread's last, unfinished period may miss otherwise */

size_t hw_ratios_width(const struct hw_ratios *r)
{
	return r ? (size_t)(r->ipc + r->misses) * (RATIO_COLUMNS + 2) : 0;
}

void hw_ratios_heading(FILE *f, const struct hw_ratios *r)
{
	if (r && r->ipc)
		fprintf(f, "  %*s", RATIO_COLUMNS, "IPC");
	if (r && r->misses)
		fprintf(f, "  %*s", RATIO_COLUMNS, "MISSES/1000");
}

static void print_ratio(FILE *f, struct hw_ratio ratio)
{
	if (ratio.value < 0)
		fprintf(f, "  %*s", RATIO_COLUMNS, "-");
	else
		fprintf(f, "  %*.2f +-%5.2f", RATIO_COLUMNS - 8, ratio.value, ratio.error);
}

void hw_ratios_row(FILE *f, const struct hw_ratios *r, const struct hw_ratio_sums *sums)
{
	if (r && r->ipc)
		print_ratio(f, hw_ratio_ipc(r, sums));
	if (r && r->misses)
		print_ratio(f, hw_ratio_misses(r, sums));
}

static bool is_used(const struct hw_ratios *r, uint16_t event)
{
	for (size_t i = 0; r && (r->ipc || r->misses) && i < HW_PARTS; i++)
		if (r->events[i] == event)
			return true;
	return false;
}

static void note_turns(FILE *f, const struct hw_profile *p, uint16_t event,
		       const struct hw_style *style)
{
	const struct hw_session_event *e = &p->session.events[event];

	if (!e->running_ns || (double)e->running_ns >= 0.999 * (double)e->enabled_ns)
		return;
	fputs("note: ", f);
	hw_put(f, style, e->name, 0, 0, HW_CUT_RIGHT);
	fprintf(f, " was on a counter for %.1f %% of the time, it took turns with other events; "
		   "fewer at once, or a group {a,b}, see the whole\n",
		100 * (double)e->running_ns / (double)e->enabled_ns);
}

static void note_count(FILE *f, const struct hw_profile *p, uint16_t event,
		       const struct hw_style *style)
{
	const struct hw_session_event *e = &p->session.events[event];
	char of_samples[HW_AMOUNT_SIZE], in_all[HW_AMOUNT_SIZE];
	double sum = 0;
	uint64_t n = 0;

	for (size_t i = 0; i < p->n_samples; i++) {
		if (p->samples[i].event != event)
			continue;
		sum += (double)p->samples[i].period;
		n++;
	}
	if (n < ENOUGH_SAMPLES || sum >= complete_enough * (double)e->counted)
		return;
	fputs("note: ", f);
	hw_put(f, style, e->name, 0, 0, HW_CUT_RIGHT);
	fprintf(f, ": the samples stand for %s of the %s that were counted (%.1f %%): interrupts came "
		   "late, were throttled or lost; shares hold if that struck evenly\n",
		hw_amount(of_samples, sum, e->unit), hw_amount(in_all, (double)e->counted, e->unit),
		100 * sum / (double)e->counted);
}

/* Names the events of the CPU, among those that count here, whose samples skid. */
static void note_skid(FILE *f, const struct hw_profile *p, const struct hw_ratios *r, uint16_t event,
		      const struct hw_style *style)
{
	size_t n = 0;

	for (size_t i = 0; i < p->session.n_events; i++) {
		const struct hw_session_event *e = &p->session.events[i];

		if ((i != event && !is_used(r, (uint16_t)i)) || e->precise > 1 ||
		    hw_event_role_of(e->name, &(unsigned int){ 0 }) == HW_ROLE_OTHER)
			continue;
		fputs(n++ ? ", " : "note: samples of ", f);
		hw_put(f, style, e->name, 0, 0, HW_CUT_RIGHT);
	}
	if (n)
		fputs(" skid: some stand a few instructions behind what counted, and so on the next "
		      "line; events with :pp do not, where the CPU has that\n",
		      f);
}

void hw_ratios_notes(FILE *f, const struct hw_profile *p, const struct hw_ratios *r, uint16_t event,
		     bool places, const struct hw_style *style)
{
	for (size_t i = 0; i < p->session.n_events; i++) {
		if (i != event && !is_used(r, (uint16_t)i))
			continue;
		note_turns(f, p, (uint16_t)i, style);
		note_count(f, p, (uint16_t)i, style);
	}
	if (places)
		note_skid(f, p, r, event, style);
	if (r && (r->ipc || r->misses))
		fputs("note: IPC and misses are estimates from samples, with their standard error; "
		      "-: too few samples\n",
		      f);
}
