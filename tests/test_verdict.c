/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bound/verdict.h"
#include "profile/time_kinds.h"
#include "wall_scenes.h"

static struct hw_bound_facts facts_of(struct hw_usage usage)
{
	struct hw_bound_facts facts;

	hw_bound_facts_init(&facts);
	facts.usage = usage;
	return facts;
}

static double seconds_of(const struct hw_verdict *v, const char *class)
{
	for (size_t i = 0; i < v->n_budget; i++)
		if (!strcmp(hw_slice_name(v->budget[i].slice), class))
			return v->budget[i].seconds;
	return 0;
}

static bool says(char *const *sentences, const char *text)
{
	for (; *sentences; sentences++)
		if (strstr(*sentences, text))
			return true;
	return false;
}

/* Judges, and checks what holds of every verdict. */
static struct hw_verdict judged(const struct hw_bound_facts *facts)
{
	double seconds = 0, shares = 0;
	struct hw_verdict v;

	ck_assert_int_eq(hw_bound_judge(facts, &v), 0);
	ck_assert_uint_gt(v.n_budget, 0);
	ck_assert_uint_le(v.n_budget, HW_SLICES);
	for (size_t i = 0; i < v.n_budget; i++) {
		ck_assert_double_ge(v.budget[i].seconds, 0);
		seconds += v.budget[i].seconds;
		shares += v.budget[i].share;
	}
	ck_assert_double_eq_tol(seconds, facts->usage.wall_s, 1e-9 * facts->usage.wall_s);
	ck_assert_double_eq_tol(shares, 1, 1e-9);
	ck_assert_ptr_nonnull(v.evidence);
	ck_assert_ptr_nonnull(v.advice);
	ck_assert_ptr_nonnull(v.evidence[0]);
	ck_assert_ptr_nonnull(v.advice[0]);
	return v;
}

/* Figures of programs measured on a 2-core VM, page faults at 1.9 us. */
static const struct {
	struct hw_usage usage;
	const char *class;
	double least_share;
} programs[] = {
	/* counting primes */
	{ { .wall_s = 1.0,
	    .user_s = .97,
	    .sys_s = .01,
	    .minor_faults = 900,
	    .voluntary_switches = 3,
	    .involuntary_switches = 40,
	    .io_known = true,
	    .io_calls = 60,
	    .read_chars = 90000 },
	  "cpu",
	  .95 },
	/* the same beside a busy neighbour */
	{ { .wall_s = 2.0,
	    .user_s = .97,
	    .sys_s = .01,
	    .cpu_wait_s = .99,
	    .voluntary_switches = 3,
	    .involuntary_switches = 300,
	    .io_known = true,
	    .io_calls = 60 },
	  "cpu",
	  .95 },
	/* 300 fsyncs of one page */
	{ { .wall_s = .066,
	    .user_s = .005,
	    .sys_s = .019,
	    .cpu_wait_s = .005,
	    .minor_faults = 850,
	    .voluntary_switches = 1083,
	    .in_blocks = 8,
	    .out_blocks = 2408,
	    .io_known = true,
	    .io_calls = 360,
	    .read_chars = 60000,
	    .written_chars = 1228800 },
	  "io",
	  .60 },
	/* the same on a hard disk, 25 ms each */
	{ { .wall_s = 7.5,
	    .user_s = .02,
	    .sys_s = .04,
	    .voluntary_switches = 900,
	    .out_blocks = 2408,
	    .io_known = true,
	    .io_calls = 360 },
	  "io",
	  .95 },
	/* reading a cached file again and again */
	{ { .wall_s = 1.0,
	    .user_s = .08,
	    .sys_s = .91,
	    .minor_faults = 900,
	    .io_known = true,
	    .io_calls = 60000,
	    .read_chars = 7800000000 },
	  "io",
	  .80 },
	/* ping-pong over a pipe */
	{ { .wall_s = 1.0,
	    .user_s = .1,
	    .sys_s = .25,
	    .voluntary_switches = 40000,
	    .io_known = true,
	    .io_calls = 80000,
	    .read_chars = 40000,
	    .written_chars = 40000 },
	  "io",
	  .80 },
	/* touching fresh pages */
	{ { .wall_s = .83,
	    .user_s = .14,
	    .sys_s = .68,
	    .minor_faults = 328560,
	    .voluntary_switches = 2,
	    .io_known = true,
	    .io_calls = 60 },
	  "memory",
	  .60 },
	/* sleeping for a second, started through a shell script */
	{ { .wall_s = 1.1,
	    .user_s = .08,
	    .sys_s = .02,
	    .minor_faults = 9000,
	    .voluntary_switches = 108,
	    .io_known = true,
	    .io_calls = 700,
	    .read_chars = 1700000 },
	  "idle",
	  .75 },
	/* sleeping after having written 100 MB that nobody waited for */
	{ { .wall_s = 5.1,
	    .user_s = .02,
	    .sys_s = .08,
	    .voluntary_switches = 5,
	    .out_blocks = 204800,
	    .io_known = true,
	    .io_calls = 1700,
	    .written_chars = 104857600 },
	  "idle",
	  .90 },
	/* threads that take turns with a lock */
	{ { .wall_s = 1.0,
	    .user_s = .1,
	    .sys_s = .1,
	    .voluntary_switches = 50000,
	    .io_known = true,
	    .io_calls = 60 },
	  "idle",
	  .75 },
	/* a bit of everything */
	{ { .wall_s = 1.0,
	    .user_s = .35,
	    .sys_s = .3,
	    .minor_faults = 150000,
	    .voluntary_switches = 2,
	    .io_known = true,
	    .io_calls = 60 },
	  "mixed",
	  .25 },
};

