/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "stat/stat.h"
#include "stat/judge.h"
#include "report/json.h"
#include "report/stat_print.h"

enum { CLOCK, CYCLES, INSTRUCTIONS, MISSES, FAULTS, N_EVENTS };

static struct hw_event items[N_EVENTS] = {
	[CLOCK] = { .name = (char *)"task-clock",
		    .unit = "ns",
		    .leader = -1,
		    .scale = 1,
		    .attr = { .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_TASK_CLOCK } },
	[CYCLES] = { .name = (char *)"cpu-cycles",
		     .leader = -1,
		     .scale = 1,
		     .attr = { .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES } },
	[INSTRUCTIONS] = { .name = (char *)"instructions",
			   .leader = -1,
			   .scale = 1,
			   .attr = { .type = PERF_TYPE_HARDWARE,
				     .config = PERF_COUNT_HW_INSTRUCTIONS } },
	[MISSES] = { .name = (char *)"cache-misses",
		     .leader = -1,
		     .scale = 1,
		     .attr = { .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CACHE_MISSES } },
	[FAULTS] = { .name = (char *)"faults",
		     .leader = -1,
		     .scale = 1,
		     .attr = { .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS } },
};
static const struct hw_events events = { .items = items, .count = N_EVENTS };

static char *const argv_true[] = { (char *)"true", (char *)"\xff", NULL };

static const struct hw_usage usage = {
	.wall_s = 2,
	.user_s = 0.75,
	.sys_s = 0.25,
	.max_rss_bytes = 3145728,
	.minor_faults = 1234567,
	.voluntary_switches = 3,
	.io_known = true,
	.read_bytes = 4096,
	.io_calls = 12,
};

static struct hw_count ok(double value, double running_pct)
{
	return (struct hw_count){ .value = value, .running_pct = running_pct };
}

static struct hw_count refused(int error)
{
	return (struct hw_count){ .status = hw_counter_status_of(error), .error = error };
}

/* One run with a PMU that is shared between events. */
static void fill(struct hw_stat *stat)
{
	const struct hw_count counts[N_EVENTS] = {
		[CLOCK] = ok(1e9, 100),	  [CYCLES] = ok(3e9, 50),   [INSTRUCTIONS] = ok(6e9, 50),
		[MISSES] = ok(12e6, 100), [FAULTS] = ok(2000, 100),
	};

	ck_assert_int_eq(hw_stat_init(stat, &events), 0);
	stat->argv = argv_true;
	hw_stat_add_run(stat, &usage, &(struct hw_wall){ 0 }, counts);
}

static char *printed(const struct hw_stat *stat, const struct hw_stat_printer *printer)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_int_eq(printer->report(f, stat, NULL, ";"), 0);
	fclose(f);
	return text;
}

static json_t *printed_json(const struct hw_stat *stat, const struct hw_verdict *verdict)
{
	hw_autofree char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	json_t *o;

	ck_assert_int_eq(hw_stat_json.report(f, stat, verdict, NULL), 0);
	fclose(f);
	o = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(o);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	return o;
}

static void assert_has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no '%s' in:\n%s", part, text);
}

START_TEST(text_has_grouped_counts_and_derived_figures)
{
	hw_auto(hw_stat_done) struct hw_stat stat;
	hw_autofree char *text = NULL;

	fill(&stat);
	text = printed(&stat, &hw_stat_text);
	assert_has(text, "hwprof stat: true ?\n");
	assert_has(text, "            1,000.00 ms    task-clock                       "
			 "# 0.500 CPUs utilized\n");
	assert_has(text, "       3,000,000,000       cpu-cycles                       "
			 "# 3.000 GHz  (50.00 %)\n");
	assert_has(text, "# 2.000 instructions per cycle  (50.00 %)\n");
	assert_has(text, "# 2.000 per 1,000 instructions\n");
	assert_has(text, "               2,000       faults                           "
			 "# 2.000 K/sec\n");
	assert_has(text, "the share of the time the event was on a counter");
	assert_has(text, "            2.000000 s     wall time\n");
	assert_has(text, "           3,145,728 bytes maximum resident set             # 3.0 MiB\n");
	assert_has(text, "           1,234,567       minor page faults\n");
	assert_has(text, "               0.500       CPUs utilized\n");
}
END_TEST

