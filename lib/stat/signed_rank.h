/* SPDX-License-Identifier: Apache-2.0
 * Whether paired measurements differ, and by how much, without a guess at how they are spread.
 *
 * Two commands are run in pairs, which of the two goes first is drawn for each pair. If it made no
 * difference which one ran, each difference within a pair would be as likely to be negative as
 * positive, whatever the machine did in the meantime: drift, bursts and outliers are the same for
 * both. That is all the signed-rank test (Wilcoxon, Individual Comparisons by Ranking Methods,
 * Biometrics Bulletin 1, 1945) needs. The Mann-Whitney test would take the runs for independent,
 * which they are not on a machine whose speed changes, and would lose what the pairing gains; a t
 * test would believe in a normal distribution, which run times have not.
 *
 * The absolute differences are ranked, equal ones share the mean of their ranks. Differences of
 * zero are ranked too and then dropped (Pratt, Remarks on Zeros and Ties in the Wilcoxon Signed
 * Rank Procedures, JASA 54, 1959). The p-value is exact, ties and zeros included, up to
 * HW_SIGNED_RANK_EXACT pairs: the distribution of the sum of ranks is built up rank by rank, each
 * of which is in it with probability 1/2. Beyond, it is the normal approximation with continuity
 * correction, mean and variance being those of the ranks that occur.
 *
 * How much: the Hodges-Lehmann estimate, the median of the means of all pairs of differences
 * (Walsh averages), and the interval between those of its ranks at which the test turns
 * (Hollander, Wolfe, Nonparametric Statistical Methods, 2nd ed. 1999, sections 3.2 and 3.3). */
#ifndef HW_STAT_SIGNED_RANK_H
#define HW_STAT_SIGNED_RANK_H

#include <stdbool.h>
#include <stddef.h>

#define HW_SIGNED_RANK_EXACT 64	  /* pairs */
#define HW_SIGNED_RANK_MAX   1000 /* pairs: they have half a million Walsh averages */

/* Fewer pairs cannot have p < 0.05, whatever they show: 2 / 2^5 is more. */
#define HW_SIGNED_RANK_NEEDED 6

/* The level of the interval; the test turns at 1 minus this. */
#define HW_SIGNED_RANK_CONFIDENCE 0.95

struct hw_signed_rank {
	double rank_sum; /* of the positive differences */
	double p;	 /* two-sided */
	bool exact;
};

/* Tests whether the @n differences @d are spread around zero. Returns 0, -EINVAL when @n is 0 or
 * above HW_SIGNED_RANK_MAX or a difference is not finite, or -ENOMEM. */
int hw_signed_rank_test(const double *d, size_t n, struct hw_signed_rank *ret);

struct hw_shift {
	double estimate;
	bool bounded;	  /* false with fewer than HW_SIGNED_RANK_NEEDED pairs: no interval */
	double low, high; /* it contains the true shift with HW_SIGNED_RANK_CONFIDENCE at least */
};

/* Estimates what the @n differences @d are spread around. The interval is exact for differences
 * that are symmetric around the shift, which drawing the order makes them when the effect is the
 * same in each run. Returns as hw_signed_rank_test(). */
int hw_signed_rank_shift(const double *d, size_t n, struct hw_shift *ret);

/* The shift, 0 or more, that as many pairs of the same spread would show (p < 0.05) in most cases:
 * 1.65 times half the interval. That is 1.96 + 1.28 standard errors, with which normal differences
 * are found 9 times in 10; the interval being an estimate itself, tests/test_signed_rank.c finds
 * 83 to 87 % with 8 to 40 pairs. @shift must be bounded. */
double hw_signed_rank_detectable(const struct hw_shift *shift);

#endif
