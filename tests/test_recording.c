/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "session/recorder.h"
#include "session/recording.h"

static void add_events(struct hw_recording *rec, const char *spec)
{
	char *bad = NULL;

	ck_assert_int_eq(hw_events_parse(&rec->events, spec, &bad), 0);
}

static const struct {
	const char *events;
	uint64_t frequency_hz, period, faults_per_s;
	struct hw_recorder_totals totals;
	const char *text;
} summaries[] = {
	{ "cpu-clock", 997, 0, 10000, { .samples = 3 },
	  "3 samples of cpu-clock (997 Hz) in /no/such/file (0.0 KB); see `hwprof report`" },
	{ "cpu-clock,context-switches", 0, 5000, 0, { .samples = 1, .blocked = 2, .lost = 4 },
	  "1 samples of cpu-clock, context-switches (one per 5000) and 2 of blocked time, 4 lost in "
	  "/no/such/file (0.0 KB); see `hwprof report`" },
	{ "page-faults", 997, 0, 10000, { .missing = 9 },
	  "0 samples of page-faults (of page faults each, up to 10000 a second and CPU), about 9 "
	  "throttled by kernel.perf_event_max_sample_rate in /no/such/file (0.0 KB); see `hwprof "
	  "report`" },
	{ "cpu-clock,major-faults", 99, 0, 50, { 0 },
	  "0 samples of cpu-clock, major-faults (of page faults each, up to 50 a second and CPU; 99 Hz) "
	  "in /no/such/file (0.0 KB); see `hwprof report`" },
};

START_TEST(the_summary_tells_what_was_sampled_and_how_often)
{
	hw_auto(hw_recording_done) struct hw_recording rec = {
		.path = "/no/such/file",
		.frequency_hz = summaries[_i].frequency_hz,
		.period = summaries[_i].period,
		.faults_per_s = summaries[_i].faults_per_s,
	};
	hw_autofree char *text = NULL;

	add_events(&rec, summaries[_i].events);
	text = hw_recording_summary(&rec, &summaries[_i].totals);
	ck_assert_str_eq(text, summaries[_i].text);
}
END_TEST

START_TEST(a_rate_is_chosen_where_none_was_asked_for)
{
	hw_auto(hw_recording_done) struct hw_recording plain = { 0 }, by_period = { .period = 7 };
	struct hw_failure why;

	add_events(&plain, "cpu-clock");
	add_events(&by_period, "cpu-clock");
	ck_assert_int_eq(hw_recording_prepare(&plain, &why), 0);
	ck_assert_uint_eq(plain.frequency_hz, HW_DEFAULT_HZ);
	ck_assert_uint_eq(plain.faults_per_s, HW_DEFAULT_FAULTS_PER_S);
	ck_assert_int_eq(hw_recording_prepare(&by_period, &why), 0);
	ck_assert_uint_eq(by_period.frequency_hz, 0);
	ck_assert_uint_eq(by_period.faults_per_s, 0);
	ck_assert_ptr_null(by_period.doubts[0]);
}
END_TEST

static char heard[512];

static void hear(enum hw_log_level level, const char *text)
{
	snprintf(heard, sizeof(heard), "%d %s", (int)level, text);
}

/* Whatever this machine has: an event that can be sampled, or the reason why there is none. */
START_TEST(an_event_is_chosen_where_none_was_asked_for)
{
	hw_auto(hw_recording_done) struct hw_recording rec = { .say = hear };
	struct hw_failure why = { 0 };
	int r = hw_recording_prepare(&rec, &why);

	if (r < 0) {
		ck_assert_int_eq(why.error, r);
		ck_assert_int_eq(why.what, HW_FAILED_EVENT);
		ck_assert_str_eq(why.event.name, "cpu-clock");
		return;
	}
	ck_assert_uint_eq(rec.events.count, 1);
	if (!strcmp(rec.events.items[0].name, "cycles")) {
		ck_assert_ptr_null(rec.doubts[0]);
		return;
	}
	ck_assert_str_eq(rec.events.items[0].name, "cpu-clock");
	ck_assert_int_eq(strncmp(rec.doubts[0], "sampled cpu-clock: ", 19), 0);
	ck_assert_int_eq(strncmp(heard, "2 sampling cpu-clock: ", 22), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("recording");
	TCase *t = tcase_create("recording");

	tcase_add_loop_test(t, the_summary_tells_what_was_sampled_and_how_often, 0,
			    sizeof(summaries) / sizeof(summaries[0]));
	tcase_add_test(t, a_rate_is_chosen_where_none_was_asked_for);
	tcase_add_test(t, an_event_is_chosen_where_none_was_asked_for);
	suite_add_tcase(s, t);
	return run_suite(s);
}
