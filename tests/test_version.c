/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#include "py/version.h"

static const struct {
	const char *text;
	uint32_t version;
} texts[] = {
	{ "3.10.13", 0x030a0df0 },
	{ "3.9.0rc1", 0x030900c1 },
	{ "3.8.2+", 0x030802f0 },
	{ "3.7.0b12", 0x030700bc },
	{ "2.7.18", 0x020712f0 },
	{ "3.10", 0 },
	{ "3.10.", 0 },
	{ "3..1", 0 },
	{ "3.10.13.1", 0 },
	{ "3.10.13 (main)", 0 },
	{ "3.100.1", 0 },
	{ "x3.1.1", 0 },
	{ "", 0 },
};

START_TEST(versions_are_read_from_text)
{
	size_t size = strlen(texts[_i].text);

	ck_assert_uint_eq(hw_py_version_parse(texts[_i].text, size + 1), texts[_i].version);
	ck_assert_uint_eq(hw_py_version_parse(texts[_i].text, size), 0); /* without its NUL */
}
END_TEST

START_TEST(text_without_an_end_is_no_version)
{
	char text[64];

	memset(text, '1', sizeof(text));
	text[1] = text[3] = '.';
	for (size_t size = 0; size <= sizeof(text); size++)
		ck_assert_uint_eq(hw_py_version_parse(text, size), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("version");
	TCase *t = tcase_create("version");

	tcase_add_loop_test(t, versions_are_read_from_text, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(t, text_without_an_end_is_no_version);
	suite_add_tcase(s, t);
	return run_suite(s);
}
