/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "stat/plausible.h"

enum { CLOCK, CYCLES, INSTRUCTIONS, BRANCHES, RAW, N };

static struct hw_event items[N];
static const struct hw_events events = { .items = items, .count = N };
static struct hw_count counts[N];
static struct hw_usage usage;
static char *why;

static void set(size_t i, const char *name, uint32_t type, uint64_t config, double value)
{
	items[i] = (struct hw_event){ .name = (char *)name,
				      .leader = -1,
				      .scale = 1,
				      .attr = { .type = type, .config = config } };
	counts[i] = (struct hw_count){ .value = value, .running_pct = 100, .enabled_s = 1 };
}

/* A second of a program at 3 GHz and two instructions a cycle: all of it can be. */
static void begin(void)
{
	set(CLOCK, "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 1e9);
	set(CYCLES, "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 3e9);
	set(INSTRUCTIONS, "INST_RETIRED", PERF_TYPE_RAW, 8, 6e9);
	set(BRANCHES, "branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 1e9);
	set(RAW, "r1b", PERF_TYPE_RAW, 0x1b, 5);
	usage = (struct hw_usage){ .wall_s = 1.1, .user_s = 0.9, .sys_s = 0.1 };
}

static void end(void)
{
	free(why);
	why = NULL;
}

static bool impossible(size_t i)
{
	free(why);
	why = NULL;
	return hw_count_is_impossible(&events, i, counts, &usage, 2, &why);
}

static void assert_impossible(size_t i, const char *part)
{
	ck_assert_msg(impossible(i), "%s is believed", items[i].name);
	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, part) && strstr(why, items[i].name), "'%s' in: %s", part, why);
}

static void assert_nothing_else(size_t but)
{
	for (size_t i = 0; i < N; i++)
		ck_assert_msg(i == but || !impossible(i), "%s: %s", items[i].name, why);
}

START_TEST(plausible_counts_are_believed)
{
	assert_nothing_else(N);
}
END_TEST

START_TEST(cycles_of_a_program_that_ran_are_not_zero)
{
	counts[CYCLES].value = 0;
	assert_impossible(CYCLES, "ran for 1.000 s");
	assert_nothing_else(CYCLES);
	counts[CLOCK].value = 9e5; /* under a millisecond: getrusage(2) has to tell */
	assert_impossible(CYCLES, "ran for 1.000 s");
	usage.user_s = usage.sys_s = 0.009;
	ck_assert(!impossible(CYCLES));
}
END_TEST

START_TEST(instructions_are_not_zero_beside_cycles)
{
	counts[INSTRUCTIONS].value = 0;
	assert_impossible(INSTRUCTIONS, "beside 3000000000 cycles");
	counts[CYCLES].status = HW_COUNTER_NOT_SUPPORTED;
	assert_impossible(INSTRUCTIONS, "ran for 1.000 s");
	assert_nothing_else(INSTRUCTIONS);
}
END_TEST

START_TEST(a_zero_proves_nothing_in_modes_that_did_not_run)
{
	items[CYCLES].name = (char *)"cycles:k";
	counts[CYCLES].value = 0;
	usage.sys_s = 0.01;
	ck_assert(!impossible(CYCLES));
	usage.sys_s = 0.03;
	assert_impossible(CYCLES, "ran for 0.030 s");
	counts[CYCLES].user_only = true;
	assert_impossible(CYCLES, "ran for 0.900 s");
}
END_TEST

START_TEST(other_modes_are_no_witness)
{
	items[CYCLES].name = (char *)"cycles:u";
	counts[INSTRUCTIONS].value = 1000; /* in all modes */
	counts[CYCLES].value = 1.1e6;
	ck_assert(!impossible(INSTRUCTIONS));
	counts[BRANCHES].value = 0;
	ck_assert(!impossible(BRANCHES)); /* beside too few instructions */
	counts[INSTRUCTIONS].value = 2e6;
	assert_impossible(BRANCHES, "beside 2000000 instructions");
}
END_TEST

START_TEST(no_clock_is_that_fast)
{
	counts[CYCLES].value = 9.9e9;
	ck_assert(!impossible(CYCLES));
	counts[CYCLES].value = 11e9;
	assert_impossible(CYCLES, "11.0 GHz");
	counts[CYCLES].enabled_s = 0.0001; /* too short a time to be sure of it */
	ck_assert(!impossible(CYCLES));
}
END_TEST

START_TEST(no_core_retires_that_many)
{
	counts[INSTRUCTIONS].value = 51e9;
	assert_impossible(INSTRUCTIONS, "17.0 a cycle");
	counts[INSTRUCTIONS].running_pct = 50; /* scaled up: an estimate */
	ck_assert(!impossible(INSTRUCTIONS));
}
END_TEST

START_TEST(times_that_contradict_each_other_are_seen)
{
	counts[BRANCHES].running_pct = 100.5; /* rounding of two reads */
	ck_assert(!impossible(BRANCHES));
	counts[BRANCHES].running_pct = 150;
	assert_impossible(BRANCHES, "150.0 %");
	counts[BRANCHES].running_pct = 100;
	counts[BRANCHES].enabled_s = 2.4; /* two CPUs for 1.1 s, and some slack */
	ck_assert(!impossible(BRANCHES));
	counts[BRANCHES].enabled_s = 2.6;
	assert_impossible(BRANCHES, "more than 2 CPUs have");
}
END_TEST

START_TEST(what_was_not_counted_is_not_judged)
{
	counts[CYCLES] = (struct hw_count){ .status = HW_COUNTER_OK }; /* never ran */
	counts[INSTRUCTIONS].status = HW_COUNTER_NOT_PERMITTED;
	counts[INSTRUCTIONS].value = 0;
	assert_nothing_else(N);
}
END_TEST

START_TEST(a_raw_zero_is_doubtful)
{
	ck_assert(!hw_count_is_doubtful_zero(&items[RAW], &counts[RAW]));
	counts[RAW].value = 0;
	ck_assert(hw_count_is_doubtful_zero(&items[RAW], &counts[RAW]));
	counts[CYCLES].value = 0;
	ck_assert(!hw_count_is_doubtful_zero(&items[CYCLES], &counts[CYCLES]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plausible");
	TCase *t = tcase_create("plausible");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, plausible_counts_are_believed);
	tcase_add_test(t, cycles_of_a_program_that_ran_are_not_zero);
	tcase_add_test(t, instructions_are_not_zero_beside_cycles);
	tcase_add_test(t, a_zero_proves_nothing_in_modes_that_did_not_run);
	tcase_add_test(t, other_modes_are_no_witness);
	tcase_add_test(t, no_clock_is_that_fast);
	tcase_add_test(t, no_core_retires_that_many);
	tcase_add_test(t, times_that_contradict_each_other_are_seen);
	tcase_add_test(t, what_was_not_counted_is_not_judged);
	tcase_add_test(t, a_raw_zero_is_doubtful);
	suite_add_tcase(s, t);
	return run_suite(s);
}
