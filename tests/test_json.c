/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "report/json.h"

#define FFFD "\xef\xbf\xbd"

static const struct {
	const char *in, *out;
} strings[] = {
	{ "", "" },
	{ "plain \"quoted\"\n", "plain \"quoted\"\n" },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8d", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8d" },
	{ "a\xff"
	  "b",
	  "a" FFFD "b" },			     /* never a byte of UTF-8 */
	{ "\xc3", FFFD },			     /* cut */
	{ "\xe2\x82", FFFD FFFD },		     /* cut */
	{ "\xf0\x9f\x90", FFFD FFFD FFFD },	     /* cut */
	{ "\xc0\x80", FFFD FFFD },		     /* overlong */
	{ "\xe0\x80\x80", FFFD FFFD FFFD },	     /* overlong */
	{ "\xed\xa0\x80", FFFD FFFD FFFD },	     /* a surrogate */
	{ "\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD }, /* beyond U+10FFFF */
	{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },  /* U+10FFFF */
	{ "\x80", FFFD },
};

START_TEST(strings_become_utf8_whatever_they_were)
{
	hw_auto(json_decref) json_t *s = hw_json_string(strings[_i].in);
	hw_auto(json_decref) json_t *checked = NULL;

	ck_assert_str_eq(json_string_value(s), strings[_i].out);
	checked = json_string(strings[_i].out); /* NULL unless jansson agrees that it is UTF-8 */
	ck_assert_ptr_nonnull(checked);
}
END_TEST

static char *printed(json_t *value)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_int_eq(hw_json_print(f, value), 0);
	fclose(f);
	json_decref(value);
	return text;
}

static const struct {
	double in;
	const char *out;
} reals[] = {
	{ 0.1 + 0.2, "0.3\n" },
	{ 1.0, "1.0\n" },
	{ 1.2345678914, "1.234567891\n" },
	{ -0.5, "-0.5\n" },
	{ 123456789012.25, "123456789012.25\n" },
	{ NAN, "null\n" },
	{ INFINITY, "null\n" },
};

START_TEST(reals_have_no_noise_behind_nine_places)
{
	hw_autofree char *text = printed(hw_json_real(reals[_i].in));

	ck_assert_str_eq(text, reals[_i].out);
}
END_TEST

static const struct {
	double in;
	const char *out;
} counts[] = {
	{ 0, "0\n" },	  { 41.6, "42\n" },  { 9007199254740992., "9007199254740992\n" },
	{ -1, "null\n" }, { NAN, "null\n" }, { 1e300, "null\n" },
};

START_TEST(counts_are_whole_or_null)
{
	hw_autofree char *text = printed(hw_json_count(counts[_i].in));

	ck_assert_str_eq(text, counts[_i].out);
}
END_TEST

START_TEST(an_absent_string_is_null_and_an_absent_list_empty)
{
	hw_autofree char *text = printed(hw_json_string(NULL));
	hw_autofree char *list = printed(hw_json_strings(NULL));
	hw_autofree char *two = printed(hw_json_strings((char *[]){ "a", "\xff", NULL }));

	ck_assert_str_eq(text, "null\n");
	ck_assert_str_eq(list, "[]\n");
	ck_assert_str_eq(two, "[\"a\", \"" FFFD "\"]\n");
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	hw_autofclose FILE *f = fopen("/dev/full", "w");
	hw_auto(json_decref) json_t *value = json_true();

	ck_assert_ptr_nonnull(f);
	setvbuf(f, NULL, _IONBF, 0);
	ck_assert_int_eq(hw_json_print(f, value), -EIO);
}
END_TEST

START_TEST(keys_are_added_in_their_order_or_not_at_all)
{
	hw_auto(json_decref) json_t *o = json_pack("{s:i}", "z", 1);
	hw_autofree char *text = NULL;

	ck_assert_int_eq(hw_json_add(o, "{s:b, s:o}", "a", true, "m", hw_json_string(NULL)), 0);
	ck_assert_int_eq(hw_json_add(o, "{s:i, s:o}", "b", 2, "none", NULL), -ENOMEM);
	ck_assert_int_eq(hw_json_add(NULL, "{s:o}", "c", json_null()), -ENOMEM);
	text = json_dumps(o, JSON_COMPACT);
	ck_assert_str_eq(text, "{\"z\":1,\"a\":true,\"m\":null}");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("json");
	TCase *t = tcase_create("json");

	tcase_add_loop_test(t, strings_become_utf8_whatever_they_were, 0,
			    sizeof(strings) / sizeof(strings[0]));
	tcase_add_loop_test(t, reals_have_no_noise_behind_nine_places, 0,
			    sizeof(reals) / sizeof(reals[0]));
	tcase_add_loop_test(t, counts_are_whole_or_null, 0, sizeof(counts) / sizeof(counts[0]));
	tcase_add_test(t, an_absent_string_is_null_and_an_absent_list_empty);
	tcase_add_test(t, a_full_disk_is_an_error);
	tcase_add_test(t, keys_are_added_in_their_order_or_not_at_all);
	suite_add_tcase(s, t);
	return run_suite(s);
}
