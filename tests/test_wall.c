/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>

#include "profile/wall.h"

START_TEST(each_class_has_a_name_of_its_own)
{
	for (int class = 0; class < HW_WALL_CLASSES; class ++)
		ck_assert_int_eq(hw_wall_class_of(hw_wall_class_name((enum hw_wall_class)class)),
				 class);
	ck_assert_str_eq(hw_wall_class_name(HW_WALL_GIL), "gil");
	ck_assert_str_eq(hw_wall_class_name(HW_WALL_CLASSES), "?");
	ck_assert_int_eq(hw_wall_class_of("Busy"), -EINVAL);
	ck_assert_int_eq(hw_wall_class_of(""), -EINVAL);
}
END_TEST

static const struct hw_wall one = {
	.known = true,
	.wall_s = 1,
	.seconds = { [HW_WALL_BUSY] = 1 },
	.width_s = { [1] = 1 },
	.thread_s = { [HW_WALL_BUSY] = 1, [HW_WALL_LOCK] = 3 },
	.switches = 10,
	.threads = 1,
	.threads_peak = 1,
	.throttled_s = 0.5,
};

static const struct hw_wall other = {
	.known = true,
	.wall_s = 3,
	.seconds = { [HW_WALL_BUSY] = 2, [HW_WALL_DISK] = 1 },
	.width_s = { [0] = 1, [64] = 2 },
	.thread_s = { [HW_WALL_BUSY] = 2, [HW_WALL_DISK] = 1 },
	.switches = 21,
	.threads = 4,
	.threads_peak = 3,
	.steal_s = 1,
};

START_TEST(the_mean_of_runs_is_that_of_each_figure)
{
	struct hw_wall mean = { 0 };

	hw_wall_average(&mean, &one, 1);
	ck_assert(mean.known);
	ck_assert_double_eq(mean.wall_s, 1);
	ck_assert_uint_eq(mean.switches, 10);
	hw_wall_average(&mean, &other, 2);
	ck_assert(mean.known);
	ck_assert_double_eq(mean.wall_s, 2);
	ck_assert_double_eq(mean.seconds[HW_WALL_BUSY], 1.5);
	ck_assert_double_eq(mean.seconds[HW_WALL_DISK], 0.5);
	ck_assert_double_eq(mean.width_s[0], 0.5);
	ck_assert_double_eq(mean.width_s[1], 0.5);
	ck_assert_double_eq(mean.width_s[64], 1);
	ck_assert_double_eq(mean.thread_s[HW_WALL_LOCK], 1.5);
	ck_assert_double_eq(mean.throttled_s, 0.25);
	ck_assert_double_eq(mean.steal_s, 0.5);
	ck_assert_uint_eq(mean.switches, 16); /* 15.5 */
	ck_assert_uint_eq(mean.threads, 3);
	ck_assert_uint_eq(mean.threads_peak, 2);
}
END_TEST

START_TEST(one_run_that_was_not_measured_makes_the_mean_unknown)
{
	const struct hw_wall unknown = { 0 };
	struct hw_wall first = { 0 }, later = { 0 };

	hw_wall_average(&first, &unknown, 1);
	hw_wall_average(&first, &one, 2);
	ck_assert(!first.known);
	hw_wall_average(&later, &one, 1);
	hw_wall_average(&later, &unknown, 2);
	hw_wall_average(&later, &one, 3);
	ck_assert(!later.known);
}
END_TEST

/* CPU time by the scheduler, user and system time by rusage; whether they agree. */
static const struct {
	double busy_s, user_s, sys_s;
	bool agree;
	uint64_t switches;
} accounts[] = {
	{ 1.0, 0.8, 0.2, true },    { 1.5, 0.8, 0.2, true }, /* more is no loss */
	{ 0.95, 0.8, 0.2, true },   { 0.85, 0.8, 0.2, false },
	{ 0.33, 0.9, 0.1, false },  { 0.0, 0.019, 0.0, true }, /* by ticks */
	{ 0.005, 0.01, 0.01, true }, { 0.0, 0.0, 0.03, false },
	{ 0, 0, 0, true },	    { 0.85, 0.8, 0.2, true, 100000 },
	{ 0.33, 0.8, 0.2, false, 100000 },
};

START_TEST(an_account_with_less_cpu_time_than_was_used_is_not_believed)
{
	const struct hw_wall wall = { .known = true,
				      .wall_s = 2,
				      .switches = accounts[_i].switches,
				      .thread_s = { [HW_WALL_BUSY] = accounts[_i].busy_s } };
	const struct hw_usage usage = { .wall_s = 2,
					.user_s = accounts[_i].user_s,
					.sys_s = accounts[_i].sys_s };

	ck_assert_int_eq(hw_wall_agrees(&wall, &usage), accounts[_i].agree);
}
END_TEST

START_TEST(done_leaves_nothing)
{
	struct hw_wall w = one;

	w.points = calloc(2, sizeof(*w.points));
	w.n_points = 2;
	hw_wall_done(&w);
	ck_assert(!w.known);
	ck_assert_ptr_null(w.points);
	ck_assert_uint_eq(w.n_points, 0);
	hw_wall_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wall");
	TCase *t = tcase_create("wall");

	tcase_add_test(t, each_class_has_a_name_of_its_own);
	tcase_add_test(t, the_mean_of_runs_is_that_of_each_figure);
	tcase_add_test(t, one_run_that_was_not_measured_makes_the_mean_unknown);
	tcase_add_loop_test(t, an_account_with_less_cpu_time_than_was_used_is_not_believed, 0,
			    (int)(sizeof(accounts) / sizeof(accounts[0])));
	tcase_add_test(t, done_leaves_nothing);
	suite_add_tcase(s, t);
	return run_suite(s);
}
