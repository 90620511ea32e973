/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <math.h>
#include <string.h>

#include "bound/findings.h"
#include "bound/rules.h"
#include "profile_builder.h"
#include "wall_scenes.h"

#define OFF_CPU 1
#define LOOP	PY("loop", "a.py", 1, 2)

static struct hw_profile *profile;
static struct hw_wall wall;
static struct hw_bound_facts facts;
static struct hw_findings findings;

/* A run of 1 s, all of it on one CPU of four. */
static void setup(void)
{
	profile = build_profile("cpu-clock", "ns");
	build_event(profile, HW_EVENT_OFF_CPU, "ns");
	wall = (struct hw_wall){ .known = true,
				 .wall_s = 1,
				 .seconds = { IN(BUSY, 1) },
				 .thread_s = { IN(BUSY, 1) },
				 .width_s = { 0, 1 },
				 .switches = 10,
				 .threads_peak = 1 };
	hw_bound_facts_init(&facts);
	facts.usage = (struct hw_usage){ .wall_s = 1, .user_s = 1 };
	facts.wall = &wall;
	facts.cpus = 4;
}

static void teardown(void)
{
	hw_findings_done(&findings);
	profile = hw_profile_free(profile);
}

/* Half of the run waits for @class instead of running. */
static void wait_half(enum hw_wall_class class)
{
	wall.seconds[HW_WALL_BUSY] = wall.thread_s[HW_WALL_BUSY] = wall.width_s[1] = 0.5;
	wall.seconds[class] = wall.thread_s[class] = 0.5;
	facts.usage.user_s = 0.5;
}

static void build_blocked(size_t n, enum hw_wall_class cause, const struct build_frame *frames)
{
	struct hw_task task = { 100, 101, build_string(profile, "python3") };

	build_samples_of(profile, OFF_CPU, n, frames, &task);
	for (size_t i = profile->n_samples - n; i < profile->n_samples; i++)
		profile->samples[i].flags = (uint32_t)cause << HW_SAMPLE_WAIT_SHIFT;
}

/* The samples split the busy time. */
static void set_shares(double user, double fault, double io, double kernel)
{
	facts.sampled[HW_SLICE_USER] = user;
	facts.sampled[HW_SLICE_FAULTS] = fault;
	facts.sampled[HW_SLICE_KERNEL_IO] = io;
	facts.sampled[HW_SLICE_KERNEL] = kernel;
}

/* Looks, and returns the finding of @rule, or NULL. */
static const struct hw_finding *look(const char *rule)
{
	hw_auto(hw_places_done) struct hw_places places = { 0 };
	hw_auto(hw_sampled_done) struct hw_sampled sampled = { 0 };
	struct hw_budget budget;
	struct hw_bound_case run;

	profile->session.usage = facts.usage;
	ck_assert_int_eq(hw_budget_split(&facts, &budget), 0);
	ck_assert_int_eq(hw_sampled_find(profile, &sampled), 0);
	hw_bound_case_init(&run, &facts, &budget);
	if (hw_places_find(profile, &sampled, &budget, &places) == 0)
		run.places = &places;
	hw_findings_done(&findings);
	ck_assert_int_eq(hw_findings_find(&run, &findings), 0);
	for (size_t i = 0; i < findings.n; i++) {
		const struct hw_finding *f = &findings.items[i];

		ck_assert_double_ge(f->gain_s, HW_RULE_LEAST_GAIN * budget.wall_s);
		ck_assert_double_le(f->gain_s, budget.wall_s);
		ck_assert_double_ge(f->speedup, 1);
		ck_assert(i == 0 || f->score <= f[-1].score);
	}
	for (size_t i = 0; i < findings.n; i++)
		if (!strcmp(findings.items[i].rule, rule))
			return &findings.items[i];
	return NULL;
}

/* The finding of @rule, whose evidence and advice hold these words. */
static const struct hw_finding *expect(const char *rule, double gain_s, const char *evidence,
				       const char *advice)
{
	const struct hw_finding *f = look(rule);

	ck_assert_msg(f != NULL, "nothing found by %s", rule);
	ck_assert_double_eq_tol(f->gain_s, gain_s, 1e-3);
	ck_assert_double_eq_tol(f->speedup, 1 / fmax(1 - gain_s, 1e-3), 1e-2);
	ck_assert_msg(strstr(f->evidence, evidence) != NULL, "'%s'", f->evidence);
	ck_assert_msg(strstr(f->advice, advice) != NULL, "'%s'", f->advice);
	return f;
}