START_TEST(programs_are_judged_by_what_bounds_them)
{
	struct hw_bound_facts facts = facts_of(programs[_i].usage);
	struct hw_verdict v;

	facts.page_fault_s = 1.9e-6;
	v = judged(&facts);
	ck_assert_str_eq(hw_bound_class_name(v.class), programs[_i].class);
	ck_assert_double_ge(v.share, programs[_i].least_share);
	ck_assert_int_eq(v.level, HW_EVIDENCE_RUSAGE);
	hw_verdict_done(&v);
}
END_TEST

START_TEST(threads_fill_the_same_second_once)
{
	struct hw_bound_facts facts =
		facts_of((struct hw_usage){ .wall_s = 2, .user_s = 6, .sys_s = 2 });
	struct hw_verdict v = judged(&facts);

	ck_assert_str_eq(hw_bound_class_name(v.class), "cpu");
	ck_assert_double_eq_tol(seconds_of(&v, "user"), 1.5, 1e-5);
	ck_assert_double_eq_tol(seconds_of(&v, "kernel"), 0.5, 1e-5);
	ck_assert(says(v.evidence, "4.00 CPUs used"));
	ck_assert(says(v.evidence, "ran at once"));
	ck_assert(!says(v.advice, "one CPU at a time"));
	hw_verdict_done(&v);
}
END_TEST

START_TEST(a_want_of_cpus_is_named_first)
{
	struct hw_bound_facts facts =
		facts_of((struct hw_usage){ .wall_s = 2, .user_s = 1, .cpu_wait_s = 0.9 });
	struct hw_verdict v = judged(&facts);

	ck_assert_double_eq_tol(seconds_of(&v, "starved"), 0.9, 1e-5);
	ck_assert_ptr_nonnull(strstr(v.evidence[0], "without a CPU for 0.900 s (45.0 %"));
	ck_assert_ptr_nonnull(strstr(v.advice[0], "more CPU first"));
	hw_verdict_done(&v);
}
END_TEST

