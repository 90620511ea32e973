/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session/plan.h"

/* "w0A" is a warm-up of round 0 by the first command, a "." ends a round. */
struct record_of_plan {
	char text[256];
	int draws[8], n_draws;
	int stop_after; /* runs; 0: never */
	int runs;
};

static int note_run(void *ctx, const struct hw_plan_step *step)
{
	struct record_of_plan *p = ctx;
	size_t at = strlen(p->text);

	snprintf(p->text + at, sizeof(p->text) - at, "%s%zu%c%s", step->warmup ? "w" : "", step->round,
		 'A' + (char)step->side, step->round_ends ? "." : "");
	return ++p->runs == p->stop_after ? 42 : 0;
}

static int draw_next(void *ctx)
{
	struct record_of_plan *p = ctx;

	return p->draws[p->n_draws++];
}

START_TEST(two_commands_run_in_the_order_that_was_drawn)
{
	struct record_of_plan p = { .draws = { 1, 0, 1 } };
	const struct hw_plan plan = { .sides = 2, .warmups = 1, .rounds = 2, .run = note_run, .ctx = &p,
				      .draw = draw_next };

	ck_assert_int_eq(hw_plan_run(&plan), 0);
	ck_assert_str_eq(p.text, "w0Bw0A.0A0B.1B1A.");
	ck_assert_int_eq(p.n_draws, 3);
}
END_TEST

START_TEST(one_command_needs_no_draw)
{
	struct record_of_plan p = { 0 };
	const struct hw_plan plan = { .sides = 1, .rounds = 3, .run = note_run, .ctx = &p,
				      .draw = draw_next };

	ck_assert_int_eq(hw_plan_run(&plan), 0);
	ck_assert_str_eq(p.text, "0A.1A.2A.");
	ck_assert_int_eq(p.n_draws, 0);
}
END_TEST

START_TEST(a_run_can_end_the_plan)
{
	struct record_of_plan p = { .draws = { 0, 1 }, .stop_after = 3 };
	const struct hw_plan plan = { .sides = 2, .rounds = 5, .run = note_run, .ctx = &p,
				      .draw = draw_next };

	ck_assert_int_eq(hw_plan_run(&plan), 42);
	ck_assert_str_eq(p.text, "0A0B.1B");
}
END_TEST

START_TEST(without_a_draw_nothing_runs)
{
	struct record_of_plan p = { .draws = { -EIO } };
	const struct hw_plan plan = { .sides = 2, .rounds = 5, .run = note_run, .ctx = &p,
				      .draw = draw_next };

	ck_assert_int_eq(hw_plan_run(&plan), -EIO);
	ck_assert_str_eq(p.text, "");
}
END_TEST

/* 2 x 1e-19 that one of them never comes first. */
START_TEST(both_orders_come_up)
{
	struct record_of_plan p = { 0 };
	const struct hw_plan plan = { .sides = 2, .rounds = 64, .run = note_run, .ctx = &p };

	ck_assert_int_eq(hw_plan_run(&plan), 0);
	ck_assert_int_eq(p.runs, 128);
	ck_assert_ptr_nonnull(strstr(p.text, "A."));
	ck_assert_ptr_nonnull(strstr(p.text, "B."));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("plan");

	tcase_add_test(t, two_commands_run_in_the_order_that_was_drawn);
	tcase_add_test(t, one_command_needs_no_draw);
	tcase_add_test(t, a_run_can_end_the_plan);
	tcase_add_test(t, without_a_draw_nothing_runs);
	tcase_add_test(t, both_orders_come_up);
	suite_add_tcase(s, t);
	return run_suite(s);
}
