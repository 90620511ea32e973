/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "bound/stall.h"
#include "fixture.h"
#include "profile_builder.h"

#define LOAD   (HW_FRAME_DECODED | HW_FRAME_AFTER_LOAD)
#define STORE  (HW_FRAME_DECODED | HW_FRAME_AFTER_STORE)
#define CHASE  (LOAD | HW_FRAME_ADDR_LOADED)
#define LINE   64u

static struct hw_profile *p;
static struct hw_stall stall;

static void set_up(void)
{
	p = build_profile("cpu-clock", "ns");
	srandom(7);
}

static void tear_down(void)
{
	hw_stall_done(&stall);
	hw_profile_free(p);
}

/* @n samples in function @name, interrupted behind what @flags say; its data lie in @lines cache
 * lines, each as likely; 0: no data. */
static void add(size_t n, const char *name, uint32_t flags, unsigned int lines)
{
	const struct build_frame *stack =
		STACK(NATIVE(HW_FRAME_NATIVE, name, "/bin/x", flags), C("main", "/bin/x"));

	for (size_t i = 0; i < n; i++) {
		build_samples(p, 1, stack);
		if (lines)
			p->samples[p->n_samples - 1].addr =
				0x7f0000000000u + (uint64_t)random() % lines * LINE;
	}
}

static double share(void)
{
	hw_stall_done(&stall);
	ck_assert_int_eq(hw_stall_from_profile(p, &stall), 0);
	ck_assert_ptr_nonnull(stall.by_stack);
	ck_assert(stall.share < 0 || stall.error > 0);
	return stall.share;
}

/* One sample at line @place of function @name, its data in line @line of memory. */
static void add_at(const char *name, uint32_t place, uint32_t flags, uint64_t line)
{
	const struct build_frame leaf = { HW_FRAME_NATIVE, name, "/bin/x", 0, place, flags };

	build_samples(p, 1, STACK(leaf, C("main", "/bin/x")));
	p->samples[p->n_samples - 1].addr = 0x7f0000000000u + line * LINE;
}

/* @n samples, of which 2 * @twins lie two by two in the same line, the others each in its own: as if
 * drawn from n * (n - 1) / 2 / @twins lines. */
static void add_twins(size_t n, uint32_t flags, size_t twins)
{
	for (size_t i = 0; i < n; i++)
		add_at("f", 0, flags, i < 2 * twins ? i / 2 : i);
}

/* So many samples that the number of lines is sure. The time of an access, in those of one that hits
 * in L1 (512 lines), is by hwprof-internals(7): of a loaded address 4.2 from L2 (16,384 lines), 45 from
 * L3 (250,000), 110 from memory; of a computed one 1.4, 9 and 75. */
static const struct {
	uint32_t flags;
	size_t n, twins;
	double share;
} exact[] = {
	/* 8,192 lines: 1 + 15/16 * 3.2 */
	{ CHASE, 8192, 4096, 1 - 1 / 4.0 },
	{ LOAD, 8192, 4096, 1 - 1 / 1.375 },
	{ STORE, 8192, 4096, 1 - 1 / 1.375 },
	/* 65,536 lines: 1 + 127/128 * 3.2 + 3/4 * 40.8 */
	{ CHASE, 8192, 512, 1 - 1 / 34.775 },
	{ LOAD, 8192, 512, 1 - 1 / 7.096875 },
	/* 262,144 lines: 1 + 3.19375 + 15/16 * 40.8 + 0.0463257 * 65 */
	{ CHASE, 16384, 512, 1 - 1 / 45.45492 },
	/* 4,194,304 lines: 1 + 3.19961 + 0.996094 * 40.8 + 0.940395 * 65 */
	{ CHASE, 32768, 128, 1 - 1 / 105.96591 },
	{ LOAD, 32768, 128, 1 - 1 / 71.01482 },
};

START_TEST(the_stall_is_what_accesses_take_beyond_the_first_cache)
{
	const size_t n = exact[_i].n;
	double want = exact[_i].share;

	add_twins(n, exact[_i].flags, exact[_i].twins);
	ck_assert_double_eq_tol(share(), want, 1e-4);
	/* the error of the method, and of chance */
	ck_assert_double_eq_tol(stall.error, sqrt(0.11 * 0.11 + want * (1 - want) / (double)n), 1e-4);
	/* half as much again, not decoded, may be any: a uniform third */
	build_samples(p, n / 2, STACK(NATIVE(HW_FRAME_NATIVE, "jit", "/bin/x", 0)));
	want /= 1.5;
	ck_assert_double_eq_tol(share(), want, 1e-4);
	ck_assert_double_eq_tol(stall.error,
				sqrt(0.11 * 0.11 + want * (1 - want) / (1.5 * (double)n) + 1.0 / 9 / 12),
				1e-4);
	ck_assert_uint_eq(stall.n_samples, n);
}
END_TEST

