/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <jansson.h>

#include "profile_builder.h"
#include "report/hot.h"
#include "report/triage.h"

static struct hw_profile *profile;

/* 1 s of CPU time in 1.25 s of wall: 0.5 s in f (two lines), 0.3 s of faults and 0.2 s of I/O. */
static void make_profile(void)
{
	profile = build_profile("cpu-clock", "ns");
	profile->session.usage = (struct hw_usage){ .wall_s = 1.25, .user_s = 0.6, .sys_s = 0.4 };
	build_samples(profile, 300, STACK(EVAL("long_add"), PY("f", "a.py", 1, 2)));
	build_samples(profile, 200, STACK(C("dot", "numpy.so"), PY("f", "a.py", 1, 3)));
	build_samples(
		profile, 300,
		STACK(KERNEL("exc_page_fault"), C("memset", "libc.so.6"), PY("g", "a.py", 9, 10)));
	build_samples(profile, 200, STACK(KERNEL("vfs_write"), C("write", "libc.so.6")));
}

static void free_profile(void)
{
	profile = hw_profile_free(profile);
}

START_TEST(a_cpu_verdict_shows_user_lines_under_the_python_line)
{
	struct hw_hot hot;

	ck_assert_int_eq(hw_hot_find(profile, "cpu", &hot), 0);
	ck_assert_uint_eq(hot.n_samples, 500);
	ck_assert_double_eq_tol(hot.seconds, 0.5, 1e-9);
	ck_assert_uint_eq(hot.n_lines, 2);
	ck_assert_str_eq(hot.lines[0].function, "f");
	ck_assert_uint_eq(hot.lines[0].line, 2);
	ck_assert_double_eq_tol(hot.lines[0].share, 0.6, 1e-9);
	ck_assert_uint_eq(hot.lines[1].line, 3);
	ck_assert_uint_eq(hot.n_functions, 1);
	ck_assert_uint_eq(hot.functions[0].line, 1);
	ck_assert_double_eq_tol(hot.functions[0].seconds, 0.5, 1e-9);
	ck_assert(!hot.parallel);
}
END_TEST

START_TEST(other_verdicts_show_their_own_part)
{
	struct hw_hot hot;

	ck_assert_int_eq(hw_hot_find(profile, "memory", &hot), 0);
	ck_assert_str_eq(hot.what, "page faults");
	ck_assert_str_eq(hot.lines[0].function, "g");
	ck_assert_uint_eq(hot.n_lines, 1);
	ck_assert_int_eq(hw_hot_find(profile, "io", &hot), 0);
	ck_assert_str_eq(hot.lines[0].function, "write"); /* no Python: the native caller */
	ck_assert_str_eq(hot.lines[0].module, "libc.so.6");
	ck_assert_int_eq(hw_hot_find(profile, "idle", &hot), 0);
	ck_assert_uint_eq(hot.n_samples, 1000);
}
END_TEST

START_TEST(a_part_without_samples_falls_back_to_all)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	struct hw_hot hot;

	build_samples(p, 10, STACK(PY("f", "a.py", 1, 2)));
	ck_assert_int_eq(hw_hot_find(p, "io", &hot), 0);
	ck_assert_uint_eq(hot.n_samples, 10);
	ck_assert_double_eq_tol(hot.seconds, 0.01, 1e-9); /* no usage: the clock's own sum */
}
END_TEST

START_TEST(without_clock_samples_there_is_nothing)
{
	hw_auto(hw_profile_free) struct hw_profile *faults = build_profile("page-faults", "");
	hw_auto(hw_profile_free) struct hw_profile *empty = build_profile("cpu-clock", "ns");
	struct hw_hot hot;

	build_samples(faults, 10, STACK(PY("f", "a.py", 1, 2)));
	ck_assert_int_eq(hw_hot_find(faults, "cpu", &hot), -ENODATA);
	ck_assert_int_eq(hw_hot_find(empty, "cpu", &hot), -ENODATA);
}
END_TEST

static const struct {
	double wall_s, seconds, speedup, saved_s;
} gains[] = {
	{ 2.31, 0.98, 1.2692, 0.49 },
	{ 1, 1, 2, 0.5 },
	{ 1, 4, 2, 0.5 }, /* four threads: no more than all of it */
	{ 1, 0, 1, 0 },
	{ 0, 1, 1, 0 },
};

