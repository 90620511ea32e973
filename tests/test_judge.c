/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "stat/judge.h"

enum { CYCLES, INSTRUCTIONS, MISSES, STALLS, N_EVENTS };

static struct hw_event items[N_EVENTS] = {
	[CYCLES] = { .name = (char *)"cycles",
		     .attr = { .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES } },
	[INSTRUCTIONS] = { .name = (char *)"instructions",
			   .attr = { .type = PERF_TYPE_HARDWARE,
				     .config = PERF_COUNT_HW_INSTRUCTIONS } },
	[MISSES] = { .name = (char *)"cache-misses",
		     .attr = { .type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CACHE_MISSES } },
	[STALLS] = { .name = (char *)"r1b", .attr = { .type = PERF_TYPE_RAW, .config = 0x1b } },
};
static const struct hw_events events = { .items = items, .count = N_EVENTS };

static const struct hw_metric_event set_events[] = { { "s" }, { 0 } };
static const struct hw_metric set_metrics[] = {
	{ "stalled", "s / 1e7", "% of cycles", HW_METRIC_MEMORY_STALL, 0, "" },
	{ 0 },
};
static const struct hw_metric_set set = { "memory", set_events, set_metrics };
static const struct hw_metrics asked = { .picks = { { &set, NULL, STALLS } }, .n = 1 };

static void begin(struct hw_stat *stat, struct hw_count counts[N_EVENTS])
{
	const double values[N_EVENTS] = { 3e9, 6e9, 1e6, 4e8 };

	ck_assert_int_eq(hw_stat_init(stat, &events), 0);
	for (size_t i = 0; i < N_EVENTS; i++)
		counts[i] = (struct hw_count){ .value = values[i],
					       .running_pct = 100,
					       .enabled_s = 1 };
}

static void add_run(struct hw_stat *stat, const struct hw_count *counts, bool wall_known)
{
	const struct hw_usage usage = { .wall_s = 2, .user_s = 0.9, .sys_s = 0.1 };
	struct hw_wall wall = { .known = wall_known, .wall_s = 2, .threads = 1 };

	wall.seconds[HW_WALL_BUSY] = 1;
	wall.seconds[HW_WALL_NETWORK] = 1;
	hw_stat_add_run(stat, &usage, &wall, counts);
}

START_TEST(what_was_counted_becomes_facts)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	struct hw_count counts[N_EVENTS];
	struct hw_bound_facts facts;

	begin(&stat, counts);
	add_run(&stat, counts, true);
	hw_bound_facts_init(&facts);
	hw_stat_facts(&stat, &facts);
	ck_assert_double_eq(facts.usage.user_s, 0.9);
	ck_assert_ptr_eq(facts.wall, &stat.wall);
	ck_assert_int_eq(facts.cpus, sysconf(_SC_NPROCESSORS_ONLN));
	ck_assert_double_eq(facts.cycles, 3e9);
	ck_assert_double_eq(facts.instructions, 6e9);
	ck_assert_double_eq(facts.cache_misses, 1e6);
	ck_assert_double_lt(facts.pmu_stall, 0); /* nobody asked for that metric */
	stat.metrics = &asked;
	hw_stat_facts(&stat, &facts);
	ck_assert_double_eq_tol(facts.pmu_stall, 0.4, 1e-9);
	ck_assert_ptr_eq(facts.pmu_metric, &set_metrics[0]);
}
END_TEST

START_TEST(a_stall_that_was_never_seen_is_no_fact)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	struct hw_count counts[N_EVENTS];
	struct hw_bound_facts facts;

	begin(&stat, counts);
	stat.metrics = &asked;
	counts[STALLS].value = 0;
	add_run(&stat, counts, false);
	hw_bound_facts_init(&facts);
	hw_stat_facts(&stat, &facts);
	ck_assert_double_lt(facts.pmu_stall, 0);
	ck_assert_ptr_null(facts.wall);
}
END_TEST

START_TEST(counts_without_cycles_or_in_other_modes_are_no_facts)
{
	hw_auto(hw_stat_done) struct hw_stat no_cycles = { 0 }, mixed = { 0 };
	struct hw_count counts[N_EVENTS];
	struct hw_bound_facts facts;

	begin(&no_cycles, counts);
	counts[CYCLES] = (struct hw_count){ .status = HW_COUNTER_NOT_SUPPORTED, .error = -ENOENT };
	add_run(&no_cycles, counts, false);
	hw_bound_facts_init(&facts);
	hw_stat_facts(&no_cycles, &facts);
	ck_assert_double_lt(facts.cycles, 0);
	ck_assert_double_lt(facts.instructions, 0);

	begin(&mixed, counts);
	counts[INSTRUCTIONS].user_only = true;
	add_run(&mixed, counts, false);
	hw_bound_facts_init(&facts);
	hw_stat_facts(&mixed, &facts);
	ck_assert_double_eq(facts.cycles, 3e9);
	ck_assert_double_lt(facts.instructions, 0);
}
END_TEST

START_TEST(the_verdict_is_of_the_mean)
{
	hw_auto(hw_verdict_done) struct hw_verdict verdict = { 0 };
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	struct hw_count counts[N_EVENTS];
	double sum = 0;

	begin(&stat, counts);
	ck_assert_int_eq(hw_stat_judge(&stat, -1, &verdict), -EINVAL); /* no run, no wall time */
	add_run(&stat, counts, true);
	ck_assert_int_eq(hw_stat_judge(&stat, -1, &verdict), 0);
	ck_assert_int_eq(verdict.level, HW_EVIDENCE_HARDWARE);
	for (size_t i = 0; i < verdict.n_budget; i++)
		sum += verdict.budget[i].seconds;
	ck_assert_double_eq_tol(sum, 2, 1e-9);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("judge");
	TCase *t = tcase_create("judge");

	tcase_add_test(t, what_was_counted_becomes_facts);
	tcase_add_test(t, a_stall_that_was_never_seen_is_no_fact);
	tcase_add_test(t, counts_without_cycles_or_in_other_modes_are_no_facts);
	tcase_add_test(t, the_verdict_is_of_the_mean);
	suite_add_tcase(s, t);
	return run_suite(s);
}
