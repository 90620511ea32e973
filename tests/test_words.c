/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/words.h"

static const char *const plain[] = {
	"true",
	"  python3\ta.py  --x \"1 2\" ",
	"a '' \"\" b",
	"a'b c'\"d e\"f\\ g",
	"printf '%s\\n' \"a\\\"b\\\\c\\d\" 'it'\\''s'",
	"x --name=value =y a#b ! { }",
	"'$HOME' \"*\" '|&;<>()`~#'",
	"\\* \\$x \\\\",
	"\xff\xfe caf\xc3\xa9",
};

/* The words as one text, each in brackets. */
static char *bracketed(char *const *words)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	for (; *words; words++)
		fprintf(f, "[%s]", *words);
	fclose(f);
	return text;
}

/* What sh(1) makes of @text as arguments. */
static char *by_shell(const char *text)
{
	hw_autofree char *command = NULL, *read = calloc(1, 4096);
	FILE *f;

	ck_assert_int_gt(asprintf(&command, "set -- %s\nprintf '[%%s]' \"$@\"", text), 0);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(read);
	ck_assert_uint_gt(fread(read, 1, 4095, f), 0);
	ck_assert_int_eq(pclose(f), 0);
	return hw_take_ptr(read);
}

START_TEST(words_are_those_of_the_shell)
{
	hw_autofree char **words = NULL, *ours = NULL, *theirs = by_shell(plain[_i]);

	ck_assert_int_eq(hw_words_split(plain[_i], &words), 1);
	ours = bracketed(words);
	ck_assert_str_eq(ours, theirs);
}
END_TEST

START_TEST(what_takes_a_shell_is_found)
{
	static const char *const texts[] = {
		"a | b",   "a;b",	   "a && b",	  "a & ",     "a > f",	      "a <f",
		"(a)",	   "echo $x",	   "echo \"$x\"", "echo `a`", "echo \"`a`\"", "ls *.c",
		"ls ?",	   "ls [ab]",	   "ls ~",	  "X=1 a",    "a\nb",	      "a # b",
		"exit 3",  "exec a",	   "if",	  ": x",      "! a",	      "{ a",
		"a \\\nb", "a \"b\\\nc\"",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char **words = NULL;

		ck_assert_msg(hw_words_split(texts[i], &words) == 0, "%s", texts[i]);
		ck_assert_ptr_null(words);
	}
}
END_TEST

START_TEST(what_is_no_command_is_refused)
{
	char **words = NULL;

	ck_assert_int_eq(hw_words_split("", &words), -ENODATA);
	ck_assert_int_eq(hw_words_split(" \t ", &words), -ENODATA);
	ck_assert_int_eq(hw_words_split("a 'b", &words), -EINVAL);
	ck_assert_int_eq(hw_words_split("a \"b", &words), -EINVAL);
	ck_assert_int_eq(hw_words_split("a \"b\\", &words), -EINVAL);
	ck_assert_int_eq(hw_words_split("a \\", &words), -EINVAL);
	ck_assert_ptr_null(words);
}
END_TEST

/* Each text of up to 5 of these characters stays within its block (sanitizers and valgrind see)
 * and has as many words as it can have. */
START_TEST(no_text_is_too_much)
{
	static const char letters[] = "a '\"\\";

	for (unsigned int code = 0; code < 5 * 5 * 5 * 5 * 5; code++) {
		hw_autofree char **words = NULL;
		char text[6] = "";
		size_t n = 0;
		int r;

		for (unsigned int i = 0, rest = code; i < 5; i++, rest /= 5)
			text[i] = letters[rest % 5];
		r = hw_words_split(text, &words);
		while (words && words[n])
			n++;
		ck_assert_int_eq(r == 1, n > 0);
		ck_assert_uint_le(n, 3);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("words");
	TCase *t = tcase_create("core");

	tcase_add_loop_test(t, words_are_those_of_the_shell, 0,
			    (int)(sizeof(plain) / sizeof(plain[0])));
	tcase_add_test(t, what_takes_a_shell_is_found);
	tcase_add_test(t, what_is_no_command_is_refused);
	tcase_add_test(t, no_text_is_too_much);
	suite_add_tcase(s, t);
	return run_suite(s);
}
