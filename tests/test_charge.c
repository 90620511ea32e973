/* SPDX-License-Identifier: Apache-2.0
 * One rule of charging, and that all who name a line for a sample follow it. */
#include "fixture.h"

#include <errno.h>

#include "bound/faults.h"
#include "bound/places.h"
#include "profile_builder.h"
#include "view/charge.h"
#include "view/gil.h"
#include "view/table.h"
#include "view_builder.h"

#define LIBC "/usr/lib/libc.so.6"
#define MAIN PY("main", "/home/me/app.py", 20, 30)

enum { CPU, OFF_CPU, FAULTS };

static struct hw_profile *profile;
static unsigned int seed;

static void make_profile(void)
{
	profile = build_profile("cpu-clock", "ns");
	build_event(profile, HW_EVENT_OFF_CPU, "ns");
	build_event(profile, "page-faults", "");
	profile->session.events[FAULTS].period = 1;
}

static void free_profile(void)
{
	profile = hw_profile_free(profile);
}

static const struct {
	struct build_frame frames[6];
	const char *pays, *pays_native;
} stacks[] = {
	{ { C("memset", LIBC), PY("f", "a.py", 1, 2), MAIN }, "f", "memset" },
	/* the standard library, in C or in Python, only where nothing else is */
	{ { C("recv", LIBC), PY("readinto", "/usr/lib/python3.12/socket.py", 700, 720), MAIN },
	  "main", "recv" },
	{ { KERNEL("futex_wait"), C("get", "/usr/lib/python3.12/lib-dynload/_queue.so"),
	    PY("wait", "/usr/lib/python3.12/threading.py", 300, 320),
	    PY("_worker", "/usr/lib/python3.12/concurrent/futures/thread.py", 1, 2) },
	  "wait", "get" },
	/* whatever a library of others does is done for the line that calls it */
	{ { C("dot", "/x/numpy.so"), EVAL("call"), PY("f", "a.py", 1, 2) }, "f", "dot" },
	{ { EVAL("PyGILState_Ensure"), C("callback", "/x/audio.so"), C("start", LIBC) },
	  "callback", "PyGILState_Ensure" },
	{ { KERNEL("vfs_read"), C("read", LIBC), C("load", "/x/a"), C("main", "/x/a") },
	  "load", "read" },
	{ { KERNEL("clear_page"), NATIVE(HW_FRAME_MARKER, "[stack too deep]", "", 0) },
	  "clear_page", "clear_page" },
};

START_TEST(what_people_can_change_pays)
{
	hw_auto(hw_charge_done) struct hw_charge c = { 0 };
	uint32_t stack;

	build_samples(profile, 1, stacks[_i].frames);
	stack = profile->samples[0].stack;
	ck_assert_int_eq(hw_charge_init(profile, &c), 0);
	ck_assert_str_eq(hw_profile_str(profile, hw_charge_frame(&c, stack, false)->name),
			 stacks[_i].pays);
	ck_assert_str_eq(hw_profile_str(profile, hw_charge_frame(&c, stack, true)->name),
			 stacks[_i].pays_native);
}
END_TEST

START_TEST(a_stack_without_frames_is_nobodys)
{
	hw_auto(hw_charge_done) struct hw_charge c = { 0 };

	build_samples(profile, 1, STACK({ 0 }));
	ck_assert_int_eq(hw_charge_init(profile, &c), 0);
	ck_assert_ptr_null(hw_charge_frame(&c, profile->samples[0].stack, false));
	ck_assert_ptr_null(hw_charge_frame(&c, profile->samples[0].stack, true));
}
END_TEST

