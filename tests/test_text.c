/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>

#include "profile_builder.h"
#include "view_builder.h"
#include "report/text.h"

static struct hw_profile *profile;
static struct hw_view view;
static struct hw_table table;
static char *text;

static void make_profile(void)
{
	profile = build_profile("cpu-clock", "ns");
}

static void free_all(void)
{
	hw_table_done(&table);
	hw_view_done(&view);
	profile = hw_profile_free(profile);
	free(hw_take_ptr(text));
}

/* Prints head, list or notes of the profile as it is by now into text. */
enum part { HEAD = 1, LIST = 2, NOTES = 4 };

static void print(enum part part, enum hw_by by, size_t max_rows, struct hw_style style)
{
	struct hw_table_opts opts = { .by = by };
	struct hw_text t = {
		.view = &view, .table = &table, .by = by, .style = style, .max_rows = max_rows
	};
	size_t size;
	FILE *f;

	hw_table_done(&table);
	free(hw_take_ptr(text));
	f = open_memstream(&text, &size);
	build_view(profile, &(struct hw_view_opts){ 0 }, &view);
	ck_assert_int_eq(hw_table_build(&view, &opts, &table), 0);
	if (part & HEAD)
		hw_text_head(f, &t);
	if (part & LIST)
		ck_assert_int_eq(hw_text_list(f, &t), 0);
	if (part & NOTES)
		hw_text_notes(f, &t);
	fclose(f);
}

static const struct hw_style plain = { 0 };

static void build_three(void)
{
	build_samples(profile, 60,
		      STACK(PY("work_a", "/home/me/project/foo.py", 3, 4),
			    PY("main", "/home/me/project/foo.py", 20, 21)));
	build_samples(profile, 30,
		      STACK(C("dot", "/usr/lib/numpy.so"),
			    PY("main", "/home/me/project/foo.py", 20, 22)));
	build_samples(profile, 10,
		      STACK(KERNEL("clear_page"), PY("main", "/home/me/project/foo.py", 20, 22)));
}

START_TEST(the_list_is_aligned)
{
	build_three();
	print(LIST, HW_BY_FUNCTION, 0, plain);
	ck_assert_str_eq(
		text,
		" SELF %       SELF  TOTAL %      TOTAL  KIND    FUNCTION    WHERE\n"
		"   60.0    60.0 ms     60.0    60.0 ms  python  work_a      "
		"/home/me/project/foo.py:3\n"
		"   30.0    30.0 ms     30.0    30.0 ms  native  dot         /usr/lib/numpy.so\n"
		"   10.0    10.0 ms     10.0    10.0 ms  kernel  clear_page  [kernel]\n"
		"    0.0        0 s    100.0     100 ms  python  main        "
		"/home/me/project/foo.py:20\n");
}
END_TEST

