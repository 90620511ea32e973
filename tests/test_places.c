/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>

#include "bound/places.h"
#include "profile_builder.h"

static struct hw_profile *profile;
static struct hw_budget budget;

#define OFF_CPU 1
#define MAIN	PY("main", "/home/me/app.py", 20, 30)

static void setup(void)
{
	profile = build_profile("cpu-clock", "ns");
	build_event(profile, HW_EVENT_OFF_CPU, "ns");
	profile->session.usage.user_s = 1;
	budget = (struct hw_budget){ .wall_s = 1, .cpu_s = 1, .busy_s = 1 };
	budget.seconds[HW_SLICE_USER] = 1;
}

static void teardown(void)
{
	profile = hw_profile_free(profile);
}

/* @n milliseconds blocked for @cause. */
static void build_blocked(size_t n, enum hw_wall_class cause, const struct build_frame *frames)
{
	struct hw_task task = { 100, 101, build_string(profile, "python3") };

	build_samples_of(profile, OFF_CPU, n, frames, &task);
	for (size_t i = profile->n_samples - n; i < profile->n_samples; i++)
		profile->samples[i].flags = (uint32_t)cause << HW_SAMPLE_WAIT_SHIFT;
}

static int find_places(struct hw_places *ret)
{
	hw_auto(hw_sampled_done) struct hw_sampled sampled = { 0 };

	ck_assert_int_eq(hw_sampled_find(profile, &sampled), 0);
	return hw_places_find(profile, &sampled, &budget, ret);
}

static struct hw_places found(void)
{
	struct hw_places places;

	ck_assert_int_eq(find_places(&places), 0);
	return places;
}

START_TEST(functions_have_the_time_of_their_lines_by_class)
{
	struct hw_places places;

	profile->session.usage.user_s = 2; /* of 1 s by the samples' own clock */
	build_samples(profile, 500, STACK(EVAL("long_add"), PY("f", "a.py", 1, 2)));
	build_samples(profile, 200, STACK(C("dot", "numpy.so"), PY("f", "a.py", 1, 3)));
	build_samples(
		profile, 300,
		STACK(KERNEL("exc_page_fault"), C("memset", "libc.so.6"), PY("f", "a.py", 1, 3)));
	places = found();
	ck_assert_uint_eq(places.n_cpu, 1000);
	ck_assert_uint_eq(places.n_functions, 1);
	ck_assert_str_eq(places.functions[0].function, "f");
	ck_assert_uint_eq(places.functions[0].line, 1);
	ck_assert_double_eq_tol(places.functions[0].seconds[HW_SLICE_USER], 1.4, 1e-9);
	ck_assert_double_eq_tol(places.functions[0].seconds[HW_SLICE_FAULTS], 0.6, 1e-9);
	ck_assert_double_eq_tol(places.functions[0].trait_s[HW_TRAIT_INTERPRETER], 1.0, 1e-9);
	ck_assert_uint_eq(places.n_lines, 2);
	ck_assert_uint_eq(places.lines[0].line, 2);
	ck_assert_uint_eq(places.lines[0].function_id, places.functions[0].function_id);
	ck_assert_double_eq_tol(places.lines[0].wall_s, 1 / 1.4, 1e-9);
	ck_assert_ptr_eq(hw_places_line_of(&places, &places.functions[0], HW_SLICE_FAULTS),
			 &places.lines[1]);
	ck_assert_ptr_null(hw_places_line_of(&places, &places.functions[0], HW_SLICE_DISK));
	hw_places_done(&places);
}
END_TEST

START_TEST(waits_count_only_as_far_as_the_run_waited)
{
	struct hw_places places;
	const struct hw_place *pool;

	budget.wall_s = 2;
	budget.seconds[HW_SLICE_DISK] = 1;
	build_samples(profile, 1000, STACK(EVAL("eval"), PY("compute", "a.py", 1, 2)));
	build_blocked(1000, HW_WALL_DISK, STACK(PY("load", "a.py", 9, 10)));
	build_blocked(50000, HW_WALL_LOCK, STACK(PY("pool", "a.py", 50, 51)));
	places = found();
	ck_assert_uint_eq(places.n_blocked, 51000);
	ck_assert_str_eq(places.functions[2].function, "pool");
	pool = &places.functions[2];
	ck_assert_double_eq_tol(pool->seconds[HW_SLICE_LOCK], 50, 1e-6);
	ck_assert_double_eq(pool->wall_s, 0);
	ck_assert_int_eq(hw_place_slice(&places, &budget, pool), HW_SLICE_LOCK);
	ck_assert_str_eq(hw_places_top(&places, HW_SLICE_DISK, true)->function, "load");
	ck_assert_double_eq_tol(hw_places_top(&places, HW_SLICE_DISK, false)->wall_s, 1, 1e-9);
	hw_places_done(&places);
}
END_TEST

