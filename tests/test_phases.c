/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdlib.h>

#include "bound/phases.h"

#define STRETCH_S 0.1

static struct hw_wall wall;
static struct hw_wall_point points[HW_WALL_POINTS_MAX];

static void setup(void)
{
	wall = (struct hw_wall){ .known = true, .points = points };
	srand(7);
}

/* Adds a stretch that is in @class for @share of it, else busy (busy: else asleep). */
static void add_stretch(enum hw_wall_class class, double share)
{
	struct hw_wall_point *point = &points[wall.n_points++];
	enum hw_wall_class rest = class == HW_WALL_BUSY ? HW_WALL_SLEEP : HW_WALL_BUSY;

	*point = (struct hw_wall_point){ .end_s = (double)wall.n_points * STRETCH_S };
	point->seconds[class] = share * STRETCH_S;
	point->seconds[rest] = (1 - share) * STRETCH_S;
	wall.seconds[class] += share * STRETCH_S;
	wall.seconds[rest] += (1 - share) * STRETCH_S;
	wall.wall_s = point->end_s;
}

static void add_stretches(size_t n, enum hw_wall_class class, double share)
{
	while (n--)
		add_stretch(class, share);
}

static double noise(double amplitude)
{
	return amplitude * (2. * rand() / RAND_MAX - 1);
}

/* Cuts, and checks what holds of all cuts. */
static struct hw_phases cut(void)
{
	struct hw_phases phases;
	double at = 0;

	ck_assert_int_eq(hw_phases_cut(&wall, &phases), 0);
	ck_assert_uint_ge(phases.n, 1);
	ck_assert_uint_le(phases.n, HW_PHASES_MAX);
	for (size_t i = 0; i < phases.n; i++) {
		double sum = 0;

		ck_assert_double_eq(phases.items[i].begin_s, at);
		at = phases.items[i].end_s;
		for (int class = 0; class < HW_WALL_CLASSES; class++)
			sum += phases.items[i].seconds[class];
		ck_assert_double_eq_tol(sum, at - phases.items[i].begin_s, 1e-6);
	}
	ck_assert_double_eq_tol(at, wall.wall_s, 1e-9);
	return phases;
}

static void expect_phase(const struct hw_phase *phase, double end_s, enum hw_wall_class class)
{
	ck_assert_double_eq_tol(phase->end_s, end_s, STRETCH_S / 2);
	ck_assert_int_eq(phase->class, class);
	ck_assert_double_gt(phase->share, 0.7);
}

START_TEST(disk_then_cpu_are_two_phases)
{
	struct hw_phases phases;

	add_stretches(31, HW_WALL_DISK, 0.95);
	add_stretches(89, HW_WALL_BUSY, 0.98);
	phases = cut();
	ck_assert_uint_eq(phases.n, 2);
	expect_phase(&phases.items[0], 3.1, HW_WALL_DISK);
	expect_phase(&phases.items[1], 12, HW_WALL_BUSY);
}
END_TEST

/* A phase lasts 2 % of the run; what lasts less takes some of what is beside it. */
START_TEST(a_phase_has_a_fiftieth_of_the_run)
{
	struct hw_phases phases;

	add_stretches(7, HW_WALL_DISK, 1);
	add_stretches(293, HW_WALL_BUSY, 1);
	phases = cut();
	ck_assert_uint_eq(phases.n, 2);
	expect_phase(&phases.items[0], 0.7, HW_WALL_DISK);
	wall = (struct hw_wall){ .known = true, .points = points };
	add_stretches(5, HW_WALL_DISK, 1);
	add_stretches(295, HW_WALL_BUSY, 1);
	phases = cut();
	ck_assert_uint_eq(phases.n, 2);
	expect_phase(&phases.items[0], 0.6, HW_WALL_DISK);
}
END_TEST

START_TEST(a_steady_run_is_one_phase)
{
	struct hw_phases phases;

	add_stretches(1000, HW_WALL_BUSY, 1);
	phases = cut();
	ck_assert_uint_eq(phases.n, 1);
	ck_assert_double_eq_tol(phases.items[0].share, 1, 1e-9);
}
END_TEST

/* Amplitude of the noise in hundredths. */
START_TEST(noise_is_no_change)
{
	while (wall.n_points < 600)
		add_stretch(HW_WALL_DISK, 0.5 + noise(_i / 100.));
	ck_assert_uint_eq(cut().n, 1);
}
END_TEST

START_TEST(a_change_is_found_in_noise)
{
	struct hw_phases phases;

	while (wall.n_points < 200)
		add_stretch(HW_WALL_NETWORK, 0.7 + noise(0.3));
	while (wall.n_points < 300)
		add_stretch(HW_WALL_NETWORK, 0.3 + noise(0.3));
	phases = cut();
	ck_assert_uint_eq(phases.n, 2);
	ck_assert_double_eq_tol(phases.items[0].end_s, 20, 5 * STRETCH_S);
}
END_TEST

