/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "bound/verdict.h"
#include "wall_scenes.h"

/* The verdict on @facts must be of @class and say just @sentence. */
static void expect(const struct hw_bound_facts *facts, const char *class, const char *sentence)
{
	hw_auto(hw_verdict_done) struct hw_verdict v = { 0 };

	ck_assert_int_eq(hw_bound_judge(facts, &v), 0);
	ck_assert_str_eq(hw_bound_class_name(v.class), class);
	ck_assert_str_eq(v.sentence, sentence);
}

static const struct {
	const struct scene *scene;
	const char *class, *sentence;
} scenes[] = {
	{ &scene_idle_pool, "cpu",
	  "CPU-bound on one core: busy for 98 % of 2.50 s; of up to 201 threads one ran at a "
	  "time, the others waited beside it (496 s in all for locks or other threads), which "
	  "held nothing up" },
	{ &scene_join, "cpu",
	  "CPU-bound on one core: busy for 100 % of 2.50 s; of up to 2 threads one ran at a time, "
	  "the other waited beside it (2.47 s for locks or other threads), which held nothing up" },
	{ &scene_gil, "cpu",
	  "CPU-bound on one core: busy for 97 % of 2.50 s, one thread at a time although 7.0 "
	  "wanted to run on average: they waited 15.1 s in all for the GIL" },
	{ &scene_pipe, "cpu",
	  "CPU-bound on one core: busy for 94 % of 2.00 s; of up to 2 threads one ran at a time, "
	  "the other waited beside it (2.07 s for pipes)" },
	{ &scene_server, "io",
	  "I/O-bound: waited for the network for 71 % of 5.00 s, ran for 26 %" },
	{ &scene_convoy, "cpu",
	  "CPU-bound on one core: busy for 88 % of 2.50 s, one thread at a time: 9 threads took "
	  "turns, 160,000 switches a second, and waited 17.3 s in all for locks or for each "
	  "other's work" },
	{ &scene_quota, "cpu",
	  "CPU-bound on one core and short of CPU: busy for 51 % of 2.00 s; for 49 % (980 ms) it "
	  "was ready to run but had no CPU, held back by the CPU quota of its cgroup (970 ms)" },
};

START_TEST(a_scene_has_its_sentence)
{
	struct hw_bound_facts facts = facts_of_scene(scenes[_i].scene);

	expect(&facts, scenes[_i].class, scenes[_i].sentence);
}
END_TEST

/* Samples split busy time as @user, @fault, @io and @kernel. */
static struct hw_bound_facts sampled(const struct scene *scene, double user, double fault,
				     double io, double kernel)
{
	struct hw_bound_facts facts = facts_of_scene(scene);

	facts.sampled[HW_SLICE_USER] = user;
	facts.sampled[HW_SLICE_FAULTS] = fault;
	facts.sampled[HW_SLICE_KERNEL_IO] = io;
	facts.sampled[HW_SLICE_KERNEL] = kernel;
	facts.n_samples = 2000;
	return facts;
}

START_TEST(what_fills_the_busy_time_is_said)
{
	struct hw_bound_facts facts = sampled(&scene_join, .60, .20, .15, .05);

	expect(&facts, "cpu",
	       "CPU-bound on one core: busy for 100 % of 2.50 s, 20 % in page faults, 15 % in the "
	       "kernel for I/O; of up to 2 threads one ran at a time, the other waited beside it "
	       "(2.47 s for locks or other threads), which held nothing up");
	facts = sampled(&scene_join, .25, .70, .0, .05);
	expect(&facts, "memory",
	       "Memory-bound on one core: had page faults handled for 70 % of 2.50 s, computed "
	       "for 30 %; of up to 2 threads one ran at a time, the other waited beside it (2.47 "
	       "s for locks or other threads), which held nothing up");
	facts = sampled(&scene_server, .6, 0, .4, 0);
	expect(&facts, "io",
	       "I/O-bound: waited for the network for 71 % of 5.00 s, had the kernel work for its "
	       "I/O for 10 %, computed for 16 %");
}
END_TEST