START_TEST(a_refusal_is_explained_once_and_never_a_zero)
{
	hw_auto(hw_stat_done) struct hw_stat stat;
	hw_autofree char *text = NULL, *separated = NULL;
	const struct hw_count counts[N_EVENTS] = {
		[CLOCK] = ok(1e9, 100),
		[CYCLES] = refused(-ENOENT),
		[INSTRUCTIONS] = refused(-ENOENT),
		[MISSES] = refused(-EACCES),
		[FAULTS] = ok(0, 0), /* it never was on a counter */
	};
	const char *first;

	ck_assert_int_eq(hw_stat_init(&stat, &events), 0);
	hw_stat_add_run(&stat, &usage, &(struct hw_wall){ 0 }, counts);
	text = printed(&stat, &hw_stat_text);
	assert_has(text, "     <not supported>       cpu-cycles\n");
	assert_has(text, "     <not permitted>       cache-misses\n");
	assert_has(text, "       <not counted>       faults");
	assert_has(text, "(also: instructions)\n");
	first = strstr(text, "(also:");
	ck_assert_ptr_null(strstr(first + 1, "(also:"));
	separated = printed(&stat, &hw_stat_values);
	assert_has(separated, "1000000000;ns;task-clock;100.00;ok\n");
	assert_has(separated, "\n;;cpu-cycles;0.00;not-supported\n");
	assert_has(separated, "\n;;cache-misses;0.00;not-permitted\n");
	assert_has(separated, "\n;;faults;0.00;ok\n");
}
END_TEST

START_TEST(a_count_that_cannot_be_is_shown_as_such_and_used_by_nothing)
{
	hw_auto(hw_stat_done) struct hw_stat stat;
	hw_auto(json_decref) json_t *o = NULL;
	hw_autofree char *text = NULL, *separated = NULL;
	struct hw_count counts[N_EVENTS] = {
		[CLOCK] = ok(1e9, 100),	  [CYCLES] = ok(3e9, 100), [INSTRUCTIONS] = ok(0, 100),
		[MISSES] = ok(12e6, 100), [FAULTS] = ok(2000, 100),
	};
	struct hw_bound_facts facts;
	const json_t *row;

	ck_assert_int_eq(hw_stat_init(&stat, &events), 0);
	hw_stat_add_run(&stat, &usage, &(struct hw_wall){ 0 }, counts);
	counts[INSTRUCTIONS].value = 6e9; /* a run that could be does not make up for it */
	hw_stat_add_run(&stat, &usage, &(struct hw_wall){ 0 }, counts);
	text = printed(&stat, &hw_stat_text);
	assert_has(text, "      <not believed>       instructions\n");
	assert_has(text, "instructions stayed 0 beside 3000000000 cycles");
	ck_assert_ptr_null(strstr(text, "per cycle"));
	ck_assert_ptr_null(strstr(text, "1,000 instructions"));
	separated = printed(&stat, &hw_stat_values);
	assert_has(separated, "\n;;instructions;100.00;not-believed");
	hw_bound_facts_init(&facts);
	hw_stat_facts(&stat, &facts);
	ck_assert_double_eq(facts.cycles, 3e9);
	ck_assert_double_lt(facts.instructions, 0);
	o = printed_json(&stat, NULL);
	row = json_array_get(json_object_get(o, "counters"), INSTRUCTIONS);
	ck_assert(json_is_null(json_object_get(row, "value")));
	ck_assert_int_eq(json_integer_value(json_object_get(row, "raw_value")), 3000000000);
	ck_assert_str_eq(json_string_value(json_object_get(row, "status")), "not-believed");
	ck_assert_ptr_nonnull(json_object_get(row, "reason"));
}
END_TEST