/* A line with a 512th of the samples, three at the least, would have its place in L1. */
START_TEST(a_line_with_its_share_of_the_first_cache_is_a_hit)
{
	for (size_t i = 0; i < 3ul * 512; i++)
		add_at("f", 0, CHASE, i / 3);
	ck_assert_double_eq(share(), 0);
	for (int i = 0; i < 3; i++) /* now each has less than that */
		add_at("f", 0, CHASE, 512);
	ck_assert_double_gt(share(), 0.1);
}
END_TEST

START_TEST(two_samples_in_a_line_are_no_hit)
{
	add_twins(1000, CHASE, 500);
	ck_assert_double_gt(share(), 0.5);
}
END_TEST

/* By itself each place has 8,192 lines, by its function twice that: 1 + 31/32 * 0.4. */
START_TEST(a_place_has_the_lines_of_its_function)
{
	for (size_t i = 0; i < 2ul * 8192; i++)
		add_at("f", i < 8192 ? 1 : 2, LOAD, i / 2);
	ck_assert_double_eq_tol(share(), 1 - 1 / 1.3875, 1e-4);
}
END_TEST

START_TEST(fifty_decoded_samples_and_half_of_all_are_enough)
{
	add(49, "f", CHASE, 64);
	ck_assert_double_lt(share(), 0);
	add(1, "f", CHASE, 64);
	ck_assert_double_ge(share(), 0);
	build_samples(p, 50, STACK(NATIVE(HW_FRAME_NATIVE, "jit", "/bin/x", 0)));
	ck_assert_double_ge(share(), 0);
	build_samples(p, 1, STACK(NATIVE(HW_FRAME_NATIVE, "jit", "/bin/x", 0)));
	ck_assert_double_lt(share(), 0);
}
END_TEST

START_TEST(loads_from_few_lines_do_not_stall)
{
	add(2000, "f", CHASE, 256);
	ck_assert_double_lt(share(), 0.05);
	ck_assert_uint_eq(stall.n_samples, 2000);
}
END_TEST

START_TEST(loads_from_many_lines_do)
{
	add(2000, "f", CHASE, 8 << 20);
	ck_assert_double_gt(share(), 0.9);
	ck_assert_double_le(stall.share, 1);
}
END_TEST

START_TEST(the_larger_the_data_the_more_stall)
{
	static const unsigned int lines[] = { 256, 4096, 32768, 524288, 8 << 20 };
	double last = -0.01;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		hw_profile_free(p);
		p = build_profile("cpu-clock", "ns");
		add(3000, "f", CHASE, lines[i]);
		ck_assert_double_gt(share(), last);
		last = stall.share;
	}
}
END_TEST

START_TEST(addresses_known_beforehand_stall_less_from_the_second_cache)
{
	double chased;

	add(2000, "f", CHASE, 4096);
	chased = share();
	hw_stall_done(&stall);
	hw_profile_free(p);
	p = build_profile("cpu-clock", "ns");
	add(2000, "f", LOAD, 4096);
	ck_assert_double_lt(share(), chased);
}
END_TEST

START_TEST(stores_stall_as_well)
{
	add(2000, "f", STORE, 8 << 20);
	ck_assert_double_gt(share(), 0.8);
}
END_TEST

START_TEST(only_samples_behind_memory_count)
{
	add(1000, "f", CHASE, 8 << 20);
	add(3000, "f", HW_FRAME_DECODED, 0);
	ck_assert_double_eq_tol(share(), 0.25, 0.03);
}
END_TEST

START_TEST(a_hot_line_among_cold_ones_is_no_stall)
{
	add(500, "f", CHASE, 8 << 20);
	add(500, "f", CHASE, 1);
	ck_assert_double_eq_tol(share(), 0.5, 0.05);
}
END_TEST

/* One sample cannot tell; what the rest of the program does, can. */
START_TEST(places_with_few_samples_are_judged_by_the_others)
{
	char name[32];

	add(1000, "f", CHASE, 64);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		add(1, name, CHASE, 64);
	}
	ck_assert_double_lt(share(), 0.1);
	hw_stall_done(&stall);
	hw_profile_free(p);
	p = build_profile("cpu-clock", "ns");
	add(1000, "f", CHASE, 8 << 20);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		add(1, name, CHASE, 8 << 20);
	}
	ck_assert_double_gt(share(), 0.9);
}
END_TEST

/* 8,192 lines fit in the second cache, eight times as many do not. */
START_TEST(the_loads_of_an_unrolled_loop_share_their_lines)
{
	double alone;

	add(4000, "f", LOAD, 8192);
	alone = share();
	hw_stall_done(&stall);
	hw_profile_free(p);
	p = build_profile("cpu-clock", "ns");
	for (uint32_t k = 0; k < 8; k++) {
		const struct build_frame load = { HW_FRAME_NATIVE, "f", "/bin/x", 0, k + 1, LOAD };

		build_samples(p, 500, STACK(load, C("main", "/bin/x")));
		for (size_t i = k * 500; i < p->n_samples; i++)
			p->samples[i].addr =
				0x7f0000000000u + ((uint64_t)random() % 8192 * 8 + k) * LINE;
	}
	ck_assert_double_gt(share(), alone + 0.3);
}
END_TEST

