/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bound/sentences.h"
#include "report/comparison_print.h"
#include "report/json.h"

static struct hw_event items[] = {
	{ .name = (char *)"instructions", .unit = "", .leader = -1, .scale = 1 },
	{ .name = (char *)"cycles", .unit = "", .leader = -1, .scale = 1 },
};
static const struct hw_events events = { .items = items, .count = 2 };

/* A run of @wall_s, half of it waiting for @wait, which counted instructions and no cycles. */
struct made {
	struct hw_stat stat;
	struct hw_verdict verdict;
};

static void make_run(struct made *m, double wall_s, enum hw_slice wait, int exit_status)
{
	const struct hw_usage usage = {
		.wall_s = wall_s,
		.user_s = wall_s / 2,
		.max_rss_bytes = 10 << 20,
		.minor_faults = 1000,
	};
	const struct hw_wall wall = { 0 };
	const struct hw_count counts[] = {
		{ .value = 1e6, .running_pct = 100 },
		{ .status = HW_COUNTER_NOT_SUPPORTED, .error = -ENOENT },
	};

	*m = (struct made){ 0 };
	ck_assert_int_eq(hw_stat_init(&m->stat, &events), 0);
	hw_stat_add_run(&m->stat, &usage, &wall, counts);
	m->stat.exit_status = exit_status;
	m->verdict.budget[0] = (struct hw_budget_row){ HW_SLICE_USER, wall_s / 2, 0.5 };
	m->verdict.budget[1] = (struct hw_budget_row){ wait, wall_s / 2, 0.5 };
	m->verdict.n_budget = 2;
	m->verdict.class = wait == HW_SLICE_DISK ? HW_BOUND_IO : HW_BOUND_CPU;
	m->verdict.level = HW_EVIDENCE_BPF;
}

static const char *no_account; /* why, of the runs that are made; NULL: they have one */

static void add(struct hw_comparison *c, double a_s, double b_s, enum hw_slice b_wait)
{
	struct made a, b;
	const struct hw_compare_run runs[HW_SIDES] = {
		[HW_SIDE_A] = { &a.stat, &a.verdict },
		[HW_SIDE_B] = { &b.stat, &b.verdict },
	};

	make_run(&a, a_s, HW_SLICE_IDLE, 0);
	make_run(&b, b_s, b_wait, c->n_pairs < 2 ? 3 : 0); /* the first two fail */
	for (int side = 0; no_account && side < HW_SIDES; side++)
		(side ? &b : &a)->stat.wall_reason = strdup(no_account);
	ck_assert_int_eq(hw_comparison_add_pair(c, runs, c->n_pairs % 2), 0);
	hw_stat_done(&a.stat);
	hw_stat_done(&b.stat);
}

static void begin(struct hw_comparison *c, size_t pairs)
{
	ck_assert_int_eq(hw_comparison_init(c, pairs), 0);
	c->commands[HW_SIDE_A].text = "a --x \"1 2\"";
	c->commands[HW_SIDE_B].text = "b\xff\033";
	c->commands[HW_SIDE_B].shell = true;
	c->wanted = pairs;
	c->warmups = 1;
}

/* Pair i: A takes 1 s and a little more each time, whatever the machine; B @ratio of that and a
 * little, so that no two differences are alike. */
static void fill(struct hw_comparison *c, size_t pairs, double ratio)
{
	begin(c, pairs);
	for (size_t i = 0; i < pairs; i++) {
		double a_s = 1 + 0.1 * (double)(i * 7 % 10);

		add(c, a_s, a_s * ratio * (1 + 0.001 * (double)i), HW_SLICE_DISK);
	}
	ck_assert_int_eq(hw_comparison_finish(c), 0);
}

static const struct hw_compare_row *find(const struct hw_comparison *c, const char *name,
					 bool budget)
{
	for (size_t i = 0; i < c->n_rows; i++)
		if (c->rows[i].budget == budget && !strcmp(c->rows[i].name, name))
			return &c->rows[i];
	return NULL;
}