START_TEST(unknown_fault_costs_are_not_made_up)
{
	struct hw_bound_facts facts =
		facts_of((struct hw_usage){ .wall_s = 1, .sys_s = 1, .minor_faults = 1000000 });
	struct hw_verdict v = judged(&facts);

	ck_assert_double_eq(seconds_of(&v, "page-faults"), 0);
	ck_assert_str_eq(hw_bound_class_name(v.class), "cpu");
	hw_verdict_done(&v);
}
END_TEST

START_TEST(cache_misses_at_low_ipc_are_memory)
{
	struct hw_bound_facts facts = facts_of((struct hw_usage){ .wall_s = 1, .user_s = 0.99 });
	struct hw_verdict v;

	facts.cycles = 3e9;
	facts.instructions = 0.6e9;
	facts.cache_misses = 9e6;
	v = judged(&facts);
	ck_assert_str_eq(hw_bound_class_name(v.class), "memory");
	ck_assert_int_eq(v.level, HW_EVIDENCE_HARDWARE);
	ck_assert_double_eq_tol(seconds_of(&v, "memory-stall"), 0.72, 1e-5);
	ck_assert(says(v.evidence, "0.20 instructions per cycle, 15.00 last-level"));
	ck_assert(says(v.evidence, "9,000,000 last-level cache misses x 80 ns"));
	ck_assert(says(v.advice, "-e cache-misses"));
	hw_verdict_done(&v);
}
END_TEST

static const struct hw_metric *memory_metric(const char *core)
{
	return hw_core_set(hw_core_find(core), "memory")->metrics;
}

START_TEST(a_counted_stall_is_taken_before_estimates)
{
	struct hw_bound_facts facts = facts_of((struct hw_usage){ .wall_s = 1, .user_s = 1 });
	struct hw_verdict v;

	facts.cycles = 3e9;
	facts.instructions = 0.6e9;
	facts.cache_misses = 9e6;
	facts.stall_share = 0.3;
	facts.stall_error = 0.11;
	hw_bound_facts_set_metric(&facts, memory_metric("skylake"), 62.5);
	v = judged(&facts);
	ck_assert_str_eq(hw_bound_class_name(v.class), "memory");
	ck_assert_int_eq(v.level, HW_EVIDENCE_HARDWARE);
	ck_assert_double_eq_tol(seconds_of(&v, "memory-stall"), 0.625, 1e-5);
	ck_assert(says(v.evidence, "memory stall: PMU 62.5 % of cycles (memory-stall = 100 * "
				   "(CYCLE_ACTIVITY.STALLS_L1D_MISS"));
	ck_assert(says(v.evidence, "from samples 30 % +- 11 points"));
	ck_assert(says(v.evidence, "for 0.625 s of wall time, as the core counts it"));
	hw_verdict_done(&v);
}
END_TEST

START_TEST(an_estimate_stays_below_what_the_core_counts)
{
	struct hw_bound_facts facts = facts_of((struct hw_usage){ .wall_s = 1, .user_s = 1 });
	struct hw_verdict v;

	facts.cycles = 3e9;
	facts.instructions = 0.6e9;
	facts.stall_share = 0.8;
	facts.stall_error = 0.11;
	hw_bound_facts_set_metric(&facts, memory_metric("neoverse-n1"), 50);
	v = judged(&facts);
	ck_assert_double_eq_tol(seconds_of(&v, "memory-stall"), 0.5, 1e-5);
	ck_assert(says(v.evidence, "memory stall: PMU at most 50.0 % of cycles "
				   "(memory-stall-limit = 100 * STALL_BACKEND / cycles), from samples "
				   "80 % +- 11 points"));
	hw_verdict_done(&v);
	facts.stall_share = 0.2;
	v = judged(&facts);
	ck_assert_double_eq_tol(seconds_of(&v, "memory-stall"), 0.2, 1e-5);
	hw_verdict_done(&v);
}
END_TEST

