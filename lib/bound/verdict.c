/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "bound/budget.h"
#include "bound/evidence.h"
#include "bound/sentences.h"
#include "bound/summary.h"

_Static_assert(HW_SLICES <= HW_BUDGET_MAX, "a verdict holds the whole budget");

void hw_bound_facts_init(struct hw_bound_facts *facts)
{
	*facts = (struct hw_bound_facts){
		.cycles = -1,
		.instructions = -1,
		.cache_references = -1,
		.cache_misses = -1,
		.branches = -1,
		.branch_misses = -1,
		.page_fault_s = -1,
		.sampled_user = -1,
		.sampled_fault = -1,
		.sampled_io = -1,
		.sampled_kernel = -1,
		.stall_share = -1,
		.stall_error = -1,
		.pmu_stall = -1,
		.pmu_stall_limit = -1,
	};
}

void hw_bound_facts_set_metric(struct hw_bound_facts *facts, const struct hw_metric *metric,
			 double value)
{
	double share = fmin(fmax(value / 100, 0), 1);

	switch (metric->role) {
	case HW_METRIC_MEMORY_STALL:
		facts->pmu_stall = share;
		facts->pmu_metric = metric;
		break;
	case HW_METRIC_STALL_BOUND:
		facts->pmu_stall_limit = share;
		facts->pmu_limit_metric = metric;
		break;
	case HW_METRIC_LLC_MPKI:
		if (facts->instructions > 0)
			facts->cache_misses = value * facts->instructions / 1000;
		break;
	case HW_METRIC_PLAIN:
		break;
	}
}

static void add_row(struct hw_verdict *v, enum hw_slice slice, double seconds, double wall_s)
{
	v->budget[v->n_budget++] = (struct hw_budget_row){
		.class = hw_slice_name(slice),
		.seconds = seconds,
		.share = seconds / wall_s,
	};
}

static enum hw_slice largest_slice(const struct hw_budget *b)
{
	enum hw_slice largest = 0;

	for (int slice = 0; slice < HW_SLICES; slice++)
		if (b->seconds[slice] > b->seconds[largest])
			largest = slice;
	return largest;
}

/* Rows in whole microseconds, rounded down; the largest takes what that leaves over, so that the
 * rows sum to the wall time exactly. */
static void fill_budget(const struct hw_budget *b, struct hw_verdict *v)
{
	enum hw_slice largest = largest_slice(b);
	double rounded[HW_SLICES], left = b->wall_s;

	for (int slice = 0; slice < HW_SLICES; slice++) {
		rounded[slice] = slice == (int)largest ? 0 : floor(b->seconds[slice] * 1e6) / 1e6;
		left -= rounded[slice];
	}
	rounded[largest] = fmax(left, 0);
	for (int slice = 0; slice < HW_SLICES; slice++)
		if (rounded[slice] > 0)
			add_row(v, slice, rounded[slice], b->wall_s);
}

static enum hw_bound_class largest_class(const struct hw_budget *b)
{
	enum hw_bound_class largest = 0;

	for (int c = 0; c < HW_BOUND_CLASSES; c++)
		if (b->by_class[c] > b->by_class[largest])
			largest = c;
	return largest;
}

static enum hw_evidence_level level_of(const struct hw_bound_facts *facts)
{
	if (hw_bound_facts_ipc(facts) >= 0)
		return HW_EVIDENCE_HARDWARE;
	return facts->sampled_user >= 0 || hw_bound_facts_measured(facts) ? HW_EVIDENCE_BPF
								    : HW_EVIDENCE_RUSAGE;
}

bool hw_bound_facts_measured(const struct hw_bound_facts *facts)
{
	return facts->wall && facts->wall->known && facts->wall->wall_s > 0;
}

int hw_bound_judge(const struct hw_bound_facts *facts, struct hw_verdict *ret)
{
	hw_auto(hw_verdict_done) struct hw_verdict v = { .level = level_of(facts) };
	enum hw_bound_class largest;
	struct hw_budget b;
	int r;

	if (!(facts->usage.wall_s > 0) || !isfinite(facts->usage.wall_s) ||
	    !isfinite(facts->usage.user_s) || !isfinite(facts->usage.sys_s))
		return -EINVAL;
	hw_budget_split(facts, &b);
	largest = largest_class(&b);
	fill_budget(&b, &v);
	v.share = b.by_class[largest] / b.wall_s;
	v.class = v.share < HW_BOUND_MIN_SHARE ? "mixed" : hw_bound_class_name(largest);
	r = hw_summary_write(facts, &b, largest, &v.sentence);
	if (r >= 0)
		r = hw_evidence_write(facts, &b, largest, &v.evidence);
	if (r < 0)
		return r;
	r = hw_advice_write(facts, &b, largest, &v.advice);
	if (r < 0)
		return r;
	*ret = v;
	v = (struct hw_verdict){ 0 };
	return 0;
}

void hw_verdict_done(struct hw_verdict *v)
{
	free(v->sentence);
	v->sentence = NULL;
	v->evidence = hw_sentences_free(v->evidence);
	v->advice = hw_sentences_free(v->advice);
}

const char *hw_evidence_level_name(enum hw_evidence_level level)
{
	static const char *const names[] = {
		[HW_EVIDENCE_RUSAGE] = "rusage",
		[HW_EVIDENCE_BPF] = "bpf",
		[HW_EVIDENCE_HARDWARE] = "hardware",
	};

	return names[level];
}

static double thread_cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double hw_bound_calibrate_fault(void)
{
	enum { PAGES = 256 }; /* some 0.5 ms; 64 to 16,384 pages were measured to cost the same */
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = PAGES * page;
	double start = thread_cpu_s();
	volatile char *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	madvise((void *)p, size, MADV_NOHUGEPAGE); /* fails where there are no huge pages: fine */
	for (size_t i = 0; i < size; i += page)
		p[i] = 1;
	munmap((void *)p, size);
	return (thread_cpu_s() - start) / PAGES;
}