START_TEST(samples_in_the_kernel_are_left_out)
{
	add(500, "f", CHASE, 8 << 20);
	build_samples(p, 5000, STACK(KERNEL("page_fault"), NATIVE(HW_FRAME_NATIVE, "f", "/bin/x",
								   CHASE)));
	ck_assert_double_gt(share(), 0.9);
	ck_assert_uint_eq(stall.n_samples, 500);
}
END_TEST

START_TEST(samples_of_another_event_are_left_out)
{
	struct hw_task task = { 1, 1, 0 };

	build_event(p, "page-faults", "");
	add(500, "f", CHASE, 16);
	build_samples_of(p, 1, 500, STACK(NATIVE(HW_FRAME_NATIVE, "f", "/bin/x", CHASE)), &task);
	share();
	ck_assert_uint_eq(stall.n_samples, 500);
}
END_TEST

START_TEST(without_enough_decoded_code_nothing_is_said)
{
	ck_assert_double_lt(share(), 0); /* nothing at all */
	add(20, "f", CHASE, 8 << 20);
	ck_assert_double_lt(share(), 0); /* few */
	add(1000, "f", CHASE, 8 << 20);
	ck_assert_double_ge(share(), 0);
	add(3000, "jit", 0, 0);
	ck_assert_double_lt(share(), 0); /* most of it unknown */
}
END_TEST

START_TEST(code_that_was_not_decoded_widens_the_error)
{
	double error;

	add(1000, "f", CHASE, 8 << 20);
	share();
	error = stall.error;
	add(900, "jit", 0, 0);
	share();
	ck_assert_double_gt(stall.error, error + 0.01);
}
END_TEST

START_TEST(each_stack_has_its_part)
{
	const float *parts;
	double sum = 0, whole;

	add(1000, "cold", CHASE, 8 << 20);
	add(1000, "hot", CHASE, 64);
	add(1000, "none", HW_FRAME_DECODED, 0);
	build_samples(p, 10, STACK(KERNEL("read"), C("main", "/bin/x")));
	whole = share();
	parts = stall.by_stack;
	ck_assert_float_gt(parts[p->samples[0].stack], 0.9f);
	ck_assert_float_lt(parts[p->samples[1000].stack], 0.05f);
	ck_assert_float_eq(parts[p->samples[2000].stack], 0);
	ck_assert_float_eq(parts[p->samples[3000].stack], 0);
	for (size_t i = 0; i < p->n_samples; i++)
		sum += (double)parts[p->samples[i].stack];
	ck_assert_double_eq_tol(sum / 3000, whole, 0.001);
}
END_TEST

START_TEST(an_empty_profile_has_no_stacks)
{
	ck_assert_double_lt(share(), 0);
	ck_assert_ptr_nonnull(stall.by_stack);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stall");
	TCase *tc = tcase_create("stall");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, the_stall_is_what_accesses_take_beyond_the_first_cache, 0,
			    sizeof(exact) / sizeof(*exact));
	tcase_add_test(tc, a_line_with_its_share_of_the_first_cache_is_a_hit);
	tcase_add_test(tc, two_samples_in_a_line_are_no_hit);
	tcase_add_test(tc, a_place_has_the_lines_of_its_function);
	tcase_add_test(tc, fifty_decoded_samples_and_half_of_all_are_enough);
	tcase_add_test(tc, loads_from_few_lines_do_not_stall);
	tcase_add_test(tc, loads_from_many_lines_do);
	tcase_add_test(tc, the_larger_the_data_the_more_stall);
	tcase_add_test(tc, addresses_known_beforehand_stall_less_from_the_second_cache);
	tcase_add_test(tc, stores_stall_as_well);
	tcase_add_test(tc, only_samples_behind_memory_count);
	tcase_add_test(tc, a_hot_line_among_cold_ones_is_no_stall);
	tcase_add_test(tc, places_with_few_samples_are_judged_by_the_others);
	tcase_add_test(tc, the_loads_of_an_unrolled_loop_share_their_lines);
	tcase_add_test(tc, samples_in_the_kernel_are_left_out);
	tcase_add_test(tc, samples_of_another_event_are_left_out);
	tcase_add_test(tc, without_enough_decoded_code_nothing_is_said);
	tcase_add_test(tc, code_that_was_not_decoded_widens_the_error);
	tcase_add_test(tc, each_stack_has_its_part);
	tcase_add_test(tc, an_empty_profile_has_no_stacks);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