START_TEST(places_are_cut_from_the_left_to_fit_the_width)
{
	build_three();
	print(LIST, HW_BY_FUNCTION, 0, (struct hw_style){ .width = 80 });
	ck_assert_ptr_nonnull(strstr(text, "work_a      .../project/foo.py:3\n"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_uint_le(strlen(line), 80);
}
END_TEST

START_TEST(rows_past_the_limit_are_added_up)
{
	build_three();
	print(LIST, HW_BY_FUNCTION, 1, plain);
	ck_assert_ptr_nonnull(strstr(text, "work_a"));
	ck_assert_ptr_null(strstr(text, "numpy"));
	ck_assert_ptr_nonnull(strstr(text, "... and 3 more functions with 40.0 % of self time"));
}
END_TEST

START_TEST(threads_have_one_figure_each)
{
	build_three();
	print(LIST, HW_BY_THREAD, 0, plain);
	ck_assert_str_eq(text, "SHARE %       TIME  THREAD   WHERE\n"
			       "  100.0     100 ms  python3  pid 100, tid 100\n");
}
END_TEST

START_TEST(modules_and_lines_have_their_headings)
{
	build_three();
	print(LIST, HW_BY_MODULE, 0, plain);
	ck_assert_ptr_nonnull(strstr(text, "KIND    MODULE\n"));
	ck_assert_ptr_nonnull(strstr(text, "native  /usr/lib/numpy.so\n"));
	print(LIST, HW_BY_LINE, 0, plain);
	ck_assert_ptr_nonnull(strstr(text, "LINE\n"));
	ck_assert_ptr_nonnull(strstr(text, "foo.py:22\n"));
}
END_TEST

START_TEST(control_characters_of_a_name_do_not_reach_the_terminal)
{
	build_samples(profile, 1,
		      STACK(PY("\033]0;owned\007\xc2\x9b"
			       "31mf\n",
			       "a\tb.py", 1, 2)));
	profile->session.argv = calloc(2, sizeof(char *));
	profile->session.argv[0] = build_copy("x\033[2J");
	print(HEAD | LIST, HW_BY_FUNCTION, 0, (struct hw_style){ .utf8 = true });
	ck_assert_ptr_null(strpbrk(text, "\033\007\t"));
	ck_assert_ptr_null(strstr(text, "\xc2\x9b"));
	ck_assert_ptr_nonnull(strstr(text, "?]0;owned??31mf?"));
	ck_assert_ptr_nonnull(strstr(text, "x?[2J"));
}
END_TEST

START_TEST(colour_appears_only_when_asked_for)
{
	build_three();
	print(HEAD | LIST | NOTES, HW_BY_FUNCTION, 0, plain);
	ck_assert_ptr_null(strchr(text, '\033'));
	print(LIST, HW_BY_FUNCTION, 0, (struct hw_style){ .color = true });
	ck_assert_ptr_nonnull(strstr(text, "\033[32mwork_a"));
}
END_TEST

START_TEST(the_head_says_what_was_recorded_and_how_sure_it_is)
{
	build_three();
	profile->session.argv = calloc(3, sizeof(char *));
	profile->session.argv[0] = build_copy("python3");
	profile->session.argv[1] = build_copy("my file.py");
	profile->session.usage = (struct hw_usage){ .wall_s = 2.5, .user_s = 0.09, .sys_s = 0.01 };
	print(HEAD, HW_BY_FUNCTION, 0, plain);
	ck_assert_ptr_nonnull(strstr(text, "event    cpu-clock: 100 samples at 997 Hz, "
					   "which stand for 100 ms on CPUs\n"));
	ck_assert_ptr_nonnull(strstr(text, "command  python3 'my file.py'  (exit status 0)\n"));
	ck_assert_ptr_nonnull(strstr(text, "time     2.50 s wall, 90.0 ms user, 10.0 ms system\n"));
	ck_assert_ptr_nonnull(strstr(text, "machine  box, Linux 6.1.0 x86_64, 2 CPUs"));
	/* sqrt(0.6 * 0.4 / 100) = 0.0490 */
	ck_assert_ptr_nonnull(strstr(text, "work_a: 60.0 % +- 4.9 % of self time (estimated"));
}
END_TEST

START_TEST(nothing_that_is_missing_stays_unsaid)
{
	struct hw_session *s = &profile->session;

	build_three();
	build_event(profile, "page-faults", "");
	s->complete = false;
	s->lost = 100;
	s->losses = calloc(1, sizeof(*s->losses));
	s->losses[0] =
		(struct hw_session_loss){ build_copy("no frame pointer"),
					  build_copy("build with -fno-omit-frame-pointer"), 17 };
	s->n_losses = 1;
	s->doubts = calloc(2, sizeof(char *));
	s->doubts[0] = build_copy("kernel frames need root");
	profile->samples[5].flags = HW_SAMPLE_TRUNCATED;
	print(NOTES, HW_BY_FUNCTION, 0, plain);
	ck_assert_ptr_nonnull(strstr(text, "did not come to its end"));
	ck_assert_ptr_nonnull(strstr(text, "100 samples were lost, 50.00 % of all"));
	ck_assert_ptr_nonnull(strstr(text, "1 of 100 stacks (1.0 %) end before their root"));
	ck_assert_ptr_nonnull(strstr(text, "17  no frame pointer; build with -fno-omit"));
	ck_assert_ptr_nonnull(strstr(text, "note: kernel frames need root\n"));
	ck_assert_ptr_nonnull(strstr(text, "also recorded: page-faults (--event NAME"));
}
END_TEST

START_TEST(a_whole_profile_has_no_notes)
{
	build_three();
	print(NOTES, HW_BY_FUNCTION, 0, plain);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(a_profile_without_samples_prints_its_headings)
{
	print(HEAD | LIST, HW_BY_FUNCTION, 0, plain);
	ck_assert_ptr_nonnull(strstr(text, "cpu-clock: 0 samples"));
	ck_assert_ptr_nonnull(strstr(text, "FUNCTION"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_add_checked_fixture(t, make_profile, free_all);
	tcase_add_test(t, the_list_is_aligned);
	tcase_add_test(t, places_are_cut_from_the_left_to_fit_the_width);
	tcase_add_test(t, rows_past_the_limit_are_added_up);
	tcase_add_test(t, threads_have_one_figure_each);
	tcase_add_test(t, modules_and_lines_have_their_headings);
	tcase_add_test(t, control_characters_of_a_name_do_not_reach_the_terminal);
	tcase_add_test(t, colour_appears_only_when_asked_for);
	tcase_add_test(t, the_head_says_what_was_recorded_and_how_sure_it_is);
	tcase_add_test(t, nothing_that_is_missing_stays_unsaid);
	tcase_add_test(t, a_whole_profile_has_no_notes);
	tcase_add_test(t, a_profile_without_samples_prints_its_headings);
	suite_add_tcase(s, t);
	return run_suite(s);
}
