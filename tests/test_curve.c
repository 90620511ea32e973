/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "view/curve.h"

static struct hw_wall_point points[4];
static struct hw_wall wall;
static double curve[8];

static void set_points(size_t n, const double *ends_s, const uint64_t *bytes)
{
	for (size_t i = 0; i < n; i++)
		points[i] = (struct hw_wall_point){ .end_s = ends_s[i], .rss_bytes = bytes[i] };
	wall = (struct hw_wall){ .known = true, .points = points, .n_points = n };
}

START_TEST(each_stretch_has_the_most_that_was_seen_in_it)
{
	set_points(4, (double[]){ 0.1, 0.2, 0.6, 1 }, (uint64_t[]){ 30, 50, 20, 70 });
	ck_assert_uint_eq(hw_curve_of_memory(&wall, 2, curve), 2);
	ck_assert_double_eq(curve[0], 50);
	ck_assert_double_eq(curve[1], 70);
}
END_TEST

START_TEST(a_stretch_without_a_look_has_the_next_one)
{
	set_points(2, (double[]){ 0.25, 1 }, (uint64_t[]){ 5, 9 });
	ck_assert_uint_eq(hw_curve_of_memory(&wall, 8, curve), 8);
	ck_assert_double_eq(curve[0], 5);
	ck_assert_double_eq(curve[1], 5);
	for (size_t i = 2; i < 8; i++)
		ck_assert_double_eq(curve[i], 9);
}
END_TEST

START_TEST(without_points_there_is_none)
{
	set_points(0, NULL, NULL);
	ck_assert_uint_eq(hw_curve_of_memory(&wall, 8, curve), 0);
	set_points(1, (double[]){ 0 }, (uint64_t[]){ 5 }); /* of no length */
	ck_assert_uint_eq(hw_curve_of_memory(&wall, 8, curve), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("curve");
	TCase *t = tcase_create("curve");

	tcase_add_test(t, each_stretch_has_the_most_that_was_seen_in_it);
	tcase_add_test(t, a_stretch_without_a_look_has_the_next_one);
	tcase_add_test(t, without_points_there_is_none);
	suite_add_tcase(s, t);
	return run_suite(s);
}