static char *text_of(const struct hw_comparison *c, const struct hw_style *style)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(hw_comparison_text(f, c, style), 0);
	fclose(f);
	return text;
}

START_TEST(a_clear_difference_is_claimed)
{
	hw_auto(hw_comparison_done) struct hw_comparison c = { 0 }, d = { 0 };
	hw_autofree char *sentence = NULL, *other = NULL;

	fill(&c, 10, 0.8);
	ck_assert_int_eq(hw_comparison_conclusion(&c), HW_CONCLUDE_B_FASTER);
	ck_assert_double_eq_tol(c.rows[0].p, 2 / 1024.0, 1e-12);
	/* 0.8 (1 + 0.001 i): the middle is i = 4.5, the 9th and the 47th of the 55 Walsh
	 * averages are those of 2 and 7 */
	ck_assert_double_eq_tol(c.rows[0].ratio.estimate, 0.8 * 1.0045, 1e-5);
	sentence = hw_comparison_sentence(&c);
	ck_assert_str_eq(sentence, "B is 1.244x faster than A (95 % confidence: 1.241 to 1.248); "
				   "the difference is real (p = 0.002, signed-rank test of 10 "
				   "pairs)");
	fill(&d, 6, 1.5);
	ck_assert_int_eq(hw_comparison_conclusion(&d), HW_CONCLUDE_A_FASTER);
	other = hw_comparison_sentence(&d);
	ck_assert_ptr_nonnull(strstr(other, "A is 1.50"));
	ck_assert_ptr_nonnull(strstr(other, "is likely real (p = 0.031, "));
}
END_TEST

START_TEST(noise_is_not_claimed)
{
	hw_auto(hw_comparison_done) struct hw_comparison c = { 0 };
	hw_autofree char *sentence = NULL;
	static const double noise[] = { 3, -2, 1, -4, 6, -5, 8, -7, 9, -10 };
	double detectable;

	begin(&c, 10);
	for (size_t i = 0; i < 10; i++)
		add(&c, 1, exp(noise[i] / 1000), HW_SLICE_IDLE);
	ck_assert_int_eq(hw_comparison_finish(&c), 0);
	ck_assert_int_eq(hw_comparison_conclusion(&c), HW_CONCLUDE_NONE);
	ck_assert_double_gt(c.rows[0].p, 0.9);
	detectable = hw_comparison_detectable(&c);
	ck_assert_double_gt(detectable, 0.004);
	ck_assert_double_lt(detectable, 0.015);
	sentence = hw_comparison_sentence(&c);
	ck_assert_ptr_nonnull(strstr(sentence, "no difference could be shown (p = "));
	ck_assert_ptr_nonnull(strstr(sentence, "would most likely have been seen"));
	ck_assert_ptr_null(strstr(sentence, "faster"));
}
END_TEST

START_TEST(too_few_pairs_conclude_nothing)
{
	for (size_t pairs = 1; pairs < HW_SIGNED_RANK_NEEDED; pairs++) {
		hw_auto(hw_comparison_done) struct hw_comparison c = { 0 };
		hw_autofree char *sentence = NULL;

		fill(&c, pairs, 0.1);
		ck_assert_int_eq(hw_comparison_conclusion(&c), HW_CONCLUDE_TOO_FEW);
		ck_assert(isnan(hw_comparison_detectable(&c)));
		sentence = hw_comparison_sentence(&c);
		ck_assert_ptr_nonnull(strstr(sentence, "needs 6 to reach p < 0.05"));
	}
}
END_TEST