START_TEST(fetches_from_memory_replace_misses_of_other_caches)
{
	struct hw_bound_facts facts = facts_of((struct hw_usage){ .wall_s = 1, .user_s = 0.99 });
	const struct hw_metric *metric = hw_core_set(hw_core_find("zen3"), "cache")->metrics;
	struct hw_verdict v;

	while (metric->role != HW_METRIC_LLC_MPKI)
		metric++;
	facts.cycles = 3e9;
	facts.instructions = 0.6e9;
	facts.cache_misses = 90e6; /* of L2, as the kernel maps it there */
	hw_bound_facts_set_metric(&facts, metric, 15);
	ck_assert_double_eq_tol(facts.cache_misses, 9e6, 1);
	v = judged(&facts);
	ck_assert_double_eq_tol(seconds_of(&v, "memory-stall"), 0.72, 1e-5);
	hw_verdict_done(&v);
}
END_TEST

START_TEST(a_stall_is_no_longer_than_user_time)
{
	struct hw_bound_facts facts = facts_of((struct hw_usage){ .wall_s = 1, .user_s = 0.5 });
	struct hw_verdict v;

	facts.cycles = 3e9;
	facts.instructions = 1e9;
	facts.cache_misses = 1e9;
	v = judged(&facts);
	ck_assert_double_eq_tol(seconds_of(&v, "memory-stall"), 0.5, 1e-5);
	ck_assert_double_eq(seconds_of(&v, "user"), 0);
	hw_verdict_done(&v);
}
END_TEST

START_TEST(cache_misses_at_high_ipc_stay_cpu)
{
	struct hw_bound_facts facts = facts_of((struct hw_usage){ .wall_s = 1, .user_s = 0.99 });
	struct hw_verdict v;

	facts.cycles = 3e9;
	facts.instructions = 6e9;
	facts.cache_misses = 90e6;
	v = judged(&facts);
	ck_assert_str_eq(hw_bound_class_name(v.class), "cpu");
	ck_assert_int_eq(v.level, HW_EVIDENCE_HARDWARE);
	ck_assert_double_eq(seconds_of(&v, "memory-stall"), 0);
	hw_verdict_done(&v);
}
END_TEST

START_TEST(samples_split_busy_time_better_than_counts)
{
	struct hw_bound_facts facts = facts_of((struct hw_usage){
		.wall_s = 1, .user_s = 0.2, .sys_s = 0.6, .minor_faults = 1000000 });
	struct hw_verdict v;

	facts.page_fault_s = 2e-6;
	facts.sampled[HW_SLICE_USER] = 0.25;
	facts.sampled[HW_SLICE_FAULTS] = 0.05;
	facts.sampled[HW_SLICE_KERNEL_IO] = 0.6;
	facts.sampled[HW_SLICE_KERNEL] = 0.1;
	facts.n_samples = 400;
	v = judged(&facts);
	ck_assert_int_eq(v.level, HW_EVIDENCE_BPF);
	ck_assert_str_eq(hw_bound_class_name(v.class), "io");
	ck_assert_double_eq_tol(seconds_of(&v, "kernel-io"), 0.48, 1e-5);
	ck_assert_double_eq_tol(seconds_of(&v, "page-faults"), 0.04, 1e-5);
	ck_assert(says(v.evidence, "of 400 samples"));
	ck_assert(says(v.evidence, "2.5 points"));
	hw_verdict_done(&v);
}
END_TEST

static const struct scene *const scenes[] = { &scene_idle_pool, &scene_join,   &scene_gil,
					      &scene_pipe,	&scene_server, &scene_convoy,
					      &scene_quota };

START_TEST(measured_waits_have_their_rows)
{
	const struct scene *scene = scenes[_i];
	struct hw_bound_facts facts = facts_of_scene(scene);
	struct hw_verdict v = judged(&facts);
	double busy = 0;

	ck_assert_int_eq(v.level, HW_EVIDENCE_BPF);
	for (int class = HW_WALL_STARVED; class < HW_WALL_CLASSES; class++)
		ck_assert_double_eq_tol(seconds_of(&v, hw_wall_class_name(class)),
					scene->wall.seconds[class], 2e-6);
	for (size_t i = 0; i < 5; i++)
		busy += seconds_of(&v, (const char *[]){ "user", "memory-stall", "page-faults",
							 "kernel-io", "kernel" }[i]);
	ck_assert_double_eq_tol(busy, scene->wall.seconds[HW_WALL_BUSY], 1e-5);
	ck_assert_double_eq(seconds_of(&v, "idle"), 0);
	hw_verdict_done(&v);
}
END_TEST

