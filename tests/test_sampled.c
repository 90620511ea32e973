/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <math.h>
#include <stdlib.h>

#include "bound/sampled.h"
#include "profile_builder.h"

static struct hw_profile *profile;

static void make_profile(void)
{
	profile = build_profile("cpu-clock", "ns");
}

static void free_profile(void)
{
	profile = hw_profile_free(profile);
}

#define LOOP PY("loop", "a.py", 1, 2)

static struct hw_bound_facts facts_found(void)
{
	hw_auto(hw_sampled_done) struct hw_sampled sampled = { 0 };
	struct hw_bound_facts facts;

	ck_assert_int_eq(hw_sampled_find(profile, &sampled), 0);
	hw_sampled_facts(profile, &sampled, &facts);
	return facts;
}

START_TEST(shares_are_those_of_the_periods)
{
	struct hw_bound_facts facts;

	profile->session.usage = (struct hw_usage){ .wall_s = 2, .user_s = 1, .sys_s = 0.5 };
	build_samples(profile, 50, STACK(LOOP));
	build_samples(profile, 30, STACK(KERNEL("clear_page"), KERNEL("exc_page_fault"), LOOP));
	build_samples(profile, 15, STACK(KERNEL("vfs_write"), LOOP));
	build_samples(profile, 5, STACK(KERNEL("schedule"), LOOP));
	build_samples(profile, 9, STACK({ 0 })); /* nobody knows where these were */
	facts = facts_found();
	ck_assert_uint_eq(facts.n_samples, 100);
	ck_assert_double_eq_tol(facts.sampled[HW_SLICE_USER], 0.50, 1e-9);
	ck_assert_double_eq_tol(facts.sampled[HW_SLICE_FAULTS], 0.30, 1e-9);
	ck_assert_double_eq_tol(facts.sampled[HW_SLICE_KERNEL_IO], 0.15, 1e-9);
	ck_assert_double_eq_tol(facts.sampled[HW_SLICE_KERNEL], 0.05, 1e-9);
	ck_assert_double_eq(facts.usage.wall_s, 2);
	ck_assert_double_lt(facts.cycles, 0);
}
END_TEST

static void count(const char *name, double value, double running_pct)
{
	struct hw_session *s = &profile->session;

	if (!s->counts)
		s->counts = calloc(8, sizeof(*s->counts));
	ck_assert_ptr_nonnull(s->counts);
	s->counts[s->n_counts++] =
		(struct hw_session_count){ build_copy(name), value, running_pct };
}

START_TEST(counts_beside_the_samples_are_facts)
{
	struct hw_bound_facts facts;

	profile->session.core = build_copy("skylake");
	count("cycles", 4e9, 100);
	count("instructions", 2e9, 100);
	count("CYCLE_ACTIVITY.STALLS_L1D_MISS", 0.9e9, 50);
	count("EXE_ACTIVITY.BOUND_ON_STORES", 0.1e9, 50);
	facts = facts_found();
	ck_assert_double_eq(facts.cycles, 4e9);
	ck_assert_double_eq(facts.instructions, 2e9);
	ck_assert_double_eq_tol(facts.pmu_stall, 0.25, 1e-9);
	ck_assert_str_eq(facts.pmu_metric->name, "memory-stall");
	ck_assert_double_lt(facts.pmu_stall_limit, 0);
}
END_TEST

/* As an emulated Neoverse N1 gives them: it counts cycles and instructions, and takes all others. */
START_TEST(counters_that_stay_0_are_no_facts)
{
	struct hw_bound_facts facts;

	profile->session.core = build_copy("neoverse-n1");
	count("cycles", 4e9, 100);
	count("instructions", 2e9, 100);
	count("STALL_BACKEND", 0, 100);
	facts = facts_found();
	ck_assert_double_eq(facts.instructions, 2e9);
	ck_assert_double_lt(facts.pmu_stall, 0);
	ck_assert_double_lt(facts.pmu_stall_limit, 0);
}
END_TEST

START_TEST(counts_that_cannot_be_are_no_facts)
{
	static const struct {
		const char *core;
		double cycles, running_pct;
	} cases[] = { { "skylake", 4e9, 0 }, { "skylake", -4e9, 100 }, { "skylake", INFINITY, 100 },
		      { "skylake", 10, 100 }, { "nonesuch", 4e9, 100 }, { "", 4e9, 100 } };
	struct hw_bound_facts facts;

	profile->session.core = build_copy(cases[_i].core);
	count("cycles", cases[_i].cycles, cases[_i].running_pct);
	count("instructions", 2e9, 100);
	count("CYCLE_ACTIVITY.STALLS_L1D_MISS", 1e9, 100);
	count("EXE_ACTIVITY.BOUND_ON_STORES", 1e9, 100);
	facts = facts_found();
	ck_assert_double_lt(facts.cycles, 0);
	ck_assert_double_lt(facts.pmu_stall, 0);
}
END_TEST

START_TEST(other_events_do_not_count)
{
	struct hw_task task = { 1, 1, 0 };
	struct hw_bound_facts facts;

	build_event(profile, "page-faults", "");
	build_samples_of(profile, 1, 9, STACK(KERNEL("exc_page_fault"), LOOP), &task);
	build_samples(profile, 1, STACK(LOOP));
	facts = facts_found();
	ck_assert_double_eq(facts.sampled[HW_SLICE_USER], 1);
	ck_assert_uint_eq(facts.n_samples, 1);
}
END_TEST

static void expect_unknown(void)
{
	struct hw_bound_facts facts;

	facts = facts_found();
	ck_assert_double_lt(facts.sampled[HW_SLICE_USER], 0);
	ck_assert_double_lt(facts.sampled[HW_SLICE_FAULTS], 0);
	ck_assert_double_lt(facts.sampled[HW_SLICE_KERNEL_IO], 0);
	ck_assert_double_lt(facts.sampled[HW_SLICE_KERNEL], 0);
}

START_TEST(shares_are_unknown_without_samples_or_stacks)
{
	expect_unknown();
	build_samples(profile, 5, STACK(LOOP));
	profile->session.stacks = false;
	expect_unknown();
}
END_TEST

START_TEST(shares_are_unknown_when_the_kernel_was_not_sampled)
{
	struct hw_bound_facts facts;

	build_samples(profile, 100, STACK(LOOP));
	profile->session.usage = (struct hw_usage){ .wall_s = 2, .user_s = 1, .sys_s = 1 };
	expect_unknown();
	profile->session.usage.sys_s = 0.01;
	facts = facts_found();
	ck_assert_double_eq(facts.sampled[HW_SLICE_USER], 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sampled");
	TCase *t = tcase_create("sampled");

	tcase_add_checked_fixture(t, make_profile, free_profile);
	tcase_add_test(t, shares_are_those_of_the_periods);
	tcase_add_test(t, other_events_do_not_count);
	tcase_add_test(t, counts_beside_the_samples_are_facts);
	tcase_add_test(t, counters_that_stay_0_are_no_facts);
	tcase_add_loop_test(t, counts_that_cannot_be_are_no_facts, 0, 6);
	tcase_add_test(t, shares_are_unknown_without_samples_or_stacks);
	tcase_add_test(t, shares_are_unknown_when_the_kernel_was_not_sampled);
	suite_add_tcase(s, t);
	return run_suite(s);
}
