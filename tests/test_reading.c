/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sched/reading.h"

#define MS 1000000ULL

/* Began at 10 ms, and changed last at 30 ms. */
static struct hw_wall_account account_with(__u32 running, __u32 runnable, __u32 waiting)
{
	return (struct hw_wall_account){
		.begin = 10 * MS,
		.since = 30 * MS,
		.n = { running, runnable, waiting },
		.peak = 3,
		.threads = 4,
		.switches = 99,
		.charged_ns = 13 * MS,
		.wall_ns = { [HW_WALL_BUSY] = 12 * MS, [HW_WALL_DISK] = 8 * MS },
		.thread_ns = { [HW_WALL_BUSY] = 14 * MS, [HW_WALL_LOCK] = 21 * MS },
		.width_ns = { 8 * MS, 10 * MS, 2 * MS },
	};
}

static double sum(const double *s, int n)
{
	double all = 0;

	for (int i = 0; i < n; i++)
		all += s[i];
	return all;
}

START_TEST(what_runs_has_run_until_now)
{
	struct hw_wall_account a = account_with(2, 1, 0);

	hw_reading_settle(&a, 35 * MS);
	ck_assert_uint_eq(a.wall_ns[HW_WALL_BUSY], 17 * MS);
	ck_assert_uint_eq(a.wall_ns[HW_WALL_STARVED], 0);
	ck_assert_uint_eq(a.width_ns[2], 7 * MS);
	ck_assert_uint_eq(a.since, 35 * MS);
	hw_reading_settle(&a, 35 * MS); /* once */
	ck_assert_uint_eq(a.wall_ns[HW_WALL_BUSY], 17 * MS);
	hw_reading_settle(&a, 34 * MS); /* a clock read before the account */
	ck_assert_uint_eq(a.wall_ns[HW_WALL_BUSY], 17 * MS);
	ck_assert_uint_eq(a.since, 35 * MS);
}
END_TEST

START_TEST(what_could_run_is_starved_until_now)
{
	struct hw_wall_account a = account_with(0, 1, 5);

	hw_reading_settle(&a, 35 * MS);
	ck_assert_uint_eq(a.wall_ns[HW_WALL_STARVED], 5 * MS);
	ck_assert_uint_eq(a.width_ns[0], 13 * MS);
}
END_TEST

START_TEST(more_than_64_at_once_are_the_last_width)
{
	struct hw_wall_account a = account_with(1000, 0, 0);

	hw_reading_settle(&a, 35 * MS);
	ck_assert_uint_eq(a.width_ns[HW_WALL_WIDTHS - 1], 5 * MS);
}
END_TEST

START_TEST(a_wait_that_goes_on_belongs_to_nobody)
{
	struct hw_wall_account a = account_with(0, 0, 2);

	hw_reading_settle(&a, 35 * MS);
	ck_assert_uint_eq(a.since, 30 * MS);
	ck_assert_uint_eq(a.wall_ns[HW_WALL_OTHER], 0);
}
END_TEST

START_TEST(an_account_that_has_not_begun_stays_so)
{
	struct hw_wall_account a = { .n = { 1 } };

	hw_reading_settle(&a, 35 * MS);
	ck_assert_uint_eq(a.since, 0);
	ck_assert_uint_eq(a.wall_ns[HW_WALL_BUSY], 0);
}
END_TEST

START_TEST(the_open_wait_has_what_is_left)
{
	struct hw_wall_account a = account_with(0, 0, 2);
	struct hw_wall wall;

	hw_reading_wall(&a, 0.025, HW_WALL_SLEEP, &wall);
	ck_assert(wall.known);
	ck_assert_double_eq_tol(wall.wall_s, 0.025, 1e-12);
	ck_assert_double_eq_tol(wall.seconds[HW_WALL_BUSY], 0.012, 1e-12);
	ck_assert_double_eq_tol(wall.seconds[HW_WALL_SLEEP], 0.005, 1e-12);
	ck_assert_double_eq_tol(wall.width_s[0], 0.013, 1e-12);
	ck_assert_double_eq_tol(sum(wall.seconds, HW_WALL_CLASSES), wall.wall_s, 1e-12);
	ck_assert_double_eq_tol(sum(wall.width_s, HW_WALL_WIDTHS), wall.wall_s, 1e-12);
	ck_assert_double_eq_tol(wall.thread_s[HW_WALL_LOCK], 0.021, 1e-12);
	ck_assert_double_eq_tol(wall.charged_s, 0.013, 1e-12);
	ck_assert_uint_eq(wall.switches, 99);
	ck_assert_uint_eq(wall.threads, 4);
	ck_assert_uint_eq(wall.threads_peak, 3);
	ck_assert_ptr_null(wall.points);
}
END_TEST

