/* SPDX-License-Identifier: Apache-2.0
 * lib/event/metrics.c: formulas of the tables on made-up counts whose answers are known. */
#include "event/metrics.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

struct given {
	const char *name;
	int group;
	double count;
};

static const struct hw_metric *metric_of(const struct hw_metric_set *set, const char *name)
{
	for (const struct hw_metric *m = set->metrics; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	ck_abort_msg("no metric %s", name);
	return NULL;
}

/* The value of @metric when the events have the counts @given, up to one without a name; the others
 * are not known. Counting took 2 s. */
static double value_of(const char *core, const char *set_name, const char *metric,
		       const struct given *given, bool smt)
{
	const struct hw_metric_set *set = hw_core_set(hw_core_find(core), set_name);
	const struct hw_metric_env env = { 2, smt };
	double counts[HW_EVENTS_MAX];
	size_t n = hw_metric_set_size(set);

	for (size_t i = 0; i < n; i++)
		counts[i] = NAN;
	for (; given->name; given++) {
		bool found = false;

		for (size_t i = 0; i < n; i++)
			if (!strcmp(set->events[i].name, given->name) &&
			    set->events[i].group == given->group) {
				counts[i] = given->count;
				found = true;
			}
		ck_assert_msg(found, "%s %s has no %s", core, set_name, given->name);
	}
	return hw_metric_value(set, metric_of(set, metric), counts, &env);
}

#define GIVEN (const struct given[])

START_TEST(slots_of_skylake_sum_to_all)
{
	/* 1,000 cycles have 4,000 slots: 1,000 retired, 600 not delivered, 1,200 issued and 50
	 * cycles of recovery */
	const struct given *counts = GIVEN{
		{ "cycles", 0, 1000 },
		{ "IDQ_UOPS_NOT_DELIVERED.CORE", 0, 600 },
		{ "UOPS_ISSUED.ANY", 0, 1200 },
		{ "UOPS_RETIRED.RETIRE_SLOTS", 0, 1000 },
		{ "INT_MISC.RECOVERY_CYCLES", 0, 50 },
		{ 0 },
	};
	double sum = 0;

	ck_assert_double_eq_tol(value_of("skylake", "topdown", "retiring", counts, false), 25, 1e-9);
	ck_assert_double_eq_tol(value_of("skylake", "topdown", "bad-speculation", counts, false), 10,
				1e-9);
	ck_assert_double_eq_tol(value_of("skylake", "topdown", "frontend-bound", counts, false), 15,
				1e-9);
	ck_assert_double_eq_tol(value_of("skylake", "topdown", "backend-bound", counts, false), 50,
				1e-9);
	for (const char *const *name =
		     (const char *const[]){ "retiring", "bad-speculation", "frontend-bound",
					    "backend-bound", NULL };
	     *name; name++)
		sum += value_of("skylake", "topdown", *name, counts, false);
	ck_assert_double_eq_tol(sum, 100, 1e-9);
}
END_TEST

START_TEST(a_busy_sibling_halves_the_slots_of_skylake)
{
	const struct given *half = GIVEN{
		{ "cycles", 0, 1000 },
		{ "UOPS_RETIRED.RETIRE_SLOTS", 0, 1000 },
		{ "CPU_CLK_UNHALTED.ONE_THREAD_ACTIVE", HW_METRIC_SMT_GROUP, 0 },
		{ "CPU_CLK_UNHALTED.REF_XCLK", HW_METRIC_SMT_GROUP, 40 },
		{ 0 },
	};
	const struct given *alone = GIVEN{
		{ "cycles", 0, 1000 },
		{ "UOPS_RETIRED.RETIRE_SLOTS", 0, 1000 },
		{ "CPU_CLK_UNHALTED.ONE_THREAD_ACTIVE", HW_METRIC_SMT_GROUP, 40 },
		{ "CPU_CLK_UNHALTED.REF_XCLK", HW_METRIC_SMT_GROUP, 40 },
		{ 0 },
	};

	ck_assert_double_eq_tol(value_of("skylake", "topdown", "retiring", half, true), 50, 1e-9);
	ck_assert_double_eq_tol(value_of("skylake", "topdown", "retiring", alone, true), 25, 1e-9);
	/* needed only then */
	ck_assert(isnan(value_of("skylake", "topdown", "retiring",
				 GIVEN{ { "cycles", 0, 1000 },
					{ "UOPS_RETIRED.RETIRE_SLOTS", 0, 1000 },
					{ 0 } },
				 true)));
}
END_TEST

START_TEST(slots_of_ice_lake_and_golden_cove_are_counted)
{
	const struct given *icelake = GIVEN{
		{ "TOPDOWN.SLOTS_P", 0, 5000 },
		{ "UOPS_RETIRED.SLOTS", 0, 1000 },
		{ "IDQ_UOPS_NOT_DELIVERED.CORE", 0, 500 },
		{ "TOPDOWN.BACKEND_BOUND_SLOTS", 0, 3000 },
		{ 0 },
	};

	ck_assert_double_eq_tol(value_of("icelake", "topdown", "retiring", icelake, false), 20, 1e-9);
	ck_assert_double_eq_tol(value_of("icelake", "topdown", "frontend-bound", icelake, false), 10,
				1e-9);
	ck_assert_double_eq_tol(value_of("icelake", "topdown", "backend-bound", icelake, false), 60,
				1e-9);
	ck_assert_double_eq_tol(value_of("icelake", "topdown", "bad-speculation", icelake, false), 10,
				1e-9);
	ck_assert_double_eq_tol(value_of("golden-cove", "topdown", "memory-bound",
					 GIVEN{ { "TOPDOWN.SLOTS_P", 0, 6000 },
						{ "TOPDOWN.MEMORY_BOUND_SLOTS", 0, 1500 },
						{ 0 } },
					 false),
				25, 1e-9);
}
END_TEST

/* Each metric takes the cycles of its own group: the groups may have run at different times. */
START_TEST(zen4_relates_events_of_one_group)
{
	const struct given *counts = GIVEN{
		{ "cycles", 0, 1000 },
		{ "DeNoDispatchPerSlot.NoOpsFromFrontend", 0, 600 },
		{ "DeNoDispatchPerSlot.BackendStalls", 0, 3000 },
		{ "DeNoDispatchPerSlot.SmtContention", 0, 0 },
		{ "cycles", 1, 2000 },
		{ "DeSrcOpDisp.All", 1, 4800 },
		{ "ExRetOps", 1, 3600 },
		{ 0 },
	};

	ck_assert_double_eq_tol(value_of("zen4", "topdown", "frontend-bound", counts, false), 10,
				1e-9);
	ck_assert_double_eq_tol(value_of("zen4", "topdown", "backend-bound", counts, false), 50,
				1e-9);
	ck_assert_double_eq_tol(value_of("zen4", "topdown", "retiring", counts, false), 30, 1e-9);
	ck_assert_double_eq_tol(value_of("zen4", "topdown", "bad-speculation", counts, false), 10,
				1e-9);
}
END_TEST

START_TEST(neoverse_takes_flushes_from_the_stalls)
{
	/* 1,000 cycles of 5 slots, 10 wrong predictions; of 1,000 operations 900 retired */
	const struct given *counts = GIVEN{
		{ "cycles", 0, 1000 },
		{ "STALL_SLOT_BACKEND", 0, 2000 },
		{ "STALL_SLOT_FRONTEND", 0, 1000 },
		{ "STALL_SLOT", 0, 3000 },
		{ "OP_RETIRED", 0, 900 },
		{ "OP_SPEC", 0, 1000 },
		{ "BR_MIS_PRED", 0, 10 },
		{ 0 },
	};

	ck_assert_double_eq_tol(value_of("neoverse-n2", "topdown", "retiring", counts, false), 36,
				1e-9);
	ck_assert_double_eq_tol(value_of("neoverse-n2", "topdown", "bad-speculation", counts, false),
				8, 1e-9);
	ck_assert_double_eq_tol(value_of("neoverse-n2", "topdown", "frontend-bound", counts, false),
				19, 1e-9);
	ck_assert_double_eq_tol(value_of("neoverse-n2", "topdown", "backend-bound", counts, false),
				37, 1e-9);
	/* its predecessor counts a slot too many each cycle */
	ck_assert_double_eq_tol(value_of("neoverse-n2-r0p2", "topdown", "frontend-bound", counts,
					 false),
				0, 1e-9);
	ck_assert_double_eq_tol(value_of("neoverse-n2-r0p2", "topdown", "retiring", counts, false),
				54, 1e-9);
	/* eight slots, and the flush is all of the front end's */
	ck_assert_double_eq_tol(value_of("neoverse-v1", "topdown", "frontend-bound", counts, false),
				8.5, 1e-9);
	ck_assert_double_eq_tol(value_of("neoverse-v1", "topdown", "backend-bound", counts, false),
				25, 1e-9);
}
END_TEST

START_TEST(memory_metrics_have_their_units)
{
	ck_assert_double_eq_tol(value_of("skylake", "memory", "memory-stall",
					 GIVEN{ { "cycles", 0, 1000 },
						{ "CYCLE_ACTIVITY.STALLS_L1D_MISS", 0, 300 },
						{ "EXE_ACTIVITY.BOUND_ON_STORES", 0, 100 },
						{ 0 } },
					 false),
				40, 1e-9);
	ck_assert_double_eq_tol(value_of("neoverse-n1", "memory", "memory-stall-limit",
					 GIVEN{ { "cycles", 0, 1000 },
						{ "STALL_BACKEND", 0, 700 },
						{ 0 } },
					 false),
				70, 1e-9);
	/* 1e9 lines of 64 bytes in 2 s */
	ck_assert_double_eq_tol(value_of("zen3", "cache", "memory-read-bandwidth",
					 GIVEN{ { "LsAnyFillsFromSys.MemIo", 0, 1e9 }, { 0 } },
					 false),
				32, 1e-9);
	ck_assert_double_eq_tol(value_of("cortex-a57", "cache", "llc-mpki",
					 GIVEN{ { "instructions", 0, 1e6 },
						{ "L2D_CACHE_REFILL", 0, 5000 },
						{ 0 } },
					 false),
				5, 1e-9);
	ck_assert_double_eq_tol(value_of("generic", "memory", "ipc",
					 GIVEN{ { "cycles", 0, 1000 },
						{ "instructions", 0, 1500 },
						{ 0 } },
					 false),
				1.5, 1e-9);
}
END_TEST

/* No metric of any table names what is not counted, and none has a malformed formula: with a count
 * for all its events each has a value. */
START_TEST(every_formula_can_be_computed)
{
	const struct hw_metric_env env = { 1, true };
	double counts[HW_EVENTS_MAX];

	for (size_t i = 0; i < HW_EVENTS_MAX; i++)
		counts[i] = 1000 + (double)i;
	for (size_t i = 0; hw_cores[i]; i++)
		for (const struct hw_metric_set *set = hw_cores[i]->sets; set->name; set++)
			for (const struct hw_metric *m = set->metrics; m->name; m++)
				ck_assert_msg(isfinite(hw_metric_value(set, m, counts, &env)),
					      "%s %s: %s", hw_cores[i]->name, m->name, m->formula);
}
END_TEST

START_TEST(every_event_is_used)
{
	for (size_t i = 0; hw_cores[i]; i++) {
		for (const struct hw_metric_set *set = hw_cores[i]->sets; set->name; set++) {
			for (size_t e = 0; e < hw_metric_set_size(set); e++) {
				bool used = false;

				for (const struct hw_metric *m = set->metrics; m->name; m++)
					used |= hw_metric_uses(set, m, e);
				ck_assert_msg(used, "%s %s: %s", hw_cores[i]->name, set->name,
					      set->events[e].name);
			}
		}
	}
}
END_TEST

START_TEST(sets_are_added_in_their_groups)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;
	struct hw_metrics m = { 0 };

	ck_assert_int_eq(hw_events_parse(&events, "task-clock", &bad), 0);
	ck_assert_int_eq(hw_metrics_pick(&m, hw_core_find("zen4"), "ipc,topdown,topdown", &events,
					 &bad),
			 0);
	ck_assert_uint_eq(m.n, 2);
	ck_assert_str_eq(m.picks[0].set->name, "memory");
	ck_assert_str_eq(m.picks[0].only, "ipc");
	ck_assert_uint_eq(m.picks[0].first, 1);
	ck_assert_ptr_null(m.picks[1].only);
	ck_assert_uint_eq(m.picks[1].first, 4);
	ck_assert_uint_eq(events.count, 11);
	ck_assert_int_eq(events.items[1].leader, 1);
	ck_assert_int_eq(events.items[3].leader, 1);
	ck_assert_int_eq(events.items[7].leader, 4);
	ck_assert_int_eq(events.items[8].leader, 8);
	ck_assert_int_eq(events.items[10].leader, 8);
	ck_assert_uint_eq(events.items[1].attr.type, PERF_TYPE_HARDWARE);
	ck_assert_uint_eq(events.items[5].attr.type, PERF_TYPE_RAW);
	ck_assert_uint_eq(events.items[5].attr.config, 0x1000001a0);
	ck_assert_str_eq(events.items[5].name, "DeNoDispatchPerSlot.NoOpsFromFrontend");
	ck_assert(!events.items[5].attr.exclude_kernel);
}
END_TEST

