/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "report/json.h"
#include "report/wall_json.h"
#include "wall_scenes.h"

START_TEST(a_wall_budget_has_all_its_figures)
{
	struct hw_wall_point point = { .end_s = 2.5,
				       .seconds = { IN(BUSY, 2.5) },
				       .rss_bytes = 4096 };
	struct hw_wall wall = scene_gil.wall;
	hw_auto(json_decref) json_t *o = NULL;
	double wall_s, busy, gil, end_s, point_busy;
	int switches, threads, peak, rss;
	json_t *widths;

	wall.points = &point;
	wall.n_points = 1;
	o = hw_wall_to_json(&wall);
	ck_assert_int_eq(json_unpack(o, "{s:F, s:{s:F}, s:{s:F}, s:o, s:i, s:i, s:i}", "wall_s",
				     &wall_s, "seconds", "busy", &busy, "thread_s", "gil", &gil,
				     "width_s", &widths, "switches", &switches, "threads", &threads,
				     "threads_peak", &peak),
			 0);
	ck_assert_double_eq(wall_s, 2.5);
	ck_assert_double_eq(busy, 2.43);
	ck_assert_double_eq(gil, 15.1);
	ck_assert_uint_eq(json_array_size(widths), 3); /* without the zeros behind */
	ck_assert_int_eq(switches, 4100);
	ck_assert_int_eq(threads, 9);
	ck_assert_int_eq(peak, 9);
	ck_assert_uint_eq(json_object_size(json_object_get(o, "seconds")), HW_WALL_CLASSES);
	ck_assert_int_eq(json_unpack(o, "{s:[{s:F, s:{s:F}, s:i}], s:F, s:F}", "points", "end_s",
				     &end_s, "seconds", "busy", &point_busy, "rss_bytes", &rss,
				     "throttled_s", &wall_s, "steal_s", &wall_s),
			 0);
	ck_assert_double_eq(end_s, 2.5);
	ck_assert_double_eq(point_busy, 2.5);
	ck_assert_int_eq(rss, 4096);
}
END_TEST

START_TEST(what_was_not_measured_is_null)
{
	const struct hw_wall wall = { 0 };
	hw_auto(json_decref) json_t *unknown = hw_wall_to_json(&wall),
				    *none = hw_wall_to_json(NULL);

	ck_assert(json_is_null(unknown));
	ck_assert(json_is_null(none));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wall_json");
	TCase *t = tcase_create("wall_json");

	tcase_add_test(t, a_wall_budget_has_all_its_figures);
	tcase_add_test(t, what_was_not_measured_is_null);
	suite_add_tcase(s, t);
	return run_suite(s);
}
