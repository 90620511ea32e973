/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#include "bound/limits.h"
#include "bound/sentences.h"
#include "profile_builder.h"

static struct hw_profile *profile;
static struct hw_wall wall;
static struct hw_bound_facts facts;
static struct hw_places places;
static char **said;
static const struct hw_budget budget = { .wall_s = 1 };

/* Everything there is to measure was. */
static void setup(void)
{
	profile = build_profile("cpu-clock", "ns");
	wall = (struct hw_wall){ .known = true, .wall_s = 1 };
	hw_bound_facts_init(&facts);
	facts.wall = &wall;
	facts.cycles = facts.instructions = 1e9;
	places = (struct hw_places){ .n_cpu = 1000, .n_blocked = 10 };
}

static void teardown(void)
{
	said = hw_sentences_free(said);
	profile = hw_profile_free(profile);
}

static void write_limits(const struct hw_places *of)
{
	struct hw_bound_case run;

	said = hw_sentences_free(said);
	hw_bound_case_init(&run, &facts, &budget);
	run.places = of;
	ck_assert_int_eq(hw_limits_write(profile, &run, &said), 0);
}

static void expect_only(const struct hw_places *of, const char *part)
{
	write_limits(of);
	ck_assert_ptr_nonnull(said);
	ck_assert_msg(strstr(said[0], part) != NULL, "'%s'", said[0]);
	ck_assert_ptr_null(said[1]);
}

START_TEST(nothing_is_said_of_what_was_measured)
{
	write_limits(&places);
	ck_assert_ptr_null(said);
}
END_TEST

START_TEST(untraced_waits_and_waits_without_stacks_are_said)
{
	places.n_blocked = 0;
	expect_only(&places, "waits have no lines");
	wall.known = false;
	expect_only(&places, "the scheduler was not traced");
}
END_TEST

START_TEST(without_counters_stalls_are_estimates_or_unknown)
{
	facts.cycles = facts.instructions = -1;
	expect_only(&places, "too few samples");
	facts.stall_share = 0.4;
	facts.stall_error = 0.08;
	expect_only(&places, "+- 8 points");
}
END_TEST

START_TEST(few_samples_are_said_with_their_error)
{
	places.n_cpu = 100;
	expect_only(&places,
		    "100 samples on CPUs are few, the standard error of a share is up to 5 "
		    "points");
	places.n_cpu = 0;
	expect_only(&places, "no samples with stacks");
}
END_TEST

START_TEST(losses_and_doubts_are_said)
{
	struct hw_session *s = &profile->session;

	s->lost = 50;
	build_samples(profile, 950, STACK(PY("f", "a.py", 1, 2)));
	expect_only(&places, "50 samples (5.0 %) were lost");
	s->lost = 0;
	s->losses = calloc(2, sizeof(*s->losses));
	ck_assert_ptr_nonnull(s->losses);
	s->n_losses = 2;
	s->losses[0] =
		(struct hw_session_loss){ build_copy("no rows"), build_copy("install them"), 40 };
	s->losses[1] = (struct hw_session_loss){ build_copy("rare"), build_copy(""), 2 };
	expect_only(&places, "stacks: 40 incomplete, no rows: install them");
	s->losses[0].count = 0;
	s->doubts = calloc(2, sizeof(*s->doubts));
	ck_assert_ptr_nonnull(s->doubts);
	s->doubts[0] = build_copy("sampled cpu-clock: no cycles here");
	expect_only(&places, "no cycles here");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limits");
	TCase *t = tcase_create("limits");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, nothing_is_said_of_what_was_measured);
	tcase_add_test(t, untraced_waits_and_waits_without_stacks_are_said);
	tcase_add_test(t, without_counters_stalls_are_estimates_or_unknown);
	tcase_add_test(t, few_samples_are_said_with_their_error);
	tcase_add_test(t, losses_and_doubts_are_said);
	suite_add_tcase(s, t);
	return run_suite(s);
}
