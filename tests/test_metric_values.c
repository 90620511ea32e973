/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/stat_print.h"
#include "stat/metric_values.h"

/* A core with two sets: stalls of cycles, and misses of instructions with one event that matters
 * only beside other threads. */
enum { CYCLES, STALLS, INSTRUCTIONS, MISSES, SIBLING, N_EVENTS };

static struct hw_event items[N_EVENTS];
static const struct hw_events events = { .items = items, .count = N_EVENTS };
static const struct hw_metric_event stall_events[] = { { "c" }, { "s" }, { 0 } };
static const struct hw_metric_event miss_events[] = {
	{ "i" }, { "m" }, { "x", .group = HW_METRIC_SMT_GROUP }, { 0 },
};
static const struct hw_metric stall_metrics[] = {
	{ "stalled", "100 * s / c", "% of cycles", HW_METRIC_MEMORY_STALL, 0, "waits" },
	{ "cycles_per_s", "c / seconds", "", HW_METRIC_PLAIN, 0, "fast" },
	{ 0 },
};
static const struct hw_metric miss_metrics[] = {
	{ "mpki", "1000 * m / (i + SMT * x)", "per 1,000 instructions", HW_METRIC_LLC_MPKI, 0, "far" },
	{ 0 },
};
static const struct hw_core core = {
	.name = "made-up",
	.title = "Made Up",
	.source = "this test",
	.sets = { { "stall", stall_events, stall_metrics }, { "miss", miss_events, miss_metrics } },
};
static struct hw_metrics asked;

static struct hw_count counted(double value, double running_pct)
{
	return (struct hw_count){ .value = value, .running_pct = running_pct, .enabled_s = 2 };
}

/* One run of 2 s with both sets asked for. */
static void begin(struct hw_stat *stat, const struct hw_count counts[N_EVENTS])
{
	const struct hw_usage usage = { .wall_s = 2, .user_s = 0.5 };
	static const char *const names[N_EVENTS] = { "c", "s", "i", "m", "x" };

	for (size_t i = 0; i < N_EVENTS; i++)
		items[i] = (struct hw_event){ .name = (char *)names[i],
					      .unit = "",
					      .leader = -1,
					      .scale = 1,
					      .attr = { .type = PERF_TYPE_RAW, .config = i + 1 } };
	asked = (struct hw_metrics){
		.core = &core,
		.picks = { { &core.sets[0], NULL, CYCLES }, { &core.sets[1], NULL, INSTRUCTIONS } },
		.n = 2,
	};
	ck_assert_int_eq(hw_stat_init(stat, &events), 0);
	stat->metrics = &asked;
	hw_stat_add_run(stat, &usage, &(struct hw_wall){ 0 }, counts);
}

static const struct hw_count all[N_EVENTS] = {
	[CYCLES] = { .value = 1000, .running_pct = 100 },
	[STALLS] = { .value = 250, .running_pct = 40 },
	[INSTRUCTIONS] = { .value = 2000, .running_pct = 100 },
	[MISSES] = { .value = 4, .running_pct = 100 },
	[SIBLING] = { .value = 2000, .running_pct = 100 },
};

static void expect(const struct hw_stat *stat, struct hw_metric_value *m, const char *name,
		   double value)
{
	ck_assert(hw_metric_value_next(stat, m));
	ck_assert_str_eq(m->metric->name, name);
	if (isnan(value))
		ck_assert_msg(isnan(m->value), "%s is %g", name, m->value);
	else
		ck_assert_double_eq_tol(m->value, value, 1e-9);
}

START_TEST(each_metric_of_each_set_has_its_turn)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	struct hw_metric_value m = { 0 };

	begin(&stat, all);
	expect(&stat, &m, "stalled", 25);
	ck_assert_double_eq(m.running_pct, 40); /* that of the event with the least */
	expect(&stat, &m, "cycles_per_s", 500);
	ck_assert_double_eq(m.running_pct, 100);
	expect(&stat, &m, "mpki", 2);
	ck_assert_ptr_eq(m.pick, &asked.picks[1]);
	ck_assert(!hw_metric_value_next(&stat, &m));
	ck_assert(hw_metrics_any_counted(&stat));
	ck_assert(!hw_metrics_any_without_turn(&stat));
}
END_TEST

START_TEST(a_pick_of_one_metric_gives_that_one)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	struct hw_metric_value m = { 0 };

	begin(&stat, all);
	asked.picks[0].only = "cycles_per_s";
	expect(&stat, &m, "cycles_per_s", 500);
	expect(&stat, &m, "mpki", 2);
	ck_assert(!hw_metric_value_next(&stat, &m));
	asked.picks[1].only = "no such metric";
	m = (struct hw_metric_value){ 0 };
	expect(&stat, &m, "cycles_per_s", 500);
	ck_assert(!hw_metric_value_next(&stat, &m));
}
END_TEST

