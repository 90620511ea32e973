/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>

#include "bound/sentences.h"

START_TEST(sentences_are_put_together_and_listed)
{
	hw_auto(hw_writer_done) struct hw_writer w = { 0 };
	char **list = NULL;

	hw_writer_put(&w, "one %d", 1);
	hw_writer_put(&w, ", two %s", "2");
	hw_writer_say(&w, " and three");
	hw_writer_say(&w, "whole");
	ck_assert_int_eq(hw_writer_take(&w, &list), 0);
	ck_assert_str_eq(list[0], "one 1, two 2 and three");
	ck_assert_str_eq(list[1], "whole");
	ck_assert_ptr_null(list[2]);
	hw_sentences_free(list);
}
END_TEST

START_TEST(nothing_said_is_no_list)
{
	hw_auto(hw_writer_done) struct hw_writer w = { 0 };
	char **list = NULL;

	ck_assert_int_eq(hw_writer_take(&w, &list), 0);
	ck_assert_ptr_null(list);
}
END_TEST

START_TEST(the_sentence_at_work_can_be_taken)
{
	hw_auto(hw_writer_done) struct hw_writer w = { 0 };
	char *text = NULL;

	hw_writer_say(&w, "before");
	hw_writer_put(&w, "at %s", "work");
	ck_assert_int_eq(hw_writer_take_text(&w, &text), 0);
	ck_assert_str_eq(text, "at work");
	free(text);
}
END_TEST

START_TEST(an_error_sticks_and_keeps_the_output)
{
	hw_auto(hw_writer_done) struct hw_writer w = { .error = -ENOMEM };
	char *text = NULL, **list = NULL;

	hw_writer_say(&w, "lost");
	hw_writer_put(&w, "lost too");
	ck_assert_int_eq(hw_writer_take(&w, &list), -ENOMEM);
	ck_assert_int_eq(hw_writer_take_text(&w, &text), -ENOMEM);
	ck_assert_ptr_null(list);
	ck_assert_ptr_null(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sentences");
	TCase *t = tcase_create("sentences");

	tcase_add_test(t, sentences_are_put_together_and_listed);
	tcase_add_test(t, nothing_said_is_no_list);
	tcase_add_test(t, the_sentence_at_work_can_be_taken);
	tcase_add_test(t, an_error_sticks_and_keeps_the_output);
	suite_add_tcase(s, t);
	return run_suite(s);
}