START_TEST(busy_time_is_split_as_the_cpu_time_of_all_threads)
{
	struct hw_wall wall = { .known = true,
				.wall_s = 2,
				.seconds = { IN(BUSY, 1), IN(DISK, 1) },
				.thread_s = { IN(BUSY, 4), IN(DISK, 4) } };
	struct hw_bound_facts facts =
		facts_of((struct hw_usage){ .wall_s = 2, .user_s = 3, .sys_s = 1 });
	struct hw_verdict v;

	facts.wall = &wall;
	facts.sampled[HW_SLICE_USER] = 0.8;
	facts.sampled[HW_SLICE_FAULTS] = 0.1;
	facts.sampled[HW_SLICE_KERNEL_IO] = 0.06;
	facts.sampled[HW_SLICE_KERNEL] = 0.04;
	facts.n_samples = 1000;
	facts.stall_share = 0.5;
	facts.stall_error = 0.05;
	v = judged(&facts);
	ck_assert_double_eq_tol(seconds_of(&v, "user"), 0.4, 1e-5);
	ck_assert_double_eq_tol(seconds_of(&v, "memory-stall"), 0.4, 1e-5);
	ck_assert_double_eq_tol(seconds_of(&v, "page-faults"), 0.1, 1e-5);
	ck_assert_double_eq_tol(seconds_of(&v, "kernel-io"), 0.06, 1e-5);
	ck_assert_double_eq_tol(seconds_of(&v, "kernel"), 0.04, 1e-5);
	ck_assert_str_eq(hw_bound_class_name(v.class), "io");
	ck_assert(says(v.evidence, "waited for the disk for 1.000 s (50.0 % of wall); all threads "
				   "together waited so for 4.000 s"));
	ck_assert(says(v.evidence, "50 % of the user time was held up by memory (an estimate"));
	hw_verdict_done(&v);
}
END_TEST

START_TEST(clocks_that_differ_still_add_up)
{
	struct hw_wall wall = { .known = true, .wall_s = 0.9, .seconds = { IN(BUSY, 0.9) } };
	struct hw_bound_facts facts = facts_of((struct hw_usage){ .wall_s = 1, .user_s = 0.9 });
	struct hw_verdict v;

	facts.wall = &wall;
	v = judged(&facts);
	ck_assert_double_eq_tol(seconds_of(&v, "other"), 0.1, 1e-5);
	hw_verdict_done(&v);
	wall.wall_s = wall.seconds[HW_WALL_BUSY] = 4;
	v = judged(&facts);
	ck_assert_double_eq_tol(seconds_of(&v, "user"), 1, 1e-5);
	hw_verdict_done(&v);
	wall.seconds[HW_WALL_LOCK] = 1e308;
	wall.seconds[HW_WALL_DISK] = 1e308;
	v = judged(&facts);
	hw_verdict_done(&v);
}
END_TEST

START_TEST(a_quota_is_named_first_with_its_figures)
{
	struct hw_bound_facts facts = facts_of_scene(&scene_quota);
	struct hw_verdict v = judged(&facts);

	ck_assert_str_eq(hw_bound_class_name(v.class), "cpu");
	ck_assert_ptr_nonnull(strstr(v.evidence[0], "without a CPU for 0.980 s (49.0 % of wall): "
						    "the CPU quota of the cgroup was used up "
						    "(held back by a quota 0.970 s"));
	hw_verdict_done(&v);
}
END_TEST