START_TEST(cpu_time_is_shared_out_by_the_periods)
{
	double worth;

	build_samples(profile, 1000, STACK(MAIN)); /* 1 s */
	ck_assert_int_eq(hw_charge_worth(profile, CPU, &worth), 0);
	ck_assert_double_eq_tol(worth, 1, 1e-9); /* nothing else is known */
	profile->session.usage.user_s = 1.5;
	profile->session.usage.sys_s = 0.5;
	ck_assert_int_eq(hw_charge_worth(profile, CPU, &worth), 0);
	ck_assert_double_eq_tol(worth, 2, 1e-9);
	profile->session.wall.known = true;
	profile->session.wall.thread_s[HW_WALL_BUSY] = 4;
	ck_assert_int_eq(hw_charge_worth(profile, CPU, &worth), 0);
	ck_assert_double_eq_tol(worth, 4, 1e-9);
	free(profile->session.events[CPU].name);
	profile->session.events[CPU].name = build_copy("cpu-clock:u");
	ck_assert_int_eq(hw_charge_worth(profile, CPU, &worth), 0);
	ck_assert_double_eq_tol(worth, 1, 1e-9);
}
END_TEST

START_TEST(counts_without_cpu_time_are_worth_nothing_known)
{
	double worth = 7;

	build_samples(profile, 1000, STACK(MAIN));
	profile->session.events[CPU].unit[0] = '\0';
	ck_assert_int_eq(hw_charge_worth(profile, CPU, &worth), -EDOM);
	ck_assert_double_eq(worth, 7);
}
END_TEST

/* Frames of every layer, each with a name and, but for those of libraries, a line of its own. */
static const struct build_frame pool[] = {
	KERNEL("schedule"), KERNEL("vfs_read"),
	NATIVE(HW_FRAME_MARKER, "[stack too deep]", "", 0),
	C("memset", LIBC), C("malloc", "/usr/lib/libjemalloc.so.2"), C("time", "[vdso]"),
	EVAL("_PyEval"), EVAL("long_add"),
	C("get", "/usr/lib/python3.12/lib-dynload/_queue.so"),
	C("dot", "/x/numpy.so"), C("work", "/usr/bin/prog"), C("start", "/usr/bin/prog"),
	PY("wait", "/usr/lib/python3.12/threading.py", 300, 320),
	PY("_load", "<frozen importlib._bootstrap>", 5, 6),
	PY("api", "/usr/lib/python3.12/site-packages/requests/api.py", 1, 2),
	PY("f", "/home/me/app.py", 1, 2), PY("g", "/home/me/app.py", 8, 9), MAIN,
};

#define POOL (sizeof(pool) / sizeof(pool[0]))

/* A sample on a CPU while the GIL was wanted, a wait for it, and a page fault, all of one stack. */
static void build_random(void)
{
	const struct hw_task task = { 100, 100, build_string(profile, "python3") };
	struct build_frame frames[8] = { 0 };
	size_t depth = 1 + (size_t)rand_r(&seed) % 7;

	for (size_t i = 0; i < depth; i++) {
		/* layers tend to follow each other, but need not */
		size_t at = (size_t)rand_r(&seed) % POOL * (i + 2) / (depth + 1) % POOL;

		frames[i] = pool[at];
	}
	build_samples_of(profile, CPU, 1, frames, &task);
	profile->samples[profile->n_samples - 1].flags = HW_SAMPLE_GIL_WANTED;
	build_samples_of(profile, OFF_CPU, 1, frames, &task);
	profile->samples[profile->n_samples - 1].flags = HW_WALL_GIL << HW_SAMPLE_WAIT_SHIFT;
	build_samples_of(profile, FAULTS, 1, frames, &task);
	profile->samples[profile->n_samples - 1].period = 1;
}

/* How often a line is named, by all who name one. */
struct tally {
	uint64_t places, faults, gil, table;
};

static struct tally *tally_of(struct tally *tallies, const char *name)
{
	for (size_t i = 0; i < POOL; i++)
		if (!strcmp(pool[i].name, name))
			return &tallies[i];
	ck_abort_msg("nobody built %s", name);
}

