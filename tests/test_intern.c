/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#include "base/intern.h"

START_TEST(equal_bytes_get_one_number)
{
	hw_auto(hw_intern_free) struct hw_intern *t = hw_intern_new();
	uint32_t a, b, c;
	size_t size;

	ck_assert_int_eq(hw_intern_add(t, "one", 3, &a), 1);
	ck_assert_int_eq(hw_intern_add(t, "two", 3, &b), 1);
	ck_assert_int_eq(hw_intern_add(t, "one", 3, &c), 0);
	ck_assert_uint_eq(a, 0);
	ck_assert_uint_eq(b, 1);
	ck_assert_uint_eq(c, 0);
	ck_assert_str_eq(hw_intern_get(t, b, &size), "two");
	ck_assert_uint_eq(size, 3);
	ck_assert_uint_eq(hw_intern_count(t), 2);
}
END_TEST

START_TEST(zeros_and_prefixes_are_told_apart)
{
	hw_auto(hw_intern_free) struct hw_intern *t = hw_intern_new();
	uint32_t ids[4];

	ck_assert_int_eq(hw_intern_add(t, "", 0, &ids[0]), 1);
	ck_assert_int_eq(hw_intern_add(t, "\0", 1, &ids[1]), 1);
	ck_assert_int_eq(hw_intern_add(t, "a\0b", 3, &ids[2]), 1);
	ck_assert_int_eq(hw_intern_add(t, "a", 1, &ids[3]), 1);
	ck_assert_int_eq(memcmp(hw_intern_get(t, ids[2], NULL), "a\0b", 3), 0);
	ck_assert_ptr_null(hw_intern_get(t, 4, NULL));
}
END_TEST

START_TEST(many_entries_stay_findable)
{
	hw_auto(hw_intern_free) struct hw_intern *t = hw_intern_new();
	uint32_t id;

	for (uint32_t i = 0; i < 100000; i++)
		ck_assert_int_eq(hw_intern_add(t, &i, sizeof(i), &id), 1);
	for (uint32_t i = 0; i < 100000; i += 997) {
		ck_assert_int_eq(hw_intern_add(t, &i, sizeof(i), &id), 0);
		ck_assert_uint_eq(id, i);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("intern");
	TCase *t = tcase_create("intern");

	tcase_add_test(t, equal_bytes_get_one_number);
	tcase_add_test(t, zeros_and_prefixes_are_told_apart);
	tcase_add_test(t, many_entries_stay_findable);
	suite_add_tcase(s, t);
	return run_suite(s);
}
