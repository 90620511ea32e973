/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "resolve/merge.h"

#define N(pc_, cfa_)  { .pc = (pc_), .cfa = (cfa_) }
#define PY(addr_)     { .addr = (addr_), .kind = HW_RAW_PY_FRAME }
#define ENTRY(addr_)  { .addr = (addr_), .kind = HW_RAW_PY_ENTRY }
#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))

/* Writes the merged order as text: n0 is the native frame 0, p1 the Python record 1. */
static const char *order(const struct hw_raw_native *native, size_t n_native,
			 const struct hw_raw_python *python, size_t n_python)
{
	static char text[512];
	struct hw_merged out[64];
	size_t n = hw_merge(native, n_native, python, n_python, out), at = 0;

	text[0] = 0;
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%c%u", i ? " " : "",
				       out[i].python ? 'p' : 'n', out[i].index);
	return text;
}

START_TEST(python_runs_above_the_eval_call_that_holds_its_entry)
{
	const struct hw_raw_native native[] = { N(1, 0x7f10), N(2, 0x7f80), N(3, 0x7fa0),
						N(2, 0x8010), N(4, 0x8100) };
	const struct hw_raw_python python[] = { PY(10), PY(11), ENTRY(0x7f40), PY(12),
						ENTRY(0x7fd0) };

	ck_assert_str_eq(order(native, COUNT(native), python, COUNT(python)),
			 "n0 n1 p0 p1 n2 n3 p3 n4");
}
END_TEST

START_TEST(python_frames_come_in_order_without_native_ones)
{
	const struct hw_raw_python python[] = { PY(10), ENTRY(0x7f40), PY(11), PY(12),
						ENTRY(0x7fd0) };

	ck_assert_str_eq(order(NULL, 0, python, COUNT(python)), "p0 p2 p3");
}
END_TEST

START_TEST(a_native_walk_that_ends_early_leaves_the_rest_to_python)
{
	const struct hw_raw_native native[] = { N(1, 0x7f10), N(2, 0) };
	const struct hw_raw_python python[] = { PY(10), ENTRY(0x7f40), PY(11), ENTRY(0x7fd0) };

	ck_assert_str_eq(order(native, COUNT(native), python, COUNT(python)), "n0 n1 p0 p2");
}
END_TEST

START_TEST(a_run_whose_eval_call_was_skipped_comes_before_what_lies_further_out)
{
	const struct hw_raw_native native[] = { N(1, 0x7f10), N(3, 0x7f90), N(4, 0x8100) };
	const struct hw_raw_python python[] = { PY(10), ENTRY(0x7f08), PY(11), ENTRY(0x7fa0) };

	ck_assert_str_eq(order(native, COUNT(native), python, COUNT(python)), "n0 p0 n1 n2 p2");
}
END_TEST

START_TEST(a_run_without_an_entry_comes_last)
{
	const struct hw_raw_native native[] = { N(1, 0x7f10), N(4, 0x8100) };
	const struct hw_raw_python python[] = { PY(10), PY(11) };

	ck_assert_str_eq(order(native, COUNT(native), python, COUNT(python)), "n0 n1 p0 p1");
}
END_TEST

START_TEST(nonsense_addresses_lose_and_repeat_nothing)
{
	const struct hw_raw_native native[] = { N(1, 0x9000), N(2, 0x10), N(3, UINT64_MAX), N(4, 5) };
	const struct hw_raw_python python[] = { ENTRY(7), PY(1), ENTRY(UINT64_MAX), PY(2),
						ENTRY(0), PY(3), ENTRY(0x8000), PY(4) };
	struct hw_merged out[COUNT(native) + COUNT(python)];
	unsigned int seen_native = 0, seen_python = 0;
	size_t n = hw_merge(native, COUNT(native), python, COUNT(python), out);

	for (size_t i = 0; i < n; i++)
		*(out[i].python ? &seen_python : &seen_native) |= 1U << out[i].index;
	ck_assert_uint_eq(n, 8);
	ck_assert_uint_eq(seen_native, 0xf);
	ck_assert_uint_eq(seen_python, 1U << 1 | 1U << 3 | 1U << 5 | 1U << 7);
}
END_TEST

static const char *order_by_eval(const char *native, const struct hw_raw_python *python,
				 size_t n_python)
{
	static char text[512];
	uint8_t is_eval[32];
	struct hw_merged out[64];
	size_t n, at = 0, n_native = strlen(native);

	for (size_t i = 0; i < n_native; i++)
		is_eval[i] = native[i] == 'e';
	n = hw_merge_by_eval(is_eval, n_native, python, n_python, out);
	text[0] = 0;
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%c%u", i ? " " : "",
				       out[i].python ? 'p' : 'n', out[i].index);
	return text;
}

/* Native frames as letters, e for the eval function. */
static const struct {
	const char *native;
	size_t n_python;
	const char *order;
} by_eval[] = {
	{ "cecec", 2, "n0 n1 p0 n2 n3 p1 n4" }, /* one Python frame for each eval call */
	{ "eece", 2, "n0 n1 p0 n2 n3 p1" }, /* an eval call at the leaf that is about to begin */
	{ "ce", 3, "n0 n1 p0 p1 p2" }, /* a native walk that ends early */
	{ "", 2, "p0 p1" }, /* no native frames */
	{ "ee", 0, "n0 n1" }, /* no Python frames */
	{ "ccc", 1, "n0 n1 n2 p0" }, /* no eval call is known */
};

START_TEST(eval_calls_hold_one_python_frame_each)
{
	const struct hw_raw_python python[] = { PY(1), PY(2), PY(3) };

	ck_assert_str_eq(order_by_eval(by_eval[_i].native, python, by_eval[_i].n_python),
			 by_eval[_i].order);
}
END_TEST

START_TEST(entries_are_left_out_where_calls_are_counted)
{
	const struct hw_raw_python python[] = { PY(1), ENTRY(5), PY(2), ENTRY(6) };

	ck_assert_str_eq(order_by_eval("ecec", python, COUNT(python)), "n0 p0 n1 n2 p2 n3");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("merge");
	TCase *t = tcase_create("merge");

	tcase_add_test(t, python_runs_above_the_eval_call_that_holds_its_entry);
	tcase_add_test(t, python_frames_come_in_order_without_native_ones);
	tcase_add_test(t, a_native_walk_that_ends_early_leaves_the_rest_to_python);
	tcase_add_test(t, a_run_whose_eval_call_was_skipped_comes_before_what_lies_further_out);
	tcase_add_test(t, a_run_without_an_entry_comes_last);
	tcase_add_test(t, nonsense_addresses_lose_and_repeat_nothing);
	tcase_add_loop_test(t, eval_calls_hold_one_python_frame_each, 0, COUNT(by_eval));
	tcase_add_test(t, entries_are_left_out_where_calls_are_counted);
	suite_add_tcase(s, t);
	return run_suite(s);
}
