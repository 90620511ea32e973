/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sched/timeline.h"

#define TICK 0.0625 /* a sum of powers of two: no rounding */

struct session {
	struct hw_timeline t;
	double now_s, spent[HW_WALL_CLASSES];
};

/* Lets @s seconds pass, of which @told_s are in the account of @class already. */
static void pass(struct session *session, double s, enum hw_wall_class class, double told_s)
{
	session->now_s += s;
	session->spent[class] += told_s;
}

static void read_account(struct session *s, uint64_t rss, bool last)
{
	ck_assert_int_eq(hw_timeline_add(&s->t, s->now_s, s->spent, rss, last), 0);
}

static double length_of(const struct hw_timeline *t, size_t i)
{
	return t->points[i].end_s - (i ? t->points[i - 1].end_s : 0);
}

static double sum_of(const struct hw_wall_point *p)
{
	double sum = 0;

	for (int class = 0; class < HW_WALL_CLASSES; class ++)
		sum += p->seconds[class];
	return sum;
}

static void check_lengths(const struct hw_timeline *t)
{
	for (size_t i = 0; i < t->n; i++) {
		ck_assert_double_gt(length_of(t, i), 0);
		ck_assert_double_eq_tol(sum_of(&t->points[i]), length_of(t, i), 1e-6);
	}
}

START_TEST(time_is_told_in_the_stretch_it_passed_in)
{
	struct session s = { .t = HW_TIMELINE_INIT };

	pass(&s, TICK, HW_WALL_BUSY, TICK);
	read_account(&s, 10, false);
	pass(&s, TICK / 2, HW_WALL_STARVED, TICK / 2);
	pass(&s, TICK / 2, HW_WALL_DISK, TICK / 2);
	read_account(&s, 20, false);
	ck_assert_uint_eq(s.t.n, 2);
	ck_assert_double_eq(s.t.points[0].end_s, TICK);
	ck_assert_double_eq(s.t.points[0].seconds[HW_WALL_BUSY], TICK);
	ck_assert_double_eq(s.t.points[1].seconds[HW_WALL_BUSY], 0);
	ck_assert_double_eq(s.t.points[1].seconds[HW_WALL_STARVED], TICK / 2);
	ck_assert_double_eq(s.t.points[1].seconds[HW_WALL_DISK], TICK / 2);
	ck_assert_uint_eq(s.t.points[0].rss_bytes, 10);
	ck_assert_uint_eq(s.t.points[1].rss_bytes, 20);
	check_lengths(&s.t);
	hw_timeline_done(&s.t);
}
END_TEST

/* The account knows of a wait when it ends; it belongs to the stretches that it lasted. */
START_TEST(a_wait_over_several_stretches_belongs_to_all_of_them)
{
	struct session s = { .t = HW_TIMELINE_INIT };

	pass(&s, TICK / 4, HW_WALL_BUSY, TICK / 4);
	pass(&s, TICK * 3 / 4, HW_WALL_NETWORK, 0);
	read_account(&s, 0, false);
	pass(&s, TICK, HW_WALL_NETWORK, 0);
	read_account(&s, 0, false);
	pass(&s, TICK / 2, HW_WALL_NETWORK, TICK * 9 / 4);
	pass(&s, TICK / 2, HW_WALL_BUSY, TICK / 2);
	read_account(&s, 0, false);
	ck_assert_uint_eq(s.t.n, 3);
	ck_assert_double_eq(s.t.points[0].seconds[HW_WALL_NETWORK], TICK * 3 / 4);
	ck_assert_double_eq(s.t.points[0].seconds[HW_WALL_BUSY], TICK / 4);
	ck_assert_double_eq(s.t.points[1].seconds[HW_WALL_NETWORK], TICK);
	ck_assert_double_eq(s.t.points[2].seconds[HW_WALL_NETWORK], TICK / 2);
	ck_assert_double_eq(s.t.points[2].seconds[HW_WALL_BUSY], TICK / 2);
	check_lengths(&s.t);
	hw_timeline_done(&s.t);
}
END_TEST

