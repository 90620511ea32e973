/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "stat/signed_rank.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Charles Darwin's cross- and self-fertilised maize, heights in eighths of an inch, from Fisher,
 * The Design of Experiments, 1935: the example of many books. */
static const double maize[] = { 49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48 };

static struct hw_signed_rank tested(const double *d, size_t n)
{
	struct hw_signed_rank r = { 0 };

	ck_assert_int_eq(hw_signed_rank_test(d, n, &r), 0);
	return r;
}

static struct hw_shift shift_of(const double *d, size_t n)
{
	struct hw_shift s = { 0 };

	ck_assert_int_eq(hw_signed_rank_shift(d, n, &s), 0);
	return s;
}

/* Twice the rank of |d[i]|, by its definition: the smaller ones count 2, the equal ones, itself
 * among them, 1 each, and one more. */
static long double_rank(const double *d, size_t n, size_t i)
{
	long rank = 1;

	for (size_t j = 0; j < n; j++)
		rank += fabs(d[j]) < fabs(d[i]) ? 2 : fabs(d[j]) == fabs(d[i]);
	return rank;
}

/* The p-value by going through all 2^n ways to give signs to the ranks. */
static double enumerated(const double *d, size_t n)
{
	long ranks[20], total = 0, seen = 0, as_extreme = 0;

	ck_assert_uint_le(n, COUNT(ranks));
	for (size_t i = 0; i < n; i++) {
		ranks[i] = d[i] != 0 ? double_rank(d, n, i) : 0;
		total += ranks[i];
		seen += d[i] > 0 ? ranks[i] : 0;
	}
	for (unsigned long signs = 0; signs < 1ul << n; signs++) {
		long sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += signs >> i & 1 ? ranks[i] : 0;
		as_extreme += labs(2 * sum - total) >= labs(2 * seen - total);
	}
	return (double)as_extreme / (double)(1ul << n);
}

/* A generator of its own, so that each run of the tests draws the same (Marsaglia, Xorshift RNGs,
 * 2003). */
static uint64_t state = 88172645463325252u;

static double uniform(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

START_TEST(values_from_the_books_come_out)
{
	struct hw_signed_rank r = tested(maize, COUNT(maize));
	struct hw_shift s = shift_of(maize, COUNT(maize));

	ck_assert_double_eq(r.rank_sum, 96);
	ck_assert_double_eq_tol(r.p, 0.04126, 0.000005);
	ck_assert(r.exact);
	ck_assert(s.bounded);
	ck_assert_double_gt(s.low, 0);
	ck_assert_double_lt(s.low, s.estimate);
	ck_assert_double_lt(s.estimate, s.high);
}
END_TEST

START_TEST(the_smallest_p_is_two_in_two_to_the_n)
{
	double d[HW_SIGNED_RANK_EXACT];

	for (size_t i = 0; i < COUNT(d); i++)
		d[i] = 1 + (double)i;
	for (size_t n = 1; n <= COUNT(d); n++) {
		ck_assert_double_eq_tol(tested(d, n).p, ldexp(2, -(int)n), ldexp(1, -(int)n - 30));
		ck_assert_int_eq(tested(d, n).p < 1 - HW_SIGNED_RANK_CONFIDENCE,
				 n >= HW_SIGNED_RANK_NEEDED);
		ck_assert_int_eq(shift_of(d, n).bounded, n >= HW_SIGNED_RANK_NEEDED);
	}
}
END_TEST

START_TEST(p_is_exact_with_ties_and_zeros)
{
	static const double none[] = { 0, 0, 0, 0, 0, 0 };
	double d[12];

	ck_assert_double_eq(tested(none, COUNT(none)).p, 1);
	ck_assert_double_eq_tol(tested(maize, 15).p, enumerated(maize, 15), 1e-12);
	for (int round = 0; round < 200; round++) {
		size_t n = 1 + (size_t)(uniform() * 11.99);
		int values = 1 + round % 7; /* few values: many ties and zeros */

		for (size_t i = 0; i < n; i++)
			d[i] = floor(uniform() * (2 * values + 1)) - values;
		ck_assert_double_eq_tol(tested(d, n).p, enumerated(d, n), 1e-12);
	}
}
END_TEST

START_TEST(exchanging_the_sides_changes_the_sign_only)
{
	double minus[COUNT(maize)];
	struct hw_shift s = shift_of(maize, COUNT(maize)), t;

	for (size_t i = 0; i < COUNT(maize); i++)
		minus[i] = -maize[i];
	t = shift_of(minus, COUNT(maize));
	ck_assert_double_eq(tested(minus, 15).p, tested(maize, 15).p);
	ck_assert_double_eq(t.estimate, -s.estimate);
	ck_assert_double_eq(t.low, -s.high);
	ck_assert_double_eq(t.high, -s.low);
}
END_TEST

static double p_around(const double *d, size_t n, double shift)
{
	double moved[100];

	ck_assert_uint_le(n, COUNT(moved));
	for (size_t i = 0; i < n; i++)
		moved[i] = d[i] - shift;
	return tested(moved, n).p;
}

/* The interval is what the test does not reject. */
START_TEST(the_interval_ends_where_the_test_turns)
{
	static const size_t sizes[] = { 6, 7, 10, 15, 40, 64, 65, 100 };
	double d[100], chance = 1 - HW_SIGNED_RANK_CONFIDENCE;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		size_t n = sizes[i];
		struct hw_shift s;

		for (size_t j = 0; j < n; j++)
			d[j] = 3 + normal();
		s = shift_of(d, n);
		ck_assert_double_gt(p_around(d, n, s.low + 1e-9), chance);
		ck_assert_double_le(p_around(d, n, s.low - 1e-9), chance);
		ck_assert_double_gt(p_around(d, n, s.high - 1e-9), chance);
		ck_assert_double_le(p_around(d, n, s.high + 1e-9), chance);
	}
}
END_TEST

