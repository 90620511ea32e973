/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/sorted.h"

/* What hw_lower_bound() must find, the slow way. */
static size_t count_below(const int *items, size_t n, int limit)
{
	size_t below = 0;

	while (below < n && items[below] < limit)
		below++;
	return below;
}

START_TEST(lower_bound_is_what_a_walk_from_the_front_finds)
{
	int items[40];

	/* Every length up to 40, with runs of equals, and every limit around and between them. */
	for (size_t n = 0; n <= 40; n++) {
		for (size_t i = 0; i < n; i++)
			items[i] = (int)(i / 3) * 2;
		for (int limit = -1; limit < 30; limit++)
			ck_assert_uint_eq(hw_lower_bound(i, n, items[i] < limit),
					  count_below(items, n, limit));
	}
}
END_TEST

START_TEST(lower_bound_takes_few_looks_also_at_the_far_end)
{
	unsigned int looks = 0;
	size_t found = hw_lower_bound(i, (size_t)1 << 40, (looks++, i < ((size_t)1 << 40) - 1));

	ck_assert_uint_eq(found, ((size_t)1 << 40) - 1);
	ck_assert_uint_le(looks, 41);
}
END_TEST

START_TEST(doubles_are_put_in_order)
{
	double values[] = { 2.5, -1, 0, 2.25, -1e300, 1e300 };
	const double sorted[] = { -1e300, -1, 0, 2.25, 2.5, 1e300 };

	qsort(values, 6, sizeof(*values), hw_compare_doubles);
	ck_assert_int_eq(memcmp(values, sorted, sizeof(values)), 0);
	ck_assert_int_eq(hw_compare_doubles(&values[0], &values[0]), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sorted");
	TCase *t = tcase_create("sorted");

	tcase_add_test(t, lower_bound_is_what_a_walk_from_the_front_finds);
	tcase_add_test(t, lower_bound_takes_few_looks_also_at_the_far_end);
	tcase_add_test(t, doubles_are_put_in_order);
	suite_add_tcase(s, t);
	return run_suite(s);
}