START_TEST(a_session_is_no_shorter_than_its_classes)
{
	struct hw_wall_account a = account_with(0, 0, 2);
	struct hw_wall wall;

	hw_reading_wall(&a, 0.019, HW_WALL_SLEEP, &wall);
	ck_assert_double_eq_tol(wall.wall_s, 0.020, 1e-12);
	ck_assert_double_eq(wall.seconds[HW_WALL_SLEEP], 0);
	ck_assert_double_eq_tol(sum(wall.seconds, HW_WALL_CLASSES), wall.wall_s, 1e-12);
}
END_TEST

static struct hw_wall wall_of_20ms(void)
{
	return (struct hw_wall){
		.known = true,
		.wall_s = 0.020,
		.seconds = { [HW_WALL_BUSY] = 0.012, [HW_WALL_PIPE] = 0.002, [HW_WALL_SLEEP] = 0.006 },
		.width_s = { 0.008, 0.012 },
	};
}

/* What is left after the cut to @wall_s, with a sleep that had not ended. */
static const struct {
	double wall_s, left_s, sleep_s, pipe_s;
} cuts[] = {
	{ 0.020, 0.020, 0.006, 0.002 }, { 0.021, 0.020, 0.006, 0.002 }, /* nothing is added */
	{ 0.017, 0.017, 0.003, 0.002 }, { 0.014, 0.014, 0, 0.002 },
	{ 0.013, 0.013, 0, 0.001 },	/* before the begin: held by a pipe */
	{ 0.005, 0.012, 0, 0 },		/* what ran, ran */
	{ 0, 0.020, 0.006, 0.002 },	/* until now */
	{ -1, 0.020, 0.006, 0.002 },
};

START_TEST(what_is_beyond_the_session_was_a_wait)
{
	struct hw_wall wall = wall_of_20ms();

	hw_reading_cut(&wall, cuts[_i].wall_s, HW_WALL_SLEEP);
	ck_assert_double_eq_tol(wall.wall_s, cuts[_i].left_s, 1e-12);
	ck_assert_double_eq_tol(wall.seconds[HW_WALL_SLEEP], cuts[_i].sleep_s, 1e-12);
	ck_assert_double_eq_tol(wall.seconds[HW_WALL_PIPE], cuts[_i].pipe_s, 1e-12);
	ck_assert_double_eq_tol(wall.seconds[HW_WALL_BUSY], 0.012, 1e-12);
	ck_assert_double_eq_tol(sum(wall.width_s, HW_WALL_WIDTHS), wall.wall_s, 1e-12);
}
END_TEST

START_TEST(a_pipe_that_is_open_is_cut_once)
{
	struct hw_wall wall = wall_of_20ms();

	hw_reading_cut(&wall, 0.019, HW_WALL_PIPE);
	ck_assert_double_eq_tol(wall.seconds[HW_WALL_PIPE], 0.001, 1e-12);
	ck_assert_double_eq_tol(wall.wall_s, 0.019, 1e-12);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reading");
	TCase *t = tcase_create("reading");

	tcase_add_test(t, what_runs_has_run_until_now);
	tcase_add_test(t, what_could_run_is_starved_until_now);
	tcase_add_test(t, more_than_64_at_once_are_the_last_width);
	tcase_add_test(t, a_wait_that_goes_on_belongs_to_nobody);
	tcase_add_test(t, an_account_that_has_not_begun_stays_so);
	tcase_add_test(t, the_open_wait_has_what_is_left);
	tcase_add_test(t, a_session_is_no_shorter_than_its_classes);
	tcase_add_loop_test(t, what_is_beyond_the_session_was_a_wait, 0,
			    (int)(sizeof(cuts) / sizeof(cuts[0])));
	tcase_add_test(t, a_pipe_that_is_open_is_cut_once);
	suite_add_tcase(s, t);
	return run_suite(s);
}