START_TEST(a_want_of_cpus_has_advice_for_its_reason)
{
	wait_half(HW_WALL_STARVED);
	expect("starved", 0.5, "without a CPU for 50.0 % of wall", "stop or move the other");
	wall.throttled_s = 0.5;
	expect("starved", 0.5, "held it back for 0.50 s", "cpu.max");
	wall.throttled_s = 0;
	wall.steal_s = 2;
	expect("starved", 0.5, "2.00 s were stolen", "virtual machine");
}
END_TEST

START_TEST(a_fight_for_the_gil_could_gain_the_other_cpus)
{
	const struct hw_finding *f;

	wall.thread_s[HW_WALL_GIL] = 7;
	build_samples(profile, 80, STACK(EVAL("eval"), LOOP));
	for (size_t i = 0; i < 60; i++)
		profile->samples[i].flags = HW_SAMPLE_GIL_WANTED;
	f = expect("gil", 0.75,
		   "8.0 threads wanted to run on average, one could; they waited 7.00 s "
		   "in all; 100 % of that time this function held it",
		   "processes");
	ck_assert_str_eq(f->function, "loop");
	facts.cpus = 1; /* nothing to gain */
	ck_assert_ptr_null(look("gil"));
	facts.cpus = 4;
	wall.thread_s[HW_WALL_GIL] = 0.1; /* no fight */
	ck_assert_ptr_null(look("gil"));
}
END_TEST

START_TEST(a_convoy_takes_turns)
{
	wall.thread_s[HW_WALL_LOCK] = 3;
	wall.switches = 100000;
	wall.threads_peak = 4;
	expect("turns", 0.75,
	       "one of 4 threads ran at a time, with 100,000 switches a second; they "
	       "waited 3.00 s in all, 30 us for a turn",
	       "larger pieces");
	wall.switches = 100; /* a pool without work */
	ck_assert_ptr_null(look("turns"));
}
END_TEST

START_TEST(a_serial_run_could_use_the_other_cpus)
{
	build_samples(profile, 1000, STACK(EVAL("eval"), LOOP));
	expect("serial", 0.75, "computed for 100.0 % of wall, in one thread at a time",
	       "processes");
	wall.width_s[1] = 0.1; /* parallel */
	ck_assert_ptr_null(look("serial"));
	wall.width_s[1] = 1;
	facts.cpus = 1;
	ck_assert_ptr_null(look("serial"));
}
END_TEST

START_TEST(fsyncs_are_to_be_fewer)
{
	const struct hw_finding *f;

	wait_half(HW_WALL_DISK);
	build_blocked(90, HW_WALL_DISK,
		      STACK(KERNEL("vfs_fsync_range"), C("fsync", "libc.so.6"),
			    PY("save", "a.py", 7, 9)));
	build_blocked(10, HW_WALL_DISK, STACK(KERNEL("vfs_read"), LOOP));
	f = expect("disk", 0.5,
		   "waited for the disk for 0.50 s, 50.0 % of wall; 90 % of what was "
		   "sampled of it is here",
		   "one transaction");
	ck_assert_str_eq(f->function, "save");
	ck_assert_uint_eq(f->line, 9);
}
END_TEST

START_TEST(other_waits_for_the_disk_have_other_advice)
{
	wait_half(HW_WALL_DISK);
	facts.usage.in_blocks = 1000;
	expect("disk", 0.5, "waited for the disk", "read ahead");
	facts.usage.major_faults = 1000;
	expect("disk", 0.5, "waited for the disk", "MADV_WILLNEED");
	facts.usage.major_faults = 0;
	facts.usage.out_blocks = 2000;
	expect("disk", 0.5, "waited for the disk", "write less often");
	facts.usage.in_blocks = 2000;
	expect("disk", 0.5, "waited for the disk", "larger transfers");
	build_blocked(9, HW_WALL_DISK, STACK(KERNEL("do_sys_openat2"), LOOP));
	expect("disk", 0.5, "waited for the disk", "names of files");
}
END_TEST

