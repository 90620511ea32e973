/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "profile_builder.h"
#include "report/annotate_print.h"
#include "report/json.h"

static char dir[64], file[96];
static struct hw_profile *profile;
static struct hw_annotate a;
static char *names, *text;

static const char source[] = "import os\n"		 /* 1 */
			     "\n"			 /* 2 */
			     "def inner(n):\n"		 /* 3 */
			     "\tx = [0] * n\n"		 /* 4 */
			     "\treturn sum(x)\n"	 /* 5 */
			     "\n"			 /* 6 */
			     "def outer(n):\n"		 /* 7 */
			     "    if n:\n"		 /* 8 */
			     "        outer(n - 1)\n"	 /* 9 */
			     "    inner(10)  # \x1b[2J\n" /* 10: what a terminal would obey */
			     "\n"			 /* 11 */
			     "\n"			 /* 12 */
			     "# the end\n"		 /* 13 */
			     "\n"			 /* 14 */
			     "outer(3)\n";		 /* 15 */

static void write_source(const char *path, const char *lines)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(lines, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void begin(void)
{
	ck_assert_ptr_nonnull(mkdtemp(strcpy(dir, "/tmp/hwprof-annotate-XXXXXX")));
	snprintf(file, sizeof(file), "%s/prog.py", dir);
	write_source(file, source);
	profile = build_profile("cpu-clock", "ns");
	build_event(profile, "page-faults", "");
	profile->session.start_unix_s = (int64_t)1 << 40; /* later than the file */
}

static void end(void)
{
	hw_annotate_done(&a);
	profile = hw_profile_free(profile);
	free(hw_take_ptr(names));
	free(hw_take_ptr(text));
	unlink(file);
	rmdir(dir);
}

/* 60 samples in line 4, 20 of them under a recursion of outer(); 30 in libc below line 5; 10 in
 * another file; 50 page faults in line 4. */
static void fill(void)
{
	struct hw_task task = { 100, 100, build_string(profile, "python3") };

	build_samples(profile, 40,
		      STACK(PY("inner", file, 3, 4), PY("outer", file, 7, 10),
			    PY("<module>", file, 1, 15)));
	build_samples(profile, 20,
		      STACK(PY("inner", file, 3, 4), PY("outer", file, 7, 10),
			    PY("outer", file, 7, 9), PY("outer", file, 7, 9),
			    PY("<module>", file, 1, 15)));
	build_samples(profile, 30,
		      STACK(C("memset", "/lib/libc.so"), PY("inner", file, 3, 5),
			    PY("outer", file, 7, 10), PY("<module>", file, 1, 15)));
	build_samples(profile, 10, STACK(PY("other", "/x/other/prog.pyx", 1, 2)));
	build_samples_of(profile, 1, 50,
			 STACK(PY("inner", file, 3, 4), PY("<module>", file, 1, 15)), &task);
}

static int annotate(const char *where)
{
	const struct hw_annotate_opts opts = { .where = where };

	hw_annotate_done(&a);
	free(hw_take_ptr(names));
	return hw_annotate(profile, &opts, &a, &names);
}

static void print(size_t max_rows, struct hw_style style)
{
	size_t size;
	FILE *f;

	free(hw_take_ptr(text));
	f = open_memstream(&text, &size);
	ck_assert_int_eq(hw_annotate_print(f, profile, &a, &style, max_rows), 0);
	fclose(f);
}

static void assert_has(const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no '%s' in:\n%s", part, text);
}

static const struct hw_annotate_row *row_of(uint32_t line)
{
	for (size_t i = 0; i < a.n_rows; i++)
		if (a.rows[i].line == line)
			return &a.rows[i];
	ck_abort_msg("no line %u", line);
	return NULL;
}

START_TEST(a_line_has_its_self_and_what_it_called)
{
	fill();
	ck_assert_int_eq(annotate("prog.py"), 0);
	ck_assert_uint_eq(a.n_rows, 5);
	ck_assert_uint_eq(row_of(4)->self[0].samples, 60);
	ck_assert_uint_eq(row_of(4)->total[0].samples, 60);
	ck_assert_uint_eq(row_of(4)->self[1].samples, 50);
	ck_assert_uint_eq(row_of(5)->self[0].samples, 0);
	ck_assert_uint_eq(row_of(5)->total[0].samples, 30);
	ck_assert_uint_eq(row_of(9)->total[0].samples, 20); /* once, though it recurs */
	ck_assert_uint_eq(row_of(15)->total[0].samples, 90);
	ck_assert_uint_eq(row_of(15)->total[1].samples, 50);
	ck_assert_uint_eq(a.all[0].samples, 100);
	ck_assert_int_eq(a.source_error, 0);
	ck_assert(!a.changed);
}
END_TEST

START_TEST(the_text_has_shares_beside_the_source)
{
	fill();
	ck_assert_int_eq(annotate(file), 0);
	print(0, (struct hw_style){ 0 });
	assert_has(" SELF %  TOTAL %  page-faults %    LINE  SOURCE\n");
	assert_has("   60.0     60.0          100.0       4          x = [0] * n\n");
	assert_has("            30.0                      5          return sum(x)\n");
	assert_has("                                     13  # the end\n");
	assert_has("     inner(10)  # ?[2J\n");
	ck_assert_ptr_null(strstr(text, "warning"));
	ck_assert_ptr_null(strstr(text, "..."));
}
END_TEST

START_TEST(only_the_hottest_lines_come_with_their_neighbours)
{
	fill();
	ck_assert_int_eq(annotate("prog.py"), 0);
	print(1, (struct hw_style){ 0 }); /* line 10, as hot as line 15 */
	assert_has("    if n:");
	ck_assert_ptr_null(strstr(text, "def"));
	ck_assert_ptr_null(strstr(text, "# the end"));
	assert_has("...\n");
}
END_TEST

START_TEST(a_function_is_shown_whole_and_alone)
{
	fill();
	ck_assert_int_eq(annotate("prog.py:outer"), 0);
	ck_assert_uint_eq(a.first, 7);
	ck_assert_uint_eq(a.last, 10);
	ck_assert_uint_eq(a.n_rows, 2);
	print(1, (struct hw_style){ 0 });
	assert_has(", function outer\n");
	assert_has("    20.0");
	assert_has("  if n:\n");
	ck_assert_ptr_null(strstr(text, "import os"));
	ck_assert_ptr_null(strstr(text, "..."));
}
END_TEST

START_TEST(hot_lines_are_coloured_on_a_terminal)
{
	fill();
	ck_assert_int_eq(annotate("prog.py"), 0);
	print(0, (struct hw_style){ .color = true, .width = 100 });
	assert_has("\033[31m        x = [0] * n\033[0m\n"); /* by its self */
	assert_has("\033[33m        return sum(x)\033[0m\n");
	assert_has("     1  import os");
}
END_TEST

START_TEST(a_file_that_changed_is_warned_of)
{
	fill();
	profile->session.start_unix_s = 1000;
	ck_assert_int_eq(annotate("prog.py"), 0);
	ck_assert(a.changed);
	write_source(file, "import os\n");
	ck_assert_int_eq(annotate("prog.py"), 0);
	print(0, (struct hw_style){ 0 });
	assert_has("warning: the source was changed after the recording began");
	assert_has("warning: the source has 1 lines, but samples stand on line 15");
	assert_has("   60.0     60.0          100.0       4  \n");
}
END_TEST

START_TEST(without_the_file_there_are_the_figures)
{
	fill();
	unlink(file);
	ck_assert_int_eq(annotate("prog.py"), 0);
	ck_assert_ptr_null(a.path);
	ck_assert_int_eq(a.source_error, -ENOENT);
	print(0, (struct hw_style){ 0 });
	assert_has("warning: the source cannot be read: No such file or directory");
	assert_has("   60.0     60.0");
}
END_TEST

START_TEST(what_has_no_samples_is_refused_with_what_has)
{
	fill();
	ck_assert_int_eq(annotate("og.py"), -ENOENT); /* only whole names of the path count */
	ck_assert_ptr_nonnull(strstr(names, "prog.py\n"));
	ck_assert_int_eq(annotate("prog.py:nothing"), -ENOENT);
	ck_assert_ptr_nonnull(strstr(names, "inner\n"));
	ck_assert_ptr_null(strstr(names, "other\n")); /* which is elsewhere */
	ck_assert_int_eq(annotate(""), -ENOENT);
	ck_assert_int_eq(annotate(":inner"), -ENOENT);
}
END_TEST

START_TEST(two_files_of_one_name_must_be_told_apart)
{
	fill();
	build_samples(profile, 1, STACK(PY("f", "/y/prog.py", 1, 2)));
	ck_assert_int_eq(annotate("prog.py"), -ENOTUNIQ);
	ck_assert_ptr_nonnull(strstr(names, "/y/prog.py\n"));
	ck_assert_ptr_nonnull(strstr(names, file));
	ck_assert_int_eq(annotate("y/prog.py"), 0);
	ck_assert_str_eq(a.file, "/y/prog.py");
	ck_assert_int_eq(annotate(file), 0);
}
END_TEST

START_TEST(a_method_is_found_by_the_end_of_its_name)
{
	build_samples(profile, 1, STACK(PY("Cls.run", file, 3, 4), PY("rerun", file, 7, 8)));
	ck_assert_int_eq(annotate("prog.py:run"), 0);
	ck_assert_uint_eq(a.n_rows, 1);
	ck_assert_int_eq(annotate("prog.py:Cls.run"), 0);
}
END_TEST

START_TEST(a_line_that_cannot_be_is_left_out)
{
	build_samples(profile, 5, STACK(PY("f", file, 1, UINT32_MAX), PY("g", file, 3, 4)));
	ck_assert_int_eq(annotate("prog.py"), 0);
	ck_assert_uint_eq(a.n_rows, 1);
	ck_assert_uint_eq(row_of(4)->total[0].samples, 5);
	print(0, (struct hw_style){ 0 });
}
END_TEST

START_TEST(json_has_every_line_with_samples)
{
	hw_auto(json_decref) json_t *o = NULL;
	const json_t *line;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fill();
	ck_assert_int_eq(annotate("prog.py:inner"), 0);
	ck_assert_int_eq(hw_annotate_json_print(f, profile, &a, 7), 0);
	fclose(f);
	o = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(o);
	ck_assert_str_eq(json_string_value(json_object_get(o, "file")), file);
	ck_assert_str_eq(json_string_value(json_object_get(o, "function")), "inner");
	ck_assert_int_eq(json_integer_value(json_object_get(o, "cut_bytes")), 7);
	ck_assert_uint_eq(json_array_size(json_object_get(o, "lines")), 2);
	line = json_array_get(json_object_get(o, "lines"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(line, "text")), "\tx = [0] * n");
	line = json_object_get(json_object_get(line, "events"), "page-faults");
	ck_assert_int_eq(json_integer_value(json_object_get(line, "self")), 50);
	ck_assert_int_eq(json_integer_value(json_object_get(line, "total_period")), 50000000);
}
END_TEST

START_TEST(ratios_of_a_line_have_what_it_called_in_them)
{
	hw_profile_free(profile);
	profile = build_profile("cycles", "");
	build_event(profile, "instructions", "");
	fill(); /* the page faults are instructions now */
	ck_assert_int_eq(annotate("prog.py"), 0);
	print(0, (struct hw_style){ 0 });
	assert_has("  instructions %             IPC    LINE  SOURCE");
	assert_has("0.83 +- 0.16       4  "); /* 50 / 60 */
	assert_has("0.56 +- 0.10      15  "); /* 50 / 90 */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("annotate");
	TCase *t = tcase_create("annotate");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, a_line_has_its_self_and_what_it_called);
	tcase_add_test(t, the_text_has_shares_beside_the_source);
	tcase_add_test(t, only_the_hottest_lines_come_with_their_neighbours);
	tcase_add_test(t, a_function_is_shown_whole_and_alone);
	tcase_add_test(t, hot_lines_are_coloured_on_a_terminal);
	tcase_add_test(t, a_file_that_changed_is_warned_of);
	tcase_add_test(t, without_the_file_there_are_the_figures);
	tcase_add_test(t, what_has_no_samples_is_refused_with_what_has);
	tcase_add_test(t, two_files_of_one_name_must_be_told_apart);
	tcase_add_test(t, a_method_is_found_by_the_end_of_its_name);
	tcase_add_test(t, a_line_that_cannot_be_is_left_out);
	tcase_add_test(t, json_has_every_line_with_samples);
	tcase_add_test(t, ratios_of_a_line_have_what_it_called_in_them);
	suite_add_tcase(s, t);
	return run_suite(s);
}