START_TEST(only_what_is_too_much_moves_and_never_busy_time)
{
	struct session s = { .t = HW_TIMELINE_INIT };

	pass(&s, TICK, HW_WALL_SLEEP, 0);
	read_account(&s, 0, false);
	pass(&s, TICK / 8, HW_WALL_SLEEP, TICK * 9 / 8);
	pass(&s, TICK / 8, HW_WALL_LOCK, TICK / 8);
	pass(&s, TICK * 3 / 4, HW_WALL_BUSY, TICK * 3 / 4);
	read_account(&s, 0, false);
	ck_assert_double_eq(s.t.points[0].seconds[HW_WALL_SLEEP], TICK);
	ck_assert_double_eq(s.t.points[1].seconds[HW_WALL_SLEEP], TICK / 8);
	ck_assert_double_eq(s.t.points[1].seconds[HW_WALL_LOCK], TICK / 8);
	ck_assert_double_eq(s.t.points[1].seconds[HW_WALL_BUSY], TICK * 3 / 4);
	check_lengths(&s.t);
	hw_timeline_done(&s.t);
}
END_TEST

START_TEST(readings_that_come_too_soon_make_no_stretch_but_the_last_one_does)
{
	struct session s = { .t = HW_TIMELINE_INIT };

	pass(&s, TICK / 4, HW_WALL_BUSY, TICK / 4);
	read_account(&s, 0, false);
	ck_assert_uint_eq(s.t.n, 0);
	pass(&s, TICK, HW_WALL_BUSY, TICK);
	read_account(&s, 0, false);
	ck_assert_uint_eq(s.t.n, 1);
	pass(&s, TICK / 4, HW_WALL_PIPE, TICK / 4);
	read_account(&s, 0, false);
	ck_assert_uint_eq(s.t.n, 1);
	read_account(&s, 0, true);
	ck_assert_uint_eq(s.t.n, 2);
	read_account(&s, 0, true); /* nothing has passed */
	ck_assert_uint_eq(s.t.n, 2);
	check_lengths(&s.t);
	hw_timeline_done(&s.t);
}
END_TEST

START_TEST(a_long_session_has_fewer_longer_stretches_and_loses_nothing)
{
	struct session s = { .t = HW_TIMELINE_INIT };
	double sums[HW_WALL_CLASSES] = { 0 };
	uint64_t most = 0;

	for (int i = 0; i < 3 * HW_WALL_POINTS_MAX; i++) {
		enum hw_wall_class class = i % 3 ? HW_WALL_BUSY : HW_WALL_DISK;

		pass(&s, TICK, class, TICK);
		read_account(&s, i == 700 ? 1 << 30 : 5, false);
		ck_assert_uint_le(s.t.n, HW_WALL_POINTS_MAX);
	}
	read_account(&s, 5, true);
	ck_assert_double_ge(s.t.interval_s, 4 * 0.05);
	ck_assert_uint_gt(s.t.n, HW_WALL_POINTS_MAX / 4);
	check_lengths(&s.t);
	ck_assert_double_eq(s.t.points[s.t.n - 1].end_s, s.now_s);
	for (size_t i = 0; i < s.t.n; i++) {
		for (int class = 0; class < HW_WALL_CLASSES; class ++)
			sums[class] += s.t.points[i].seconds[class];
		most = s.t.points[i].rss_bytes > most ? s.t.points[i].rss_bytes : most;
	}
	for (int class = 0; class < HW_WALL_CLASSES; class ++)
		ck_assert_double_eq_tol(sums[class], s.spent[class], 1e-6);
	ck_assert_uint_eq(most, 1 << 30); /* the largest is kept */
	hw_timeline_done(&s.t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("timeline");
	TCase *t = tcase_create("timeline");

	tcase_add_test(t, time_is_told_in_the_stretch_it_passed_in);
	tcase_add_test(t, a_wait_over_several_stretches_belongs_to_all_of_them);
	tcase_add_test(t, only_what_is_too_much_moves_and_never_busy_time);
	tcase_add_test(t, readings_that_come_too_soon_make_no_stretch_but_the_last_one_does);
	tcase_add_test(t, a_long_session_has_fewer_longer_stretches_and_loses_nothing);
	suite_add_tcase(s, t);
	return run_suite(s);
}
