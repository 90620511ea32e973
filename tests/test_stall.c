/* SPDX-License-Identifier: Apache-2.0 */
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
