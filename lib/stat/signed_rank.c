/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/signed_rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/sorted.h"

/* Of the normal distribution, for HW_SIGNED_RANK_CONFIDENCE on both sides. */
static const double z_confidence = 1.959964;

static int compare_sizes(const void *a, const void *b)
{
	double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

	return (x > y) - (x < y);
}

static bool usable(const double *d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(d[i]))
			return false;
	return n > 0 && n <= HW_SIGNED_RANK_MAX;
}

/* Ranks the @n differences @d, which are sorted by size, and drops the zeros: the ranks, doubled
 * so that the means of equal ones are whole, go to @ranks. Returns how many there are and sets
 * *ret_positive to the sum of those of positive differences. */
static size_t rank(const double *d, size_t n, size_t *ranks, size_t *ret_positive)
{
	size_t n_ranks = 0;

	*ret_positive = 0;
	for (size_t start = 0, end; start < n; start = end) {
		for (end = start + 1; end < n && fabs(d[end]) == fabs(d[start]);)
			end++;
		for (size_t i = start; i < end && d[i] != 0; i++) {
			ranks[n_ranks] = start + end + 1; /* (start + 1) to end are the ranks */
			*ret_positive += d[i] > 0 ? ranks[n_ranks] : 0;
			n_ranks++;
		}
	}
	return n_ranks;
}

/* The distribution of the sum of @ranks, each of which is in it with probability 1/2: a new array
 * of *ret_size probabilities, or NULL without memory. */
static double *distribution(const size_t *ranks, size_t n, size_t *ret_size)
{
	size_t size = 1;
	double *p;

	for (size_t i = 0; i < n; i++)
		size += ranks[i];
	p = calloc(size, sizeof(*p));
	if (!p)
		return NULL;
	p[0] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t sum = size; sum-- > 0;)
			p[sum] = (p[sum] + (sum >= ranks[i] ? p[sum - ranks[i]] : 0)) / 2;
	*ret_size = size;
	return p;
}

static int exact_p(const size_t *ranks, size_t n, size_t positive, double *ret)
{
	size_t size = 0, tail;
	hw_autofree double *p = distribution(ranks, n, &size);
	double sum = 0;

	if (!p)
		return -ENOMEM;
	/* the distribution is symmetric: the other tail is as large */
	tail = positive < size - 1 - positive ? positive : size - 1 - positive;
	for (size_t i = 0; i <= tail; i++)
		sum += p[i];
	*ret = fmin(1, 2 * sum);
	return 0;
}

static double normal_p(const size_t *ranks, size_t n, size_t positive)
{
	double mean = 0, variance = 0, distance;

	for (size_t i = 0; i < n; i++) {
		double rank = (double)ranks[i] / 2;

		mean += rank / 2;
		variance += rank * rank / 4;
	}
	distance = fabs((double)positive / 2 - mean) - 0.5;
	return distance > 0 ? erfc(distance / sqrt(variance) / M_SQRT2) : 1;
}

int hw_signed_rank_test(const double *d, size_t n, struct hw_signed_rank *ret)
{
	hw_autofree double *sorted = NULL;
	hw_autofree size_t *ranks = NULL;
	size_t n_ranks, positive;
	double p;

	if (!usable(d, n))
		return -EINVAL;
	sorted = calloc(n, sizeof(*sorted));
	ranks = calloc(n, sizeof(*ranks));
	if (!sorted || !ranks)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = d[i];
	qsort(sorted, n, sizeof(*sorted), compare_sizes);
	n_ranks = rank(sorted, n, ranks, &positive);
	if (n > HW_SIGNED_RANK_EXACT)
		p = normal_p(ranks, n_ranks, positive);
	else if (exact_p(ranks, n_ranks, positive, &p) < 0)
		return -ENOMEM;
	*ret = (struct hw_signed_rank){
		.rank_sum = (double)positive / 2,
		.p = p,
		.exact = n <= HW_SIGNED_RANK_EXACT,
	};
	return 0;
}

/* How many Walsh averages lie outside the interval at each end, plus one: the largest k for which
 * a sum of ranks below k has a probability of at most half of what is left to chance. 0: there is
 * none. Returns 0 or -ENOMEM. */
static int critical_count(size_t n, size_t *ret)
{
	double m = (double)n, chance = (1 - HW_SIGNED_RANK_CONFIDENCE) / 2, sum = 0;
	size_t ranks[HW_SIGNED_RANK_EXACT], size = 0, k;
	hw_autofree double *p = NULL;

	if (n > HW_SIGNED_RANK_EXACT) {
		double deviation = sqrt(m * (m + 1) * (2 * m + 1) / 24);

		*ret = (size_t)(m * (m + 1) / 4 - z_confidence * deviation + 0.5);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		ranks[i] = i + 1;
	p = distribution(ranks, n, &size);
	if (!p)
		return -ENOMEM;
	for (k = 0; k < size && sum + p[k] <= chance; k++)
		sum += p[k];
	*ret = k;
	return 0;
}

int hw_signed_rank_shift(const double *d, size_t n, struct hw_shift *ret)
{
	size_t n_walsh = n * (n + 1) / 2, k = 0, out = 0;
	hw_autofree double *walsh = NULL;
	int r;

	if (!usable(d, n))
		return -EINVAL;
	r = critical_count(n, &k);
	if (r < 0)
		return r;
	walsh = calloc(n_walsh, sizeof(*walsh));
	if (!walsh)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++)
			walsh[out++] = (d[i] + d[j]) / 2;
	qsort(walsh, n_walsh, sizeof(*walsh), hw_compare_doubles);
	*ret = (struct hw_shift){
		.estimate = (walsh[(n_walsh - 1) / 2] + walsh[n_walsh / 2]) / 2,
		.bounded = k > 0,
	};
	if (k > 0) {
		ret->low = walsh[k - 1];
		ret->high = walsh[n_walsh - k];
	}
	return 0;
}

double hw_signed_rank_detectable(const struct hw_shift *shift)
{
	return 1.65 * (shift->high - shift->low) / 2;
}
