/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdbool.h>
#include <string.h>

#include "profile/time_kinds.h"

/* A text for people: there, and without what would break a table, a sentence or a list of them. */
static void is_text(const char *text, const char *of)
{
	ck_assert_msg(text && text[0], "%s has a text that is missing", of);
	ck_assert_msg(!strpbrk(text, "\t\n"), "'%s' of %s", text, of);
	ck_assert_msg(text[strlen(text) - 1] != '.' && text[strlen(text) - 1] != ' ',
		      "'%s' of %s ends in the middle", text, of);
	ck_assert_msg(!strstr(text, "  "), "'%s' of %s has two spaces", text, of);
}

static bool is_wait(const struct hw_time_kind *kind)
{
	return kind->slice >= HW_SLICES_BUSY;
}

START_TEST(each_kind_has_one_row)
{
	unsigned int rows = 0;

	for (int i = 0; i < HW_SLICES; i++)
		rows += (int)hw_time_kinds[i].slice == _i;
	ck_assert_msg(rows == 1, "slice %d has %u rows", _i, rows);
	ck_assert_int_eq(hw_time_kind((enum hw_slice)_i)->slice, _i);
}
END_TEST

START_TEST(a_row_is_whole)
{
	const struct hw_time_kind *kind = &hw_time_kinds[_i];

	is_text(kind->name, "a kind of time");
	ck_assert_msg(strspn(kind->name, "abcdefghijklmnopqrstuvwxyz-") == strlen(kind->name),
		      "'%s' is no name for JSON and columns", kind->name);
	ck_assert_uint_le(strlen(kind->name), 12); /* the width of the budget */
	is_text(kind->doing, kind->name);
	is_text(kind->remedy, kind->name);
	ck_assert_int_lt(kind->bound, HW_BOUND_CLASSES);
	ck_assert_int_lt(kind->column, HW_COLUMNS);
	ck_assert_msg(!kind->rule == !kind->title, "%s: a rule has a title", kind->name);
	if (kind->title)
		is_text(kind->title, kind->name);
	if (kind->beside)
		is_text(kind->beside, kind->name);
}
END_TEST

/* Work is told by stacks and is a part of busy time; waits are told by who ends them. */
START_TEST(work_and_waits_are_told_apart)
{
	const struct hw_time_kind *kind = &hw_time_kinds[_i];

	if (is_wait(kind)) {
		ck_assert_ptr_null(kind->part);
		ck_assert_ptr_null(kind->names);
		ck_assert_int_ne(kind->column, HW_COLUMN_CPU);
	} else {
		is_text(kind->part, kind->name);
		ck_assert_ptr_null(kind->wakers);
		ck_assert_ptr_null(kind->beside);
		ck_assert_ptr_null(kind->rule);
		ck_assert_int_eq(kind->column, HW_COLUMN_CPU);
	}
}
END_TEST

