/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sched/off_rate.h"

#define MS 1000000ULL

/* A look 100 ms after the last one, in which 50 samples are wanted: @taken were, at that period. */
static const struct {
	uint64_t period, taken, next;
} looks[] = {
	{ 10 * MS, 50, 10 * MS },      { 10 * MS, 51, 20 * MS }, { 10 * MS, 5000, 20 * MS },
	{ 1000 * MS, 5000, 1000 * MS },			   /* it grows no more */
	{ 40 * MS, 12, 40 * MS },      { 40 * MS, 11, 20 * MS }, { 40 * MS, 0, 20 * MS },
	{ 10 * MS, 0, 10 * MS },			   /* what was asked for */
};

START_TEST(the_period_follows_the_number_of_samples)
{
	struct hw_off_rate rate = { .least_ns = 10 * MS, .taken = 700, .at_ns = 5000 * MS };

	ck_assert_uint_eq(hw_off_rate_next(&rate, 5100 * MS, 700 + looks[_i].taken, looks[_i].period),
			  looks[_i].next);
	ck_assert_uint_eq(rate.taken, 700 + looks[_i].taken);
	ck_assert_uint_eq(rate.at_ns, 5100 * MS);
}
END_TEST

START_TEST(looks_that_are_close_change_nothing)
{
	struct hw_off_rate rate = { .least_ns = 10 * MS, .taken = 700, .at_ns = 5000 * MS };

	ck_assert_uint_eq(hw_off_rate_next(&rate, 5019 * MS, 9000, 10 * MS), 10 * MS);
	ck_assert_uint_eq(rate.taken, 700); /* they count at the next one */
	ck_assert_uint_eq(hw_off_rate_next(&rate, 5020 * MS, 9000, 10 * MS), 20 * MS);
}
END_TEST

START_TEST(without_samples_there_is_no_period)
{
	struct hw_off_rate rate = { 0 };

	ck_assert_uint_eq(hw_off_rate_next(&rate, 5000 * MS, 0, 0), 0);
	ck_assert_uint_eq(hw_off_rate_next(&rate, 6000 * MS, 9, 0), 0);
}
END_TEST

START_TEST(it_comes_to_rest)
{
	struct hw_off_rate rate = { .least_ns = MS };
	uint64_t period = MS, taken = 0, before;

	for (uint64_t now = 100; now < 3000; now += 100) { /* 64 threads, all blocked */
		before = period;
		taken += 64 * 100 * MS / period;
		period = hw_off_rate_next(&rate, now * MS, taken, period);
	}
	ck_assert_uint_eq(period, before);
	ck_assert_uint_eq(period, 128 * MS); /* 50 in 100 ms */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("off_rate");
	TCase *t = tcase_create("off_rate");

	tcase_add_loop_test(t, the_period_follows_the_number_of_samples, 0,
			    (int)(sizeof(looks) / sizeof(looks[0])));
	tcase_add_test(t, looks_that_are_close_change_nothing);
	tcase_add_test(t, without_samples_there_is_no_period);
	tcase_add_test(t, it_comes_to_rest);
	suite_add_tcase(s, t);
	return run_suite(s);
}