START_TEST(json_has_every_promised_key)
{
	static const char *const keys[] = { "version",
					    "command",
					    "exit_status",
					    "wall_s",
					    "user_s",
					    "sys_s",
					    "cpus_utilized",
					    "max_rss_bytes",
					    "counters",
					    "budget",
					    "verdict",
					    "voluntary_switches",
					    "involuntary_switches",
					    "minor_faults",
					    "major_faults",
					    "read_bytes",
					    "write_bytes",
					    "in_blocks",
					    "out_blocks",
					    "runs" };
	hw_auto(hw_stat_done) struct hw_stat stat;
	hw_auto(hw_verdict_done) struct hw_verdict verdict = { 0 };
	hw_auto(json_decref) json_t *o = NULL;
	struct hw_bound_facts facts;
	const json_t *row;

	fill(&stat);
	hw_bound_facts_init(&facts);
	hw_stat_facts(&stat, &facts);
	ck_assert_double_eq(facts.cycles, 3e9);
	ck_assert_double_eq(facts.instructions, 6e9);
	ck_assert_double_eq(facts.cache_misses, 12e6);
	ck_assert_int_eq(hw_bound_judge(&facts, &verdict), 0);
	o = printed_json(&stat, &verdict);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		ck_assert_msg(json_object_get(o, keys[i]) != NULL, "no key %s", keys[i]);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(o, "command"), 1)),
			 "\xef\xbf\xbd");
	ck_assert_int_eq(json_integer_value(json_object_get(o, "max_rss_bytes")), 3145728);
	row = json_array_get(json_object_get(o, "counters"), CYCLES);
	ck_assert_int_eq(json_integer_value(json_object_get(row, "value")), 3000000000);
	ck_assert_int_eq(json_integer_value(json_object_get(row, "running_pct")), 50);
	ck_assert_str_eq(json_string_value(json_object_get(row, "status")), "ok");
	ck_assert_str_eq(
		json_string_value(json_object_get(json_object_get(o, "verdict"), "evidence_level")),
		"hardware");
}
END_TEST

START_TEST(what_is_not_known_is_null_in_json)
{
	hw_auto(hw_stat_done) struct hw_stat stat;
	hw_auto(json_decref) json_t *o = NULL;
	const struct hw_usage no_io = { .wall_s = 1 };
	const struct hw_count counts[N_EVENTS] = { [CYCLES] = refused(-ENOENT) };

	ck_assert_int_eq(hw_stat_init(&stat, &events), 0);
	stat.exit_status = -1;
	hw_stat_add_run(&stat, &no_io, &(struct hw_wall){ 0 }, counts);
	o = printed_json(&stat, NULL);
	ck_assert(json_is_null(json_object_get(o, "read_bytes")));
	ck_assert(json_is_null(json_object_get(o, "exit_status")));
	ck_assert(json_is_null(json_object_get(o, "verdict")));
	ck_assert(json_is_null(
		json_object_get(json_array_get(json_object_get(o, "counters"), CYCLES), "value")));
	ck_assert_uint_eq(json_array_size(json_object_get(o, "command")), 0);
}
END_TEST

START_TEST(several_runs_give_mean_and_deviation)
{
	hw_auto(hw_stat_done) struct hw_stat stat;
	hw_auto(json_decref) json_t *o = NULL;
	hw_autofree char *text = NULL, *separated = NULL;
	struct hw_usage run = usage;

	ck_assert_int_eq(hw_stat_init(&stat, &events), 0);
	stat.argv = argv_true;
	for (int i = 1; i <= 3; i++) {
		struct hw_count counts[N_EVENTS];

		for (size_t e = 0; e < N_EVENTS; e++)
			counts[e] = ok(100 * i, 100);
		run.wall_s = i;
		hw_stat_add_run(&stat, &run, &(struct hw_wall){ 0 }, counts);
	}
	ck_assert_double_eq(stat.usage.wall_s, 2);
	ck_assert_double_eq(stat.rows[FAULTS].value.mean, 200);
	ck_assert_double_eq(hw_mean_deviation(&stat.rows[FAULTS].value), 100);
	text = printed(&stat, &hw_stat_text);
	assert_has(text, "(3 runs: mean +- standard deviation)");
	assert_has(text, "            2.000000 s     wall time  +- 50.00 %\n");
	separated = printed(&stat, &hw_stat_values);
	assert_has(separated, "200;;faults;100.00;ok;100\n");
	o = printed_json(&stat, NULL);
	ck_assert_int_eq(json_integer_value(json_object_get(o, "runs")), 3);
	ck_assert_double_eq(
		json_real_value(json_object_get(json_object_get(o, "stddev"), "wall_s")), 1);
}
END_TEST