START_TEST(names_are_unique)
{
	for (int i = 0; i < HW_SLICES; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(hw_time_kinds[i].name, hw_time_kinds[j].name);
	for (int i = 0; i <= HW_BOUND_CLASSES; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(hw_bound_class_name(i), hw_bound_class_name(j));
	for (int i = 0; i < HW_COLUMNS; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(hw_time_column_title(i), hw_time_column_title(j));
}
END_TEST

/* Findings are named by rules: those of the table may not share one. */
START_TEST(rules_are_unique)
{
	const char *rules[HW_SLICES + HW_TRAITS];
	size_t n = 0;

	for (int i = 0; i < HW_SLICES; i++)
		if (hw_time_kinds[i].rule)
			rules[n++] = hw_time_kinds[i].rule;
	for (int i = 0; i < HW_TRAITS; i++)
		if (hw_trait_row(i)->rule)
			rules[n++] = hw_trait_row(i)->rule;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(rules[i], rules[j]);
}
END_TEST

START_TEST(the_schedulers_classes_have_their_slices)
{
	bool taken[HW_SLICES] = { false };

	for (unsigned int class = HW_WALL_BUSY + 1; class < HW_WALL_CLASSES; class++) {
		enum hw_slice slice = hw_slice_of_wait(class);

		ck_assert_int_ge(slice, HW_SLICES_BUSY);
		ck_assert_int_lt(slice, HW_SLICES);
		ck_assert(!taken[slice]);
		taken[slice] = true;
		ck_assert_str_eq(hw_wall_class_name(class), hw_slice_name(slice));
		ck_assert_int_eq(hw_wall_class_column(class), hw_time_kind(slice)->column);
	}
	/* what is not measured has no class */
	ck_assert(!taken[HW_SLICE_IO_WAIT] && !taken[HW_SLICE_IDLE]);
	ck_assert_int_eq(hw_slice_of_wait(HW_WALL_BUSY), HW_SLICE_KERNEL);
	ck_assert_int_eq(hw_slice_of_wait(HW_WALL_CLASSES), HW_SLICE_OTHER);
	ck_assert_int_eq(hw_wall_class_column(HW_WALL_BUSY), HW_COLUMN_CPU);
	ck_assert_str_eq(hw_wall_class_name(HW_WALL_BUSY), "busy");
	ck_assert_str_eq(hw_wall_class_name(HW_WALL_GIL), "gil");
	ck_assert_str_eq(hw_wall_class_name(HW_WALL_CLASSES), "?");
}
END_TEST

/* Their numbers are in the files of profiles: a new class comes last. */
START_TEST(the_schedulers_classes_keep_their_numbers)
{
	static const char *const names[] = { "busy",  "starved", "disk", "network", "pipe",
					     "sleep", "lock",	 "gil",	 "child",   "other" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_str_eq(hw_wall_class_name(i), names[i]);
}
END_TEST

START_TEST(each_function_of_the_kernel_ends_one_kind_of_wait)
{
	const char *seen[256];
	size_t n = 0;

	for (int i = 0; i < HW_SLICES; i++)
		for (const char *const *w = hw_time_kinds[i].wakers; w && *w; w++) {
			for (size_t j = 0; j < n; j++)
				ck_assert_str_ne(*w, seen[j]);
			ck_assert_uint_lt(n, 256);
			seen[n++] = *w;
		}
	ck_assert_uint_gt(n, 50);
}
END_TEST

START_TEST(a_class_of_the_verdict_is_whole)
{
	const struct hw_bound_words *words = hw_bound_words(_i);
	unsigned int kinds = 0;

	is_text(words->name, "a class");
	is_text(words->among, words->name);
	is_text(words->headline, words->name);
	ck_assert_int_le(words->tone, HW_TONE_WAIT);
	ck_assert_str_eq(hw_bound_class_name(_i), words->name);
	for (int i = 0; i < HW_SLICES; i++)
		kinds += (int)hw_time_kinds[i].bound == _i;
	ck_assert_uint_gt(kinds, 0);
	ck_assert_str_eq(hw_bound_class_name(HW_BOUND_MIXED), "mixed");
}
END_TEST

START_TEST(a_trait_is_whole)
{
	const struct hw_trait_row *trait = hw_trait_row(_i);

	ck_assert(_i == HW_TRAIT_INTERPRETER || (trait->names && trait->names->subject));
	ck_assert_msg(!trait->rule == !trait->title && !trait->rule == !trait->spent &&
			      !trait->rule == !trait->remedy,
		      "trait %d has a part of a finding", _i);
	if (!trait->rule)
		return;
	is_text(trait->title, trait->rule);
	is_text(trait->spent, trait->rule);
	is_text(trait->remedy, trait->rule);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("time_kinds");
	TCase *t = tcase_create("time_kinds");

	tcase_add_loop_test(t, each_kind_has_one_row, 0, HW_SLICES);
	tcase_add_loop_test(t, a_row_is_whole, 0, HW_SLICES);
	tcase_add_loop_test(t, work_and_waits_are_told_apart, 0, HW_SLICES);
	tcase_add_test(t, names_are_unique);
	tcase_add_test(t, rules_are_unique);
	tcase_add_test(t, the_schedulers_classes_have_their_slices);
	tcase_add_test(t, the_schedulers_classes_keep_their_numbers);
	tcase_add_test(t, each_function_of_the_kernel_ends_one_kind_of_wait);
	tcase_add_loop_test(t, a_class_of_the_verdict_is_whole, 0, HW_BOUND_CLASSES);
	tcase_add_loop_test(t, a_trait_is_whole, 0, HW_TRAITS);
	suite_add_tcase(s, t);
	return run_suite(s);
}
