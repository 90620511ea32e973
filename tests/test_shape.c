/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "bound/shape.h"
#include "wall_scenes.h"

static const struct {
	const struct scene *scene;
	bool one_by_one, gil_fight, takes_turns;
	double wanting;
} shapes[] = {
	{ &scene_idle_pool, true, false, false, 1.0 }, { &scene_join, true, false, false, 1.0 },
	{ &scene_gil, true, true, false, 7.0 },	       { &scene_pipe, true, false, false, 1.0 },
	{ &scene_server, true, false, false, 1.0 },    { &scene_convoy, true, false, true, 1.1 },
	{ &scene_quota, true, false, false, 1.0 },
};

START_TEST(a_scene_has_its_shape)
{
	struct hw_shape shape;

	hw_shape_of(&shapes[_i].scene->wall, &shape);
	ck_assert_int_eq(shape.one_by_one, shapes[_i].one_by_one);
	ck_assert_int_eq(shape.gil_fight, shapes[_i].gil_fight);
	ck_assert_int_eq(shape.takes_turns, shapes[_i].takes_turns);
	ck_assert_double_eq_tol(shape.wanting, shapes[_i].wanting, 0.1);
}
END_TEST

START_TEST(nothing_has_no_shape)
{
	const struct hw_wall wall = { 0 };
	struct hw_shape shape;

	hw_shape_of(&wall, &shape);
	ck_assert_double_eq(shape.width, 0);
	ck_assert_double_eq(shape.wanting, 0);
	ck_assert(!shape.one_by_one && !shape.gil_fight && !shape.takes_turns);
}
END_TEST

static const struct {
	double throttled_s, steal_s;
	enum hw_starved_by by;
} reasons[] = {
	{ 0, 0, HW_STARVED_OTHERS },	{ 0.3, 0, HW_STARVED_OTHERS },
	{ 0.9, 0, HW_STARVED_QUOTA },	{ 0.1, 1.5, HW_STARVED_OTHERS }, /* 0.375 s of each CPU */
	{ 0.1, 2.5, HW_STARVED_STEAL },
};

START_TEST(most_of_a_want_of_cpus_has_a_reason)
{
	struct hw_wall wall = { .known = true, .wall_s = 2, .seconds = { IN(STARVED, 1) } };

	wall.throttled_s = reasons[_i].throttled_s;
	wall.steal_s = reasons[_i].steal_s;
	ck_assert_int_eq(hw_shape_starved_by(&wall, 4), reasons[_i].by);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("shape");
	TCase *t = tcase_create("shape");

	tcase_add_loop_test(t, a_scene_has_its_shape, 0, (int)(sizeof(shapes) / sizeof(shapes[0])));
	tcase_add_test(t, nothing_has_no_shape);
	tcase_add_loop_test(t, most_of_a_want_of_cpus_has_a_reason, 0,
			    (int)(sizeof(reasons) / sizeof(reasons[0])));
	suite_add_tcase(s, t);
	return run_suite(s);
}
