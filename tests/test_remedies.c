/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#include "bound/findings.h"
#include "bound/remedies.h"
#include "bound/verdict.h"
#include "wall_scenes.h"

static struct hw_wall wall;
static struct hw_bound_facts facts;
static struct hw_budget budget;
static struct hw_bound_case run;

/* A run of 1 s of which 0.8 s are in @class. */
static void wait_in(enum hw_wall_class class)
{
	wall = (struct hw_wall){ .known = true,
				 .wall_s = 1,
				 .seconds = { IN(BUSY, 0.2) },
				 .thread_s = { IN(BUSY, 0.2) },
				 .width_s = { 0.8, 0.2 },
				 .switches = 10,
				 .threads_peak = 1 };
	wall.seconds[class] = wall.thread_s[class] = 0.8;
	hw_bound_facts_init(&facts);
	facts.usage = (struct hw_usage){ .wall_s = 1, .user_s = 0.2 };
	facts.wall = &wall;
	facts.cpus = 4;
	ck_assert_int_eq(hw_budget_split(&facts, &budget), 0);
	hw_bound_case_init(&run, &facts, &budget);
}

START_TEST(every_kind_of_time_has_a_remedy)
{
	struct hw_place place = { .function = "f", .file = "", .module = "", .python = true };

	wait_in(HW_WALL_SLEEP);
	for (int slice = 0; slice < HW_SLICES; slice++) {
		ck_assert_ptr_nonnull(hw_remedy(&run, slice, NULL));
		ck_assert_ptr_nonnull(hw_remedy(&run, slice, &place));
	}
}
END_TEST

/* One trouble, one text: what goes with the verdict is what goes with the finding. */
START_TEST(a_wait_has_the_same_remedy_in_the_verdict_and_the_finding)
{
	hw_auto(hw_findings_done) struct hw_findings findings = { 0 };
	hw_auto(hw_verdict_done) struct hw_verdict v = { 0 };
	const struct hw_time_kind *kind = hw_time_kind(hw_slice_of_wait(_i));

	wait_in(_i);
	ck_assert_int_eq(hw_verdict_write(&run, &v), 0);
	ck_assert_int_eq(hw_findings_find(&run, &findings), 0);
	ck_assert_int_eq(v.class, kind->bound);
	ck_assert_str_eq(v.advice[0], hw_remedy(&run, kind->slice, NULL));
	if (!kind->rule && _i != HW_WALL_STARVED)
		return;
	ck_assert_uint_gt(findings.n, 0);
	ck_assert_str_eq(findings.items[0].rule, kind->rule ? kind->rule : "starved");
	ck_assert_str_eq(findings.items[0].advice, v.advice[0]);
}
END_TEST

START_TEST(what_is_known_asks_for_another_remedy)
{
	struct hw_place place = { .function = "f", .file = "", .module = "" };

	wait_in(HW_WALL_DISK);
	place.seconds[HW_SLICE_DISK] = 1;
	ck_assert_str_eq(hw_remedy(&run, HW_SLICE_DISK, &place),
			 hw_time_kind(HW_SLICE_DISK)->remedy);
	place.trait_s[HW_TRAIT_SYNC] = 0.4;
	ck_assert_ptr_nonnull(strstr(hw_remedy(&run, HW_SLICE_DISK, &place), "fsync"));
	facts.usage.in_blocks = 800;
	ck_assert_ptr_nonnull(strstr(hw_remedy(&run, HW_SLICE_DISK, NULL), "read ahead"));
}
END_TEST

START_TEST(work_of_one_thread_is_to_be_shared_out)
{
	struct hw_place native = { .function = "f" }, python = { .function = "f", .python = true };

	ck_assert_ptr_nonnull(strstr(hw_serial_remedy(NULL), "processes"));
	ck_assert_ptr_nonnull(strstr(hw_serial_remedy(&python), "processes"));
	ck_assert_ptr_nonnull(strstr(hw_serial_remedy(&native), "threads"));
	ck_assert_ptr_null(strstr(hw_serial_remedy(&native), "processes"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("remedies");
	TCase *t = tcase_create("remedies");

	tcase_add_test(t, every_kind_of_time_has_a_remedy);
	tcase_add_loop_test(t, a_wait_has_the_same_remedy_in_the_verdict_and_the_finding,
			    HW_WALL_STARVED, HW_WALL_CLASSES);
	tcase_add_test(t, what_is_known_asks_for_another_remedy);
	tcase_add_test(t, work_of_one_thread_is_to_be_shared_out);
	suite_add_tcase(s, t);
	return run_suite(s);
}
