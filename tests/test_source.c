/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "view/source.h"

static char path[] = "/tmp/hwprof-source-XXXXXX";
static struct hw_source source;

static void make_file(void)
{
	int fd = mkstemp(strcpy(path, "/tmp/hwprof-source-XXXXXX"));

	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void remove_file(void)
{
	hw_source_done(&source);
	unlink(path);
}

static void load(const char *text, size_t size)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
	hw_source_done(&source);
	ck_assert_int_eq(hw_source_read(path, &source), 0);
}

static void load_text(const char *text)
{
	load(text, strlen(text));
}

START_TEST(lines_have_numbers_from_1)
{
	load_text("a\n\nb\r\nc");
	ck_assert_uint_eq(source.n_lines, 4);
	ck_assert_str_eq(hw_source_line(&source, 1), "a");
	ck_assert_str_eq(hw_source_line(&source, 2), "");
	ck_assert_str_eq(hw_source_line(&source, 3), "b");
	ck_assert_str_eq(hw_source_line(&source, 4), "c");
	ck_assert_str_eq(hw_source_line(&source, 0), "");
	ck_assert_str_eq(hw_source_line(&source, 5), "");
	ck_assert_str_eq(hw_source_line(&source, UINT32_MAX), "");
	ck_assert_int_gt(source.changed_unix_s, 1600000000);
}
END_TEST

START_TEST(an_end_of_the_file_is_the_end_of_a_line)
{
	load_text("a\n");
	ck_assert_uint_eq(source.n_lines, 1);
	load_text("");
	ck_assert_uint_eq(source.n_lines, 0);
	load_text("\n");
	ck_assert_uint_eq(source.n_lines, 1);
}
END_TEST

START_TEST(bytes_that_are_no_text_do_no_harm)
{
	static const char bytes[] = "a\0b\n\0\n\xff";

	load(bytes, sizeof(bytes) - 1);
	ck_assert_uint_eq(source.n_lines, 3);
	ck_assert_str_eq(hw_source_line(&source, 1), "a");
	ck_assert_str_eq(hw_source_line(&source, 3), "\xff");
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	struct hw_source untouched = { .n_lines = 7 };

	ck_assert_int_eq(hw_source_read("/tmp", &untouched), -EISDIR);
	ck_assert_int_eq(hw_source_read("/dev/zero", &untouched), -EISDIR);
	ck_assert_int_eq(hw_source_read("/nowhere/x.py", &untouched), -ENOENT);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(hw_source_read(path, &untouched), -EISDIR); /* without waiting */
	ck_assert_uint_eq(untouched.n_lines, 7);
}
END_TEST

START_TEST(a_file_too_large_is_refused)
{
	struct hw_source untouched;

	ck_assert_int_eq(truncate(path, (off_t)HW_SOURCE_MAX + 1), 0);
	ck_assert_int_eq(hw_source_read(path, &untouched), -EFBIG);
}
END_TEST

START_TEST(a_python_function_ends_where_the_indentation_does)
{
	load_text("import x\n"	      /* 1 */
		  "def f(a,\n"	      /* 2 */
		  "      b):\n"	      /* 3 */
		  "    if a:\n"	      /* 4 */
		  "\n"		      /* 5 */
		  "        return 1\n" /* 6 */
		  "\n"		      /* 7 */
		  "\n"		      /* 8 */
		  "def g():\n"	      /* 9 */
		  "    return 2\n"); /* 10 */
	ck_assert_uint_eq(hw_source_block_end(&source, 2, 2), 6);
	ck_assert_uint_eq(hw_source_block_end(&source, 2, 4), 6);
	ck_assert_uint_eq(hw_source_block_end(&source, 9, 9), 10);
	ck_assert_uint_eq(hw_source_block_end(&source, 9, 99), 99); /* samples know better */
}
END_TEST

START_TEST(a_c_function_ends_with_its_bracket)
{
	load_text("static int f(int a)\n" /* 1 */
		  "{\n"			  /* 2 */
		  "\treturn a;\n"	  /* 3 */
		  "}\n"			  /* 4 */
		  "\n"			  /* 5 */
		  "int g(void)\n");	  /* 6 */
	ck_assert_uint_eq(hw_source_block_end(&source, 1, 3), 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("source");
	TCase *t = tcase_create("source");

	tcase_add_checked_fixture(t, make_file, remove_file);
	tcase_add_test(t, lines_have_numbers_from_1);
	tcase_add_test(t, an_end_of_the_file_is_the_end_of_a_line);
	tcase_add_test(t, bytes_that_are_no_text_do_no_harm);
	tcase_add_test(t, what_is_no_file_is_refused);
	tcase_add_test(t, a_file_too_large_is_refused);
	tcase_add_test(t, a_python_function_ends_where_the_indentation_does);
	tcase_add_test(t, a_c_function_ends_with_its_bracket);
	suite_add_tcase(s, t);
	return run_suite(s);
}