static void tally_places(struct tally *tallies)
{
	struct hw_budget budget = { .wall_s = 1, .cpu_s = 1, .busy_s = 1 };
	hw_auto(hw_sampled_done) struct hw_sampled sampled = { 0 };
	hw_auto(hw_places_done) struct hw_places places = { 0 };

	ck_assert_int_eq(hw_sampled_find(profile, &sampled), 0);
	ck_assert_int_eq(hw_places_find(profile, &sampled, &budget, &places), 0);
	for (size_t i = 0; i < places.n_lines; i++)
		tally_of(tallies, places.lines[i].function)->places += places.lines[i].samples;
}

static void tally_faults(struct tally *tallies)
{
	hw_auto(hw_faults_done) struct hw_faults faults = { 0 };

	ck_assert_int_eq(hw_faults_find(profile, &(struct hw_faults_opts){ 0 }, &faults), 0);
	for (size_t i = 0; i < faults.n_rows; i++)
		tally_of(tallies, faults.rows[i].function)->faults += faults.rows[i].sum.faults;
}

static void tally_gil(struct tally *tallies, const struct hw_view *view)
{
	hw_auto(hw_gil_view_done) struct hw_gil_view gil = { 0 };

	ck_assert_int_eq(hw_gil_view(view, &gil), 0);
	for (size_t i = 0; i < gil.n_rows; i++)
		tally_of(tallies, gil.rows[i].function)->gil += gil.rows[i].samples;
}

/* Waits, by line. */
static void tally_table(struct tally *tallies, const struct hw_view *view)
{
	hw_auto(hw_table_done) struct hw_table table = { 0 };
	struct hw_table_opts opts = { .by = HW_BY_LINE };

	ck_assert_int_eq(hw_table_build(view, &opts, &table), 0);
	for (size_t i = 0; i < table.n_rows; i++)
		if (table.rows[i].self.samples)
			tally_of(tallies, table.rows[i].name)->table += table.rows[i].self.samples;
}

/* Of a few samples, and at last of one, so that no error can hide in a sum. */
START_TEST(all_who_name_a_line_name_the_same)
{
	hw_auto(hw_view_done) struct hw_view view = { 0 };
	struct tally tallies[POOL] = { 0 };
	uint64_t n = _i % 4 ? 1 : 200, sum = 0;

	seed = (unsigned int)_i + 1;
	for (uint64_t i = 0; i < n; i++)
		build_random();
	tally_places(tallies);
	tally_faults(tallies);
	build_view(profile,
		   &(struct hw_view_opts){
			   .clock = HW_CLOCK_BLOCKED, .event = CPU, .keep_idle = true },
		   &view);
	tally_gil(tallies, &view);
	tally_table(tallies, &view);
	for (size_t i = 0; i < POOL; i++) {
		ck_assert_msg(tallies[i].places == 2 * tallies[i].gil &&
				      tallies[i].faults == tallies[i].gil &&
				      tallies[i].table == tallies[i].gil,
			      "%s: places %lu, faults %lu, gil %lu, table %lu", pool[i].name,
			      (unsigned long)tallies[i].places, (unsigned long)tallies[i].faults,
			      (unsigned long)tallies[i].gil, (unsigned long)tallies[i].table);
		sum += tallies[i].gil;
	}
	ck_assert_uint_eq(sum, n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("charge");
	TCase *t = tcase_create("charge");

	tcase_add_checked_fixture(t, make_profile, free_profile);
	tcase_add_loop_test(t, what_people_can_change_pays, 0,
			    (int)(sizeof(stacks) / sizeof(stacks[0])));
	tcase_add_test(t, a_stack_without_frames_is_nobodys);
	tcase_add_test(t, cpu_time_is_shared_out_by_the_periods);
	tcase_add_test(t, counts_without_cpu_time_are_worth_nothing_known);
	tcase_add_loop_test(t, all_who_name_a_line_name_the_same, 0, 400);
	suite_add_tcase(s, t);
	return run_suite(s);
}