START_TEST(waits_for_the_network_are_to_overlap_or_connect_less)
{
	wait_half(HW_WALL_NETWORK);
	expect("network", 0.5, "waited for the network", "several at once");
	wall.thread_s[HW_WALL_NETWORK] = 10;
	expect("network", 0.5, "waited for the network", "other side");
	build_blocked(9, HW_WALL_NETWORK, STACK(KERNEL("__sys_connect"), LOOP));
	expect("network", 0.5, "waited for the network", "keep them open");
}
END_TEST

static const struct {
	enum hw_wall_class class;
	const char *rule, *evidence, *advice;
} waits[] = {
	{ HW_WALL_PIPE, "pipe", "waited for pipes", "other end" },
	{ HW_WALL_LOCK, "lock", "stood still at locks", "without holding it" },
	{ HW_WALL_GIL, "gil-blocked", "stood still at the GIL", "Py_BEGIN_ALLOW_THREADS" },
	{ HW_WALL_SLEEP, "sleep", "slept", "event itself" },
	{ HW_WALL_CHILD, "child", "waited for a child", "profile that one" },
};

START_TEST(a_wait_has_its_finding_and_its_line)
{
	const struct hw_finding *f;

	wait_half(waits[_i].class);
	build_blocked(5, waits[_i].class, STACK(KERNEL("schedule"), LOOP));
	f = expect(waits[_i].rule, 0.5, waits[_i].evidence, waits[_i].advice);
	ck_assert_str_eq(f->function, "loop");
	wall.seconds[waits[_i].class] = 0.02; /* the thread waited, the run did not */
	wall.seconds[HW_WALL_BUSY] = 0.98;
	ck_assert_ptr_null(look(waits[_i].rule));
}
END_TEST

START_TEST(small_pieces_over_a_pipe_are_to_grow)
{
	wait_half(HW_WALL_PIPE);
	wall.switches = 50000;
	expect("pipe", 0.5, "waited for pipes", "larger ones");
}
END_TEST

START_TEST(short_waits_by_counts_say_that_they_are_estimates)
{
	facts.wall = NULL;
	facts.usage = (struct hw_usage){ .wall_s = 1,
					 .user_s = 0.1,
					 .sys_s = 0.2,
					 .voluntary_switches = 40000,
					 .io_known = true,
					 .io_calls = 80000 };
	expect("short-waits", 0.7, "(estimated from counts)", "round trips");
}
END_TEST

START_TEST(calls_for_io_have_advice_for_their_size)
{
	set_shares(.4, 0, .6, 0);
	build_samples(profile, 6, STACK(KERNEL("vfs_write"), PY("log", "a.py", 3, 4)));
	facts.usage.io_known = true;
	facts.usage.io_calls = 100000;
	facts.usage.written_chars = 1300000;
	expect("calls", 0.6, "60.0 % of wall, 100,000 reads and writes of 13 bytes on average",
	       "buffer them");
	facts.usage.written_chars = 100000ull << 20;
	expect("calls", 0.6, "60.0 % of wall", "copying is the cost");
	facts.usage.io_known = false;
	expect("calls", 0.6, "60.0 % of wall; 100 %", "larger buffers");
	build_samples(profile, 9, STACK(KERNEL("do_sys_openat2"), PY("log", "a.py", 3, 4)));
	ck_assert_str_eq(expect("calls", 0.6, "60.0 % of wall", "opening")->function, "log");
}
END_TEST

static const struct {
	const char *rule, *what, *advice;
	struct build_frame frames[5];
} wholes[] = {
	{ "imports",
	  "in importing",
	  "importtime",
	  { EVAL("eval"), PY("_find_and_load", "<frozen importlib._bootstrap>", 1, 2), LOOP } },
	{ "collector", "garbage collector", "gc.freeze", { EVAL("gc_collect_main"), LOOP } },
	{ "spawn", "processes", "pool", { KERNEL("kernel_clone"), LOOP } },
	{ "map", "unmapping", "MALLOC_TRIM", { KERNEL("__vm_munmap"), LOOP } },
	{ "spin", "sched_yield", "condition", { KERNEL("do_sched_yield"), C("spin", "/bin/x") } },
};

START_TEST(a_trait_of_the_run_has_its_finding)
{
	build_samples(profile, 40, wholes[_i].frames);
	build_samples(profile, 60, STACK(EVAL("eval"), PY("other", "b.py", 1, 2)));
	expect(wholes[_i].rule, 0.4, wholes[_i].what, wholes[_i].advice);
}
END_TEST