START_TEST(locks_that_stop_everything_are_lock)
{
	struct hw_wall wall = { .known = true,
				.wall_s = 1,
				.seconds = { IN(BUSY, .2), IN(GIL, .5), IN(LOCK, .3) } };
	struct hw_bound_facts facts = facts_of((struct hw_usage){ .wall_s = 1, .user_s = 0.2 });
	struct hw_verdict v;

	facts.wall = &wall;
	v = judged(&facts);
	ck_assert_str_eq(hw_bound_class_name(v.class), "lock");
	ck_assert_double_eq_tol(v.share, 0.8, 1e-9);
	ck_assert(says(v.advice, "GIL"));
	hw_verdict_done(&v);
}
END_TEST

static const struct hw_usage hostile[] = {
	{ .wall_s = 0 },
	{ .wall_s = -1 },
	{ .wall_s = NAN },
	{ .wall_s = INFINITY },
	{ .wall_s = 1, .user_s = NAN },
	{ .wall_s = 1, .sys_s = -INFINITY },
};

START_TEST(times_that_are_none_are_refused_and_output_kept)
{
	struct hw_bound_facts facts = facts_of(hostile[_i]);
	struct hw_verdict v = { .share = 7 };

	ck_assert_int_eq(hw_bound_judge(&facts, &v), -EINVAL);
	ck_assert_double_eq(v.share, 7);
}
END_TEST

START_TEST(absurd_counts_still_add_up)
{
	struct hw_bound_facts facts = facts_of((struct hw_usage){ .wall_s = 1e-6,
								  .user_s = -3,
								  .sys_s = 1e9,
								  .cpu_wait_s = NAN,
								  .minor_faults = UINT64_MAX,
								  .major_faults = UINT64_MAX,
								  .voluntary_switches = UINT64_MAX,
								  .in_blocks = UINT64_MAX,
								  .out_blocks = UINT64_MAX,
								  .read_chars = UINT64_MAX,
								  .written_chars = UINT64_MAX,
								  .io_calls = UINT64_MAX });
	struct hw_verdict v;

	facts.page_fault_s = NAN;
	facts.cycles = INFINITY;
	facts.instructions = NAN;
	facts.sampled[HW_SLICE_USER] = NAN;
	v = judged(&facts);
	hw_verdict_done(&v);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("verdict");
	TCase *t = tcase_create("verdict");

	tcase_add_loop_test(t, programs_are_judged_by_what_bounds_them, 0,
			    sizeof(programs) / sizeof(programs[0]));
	tcase_add_test(t, threads_fill_the_same_second_once);
	tcase_add_test(t, a_want_of_cpus_is_named_first);
	tcase_add_test(t, unknown_fault_costs_are_not_made_up);
	tcase_add_test(t, cache_misses_at_low_ipc_are_memory);
	tcase_add_test(t, a_stall_is_no_longer_than_user_time);
	tcase_add_test(t, a_counted_stall_is_taken_before_estimates);
	tcase_add_test(t, an_estimate_stays_below_what_the_core_counts);
	tcase_add_test(t, fetches_from_memory_replace_misses_of_other_caches);
	tcase_add_test(t, cache_misses_at_high_ipc_stay_cpu);
	tcase_add_test(t, samples_split_busy_time_better_than_counts);
	tcase_add_loop_test(t, measured_waits_have_their_rows, 0,
			    sizeof(scenes) / sizeof(scenes[0]));
	tcase_add_test(t, busy_time_is_split_as_the_cpu_time_of_all_threads);
	tcase_add_test(t, clocks_that_differ_still_add_up);
	tcase_add_test(t, a_quota_is_named_first_with_its_figures);
	tcase_add_test(t, locks_that_stop_everything_are_lock);
	tcase_add_loop_test(t, times_that_are_none_are_refused_and_output_kept, 0,
			    sizeof(hostile) / sizeof(hostile[0]));
	tcase_add_test(t, absurd_counts_still_add_up);
	suite_add_tcase(s, t);
	return run_suite(s);
}