START_TEST(an_estimated_stall_has_its_error)
{
	struct hw_bound_facts facts = sampled(&scene_quota, 1, 0, 0, 0);
	struct scene scene = scene_quota;

	scene.wall.seconds[HW_WALL_BUSY] = 2;
	scene.wall.seconds[HW_WALL_STARVED] = 0;
	scene.wall.width_s[1] = 2;
	facts.wall = &scene.wall;
	facts.stall_share = 0.75;
	facts.stall_error = 0.10;
	expect(&facts, "memory",
	       "Memory-bound on one core: was held up by memory for 75 % of 2.00 s (an estimate, "
	       "+- 10 points), computed for 25 %");
}
END_TEST

START_TEST(other_verdicts_name_their_wait)
{
	struct hw_wall wall = { .known = true,
				.wall_s = 1,
				.seconds = { IN(BUSY, .05), IN(SLEEP, .95) },
				.threads_peak = 1 };
	struct hw_bound_facts facts = facts_of_scene(&scene_quota);

	facts.wall = &wall;
	facts.usage.wall_s = 1;
	expect(&facts, "idle",
	       "Waiting, not working: slept or waited for a timer for 95 % of 1.00 s");
	wall.seconds[HW_WALL_SLEEP] = 0.05;
	wall.seconds[HW_WALL_LOCK] = 0.90;
	expect(&facts, "lock", "Held up by locks: stood still at locks for 90 % of 1.00 s");
	wall.seconds[HW_WALL_LOCK] = 0.3;
	wall.seconds[HW_WALL_DISK] = 0.3;
	wall.seconds[HW_WALL_STARVED] = 0.3;
	expect(&facts, "mixed",
	       "Mixed: nothing takes 40 % of 1.00 s: CPU 35 %, I/O 30 %, locks 30 %; for 30 % "
	       "(300 ms) it was ready to run but had no CPU, which other programs had");
}
END_TEST

START_TEST(many_cores_and_those_who_wanted_them_are_counted)
{
	struct scene scene = scene_quota;
	struct hw_bound_facts facts;

	scene.wall.seconds[HW_WALL_BUSY] = 2;
	scene.wall.seconds[HW_WALL_STARVED] = 0;
	scene.wall.width_s[1] = 0.1;
	scene.wall.width_s[2] = 1.9;
	scene.wall.thread_s[HW_WALL_BUSY] = 3.9;
	scene.wall.thread_s[HW_WALL_STARVED] = 12;
	facts = facts_of_scene(&scene);
	expect(&facts, "cpu",
	       "CPU-bound on 1.9 cores: busy for 100 % of 2.00 s; 8.0 threads wanted to run on "
	       "average, 1.9 could");
}
END_TEST

START_TEST(without_the_scheduler_it_claims_less)
{
	struct hw_bound_facts facts = facts_of_scene(&scene_gil);

	facts.wall = NULL;
	expect(&facts, "cpu", "CPU-bound: busy for 97 % of 2.50 s");
	facts.usage.user_s = 6;
	facts.usage.sys_s = 1;
	expect(&facts, "cpu", "CPU-bound on 2.8 cores: busy for 100 % of 2.50 s");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("summary");
	TCase *t = tcase_create("summary");

	tcase_add_loop_test(t, a_scene_has_its_sentence, 0,
			    (int)(sizeof(scenes) / sizeof(scenes[0])));
	tcase_add_test(t, what_fills_the_busy_time_is_said);
	tcase_add_test(t, an_estimated_stall_has_its_error);
	tcase_add_test(t, other_verdicts_name_their_wait);
	tcase_add_test(t, many_cores_and_those_who_wanted_them_are_counted);
	tcase_add_test(t, without_the_scheduler_it_claims_less);
	suite_add_tcase(s, t);
	return run_suite(s);
}