START_TEST(two_metrics_of_a_set_show_it_whole)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;
	struct hw_metrics m = { 0 };

	ck_assert_int_eq(hw_metrics_pick(&m, hw_core_find("skylake"), "l2-mpki,llc-mpki", &events,
					 &bad),
			 0);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_ptr_null(m.picks[0].only);
	ck_assert_uint_eq(events.count, 5);
}
END_TEST

START_TEST(unknown_metrics_are_refused_by_name)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;
	struct hw_metrics m = { 0 };

	ck_assert_int_eq(hw_metrics_pick(&m, hw_core_find("zen2"), "ipc,backend-bound", &events,
					 &bad),
			 -ENOENT);
	ck_assert_str_eq(bad, "backend-bound");
}
END_TEST

START_TEST(user_mode_alone_can_be_counted)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };

	ck_assert_int_eq(hw_metric_set_add(hw_core_set(hw_core_find("neoverse-n1"), "memory"), true,
					   &events),
			 0);
	ck_assert_uint_eq(events.count, 3);
	for (size_t i = 0; i < events.count; i++)
		ck_assert(events.items[i].attr.exclude_kernel && events.items[i].attr.exclude_hv);
	ck_assert_uint_eq(events.items[2].attr.config, 0x24);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("metrics");

	tcase_add_test(t, slots_of_skylake_sum_to_all);
	tcase_add_test(t, a_busy_sibling_halves_the_slots_of_skylake);
	tcase_add_test(t, slots_of_ice_lake_and_golden_cove_are_counted);
	tcase_add_test(t, zen4_relates_events_of_one_group);
	tcase_add_test(t, neoverse_takes_flushes_from_the_stalls);
	tcase_add_test(t, memory_metrics_have_their_units);
	tcase_add_test(t, every_formula_can_be_computed);
	tcase_add_test(t, every_event_is_used);
	tcase_add_test(t, sets_are_added_in_their_groups);
	tcase_add_test(t, two_metrics_of_a_set_show_it_whole);
	tcase_add_test(t, unknown_metrics_are_refused_by_name);
	tcase_add_test(t, user_mode_alone_can_be_counted);
	suite_add_tcase(s, t);
	return run_suite(s);
}