START_TEST(modes_that_differ_are_not_divided)
{
	struct hw_event mixed[2] = { items[CYCLES], items[INSTRUCTIONS] };
	const struct hw_events two = { .items = mixed, .count = 2 };
	const struct hw_count counts[2] = { ok(1e9, 100), ok(2e9, 100) };
	hw_auto(hw_stat_done) struct hw_stat stat;
	hw_autofree char *text = NULL;

	mixed[0].attr.exclude_kernel = 1;
	ck_assert_int_eq(hw_stat_init(&stat, &two), 0);
	hw_stat_add_run(&stat, &usage, &(struct hw_wall){ 0 }, counts);
	text = printed(&stat, &hw_stat_text);
	ck_assert_ptr_null(strstr(text, "per cycle"));
}
END_TEST

START_TEST(intervals_start_with_their_time)
{
	const struct hw_count counts[N_EVENTS] = {
		[CLOCK] = ok(5e6, 100),
		[CYCLES] = refused(-ENOENT),
		[FAULTS] = ok(17, 100),
	};
	hw_auto(hw_stat_done) struct hw_stat stat;
	hw_auto(json_decref) json_t *o = NULL;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_int_eq(hw_stat_init(&stat, &events), 0);
	ck_assert_int_eq(hw_stat_text.interval(f, &stat, NULL, 1.5, counts, true), 0);
	ck_assert_int_eq(hw_stat_values.interval(f, &stat, ",", 1.5, counts, false), 0);
	fflush(f);
	assert_has(text, "#   time (s)                count unit  event\n"
			 "    1.500000                 5.00 ms    task-clock\n");
	assert_has(text, "\n1.500000,17,,faults,100.00,ok\n");
	rewind(f);
	ck_assert_int_eq(hw_stat_json.interval(f, &stat, NULL, 1.5, counts, true), 0);
	fclose(f);
	o = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	ck_assert_double_eq(json_real_value(json_object_get(o, "interval_s")), 1.5);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "counters")), N_EVENTS);
	free(text);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	static const struct hw_stat_printer *const printers[] = { &hw_stat_text, &hw_stat_json,
								  &hw_stat_values };
	hw_autofclose FILE *f = fopen("/dev/full", "w");
	hw_auto(hw_stat_done) struct hw_stat stat;

	ck_assert_ptr_nonnull(f);
	setvbuf(f, NULL, _IONBF, 0);
	fill(&stat);
	ck_assert_int_eq(printers[_i]->report(f, &stat, NULL, ","), -EIO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stat");
	TCase *t = tcase_create("stat");

	tcase_add_test(t, text_has_grouped_counts_and_derived_figures);
	tcase_add_test(t, a_refusal_is_explained_once_and_never_a_zero);
	tcase_add_test(t, a_count_that_cannot_be_is_shown_as_such_and_used_by_nothing);
	tcase_add_test(t, json_has_every_promised_key);
	tcase_add_test(t, what_is_not_known_is_null_in_json);
	tcase_add_test(t, several_runs_give_mean_and_deviation);
	tcase_add_test(t, modes_that_differ_are_not_divided);
	tcase_add_test(t, intervals_start_with_their_time);
	tcase_add_loop_test(t, a_full_disk_is_an_error, 0, 3);
	suite_add_tcase(s, t);
	return run_suite(s);
}
