/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <math.h>
#include <stdio.h>

#include "profile_builder.h"
#include "view_builder.h"
#include "view/ratios.h"
#include "report/ratios_json.h"
#include "report/ratios_text.h"
#include "report/text.h"

enum { CYCLES, INSTRUCTIONS, MISSES };

static struct hw_profile *profile;
static struct hw_view view;
static struct hw_table table;
static struct hw_ratios ratios;

static void make_profile(void)
{
	profile = build_profile("cycles", "");
	build_event(profile, "instructions", "");
	build_event(profile, "cache-misses", "");
}

static void free_all(void)
{
	hw_ratios_done(&ratios);
	hw_table_done(&table);
	hw_view_done(&view);
	profile = hw_profile_free(profile);
}

static void add(uint16_t event, size_t n, const struct build_frame *frames)
{
	struct hw_task task = { 100, 100, build_string(profile, "python3") };

	build_samples_of(profile, event, n, frames, &task);
}

#define FAST STACK(EVAL("long_add"), PY("fast", "foo.py", 3, 4), PY("main", "foo.py", 9, 10))
#define SLOW STACK(PY("slow", "foo.py", 5, 6), PY("main", "foo.py", 9, 11))
#define RARE STACK(PY("rare", "foo.py", 7, 8), PY("main", "foo.py", 9, 12))

/* fast() has 3 instructions a cycle and no misses, slow() half of one and 20 misses in a
 * thousand, rare() next to nothing. Each sample stands for a million, see build_samples_of(). */
static void fill(void)
{
	add(CYCLES, 100, FAST);
	add(INSTRUCTIONS, 300, FAST);
	add(CYCLES, 400, SLOW);
	add(INSTRUCTIONS, 200, SLOW);
	add(MISSES, 400, SLOW);
	for (size_t i = 0; i < profile->n_samples; i++)
		if (profile->samples[i].event == MISSES)
			profile->samples[i].period = 10000;
	add(CYCLES, 31, RARE);
	add(INSTRUCTIONS, 31, RARE);
}

static void build_by(enum hw_by by, uint16_t event)
{
	const struct hw_table_opts opts = { .by = by };

	hw_ratios_done(&ratios);
	hw_table_done(&table);
	build_view(profile, &(struct hw_view_opts){ .event = event }, &view);
	ck_assert_int_eq(hw_table_build(&view, &opts, &table), 0);
	ck_assert_int_eq(hw_ratios_build(&view, &table, &ratios), 0);
}

static const struct hw_ratio_sums *sums_of(const char *name)
{
	for (size_t i = 0; i < table.n_rows; i++)
		if (!strcmp(table.rows[i].name, name))
			return &ratios.self[i];
	ck_abort_msg("no row %s", name);
	return NULL;
}

START_TEST(each_function_has_its_own_ratio)
{
	struct hw_ratio ipc, misses;

	fill();
	build_by(HW_BY_FUNCTION, CYCLES);
	ck_assert(ratios.ipc && ratios.misses);
	ipc = hw_ratio_ipc(&ratios, sums_of("fast"));
	ck_assert_double_eq_tol(ipc.value, 3, 1e-9);
	ck_assert_double_eq_tol(ipc.error, 3 * sqrt(1. / 100 + 1. / 300), 1e-9);
	ipc = hw_ratio_ipc(&ratios, sums_of("slow"));
	ck_assert_double_eq_tol(ipc.value, 0.5, 1e-9);
	misses = hw_ratio_misses(&ratios, sums_of("slow"));
	ck_assert_double_eq_tol(misses.value, 20, 1e-9);
	ck_assert_double_eq_tol(misses.error, 20 * sqrt(1. / 400 + 1. / 200), 1e-9);
}
END_TEST

START_TEST(too_few_samples_say_nothing)
{
	fill();
	build_by(HW_BY_LINE, CYCLES);
	ck_assert_double_lt(hw_ratio_ipc(&ratios, sums_of("rare")).value, 0);
	ck_assert_double_lt(hw_ratio_misses(&ratios, sums_of("fast")).value, 0);
	ck_assert_double_lt(hw_ratio_ipc(&ratios, sums_of("main")).value, 0);
	add(CYCLES, 1, RARE);
	add(INSTRUCTIONS, 1, RARE); /* 32 of each */
	build_by(HW_BY_LINE, CYCLES);
	ck_assert_double_eq_tol(hw_ratio_ipc(&ratios, sums_of("rare")).value, 1, 1e-9);
}
END_TEST

START_TEST(the_table_of_another_event_has_them_too)
{
	fill();
	build_by(HW_BY_FUNCTION, MISSES);
	ck_assert_uint_eq(table.n_rows, 2); /* slow and main */
	ck_assert_double_eq_tol(hw_ratio_ipc(&ratios, sums_of("slow")).value, 0.5, 1e-9);
}
END_TEST

START_TEST(counts_mend_samples_that_are_missing)
{
	struct hw_session_event *e = profile->session.events;

	fill();
	/* Of the instructions one sample in ten came, and cycles took turns: half the time. */
	e[INSTRUCTIONS].counted = 5310000000;
	e[CYCLES].enabled_ns = 200;
	e[CYCLES].running_ns = 100;
	build_by(HW_BY_FUNCTION, CYCLES);
	ck_assert_double_eq_tol(ratios.scale[INSTRUCTIONS], 10, 1e-9);
	ck_assert_double_eq_tol(ratios.scale[CYCLES], 2, 1e-9);
	ck_assert_double_eq_tol(hw_ratio_ipc(&ratios, sums_of("fast")).value, 15, 1e-9);
	e[CYCLES].counted = 531000000; /* as many as the samples stand for, in half the time */
	build_by(HW_BY_FUNCTION, CYCLES);
	ck_assert_double_eq_tol(ratios.scale[CYCLES], 2, 1e-9);
}
END_TEST

