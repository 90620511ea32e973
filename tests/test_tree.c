/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>

#include "profile_builder.h"
#include "view_builder.h"
#include "report/tree_text.h"

static struct hw_profile *profile;
static struct hw_view view;
static struct hw_tree tree;
static char *text;

static void make_profile(void)
{
	profile = build_profile("cpu-clock", "ns");
}

static void free_all(void)
{
	hw_tree_done(&tree);
	hw_view_done(&view);
	profile = hw_profile_free(profile);
	free(hw_take_ptr(text));
}

/* Builds the tree of what is in the profile by now and prints it into text. */
static void print(const struct hw_tree_opts *opts)
{
	size_t size;
	FILE *f;

	hw_tree_done(&tree);
	free(hw_take_ptr(text));
	f = open_memstream(&text, &size);
	build_view(profile, &(struct hw_view_opts){ 0 }, &view);
	ck_assert_int_eq(hw_tree_build(&view, &tree), 0);
	ck_assert_int_eq(hw_tree_print(f, &tree, opts), 0);
	fclose(f);
}

static void build_fork(void)
{
	build_samples(profile, 60,
		      STACK(PY("work_a", "foo.py", 3, 4), PY("main", "foo.py", 20, 21),
			    PY("<module>", "foo.py", 1, 30)));
	build_samples(profile, 39,
		      STACK(PY("inner", "foo.py", 14, 15), PY("work_b", "foo.py", 9, 10),
			    PY("main", "foo.py", 20, 22), PY("<module>", "foo.py", 1, 30)));
	build_samples(profile, 1,
		      STACK(PY("main", "foo.py", 20, 21), PY("<module>", "foo.py", 1, 30)));
}

START_TEST(a_chain_keeps_its_indentation_and_a_fork_moves_it)
{
	build_fork();
	print(&(struct hw_tree_opts){ .unit = "ns" });
	ck_assert_str_eq(text, "TOTAL %      TOTAL  SELF %  CALL TREE\n"
			       "  100.0     100 ms     0.0  <module>  foo.py:1\n"
			       "  100.0     100 ms     1.0  main  foo.py:20\n"
			       "   60.0    60.0 ms    60.0  |- work_a  foo.py:3\n"
			       "   39.0    39.0 ms     0.0  `- work_b  foo.py:9\n"
			       "   39.0    39.0 ms    39.0     inner  foo.py:14\n");
}
END_TEST

START_TEST(small_calls_are_left_out_and_counted)
{
	build_fork();
	print(&(struct hw_tree_opts){ .unit = "ns", .min_share = 0.5 });
	ck_assert_str_eq(text, "TOTAL %      TOTAL  SELF %  CALL TREE\n"
			       "  100.0     100 ms     0.0  <module>  foo.py:1\n"
			       "  100.0     100 ms     1.0  main  foo.py:20\n"
			       "   60.0    60.0 ms    60.0  work_a  foo.py:3\n"
			       "1 calls below 50 % each, with all that they call, are left out "
			       "(-n 0 shows all)\n");
}
END_TEST

START_TEST(lines_past_the_limit_are_counted)
{
	build_fork();
	print(&(struct hw_tree_opts){ .unit = "ns", .max_lines = 2 });
	ck_assert_ptr_nonnull(strstr(text, "main"));
	ck_assert_ptr_null(strstr(text, "work_a"));
	ck_assert_ptr_nonnull(strstr(text, "... and 3 more lines"));
}
END_TEST

START_TEST(utf8_draws_boxes_and_the_width_is_kept)
{
	build_fork();
	print(&(struct hw_tree_opts){ .unit = "ns", .style = { .utf8 = true, .width = 44 } });
	ck_assert_ptr_nonnull(strstr(text, "60.0  ├─ work_a\n"));
	ck_assert_ptr_nonnull(strstr(text, "└─ work_b"));
	ck_assert_ptr_nonnull(strstr(text, "0.0  <module>\n"));
	ck_assert_ptr_nonnull(strstr(text, "1.0  main  foo.py:20\n"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_uint_le(hw_columns(line), 44);
}
END_TEST

START_TEST(threads_with_other_roots_stand_side_by_side)
{
	build_samples(profile, 1, STACK(PY("f", "a.py", 1, 1)));
	build_samples(profile, 3, STACK(PY("g", "a.py", 5, 5)));
	print(&(struct hw_tree_opts){ .unit = "ns" });
	ck_assert_ptr_nonnull(strstr(text, "|- g"));
	ck_assert_ptr_nonnull(strstr(text, "`- f"));
}
END_TEST

START_TEST(the_deepest_stack_there_may_be_is_printed)
{
	static uint32_t frames[HW_PROFILE_STACK_MAX];
	struct hw_sample s = { .period = 1 };
	struct hw_task task = { 1, 1, 0 };
	char name[16];

	for (uint32_t i = 0; i < HW_PROFILE_STACK_MAX; i++) {
		struct build_frame b = PY(name, "a.py", 1, 1);

		snprintf(name, sizeof(name), "f%u", i);
		frames[i] = build_frame(profile, &b);
	}
	ck_assert_int_eq(hw_profile_task(profile, &task, &s.task), 0);
	/* At each level a fork: one stack ends there, the others go on. */
	for (uint32_t i = 0; i < HW_PROFILE_STACK_MAX; i += 64) {
		ck_assert_int_eq(
			hw_profile_stack(profile, frames + i, HW_PROFILE_STACK_MAX - i, &s.stack),
			0);
		ck_assert_int_eq(hw_profile_sample(profile, &s), 0);
	}
	print(&(struct hw_tree_opts){ .unit = "ns" });
	ck_assert_uint_eq(tree.n_nodes, HW_PROFILE_STACK_MAX + 1);
	ck_assert_ptr_nonnull(strstr(text, "  f0  a.py:1\n"));
}
END_TEST

START_TEST(without_samples_there_is_a_heading_and_nothing_else)
{
	print(&(struct hw_tree_opts){ .unit = "ns" });
	ck_assert_str_eq(text, "TOTAL %      TOTAL  SELF %  CALL TREE\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tree");
	TCase *t = tcase_create("tree");

	tcase_add_checked_fixture(t, make_profile, free_all);
	tcase_add_test(t, a_chain_keeps_its_indentation_and_a_fork_moves_it);
	tcase_add_test(t, small_calls_are_left_out_and_counted);
	tcase_add_test(t, lines_past_the_limit_are_counted);
	tcase_add_test(t, utf8_draws_boxes_and_the_width_is_kept);
	tcase_add_test(t, threads_with_other_roots_stand_side_by_side);
	tcase_add_test(t, the_deepest_stack_there_may_be_is_printed);
	tcase_add_test(t, without_samples_there_is_a_heading_and_nothing_else);
	suite_add_tcase(s, t);
	return run_suite(s);
}