START_TEST(page_faults_have_advice_for_their_cause)
{
	const struct hw_finding *f;

	set_shares(.5, .5, 0, 0);
	facts.usage.minor_faults = 1000;
	facts.usage.max_rss_bytes = 1000 * 4096;
	build_samples(profile, 50, STACK(KERNEL("exc_page_fault"), PY("fill", "a.py", 1, 5)));
	build_samples(profile, 50, STACK(EVAL("eval"), PY("fill", "a.py", 1, 6)));
	f = expect("faults", 0.5, "the run had 1,000", "larger pages");
	ck_assert_uint_eq(f->line, 5);
	facts.usage.minor_faults = 5000;
	expect("faults", 0.5, "the run had 5,000", "given back");
	build_samples(
		profile, 100,
		STACK(KERNEL("exc_page_fault"), EVAL("list_resize"), PY("fill", "a.py", 1, 5)));
	expect("faults", 0.5, "page faults here", "generator");
}
END_TEST

START_TEST(an_interpreted_loop_is_told_from_a_library)
{
	const struct hw_finding *f;

	build_samples(profile, 70, STACK(EVAL("eval"), LOOP));
	build_samples(profile, 30, STACK(C("dot", "numpy.so"), PY("product", "a.py", 9, 10)));
	f = expect("interpreted", 0.7, "100 % of its 0.70 s", "vectorize");
	ck_assert_str_eq(f->function, "loop");
	ck_assert_uint_eq(f->line, 2);
	f = expect("native", 0.3, "0.30 s of computing, 100 % of it in native code", "library");
	ck_assert_str_eq(f->function, "product");
}
END_TEST

START_TEST(native_code_has_advice_of_its_own)
{
	build_samples(profile, 100, STACK(C("kernel", "/home/me/app"), C("main", "/home/me/app")));
	ck_assert_str_eq(expect("native", 1, "1.00 s of computing", "-march=native")->function,
			 "kernel");
	ck_assert_ptr_null(look("interpreted"));
}
END_TEST

START_TEST(an_import_is_not_called_a_loop)
{
	build_samples(profile, 100,
		      STACK(EVAL("eval"),
			    PY("_find_and_load", "<frozen importlib._bootstrap>", 1, 2), LOOP));
	ck_assert_ptr_null(look("interpreted"));
	ck_assert_ptr_nonnull(look("imports"));
}
END_TEST

START_TEST(only_the_strongest_are_kept)
{
	static const double shares[] = { .30, .05, .20, .10, .15, .08, .12 };
	static const char *const strongest[] = { "f0", "f2", "f4", "f6", "f3" };

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		char name[] = "f0";

		name[1] = (char)('0' + i);
		build_samples(profile, (size_t)(1000 * shares[i]),
			      STACK(EVAL("eval"), PY(name, "a.py", (uint32_t)i * 10, 1)));
	}
	facts.cpus = 1; /* no serial */
	ck_assert_ptr_nonnull(look("interpreted"));
	ck_assert_uint_eq(findings.n, HW_FINDINGS_MAX);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(findings.items[i].function, strongest[i]);
}
END_TEST

START_TEST(a_run_that_only_idles_has_only_that_finding)
{
	wait_half(HW_WALL_SLEEP);
	wall.seconds[HW_WALL_BUSY] = wall.width_s[1] = 0.01;
	wall.seconds[HW_WALL_SLEEP] = 0.99;
	ck_assert_ptr_nonnull(look("sleep"));
	ck_assert_uint_eq(findings.n, 1);
}
END_TEST