START_TEST(halving_gains_what_amdahl_says)
{
	struct hw_hot hot = { .wall_s = gains[_i].wall_s };
	struct hw_hot_row row = { .seconds = gains[_i].seconds };
	struct hw_gain gain = hw_hot_gain(&hot, &row);

	ck_assert_double_eq_tol(gain.speedup, gains[_i].speedup, 1e-3);
	ck_assert_double_eq_tol(gain.saved_s, gains[_i].saved_s, 1e-3);
}
END_TEST

static void print_triage(bool json, char **ret_text)
{
	static char *evidence[] = { (char *)"user + sys is 0.80 of wall", NULL };
	static char *advice[] = { (char *)"vectorize", NULL };
	struct hw_verdict v = { .budget = { { "user", 0.5, 0.4 }, { "waiting", 0.75, 0.6 } },
				.n_budget = 2,
				.class = "cpu",
				.share = 0.4,
				.evidence = evidence,
				.advice = advice };
	struct hw_hot hot;
	struct hw_triage t = { .profile = profile, .verdict = &v, .hot = &hot };
	size_t size;
	FILE *f = open_memstream(ret_text, &size);

	ck_assert_int_eq(hw_hot_find(profile, "cpu", &hot), 0);
	if (json)
		ck_assert_int_eq(hw_triage_print_json(f, &t), 0);
	else
		ck_assert_int_eq(hw_triage_print(f, &t, &(struct hw_style){ 0 }), 0);
	fclose(f);
}

START_TEST(the_page_has_verdict_budget_evidence_lines_gains_and_advice)
{
	hw_autofree char *text = NULL;

	profile->session.usage.sys_s = 1.4; /* two CPUs busy at once at times */
	print_triage(false, &text);
	ck_assert_ptr_eq(strstr(text, "CPU-bound: 40 % of 1.25 s wall\n"), text);
	ck_assert_ptr_nonnull(strstr(text, "user              500 ms   40.0 %  ############\n"));
	ck_assert_ptr_nonnull(strstr(text, "  - user + sys is 0.80 of wall\n"));
	ck_assert_ptr_nonnull(strstr(text, "60.0    2.2     600 ms  f  "));
	ck_assert_ptr_nonnull(strstr(text, "a.py:2\n"));
	ck_assert_ptr_nonnull(strstr(text, "at most 1.67x, 500 ms of 1.25 s\n"));
	ck_assert_ptr_nonnull(strstr(text, "upper bounds"));
	ck_assert_ptr_nonnull(strstr(text, "  - vectorize\n"));
}
END_TEST

START_TEST(the_page_is_also_json)
{
	hw_autofree char *text = NULL;

	json_t *root, *line, *function;
	const char *class, *file;
	double share, speedup;
	int at;

	print_triage(true, &text);
	root = json_loads(text, 0, NULL);
	ck_assert_int_eq(json_unpack(root, "{s:{s:s, s:F}, s:[o,o], s:{s:[o,*], s:[o]}}", "verdict",
				     "class", &class, "share", &share, "budget", &line, &line,
				     "hot", "lines", &line, "functions", &function),
			 0);
	ck_assert_str_eq(class, "cpu");
	ck_assert_double_eq(share, 0.4);
	ck_assert_int_eq(json_unpack(line, "{s:s, s:i}", "file", &file, "line", &at), 0);
	ck_assert_str_eq(file, "a.py");
	ck_assert_int_eq(at, 2);
	ck_assert_int_eq(json_unpack(function, "{s:F}", "speedup_max", &speedup), 0);
	ck_assert_double_eq_tol(speedup, 1.25, 1e-9);
	json_decref(root);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hot");
	TCase *t = tcase_create("hot");

	tcase_add_checked_fixture(t, make_profile, free_profile);
	tcase_add_test(t, a_cpu_verdict_shows_user_lines_under_the_python_line);
	tcase_add_test(t, other_verdicts_show_their_own_part);
	tcase_add_test(t, a_part_without_samples_falls_back_to_all);
	tcase_add_test(t, without_clock_samples_there_is_nothing);
	tcase_add_loop_test(t, halving_gains_what_amdahl_says, 0,
			    (int)(sizeof(gains) / sizeof(gains[0])));
	tcase_add_test(t, the_page_has_verdict_budget_evidence_lines_gains_and_advice);
	tcase_add_test(t, the_page_is_also_json);
	suite_add_tcase(s, t);
	return run_suite(s);
}
