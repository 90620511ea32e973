/* SPDX-License-Identifier: Apache-2.0 */
#include "session/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "capture/sampler.h"
#include "event/explain.h"
#include "event/metrics.h"
#include "event/perf.h"
#include "event/precise.h"
#include "session/recorder.h"

void hw_recording_done(struct hw_recording *rec)
{
	for (size_t i = 0; i < HW_RECORDING_DOUBTS_MAX; i++) {
		free(rec->doubts[i]);
		rec->doubts[i] = NULL;
	}
	hw_events_done(&rec->events);
	hw_events_done(&rec->beside);
}

/* Takes @text over. */
static void add_doubt_of(struct hw_recording *rec, char *text)
{
	size_t n = 0;

	while (n < HW_RECORDING_DOUBTS_MAX && rec->doubts[n])
		n++;
	if (n < HW_RECORDING_DOUBTS_MAX)
		rec->doubts[n] = text;
	else
		free(text);
}

static void say_about(const struct hw_recording *rec, enum hw_log_level level, const char *text)
{
	if (rec->say && text)
		rec->say(level, text);
}

/* Cycles where they can be sampled, else the CPU clock, and why. */
static int choose_event(struct hw_recording *rec, struct hw_failure *why)
{
	hw_auto(hw_events_done) struct hw_events cycles = { 0 };
	hw_autofree char *reason = NULL, *said = NULL;
	char *bad = NULL;
	int r = hw_events_parse(&cycles, "cycles", &bad);

	free(bad);
	if (r >= 0) {
		r = hw_event_probe(&cycles.items[0]);
		if (r >= 0) {
			rec->events = cycles;
			cycles = (struct hw_events){ 0 };
			return 0;
		}
		reason = hw_event_explain(&cycles.items[0], r);
	}
	r = hw_events_parse(&rec->events, "cpu-clock", &(char *){ NULL });
	if (r < 0)
		return r;
	*why = (struct hw_failure){ .what = HW_FAILED_EVENT, .event = rec->events.items[0] };
	r = hw_event_probe(&rec->events.items[0]);
	if (r < 0)
		return r;
	said = hw_text("sampling cpu-clock: %s", reason ? reason : "cycles are not known here");
	say_about(rec, HW_LOG_INFO, said);
	add_doubt_of(rec, hw_text("sampled cpu-clock: %s", reason ? reason
								  : "cycles are not known here"));
	return 0;
}

/* Asks of the events no more precision than the CPU has, and says where that is less. */
static void settle_precision(struct hw_recording *rec)
{
	for (size_t i = 0; i < rec->events.count; i++) {
		struct hw_event *event = &rec->events.items[i];
		unsigned int wanted = event->attr.precise_ip;
		char *text;

		if (hw_event_settle_precise(event) < 0 || event->attr.precise_ip == wanted)
			continue;
		text = hw_event_explain_skid(event, wanted);
		say_about(rec, HW_LOG_WARN, text);
		add_doubt_of(rec, text);
	}
}

static void choose_beside(struct hw_recording *rec)
{
	struct hw_core_id id;
	int r;

	if (!hw_perf_has_pmu())
		return;
	rec->core = hw_core_here(&id);
	r = hw_metric_set_add(hw_core_set(rec->core, "memory"), true, &rec->beside);
	if (r < 0)
		log_debug("memory stalls are not counted: %s", strerror(-r));
}

int hw_recording_prepare(struct hw_recording *rec, struct hw_failure *ret_why)
{
	struct hw_failure why = { .what = HW_FAILED_OFF_CPU };
	int r = rec->off_cpu && !hw_sampler_can_off_cpu() ? -ENOTSUP : 0;

	if (r >= 0 && !rec->events.count)
		r = choose_event(rec, &why);
	if (r < 0) {
		why.error = r;
		*ret_why = why;
		return r;
	}
	settle_precision(rec);
	if (!rec->frequency_hz && !rec->period) {
		rec->frequency_hz = HW_DEFAULT_HZ;
		rec->faults_per_s = HW_DEFAULT_FAULTS_PER_S;
	}
	choose_beside(rec);
	return 0;
}

static void put_rate(const struct hw_recording *rec, FILE *f)
{
	size_t faults = 0;

	for (size_t i = 0; rec->faults_per_s && i < rec->events.count; i++)
		faults += hw_event_is_fault(&rec->events.items[i]);
	if (faults)
		fprintf(f, "of page faults each, up to %" PRIu64 " a second and CPU%s",
			rec->faults_per_s, faults < rec->events.count ? "; " : "");
	if (faults && faults == rec->events.count)
		return;
	if (rec->frequency_hz)
		fprintf(f, "%" PRIu64 " Hz", rec->frequency_hz);
	else
		fprintf(f, "one per %" PRIu64, rec->period);
}

char *hw_recording_summary(const struct hw_recording *rec, const struct hw_recorder_totals *totals)
{
	struct stat st = { 0 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f, "%" PRIu64 " samples of ", totals->samples);
	for (size_t i = 0; i < rec->events.count; i++)
		fprintf(f, "%s%s", i ? ", " : "", rec->events.items[i].name);
	fputs(" (", f);
	put_rate(rec, f);
	fputs(")", f);
	if (totals->blocked)
		fprintf(f, " and %" PRIu64 " of blocked time", totals->blocked);
	if (totals->lost)
		fprintf(f, ", %" PRIu64 " lost", totals->lost);
	if (totals->missing)
		fprintf(f, ", about %" PRIu64 " throttled by kernel.perf_event_max_sample_rate",
			totals->missing);
	stat(rec->path, &st);
	fprintf(f, " in %s (%.1f KB); see `hwprof report`", rec->path, (double)st.st_size / 1e3);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