START_TEST(quick_alternation_is_one_phase)
{
	while (wall.n_points < 800)
		add_stretch(HW_WALL_DISK, wall.n_points % (size_t)_i ? 0 : 1);
	ck_assert_uint_eq(cut().n, 1);
}
END_TEST

START_TEST(rare_bursts_are_no_phases)
{
	while (wall.n_points < 1000)
		add_stretch(HW_WALL_DISK, wall.n_points % 100 == 50);
	ck_assert_uint_eq(cut().n, 1);
}
END_TEST

START_TEST(small_changes_are_none)
{
	add_stretches(400, HW_WALL_BUSY, 0.95);
	add_stretches(400, HW_WALL_BUSY, 0.80);
	ck_assert_uint_eq(cut().n, 1);
}
END_TEST

START_TEST(other_programs_make_no_phases)
{
	struct hw_phases phases;

	add_stretches(100, HW_WALL_BUSY, 1);
	add_stretches(100, HW_WALL_STARVED, 0.7);
	add_stretches(100, HW_WALL_SLEEP, 1);
	phases = cut();
	ck_assert_uint_eq(phases.n, 2);
	ck_assert_double_eq_tol(phases.items[0].seconds[HW_WALL_STARVED], 7, 1e-6);
	expect_phase(&phases.items[1], 30, HW_WALL_SLEEP);
}
END_TEST

START_TEST(there_are_never_too_many)
{
	static const enum hw_wall_class classes[] = { HW_WALL_BUSY, HW_WALL_DISK, HW_WALL_NETWORK,
						      HW_WALL_SLEEP, HW_WALL_PIPE };

	for (size_t i = 0; i < 24; i++)
		add_stretches(40, classes[i % 5], 0.9);
	cut();
}
END_TEST

START_TEST(five_stretches_are_cut_as_well)
{
	struct hw_phases phases;

	add_stretches(2, HW_WALL_DISK, 1);
	add_stretches(3, HW_WALL_BUSY, 1);
	phases = cut();
	ck_assert_uint_eq(phases.n, 2);
	expect_phase(&phases.items[0], 0.2, HW_WALL_DISK);
}
END_TEST

START_TEST(stretches_of_other_lengths_count_by_their_length)
{
	struct hw_phases phases;

	add_stretches(50, HW_WALL_BUSY, 1);
	wall.n_points = 51; /* one long stretch */
	points[50] = (struct hw_wall_point){ .end_s = 15, .seconds = { [HW_WALL_SLEEP] = 10 } };
	points[51] = (struct hw_wall_point){ .end_s = 25, .seconds = { [HW_WALL_SLEEP] = 10 } };
	wall.n_points = 52;
	wall.seconds[HW_WALL_SLEEP] = 20;
	wall.wall_s = 25;
	phases = cut();
	ck_assert_uint_eq(phases.n, 2);
	expect_phase(&phases.items[0], 5, HW_WALL_BUSY);
	expect_phase(&phases.items[1], 25, HW_WALL_SLEEP);
}
END_TEST

START_TEST(without_a_timeline_it_is_one_phase_or_none)
{
	struct hw_phases phases;

	wall.wall_s = wall.seconds[HW_WALL_DISK] = 3;
	phases = cut();
	ck_assert_uint_eq(phases.n, 1);
	expect_phase(&phases.items[0], 3, HW_WALL_DISK);
	wall.known = false;
	ck_assert_int_eq(hw_phases_cut(&wall, &phases), 0);
	ck_assert_uint_eq(phases.n, 0);
}
END_TEST

START_TEST(absurd_times_end_in_some_cut)
{
	struct hw_phases phases;

	add_stretches(20, HW_WALL_BUSY, 1);
	points[3].seconds[HW_WALL_DISK] = 1e308;
	points[4].seconds[HW_WALL_LOCK] = 1e308;
	points[4].seconds[HW_WALL_DISK] = 1e308;
	points[9].seconds[HW_WALL_BUSY] = 0;
	ck_assert_int_eq(hw_phases_cut(&wall, &phases), 0);
	ck_assert_uint_le(phases.n, HW_PHASES_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("phases");
	TCase *t = tcase_create("phases");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, disk_then_cpu_are_two_phases);
	tcase_add_test(t, a_phase_has_a_fiftieth_of_the_run);
	tcase_add_test(t, a_steady_run_is_one_phase);
	tcase_add_loop_test(t, noise_is_no_change, 1, 50);
	tcase_add_test(t, a_change_is_found_in_noise);
	tcase_add_loop_test(t, quick_alternation_is_one_phase, 2, 8);
	tcase_add_test(t, rare_bursts_are_no_phases);
	tcase_add_test(t, small_changes_are_none);
	tcase_add_test(t, other_programs_make_no_phases);
	tcase_add_test(t, there_are_never_too_many);
	tcase_add_test(t, five_stretches_are_cut_as_well);
	tcase_add_test(t, stretches_of_other_lengths_count_by_their_length);
	tcase_add_test(t, without_a_timeline_it_is_one_phase_or_none);
	tcase_add_test(t, absurd_times_end_in_some_cut);
	suite_add_tcase(s, t);
	return run_suite(s);
}