START_TEST(rows_hold_what_each_run_measured)
{
	hw_auto(hw_comparison_done) struct hw_comparison c = { 0 };
	const struct hw_compare_row *wall, *disk, *idle;
	enum hw_bound_class class = HW_BOUND_CLASSES;

	begin(&c, 6);
	for (size_t i = 0; i < 6; i++)
		add(&c, 1 + (double)i, 2, i < 4 ? HW_SLICE_DISK : HW_SLICE_IDLE);
	ck_assert_int_eq(hw_comparison_finish(&c), 0);
	wall = find(&c, "wall", false);
	ck_assert_ptr_eq(wall, &c.rows[0]);
	ck_assert_double_eq(wall->sides[HW_SIDE_A].mean, 3.5);
	ck_assert_double_eq(wall->sides[HW_SIDE_A].median, 3.5);
	ck_assert_double_eq(wall->sides[HW_SIDE_A].min, 1);
	ck_assert_double_eq(wall->sides[HW_SIDE_A].max, 6);
	ck_assert_double_eq_tol(wall->sides[HW_SIDE_A].deviation, sqrt(3.5), 1e-12);
	/* a class that a run does not have is zero, and has no ratio */
	disk = find(&c, "disk", true);
	ck_assert_double_eq(disk->sides[HW_SIDE_A].max, 0);
	ck_assert_double_eq(disk->sides[HW_SIDE_B].values[3], 1);
	ck_assert_double_eq(disk->sides[HW_SIDE_B].values[4], 0);
	ck_assert(!disk->has_ratio);
	ck_assert_double_eq_tol(disk->p, 0.125, 1e-12); /* 4 of one sign, 2 zeros */
	idle = find(&c, "idle", true);
	ck_assert_double_eq(idle->sides[HW_SIDE_B].values[4], 1);
	ck_assert_ptr_ne(find(&c, "user", true), find(&c, "user", false));
	/* what does not differ has p = 1, what was not counted is not known */
	ck_assert_double_eq(find(&c, "max RSS", false)->p, 1);
	ck_assert_double_eq(find(&c, "max RSS", false)->ratio.estimate, 1);
	ck_assert(!find(&c, "instructions", false)->unknown);
	ck_assert(find(&c, "cycles", false)->unknown);
	ck_assert_uint_eq(hw_comparison_bound(&c, HW_SIDE_B, &class), 4);
	ck_assert_str_eq(hw_bound_class_name(class), "io");
	ck_assert_uint_eq(c.commands[HW_SIDE_A].failures, 0);
	ck_assert_uint_eq(c.commands[HW_SIDE_B].failures, 2);
	ck_assert_int_eq(c.commands[HW_SIDE_B].failure_status, 3);
}
END_TEST

START_TEST(a_full_comparison_takes_no_more)
{
	hw_auto(hw_comparison_done) struct hw_comparison c = { 0 };
	struct made a;
	const struct hw_compare_run run = { &a.stat, &a.verdict }, runs[HW_SIDES] = { run, run };

	fill(&c, 2, 1);
	make_run(&a, 1, HW_SLICE_IDLE, 0);
	ck_assert_int_eq(hw_comparison_add_pair(&c, runs, false), -ENOSPC);
	hw_stat_done(&a.stat);
}
END_TEST

START_TEST(the_table_is_aligned_and_clean)
{
	static const struct hw_style plain = { 0 }, colored = { .color = true };
	hw_auto(hw_comparison_done) struct hw_comparison c = { 0 };
	hw_autofree char *text = NULL, *color = NULL;
	const char *p, *user;

	fill(&c, 10, 0.8);
	text = text_of(&c, &plain);
	color = text_of(&c, &colored);
	ck_assert_ptr_nonnull(strstr(text, "10 pairs of runs in random order, after 1 to warm up"));
	ck_assert_ptr_nonnull(strstr(text, "  A  a --x \"1 2\"\n     verdict: cpu, in 10 of 10"));
	ck_assert_ptr_nonnull(strstr(text, "2 of 10 runs failed, the first with exit status 3"));
	ck_assert_ptr_nonnull(strstr(text, "(by bpf;"));
	ck_assert_ptr_null(strstr(text, "major faults"));
	ck_assert_ptr_null(strstr(text, "cycles"));
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_ptr_nonnull(strstr(color, "\033[32mB is 1.24"));
	for (p = text; *p; p += strcspn(p, "\n") + 1)
		ck_assert_uint_le(strcspn(p, "\n"), 80);
	p = strstr(text, "B / A      p\n");
	ck_assert_ptr_nonnull(p);
	for (user = strstr(p, "\n  wall"); strstr(user + 1, "\n  mean");
	     user = strchr(user + 1, '\n'))
		if (strncmp(user, "\n  where", 8) && strncmp(user, "\n  mean", 7))
			ck_assert_int_eq(strcspn(user + 1, "\n"), 80);
}
END_TEST

