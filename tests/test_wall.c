/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "profile/wall.h"

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

/* CPU time by the switches, by the kernel's charges to the same threads, and by rusage; for how long
 * they were runnable. */
static const struct {
	double busy_s, charged_s, used_s, runnable_s;
	uint64_t switches, missed;
	enum hw_wall_doubt doubt;
} accounts[] = {
	{ 1, 1, 1, 0, 10, 0, HW_WALL_BELIEVED },
	{ 1.5, 1, 1, 0, 10, 0, HW_WALL_BELIEVED }, /* more is no loss: steal time, interrupts */
	{ 1, 1.5, 1, 0.5, 10000, 0, HW_WALL_BELIEVED }, /* nor are children that nobody waited for */
	{ 0, 0, 0, 0, 0, 0, HW_WALL_BELIEVED },

	/* Threads that were not seen. */
	{ 0.95, 0.95, 1, 0, 10, 0, HW_WALL_BELIEVED },
	{ 0.85, 0.85, 1, 0, 10, 0, HW_WALL_MISSED_THREADS },
	{ 0.85, 0.85, 1, 1, 100000, 0, HW_WALL_MISSED_THREADS }, /* however many switches */
	{ 0, 0, 0.019, 0, 1, 0, HW_WALL_BELIEVED }, /* where rusage counts ticks */
	{ 0.005, 0.005, 0.02, 0, 1, 0, HW_WALL_BELIEVED },
	{ 0, 0, 0.03, 0, 1, 0, HW_WALL_MISSED_THREADS },

	/* The kernel charges from the wake-up on. Measured on two virtual machines with an AMD EPYC,
	 * Linux 6.18: an fsync loop (its runnable time is what it must have been), sleeps of 50 us, and
	 * both on a busy machine. */
	{ 0.348, 0.451, 0.4515, 0.11, 22500, 0, HW_WALL_BELIEVED },
	{ 0.1006, 0.1681, 0.1687, 0.785, 10001, 0, HW_WALL_BELIEVED },
	{ 0.1446, 0.2601, 0.2610, 0.703, 9998, 0, HW_WALL_BELIEVED },
	{ 0.0360, 0.0465, 0.0478, 0.86, 616, 0, HW_WALL_BELIEVED },
	/* The same difference, but the threads were not runnable then ... */
	{ 0.348, 0.451, 0.4515, 0.01, 22500, 0, HW_WALL_MISSED_TIME },
	/* ... or there are too few switches for it: one that lost a third of what it ran. */
	{ 0.348, 0.451, 0.4515, 0.6, 200, 0, HW_WALL_MISSED_TIME },

	{ 1, 1, 1, 0, 9999, 10, HW_WALL_BELIEVED },
	{ 1, 1, 1, 0, 9998, 10, HW_WALL_MISSED_EVENTS },
	{ 1, 1, 1, 0, 0, 1, HW_WALL_MISSED_EVENTS },
};

static struct hw_wall account_number(int i)
{
	return (struct hw_wall){
		.known = true,
		.wall_s = 2,
		.switches = accounts[i].switches,
		.threads = 1,
		.charged_s = accounts[i].charged_s,
		.thread_s = { [HW_WALL_BUSY] = accounts[i].busy_s,
			      [HW_WALL_STARVED] = accounts[i].runnable_s },
	};
}

START_TEST(an_account_is_judged_by_what_it_may_have_missed)
{
	const struct hw_wall wall = account_number(_i);
	const struct hw_usage usage = { .wall_s = 2, .user_s = accounts[_i].used_s / 4,
					.sys_s = accounts[_i].used_s * 3 / 4 };
	char *why = hw_wall_doubt_text(&wall, accounts[_i].missed, &usage);

	ck_assert_int_eq(hw_wall_doubt(&wall, accounts[_i].missed, &usage), accounts[_i].doubt);
	ck_assert_int_eq(why != NULL, accounts[_i].doubt != HW_WALL_BELIEVED);
	free(why);
}
END_TEST

START_TEST(without_usage_only_the_account_itself_is_judged)
{
	const struct hw_wall unseen = account_number(5), lost = account_number(14);

	ck_assert_int_eq(hw_wall_doubt(&unseen, 0, NULL), HW_WALL_BELIEVED);
	ck_assert_int_eq(hw_wall_doubt(&lost, 0, NULL), HW_WALL_MISSED_TIME);
	ck_assert_int_eq(hw_wall_doubt(&unseen, 1, NULL), HW_WALL_MISSED_EVENTS);
}
END_TEST

START_TEST(a_doubt_has_the_figures)
{
	const struct hw_usage usage = { .user_s = 0.25, .sys_s = 0.75 };
	const struct hw_wall wall = account_number(5);
	char *why = hw_wall_doubt_text(&wall, 0, &usage);

	ck_assert_ptr_nonnull(strstr(why, "0.850 s"));
	ck_assert_ptr_nonnull(strstr(why, "1.000 s"));
	free(why);
	why = hw_wall_doubt_text(&wall, 7, &usage);
	ck_assert_ptr_nonnull(strstr(why, "missed 7 events"));
	free(why);
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

	tcase_add_test(t, the_mean_of_runs_is_that_of_each_figure);
	tcase_add_test(t, one_run_that_was_not_measured_makes_the_mean_unknown);
	tcase_add_loop_test(t, an_account_is_judged_by_what_it_may_have_missed, 0,
			    (int)(sizeof(accounts) / sizeof(accounts[0])));
	tcase_add_test(t, without_usage_only_the_account_itself_is_judged);
	tcase_add_test(t, a_doubt_has_the_figures);
	tcase_add_test(t, done_leaves_nothing);
	suite_add_tcase(s, t);
	return run_suite(s);
}