START_TEST(a_want_of_cpus_is_nobodys)
{
	struct hw_places places;

	budget.wall_s = 3;
	budget.seconds[HW_SLICE_STARVED] = 2;
	build_samples(profile, 1000, STACK(EVAL("eval"), PY("f", "a.py", 1, 2)));
	build_blocked(3000, HW_WALL_STARVED, STACK(PY("f", "a.py", 1, 2)));
	build_blocked(500, HW_WALL_STARVED, STACK(PY("g", "a.py", 9, 10)));
	places = found();
	ck_assert_double_eq_tol(places.functions[0].wall_s, 1, 1e-9);
	ck_assert_double_eq_tol(places.functions[0].seconds[HW_SLICE_STARVED], 3, 1e-9);
	ck_assert_int_eq(hw_place_slice(&places, &budget, &places.functions[0]), HW_SLICE_USER);
	ck_assert_int_eq(hw_place_slice(&places, &budget, &places.functions[1]), HW_SLICE_STARVED);
	hw_places_done(&places);
}
END_TEST

static const struct {
	struct build_frame frames[6];
	const char *function;
} charged[] = {
	/* what the standard library does is done for the line that calls it */
	{ { C("read", "/usr/lib/libc.so.6"),
	    PY("readinto", "/usr/lib/python3.12/socket.py", 700, 720),
	    PY("get", "/usr/lib/python3.12/http/client.py", 1, 2), MAIN },
	  "main" },
	{ { PY("_find_and_load", "<frozen importlib._bootstrap>", 1, 2), MAIN }, "main" },
	/* but a library is what people choose and call */
	{ { PY("get", "/usr/lib/python3.12/site-packages/requests/api.py", 1, 2), MAIN }, "get" },
	/* nothing but the standard library: its innermost line */
	{ { PY("wait", "/usr/lib/python3.12/threading.py", 300, 320),
	    PY("_worker", "/usr/lib/python3.12/concurrent/futures/thread.py", 1, 2) },
	  "wait" },
	/* native code: not the kernel, not the C library, as long as there is any other */
	{ { KERNEL("vfs_read"), C("read", "/usr/lib/libc.so.6"), C("load", "/home/me/app"),
	    C("main", "/home/me/app") },
	  "load" },
	{ { KERNEL("vfs_write"), C("write", "libc.so.6") }, "write" },
	{ { KERNEL("kthread") }, "kthread" },
};

START_TEST(a_sample_is_charged_to_what_people_can_change)
{
	struct hw_places places;

	build_samples(profile, 1, charged[_i].frames);
	places = found();
	ck_assert_str_eq(places.functions[0].function, charged[_i].function);
	ck_assert_str_eq(places.lines[0].function, charged[_i].function);
	hw_places_done(&places);
}
END_TEST

START_TEST(the_holder_of_the_gil_is_known)
{
	struct hw_places places;

	build_samples(profile, 10, STACK(EVAL("eval"), MAIN));
	for (size_t i = 0; i < 4; i++)
		profile->samples[i].flags = HW_SAMPLE_GIL_WANTED;
	places = found();
	ck_assert_double_eq_tol(places.functions[0].wanted_gil_s, 0.4, 1e-9);
	hw_places_done(&places);
}
END_TEST

START_TEST(without_samples_there_are_no_places)
{
	struct hw_places places;

	ck_assert_int_eq(find_places(&places), -ENODATA);
	build_samples(profile, 5, STACK({ 0 })); /* nobody knows where */
	ck_assert_int_eq(find_places(&places), -ENODATA);
}
END_TEST

START_TEST(causes_that_are_none_are_other)
{
	struct hw_places places;

	build_blocked(5, 77, STACK(MAIN));
	places = found();
	ck_assert_double_eq_tol(places.all.seconds[HW_SLICE_OTHER], 0.005, 1e-9);
	hw_places_done(&places);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("places");
	TCase *t = tcase_create("places");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, functions_have_the_time_of_their_lines_by_class);
	tcase_add_test(t, waits_count_only_as_far_as_the_run_waited);
	tcase_add_test(t, a_want_of_cpus_is_nobodys);
	tcase_add_loop_test(t, a_sample_is_charged_to_what_people_can_change, 0,
			    (int)(sizeof(charged) / sizeof(charged[0])));
	tcase_add_test(t, the_holder_of_the_gil_is_known);
	tcase_add_test(t, without_samples_there_are_no_places);
	tcase_add_test(t, causes_that_are_none_are_other);
	suite_add_tcase(s, t);
	return run_suite(s);
}