START_TEST(json_has_everything)
{
	hw_auto(hw_comparison_done) struct hw_comparison c = { 0 };
	hw_auto(json_decref) json_t *o = NULL;
	hw_autofree char *text = NULL;
	json_t *row, *conclusion;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fill(&c, 10, 0.8);
	ck_assert_int_eq(hw_comparison_json(f, &c), 0);
	fclose(f);
	o = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(o);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(o, "b"), "command")),
			 "b\xef\xbf\xbd\033");
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(o, "order"), 1)), "BA");
	row = json_array_get(json_object_get(o, "rows"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "name")), "wall");
	ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(row, "a"), "values")),
			  10);
	conclusion = json_object_get(o, "conclusion");
	ck_assert_str_eq(json_string_value(json_object_get(conclusion, "result")), "b-faster");
	ck_assert_double_eq_tol(json_real_value(json_object_get(conclusion, "p")), 2 / 1024.0,
				1e-8);
	ck_assert(json_is_array(json_object_get(o, "notes")));
}
END_TEST

START_TEST(a_busy_machine_and_short_runs_are_noted)
{
	hw_auto(hw_comparison_done) struct hw_comparison busy = { 0 }, quiet = { 0 };
	char **notes = NULL;

	begin(&busy, 6);
	begin(&quiet, 6);
	for (size_t i = 0; i < 6; i++) {
		add(&busy, 0.001, 0.002, HW_SLICE_STARVED);
		add(&quiet, 1, 2, HW_SLICE_DISK);
	}
	ck_assert_int_eq(hw_comparison_finish(&busy), 0);
	ck_assert_int_eq(hw_comparison_finish(&quiet), 0);
	ck_assert_int_eq(hw_comparison_notes(&quiet, &notes), 0);
	ck_assert_ptr_null(notes);
	ck_assert_int_eq(hw_comparison_notes(&busy, &notes), 0);
	ck_assert_ptr_nonnull(strstr(notes[0], "up to 50 % of the wall time"));
	ck_assert_ptr_nonnull(strstr(notes[1], "runs of 1.0 ms"));
	ck_assert_ptr_null(notes[2]);
	hw_sentences_free(notes);
}
END_TEST

START_TEST(why_budgets_are_estimates_is_said_once)
{
	hw_auto(hw_comparison_done) struct hw_comparison c = { 0 };
	char **notes = NULL;

	begin(&c, 6);
	for (size_t i = 0; i < 6; i++) {
		no_account = i == 2 ? "first" : i == 4 ? "second" : NULL; /* of both sides */
		add(&c, 1, 2, HW_SLICE_DISK);
	}
	no_account = NULL;
	ck_assert_int_eq(hw_comparison_finish(&c), 0);
	ck_assert_int_eq(hw_comparison_notes(&c, &notes), 0);
	ck_assert_str_eq(notes[0], "the wall budget of 4 of 12 runs is an estimate: first");
	ck_assert_ptr_null(notes[1]);
	hw_sentences_free(notes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("comparison");
	TCase *t = tcase_create("core");

	tcase_add_test(t, a_clear_difference_is_claimed);
	tcase_add_test(t, noise_is_not_claimed);
	tcase_add_test(t, too_few_pairs_conclude_nothing);
	tcase_add_test(t, rows_hold_what_each_run_measured);
	tcase_add_test(t, a_full_comparison_takes_no_more);
	tcase_add_test(t, the_table_is_aligned_and_clean);
	tcase_add_test(t, json_has_everything);
	tcase_add_test(t, a_busy_machine_and_short_runs_are_noted);
	tcase_add_test(t, why_budgets_are_estimates_is_said_once);
	suite_add_tcase(s, t);
	return run_suite(s);
}