/* Stalls come from decoded samples (bound/stall.h); the places have them by hand here. */
START_TEST(memory_stalls_have_advice_for_python_and_for_native_code)
{
	struct hw_place place = { .function = "walk", .file = "", .module = "", .python = true };
	struct hw_places places = { .functions = &place, .n_functions = 1 };
	struct hw_budget budget = { .wall_s = 1, .cpu_s = 1, .busy_s = 1 };
	struct hw_bound_case run;

	hw_bound_case_init(&run, &facts, &budget);
	run.places = &places;
	facts.stall_error = 0.09;
	budget.seconds[HW_SLICE_STALL] = place.seconds[HW_SLICE_STALL] = 0.8;
	budget.seconds[HW_SLICE_USER] = place.seconds[HW_SLICE_USER] = 0.2;
	place.trait_s[HW_TRAIT_INTERPRETER] = 0.9;
	places.all = place;
	ck_assert_int_eq(hw_findings_find(&run, &findings), 0);
	ck_assert_str_eq(findings.items[0].rule, "stall");
	ck_assert_double_eq(findings.items[0].gain_s, 0.8);
	ck_assert_ptr_nonnull(strstr(findings.items[0].evidence,
				     "80 % of its 1.00 s in user mode, an estimate, +- 9 points"));
	ck_assert_ptr_nonnull(strstr(findings.items[0].advice, "scattered"));
	hw_findings_done(&findings);
	place.trait_s[HW_TRAIT_INTERPRETER] = 0;
	places.all = place;
	ck_assert_int_eq(hw_findings_find(&run, &findings), 0);
	ck_assert_ptr_nonnull(strstr(findings.items[0].advice, "float32"));
}
END_TEST

START_TEST(faults_on_pages_given_back_are_told_from_first_touches)
{
	struct hw_place place = { .function = "fill", .file = "", .module = "" };
	struct hw_places places = { .functions = &place, .n_functions = 1 };
	struct hw_budget budget = { .wall_s = 1, .cpu_s = 1, .busy_s = 1 };
	struct hw_faults faults = { .recorded = true, .pages_known = true };
	struct hw_bound_case run;

	hw_bound_case_init(&run, &facts, &budget);
	run.places = &places;
	run.faults = &faults;
	budget.seconds[HW_SLICE_FAULTS] = place.seconds[HW_SLICE_FAULTS] = 0.8;
	places.all = place;
	faults.all.faults = 1000;
	faults.all.again = 610;
	ck_assert_int_eq(hw_findings_find(&run, &findings), 0);
	ck_assert_str_eq(findings.items[0].rule, "faults");
	ck_assert_ptr_nonnull(strstr(findings.items[0].evidence, "of all faults 61 % touch pages"));
	ck_assert_ptr_nonnull(strstr(findings.items[0].advice, "reuse one buffer"));
	hw_findings_done(&findings);
	faults.all.again = 10;
	ck_assert_int_eq(hw_findings_find(&run, &findings), 0);
	ck_assert_ptr_nonnull(strstr(findings.items[0].advice, "larger pages"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("findings");
	TCase *t = tcase_create("findings");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_want_of_cpus_has_advice_for_its_reason);
	tcase_add_test(t, a_fight_for_the_gil_could_gain_the_other_cpus);
	tcase_add_test(t, a_convoy_takes_turns);
	tcase_add_test(t, a_serial_run_could_use_the_other_cpus);
	tcase_add_test(t, fsyncs_are_to_be_fewer);
	tcase_add_test(t, other_waits_for_the_disk_have_other_advice);
	tcase_add_test(t, waits_for_the_network_are_to_overlap_or_connect_less);
	tcase_add_loop_test(t, a_wait_has_its_finding_and_its_line, 0,
			    (int)(sizeof(waits) / sizeof(waits[0])));
	tcase_add_test(t, small_pieces_over_a_pipe_are_to_grow);
	tcase_add_test(t, short_waits_by_counts_say_that_they_are_estimates);
	tcase_add_test(t, calls_for_io_have_advice_for_their_size);
	tcase_add_loop_test(t, a_trait_of_the_run_has_its_finding, 0,
			    (int)(sizeof(wholes) / sizeof(wholes[0])));
	tcase_add_test(t, page_faults_have_advice_for_their_cause);
	tcase_add_test(t, an_interpreted_loop_is_told_from_a_library);
	tcase_add_test(t, native_code_has_advice_of_its_own);
	tcase_add_test(t, an_import_is_not_called_a_loop);
	tcase_add_test(t, only_the_strongest_are_kept);
	tcase_add_test(t, a_run_that_only_idles_has_only_that_finding);
	tcase_add_test(t, memory_stalls_have_advice_for_python_and_for_native_code);
	tcase_add_test(t, faults_on_pages_given_back_are_told_from_first_touches);
	suite_add_tcase(s, t);
	return run_suite(s);
}