START_TEST(the_estimate_is_the_median_of_the_walsh_averages)
{
	static const double d[] = { 1, 2, 4, 8 };

	/* 1 1.5 2 2.5 3 | 4 4.5 5 6 8 */
	ck_assert_double_eq(shift_of(d, 4).estimate, 3.5);
	ck_assert_double_eq(shift_of(d, 1).estimate, 1);
	ck_assert(!shift_of(d, 4).bounded);
}
END_TEST

/* By the exact probabilities of the sum of the ranks 1 to n, counted here in another way: those of
 * n - 1 and of n - 1 with n added. */
START_TEST(the_normal_approximation_is_close_to_exact)
{
	enum { N = 80, SIZE = N * (N + 1) / 2 + 1 };
	static double p[N + 1][SIZE];
	double d[N], sum = 0;
	struct hw_signed_rank r;
	size_t below = 0;

	p[0][0] = 1;
	for (size_t n = 1; n <= N; n++)
		for (size_t s = 0; s < SIZE; s++)
			p[n][s] = (p[n - 1][s] + (s >= n ? p[n - 1][s - n] : 0)) / 2;
	for (size_t negative = 0; negative < N; negative += 4) {
		size_t rank_sum = 0;

		/* the largest ones negative: from far out to the middle */
		for (size_t i = 0; i < N; i++) {
			d[i] = (i < negative / 3 ? 1 : -1) * (1 + (double)i);
			rank_sum += d[i] > 0 ? i + 1 : 0;
		}
		sum = 0;
		for (size_t s = 0; s <= rank_sum; s++)
			sum += p[N][s];
		r = tested(d, N);
		ck_assert(!r.exact);
		ck_assert_double_eq(r.rank_sum, (double)rank_sum);
		ck_assert_double_eq_tol(r.p, fmin(1, 2 * sum), 0.002);
		below += r.p < 0.05;
	}
	ck_assert_uint_gt(below, 0);
}
END_TEST

/* Of noise the test claims a difference in one of 20 cases at most; a difference of the size that
 * it says it would have seen it does see, in most. */
START_TEST(a_detectable_difference_is_detected)
{
	static const size_t sizes[] = { 8, 10, 20, 40 };
	enum { ROUNDS = 1000 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		int false_alarms = 0, found = 0;
		double d[40];

		for (int round = 0; round < ROUNDS; round++) {
			struct hw_shift s;
			double shift;

			for (size_t j = 0; j < sizes[i]; j++)
				d[j] = normal();
			false_alarms += tested(d, sizes[i]).p < 0.05;
			s = shift_of(d, sizes[i]);
			shift = hw_signed_rank_detectable(&s);
			for (size_t j = 0; j < sizes[i]; j++)
				d[j] = normal() + shift;
			found += tested(d, sizes[i]).p < 0.05;
		}
		ck_assert_int_lt(false_alarms, ROUNDS * 7 / 100); /* 50 expected, +- 7 */
		ck_assert_int_gt(found, ROUNDS * 80 / 100);
		ck_assert_int_lt(found, ROUNDS * 97 / 100);
	}
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const double bad[] = { 1, NAN, 2 }, worse[] = { 1, INFINITY };
	static double many[HW_SIGNED_RANK_MAX + 1];
	struct hw_signed_rank r;
	struct hw_shift s;

	ck_assert_int_eq(hw_signed_rank_test(bad, 0, &r), -EINVAL);
	ck_assert_int_eq(hw_signed_rank_test(bad, 3, &r), -EINVAL);
	ck_assert_int_eq(hw_signed_rank_shift(worse, 2, &s), -EINVAL);
	ck_assert_int_eq(hw_signed_rank_test(many, COUNT(many), &r), -EINVAL);
	ck_assert_int_eq(hw_signed_rank_shift(many, COUNT(many), &s), -EINVAL);
	for (size_t i = 0; i < HW_SIGNED_RANK_MAX; i++)
		many[i] = (double)i - 100;
	ck_assert_double_lt(tested(many, HW_SIGNED_RANK_MAX).p, 1e-9);
	ck_assert_double_eq(shift_of(many, HW_SIGNED_RANK_MAX).estimate, 399.5);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signed_rank");
	TCase *t = tcase_create("core");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, values_from_the_books_come_out);
	tcase_add_test(t, the_smallest_p_is_two_in_two_to_the_n);
	tcase_add_test(t, p_is_exact_with_ties_and_zeros);
	tcase_add_test(t, exchanging_the_sides_changes_the_sign_only);
	tcase_add_test(t, the_interval_ends_where_the_test_turns);
	tcase_add_test(t, the_estimate_is_the_median_of_the_walsh_averages);
	tcase_add_test(t, the_normal_approximation_is_close_to_exact);
	tcase_add_test(t, a_detectable_difference_is_detected);
	tcase_add_test(t, nonsense_is_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