START_TEST(modes_that_differ_are_not_divided)
{
	fill();
	free(profile->session.events[CYCLES].name);
	profile->session.events[CYCLES].name = build_copy("cycles:u");
	build_by(HW_BY_FUNCTION, CYCLES);
	ck_assert(!ratios.ipc && !ratios.misses && !ratios.self);
	build_by(HW_BY_FUNCTION, MISSES);
	ck_assert(!ratios.ipc && ratios.misses);
	build_event(profile, "instructions:u", "");
	build_by(HW_BY_FUNCTION, CYCLES);
	ck_assert(ratios.ipc);
	ck_assert_int_eq(ratios.events[HW_PART_INSTRUCTIONS], 3);
	build_by(HW_BY_FUNCTION, INSTRUCTIONS);
	ck_assert(!ratios.ipc && ratios.misses);
}
END_TEST

START_TEST(threads_and_other_events_have_none)
{
	fill();
	build_by(HW_BY_THREAD, CYCLES);
	ck_assert(!ratios.ipc && !ratios.misses && !ratios.self);
	hw_profile_free(profile);
	profile = build_profile("cpu-clock", "ns");
	build_samples(profile, 50, FAST);
	build_by(HW_BY_FUNCTION, 0);
	ck_assert(!ratios.ipc && !ratios.misses && !ratios.self);
	ck_assert_uint_eq(hw_ratios_width(&ratios), 0);
	ck_assert_uint_eq(hw_ratios_width(NULL), 0);
}
END_TEST

static char *printed(void)
{
	struct hw_text t = { .view = &view, .table = &table, .by = HW_BY_LINE,
			     .ratios = &ratios };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_int_eq(hw_text_list(f, &t), 0);
	hw_text_notes(f, &t);
	fclose(f);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no '%s' in:\n%s", part, text);
}

START_TEST(the_list_has_a_column_for_each)
{
	hw_autofree char *text = NULL;

	fill();
	build_by(HW_BY_LINE, CYCLES);
	text = printed();
	assert_has(text, " TOTAL %      TOTAL             IPC     MISSES/1000  KIND  ");
	assert_has(text, "    0.50 +- 0.04   20.00 +- 1.73  python  slow");
	assert_has(text, "    3.00 +- 0.35               -  python  fast");
	assert_has(text, "note: IPC and misses are estimates");
	assert_has(text, "note: samples of cycles, instructions, cache-misses skid");
}
END_TEST

START_TEST(doubts_about_events_are_said)
{
	struct hw_session_event *e = profile->session.events;
	hw_autofree char *text = NULL, *better = NULL;

	fill();
	e[CYCLES].precise = 2;
	e[INSTRUCTIONS].counted = 5310000000;
	e[MISSES].enabled_ns = 1000;
	e[MISSES].running_ns = 610;
	build_by(HW_BY_LINE, CYCLES);
	text = printed();
	assert_has(text, "note: instructions: the samples stand for 531 M of the 5.31 G that were "
			 "counted (10.0 %)");
	assert_has(text, "note: cache-misses was on a counter for 61.0 % of the time");
	ck_assert_ptr_null(strstr(text, "cycles, instr"));
	e[INSTRUCTIONS].counted = 540000000;
	e[MISSES].running_ns = 1000;
	better = printed();
	ck_assert_ptr_null(strstr(better, "that were counted"));
	ck_assert_ptr_null(strstr(better, "on a counter"));
}
END_TEST

START_TEST(json_has_only_what_can_be_told)
{
	hw_auto(json_decref) json_t *o = json_object(), *events = NULL;

	fill();
	profile->session.events[CYCLES].enabled_ns = 1000;
	profile->session.events[CYCLES].running_ns = 250;
	build_by(HW_BY_FUNCTION, CYCLES);
	ck_assert_int_eq(hw_ratios_set_json(o, &ratios, sums_of("fast")), 0);
	ck_assert_double_eq_tol(json_real_value(json_object_get(o, "ipc")), 12. / 16, 1e-9);
	ck_assert_ptr_nonnull(json_object_get(o, "ipc_error"));
	ck_assert_ptr_null(json_object_get(o, "misses_per_1000"));
	events = hw_events_to_json(&profile->session);
	ck_assert_uint_eq(json_array_size(events), 3);
	ck_assert_double_eq(json_number_value(json_object_get(json_array_get(events, 0),
							      "running_pct")), 25);
	ck_assert(json_is_null(json_object_get(json_array_get(events, 1), "running_pct")));
	ck_assert(json_is_null(json_object_get(json_array_get(events, 1), "counted")));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ratios");
	TCase *t = tcase_create("ratios");

	tcase_add_checked_fixture(t, make_profile, free_all);
	tcase_add_test(t, each_function_has_its_own_ratio);
	tcase_add_test(t, too_few_samples_say_nothing);
	tcase_add_test(t, the_table_of_another_event_has_them_too);
	tcase_add_test(t, counts_mend_samples_that_are_missing);
	tcase_add_test(t, modes_that_differ_are_not_divided);
	tcase_add_test(t, threads_and_other_events_have_none);
	tcase_add_test(t, the_list_has_a_column_for_each);
	tcase_add_test(t, doubts_about_events_are_said);
	tcase_add_test(t, json_has_only_what_can_be_told);
	suite_add_tcase(s, t);
	return run_suite(s);
}