START_TEST(nothing_asked_gives_nothing)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	struct hw_metric_value m = { 0 };

	begin(&stat, all);
	stat.metrics = NULL;
	ck_assert(!hw_metric_value_next(&stat, &m));
	ck_assert(!hw_metrics_any_counted(&stat));
}
END_TEST

START_TEST(an_event_that_is_missing_is_named)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	struct hw_count counts[N_EVENTS];
	struct hw_metric_value m = { 0 };

	memcpy(counts, all, sizeof(counts));
	counts[STALLS] = (struct hw_count){ .status = HW_COUNTER_NOT_SUPPORTED, .error = -ENOENT };
	counts[MISSES] = counted(0, 0); /* never on a counter */
	begin(&stat, counts);
	expect(&stat, &m, "stalled", NAN);
	ck_assert_str_eq(m.missing->event->name, "s");
	expect(&stat, &m, "cycles_per_s", 500);
	ck_assert_ptr_null(m.missing);
	expect(&stat, &m, "mpki", NAN);
	ck_assert_str_eq(m.missing->event->name, "m");
	ck_assert(hw_metrics_any_counted(&stat));
	ck_assert(hw_metrics_any_without_turn(&stat));
}
END_TEST

START_TEST(threads_of_the_core_matter_where_they_are_in_use)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 }, beside = { 0 };
	struct hw_count counts[N_EVENTS];
	struct hw_metric_value m = { 0 };

	memcpy(counts, all, sizeof(counts));
	counts[SIBLING] = counted(0, 0);
	begin(&stat, counts);
	asked.picks[0].only = "cycles_per_s";
	expect(&stat, &m, "cycles_per_s", 500);
	ck_assert(hw_metric_value_next(&stat, &m));
	ck_assert_ptr_null(m.missing);
	asked.smt = true;
	m = (struct hw_metric_value){ 0 };
	expect(&stat, &m, "cycles_per_s", 500);
	expect(&stat, &m, "mpki", NAN);
	ck_assert_str_eq(m.missing->event->name, "x");
	begin(&beside, all);
	asked.smt = true;
	m = (struct hw_metric_value){ .pick = &asked.picks[0], .metric = &stall_metrics[1] };
	expect(&beside, &m, "mpki", 1);
}
END_TEST

START_TEST(a_zero_that_proves_nothing_makes_a_doubt)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	struct hw_count counts[N_EVENTS];
	struct hw_metric_value m = { 0 };

	memcpy(counts, all, sizeof(counts));
	counts[STALLS].value = 0;
	begin(&stat, counts);
	expect(&stat, &m, "stalled", 0);
	ck_assert_str_eq(m.doubtful->event->name, "s");
	expect(&stat, &m, "cycles_per_s", 500);
	ck_assert_ptr_null(m.doubtful);
}
END_TEST

START_TEST(they_are_printed_in_each_form)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	hw_autofree char *text = NULL;
	struct hw_count counts[N_EVENTS];
	size_t size;
	FILE *f = open_memstream(&text, &size);

	memcpy(counts, all, sizeof(counts));
	counts[MISSES] = counted(0, 0);
	counts[STALLS].value = 0;
	begin(&stat, counts);
	ck_assert_int_eq(hw_stat_text.report(f, &stat, NULL, NULL), 0);
	ck_assert_int_eq(hw_stat_values.report(f, &stat, NULL, ";"), 0);
	ck_assert_int_eq(hw_stat_json.report(f, &stat, NULL, NULL), 0);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(
		text, "\nmetrics of Made Up, from its manual (`hwprof list metrics` names it):\n"
		      "                0.00 % of cycles            stalled                # doubtful: "
		      "s stayed 0  (40.00 %)\n"
		      "              500.00                        cycles_per_s           # fast\n"
		      "         <not known> per 1,000 instructions mpki                   # m was not "
		      "counted\n"
		      "  A group of events got no turn on the counters"));
	ck_assert_ptr_nonnull(strstr(text, "\n500;;cycles_per_s;100.00;metric\n"
					   ";per 1,000 instructions;mpki;0.00;metric\n"));
	ck_assert_ptr_nonnull(strstr(
		text, "{\"set\": \"miss\", \"name\": \"mpki\", \"value\": null, \"unit\": \"per 1,000 "
		      "instructions\", \"formula\": \"1000 * m / (i + SMT * x)\", \"running_pct\": "
		      "0.0, \"doubtful\": false, \"missing\": \"m\"}"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("metric_values");
	TCase *t = tcase_create("metric_values");

	tcase_add_test(t, each_metric_of_each_set_has_its_turn);
	tcase_add_test(t, a_pick_of_one_metric_gives_that_one);
	tcase_add_test(t, nothing_asked_gives_nothing);
	tcase_add_test(t, an_event_that_is_missing_is_named);
	tcase_add_test(t, threads_of_the_core_matter_where_they_are_in_use);
	tcase_add_test(t, a_zero_that_proves_nothing_makes_a_doubt);
	tcase_add_test(t, they_are_printed_in_each_form);
	suite_add_tcase(s, t);
	return run_suite(s);
}
