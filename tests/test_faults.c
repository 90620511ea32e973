/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "bound/faults.h"
#include "fault_builder.h"

static struct hw_profile *profile;
static struct hw_faults faults;

static void make_profile(void)
{
	profile = build_fault_profile();
}

static void free_profile(void)
{
	hw_faults_done(&faults);
	profile = hw_profile_free(profile);
}

#define LINE_F STACK(C("memset", "/lib/libc.so.6"), PY("f", "a.py", 1, 2))
#define LINE_G STACK(PY("g", "a.py", 9, 10), PY("f", "a.py", 1, 3))

static void find(void)
{
	struct hw_faults_opts opts = { 0 };

	ck_assert_int_eq(hw_faults_find(profile, &opts, &faults), 0);
}

static const struct hw_fault_row *row(uint32_t line)
{
	for (size_t i = 0; i < faults.n_rows; i++)
		if (faults.rows[i].line == line)
			return &faults.rows[i];
	ck_abort_msg("no row for line %u", line);
}

START_TEST(faults_pages_and_kinds_are_counted_by_line)
{
	build_faults(profile, &(struct build_faults){ .kind = HW_FAULT_ABSENT, .page = 7, .n = 30 },
		     LINE_F);
	build_faults(profile, &(struct build_faults){ .kind = HW_FAULT_COPY, .page = 7, .n = 20 },
		     LINE_G);
	build_faults(profile, &(struct build_faults){ .kind = HW_FAULT_MAJOR, .page = 90, .n = 5 },
		     LINE_G);
	find();
	ck_assert(faults.recorded && faults.each && faults.pages_known && faults.kinds_known);
	ck_assert_uint_eq(faults.all.faults, 55);
	ck_assert_uint_eq(faults.all.pages, 35);
	ck_assert_uint_eq(faults.all.again, 0); /* a copy finds its page */
	ck_assert_uint_eq(faults.all.kinds[HW_FAULT_COPY], 20);
	ck_assert_uint_eq(faults.all.kinds[HW_FAULT_MAJOR], 5);
	ck_assert_uint_eq(faults.n_rows, 2);
	ck_assert_str_eq(faults.rows[0].function, "f");
	ck_assert_str_eq(faults.rows[0].file, "a.py");
	ck_assert_uint_eq(row(2)->sum.pages, 30);
	ck_assert_uint_eq(row(10)->sum.pages, 25);
	ck_assert_double_eq_tol(hw_faults_share(&faults, row(10)->sum.faults), 25 / 55., 1e-9);
}
END_TEST

START_TEST(a_page_that_comes_again_was_given_back)
{
	const struct build_faults first = { .kind = HW_FAULT_ABSENT, .page = 7, .n = 10 };
	struct build_faults other = first;

	other.pid = 101;
	build_faults(profile, &first, LINE_F);
	build_faults(profile, &other, LINE_F); /* the same addresses in another process */
	build_faults(profile, &first, LINE_G);
	build_faults(profile, &first, LINE_G);
	find();
	ck_assert_uint_eq(faults.all.pages, 20);
	ck_assert_uint_eq(faults.all.again, 20);
	ck_assert_uint_eq(row(2)->sum.again, 0);
	ck_assert_uint_eq(row(10)->sum.again, 20); /* who touches it again pays */
	ck_assert_uint_eq(row(10)->sum.pages, 10);
}
END_TEST

START_TEST(chosen_pages_stand_for_those_that_were_not)
{
	struct build_faults b = { .kind = HW_FAULT_ABSENT, .page = 0, .n = 100 };

	build_faults(profile, &b, LINE_F);
	b.page = 1000;
	b.period = 8;
	build_faults(profile, &b, LINE_G);
	build_faults(profile, &b, LINE_G);
	find();
	ck_assert(!faults.each && faults.pages_known);
	ck_assert_uint_eq(faults.all.samples, 300);
	ck_assert_uint_eq(faults.all.faults, 1700);
	ck_assert_uint_eq(faults.all.pages, 900);
	ck_assert_uint_eq(faults.all.again, 800);
	ck_assert_uint_eq(faults.rows[0].line, 10); /* by faults, not by samples */
}
END_TEST

START_TEST(sampled_faults_do_not_tell_pages)
{
	profile->session.events[0].frequency_hz = 997;
	build_faults(profile, &(struct build_faults){ .kind = HW_FAULT_COPY, .n = 3, .period = 50 },
		     LINE_F);
	find();
	ck_assert(!faults.each && !faults.pages_known);
	ck_assert_uint_eq(faults.all.faults, 150);
	ck_assert_uint_eq(faults.all.pages, 0);
}
END_TEST

START_TEST(lost_samples_are_no_each)
{
	profile->session.lost = 1;
	build_faults(profile, &(struct build_faults){ .n = 3 }, LINE_F);
	find();
	ck_assert(!faults.each && faults.pages_known);
}
END_TEST

START_TEST(without_kinds_a_second_fault_may_be_again)
{
	build_faults(profile, &(struct build_faults){ .n = 3 }, LINE_F);
	build_faults(profile, &(struct build_faults){ .n = 3 }, LINE_F);
	find();
	ck_assert(!faults.kinds_known);
	ck_assert_uint_eq(faults.all.again, 3);
	ck_assert_uint_eq(faults.all.kinds[HW_FAULT_UNKNOWN], 6);
}
END_TEST

START_TEST(larger_pages_are_larger)
{
	profile->session.page_bytes = 65536;
	build_faults(profile, &(struct build_faults){ .kind = HW_FAULT_ABSENT, .n = 32 }, LINE_F);
	find();
	ck_assert_uint_eq(faults.all.pages, 2);
	ck_assert_uint_eq(faults.all.again, 30);
}
END_TEST

static void check_charge(const struct build_frame *frames, bool native_all, const char *function)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_fault_profile();
	hw_auto(hw_faults_done) struct hw_faults f = { 0 };
	struct hw_faults_opts opts = { .native_all = native_all };

	build_faults(p, &(struct build_faults){ .n = 1 }, frames);
	ck_assert_int_eq(hw_faults_find(p, &opts, &f), 0);
	ck_assert_uint_eq(f.n_rows, 1);
	ck_assert_str_eq(f.rows[0].function, function);
}

/* A native frame of module @module with its own line: a file named as the function. */
static struct hw_profile *with_line(const char *libc_name)
{
	struct hw_profile *p = build_fault_profile();
	uint32_t ids[3];
	struct hw_sample s = { .period = 1 };
	struct hw_task task = { 1, 1, build_string(p, "a") };
	const struct build_frame frames[] = { C("memset", libc_name), C("work", "/usr/bin/prog"),
					      C("main", "/usr/bin/prog") };

	for (size_t i = 0; i < 3; i++) {
		struct hw_frame f = *hw_profile_get_frame(p, build_frame(p, &frames[i]));

		f.file = build_string(p, "x.c");
		f.line = 10 + (uint32_t)i;
		ck_assert_int_eq(hw_profile_frame(p, &f, &ids[i]), 0);
	}
	ck_assert_int_eq(hw_profile_stack(p, ids, 3, &s.stack), 0);
	ck_assert_int_eq(hw_profile_task(p, &task, &s.task), 0);
	ck_assert_int_eq(hw_profile_sample(p, &s), 0);
	return p;
}

START_TEST(the_line_that_can_be_changed_pays)
{
	static const struct {
		const char *library, *function;
	} cases[] = { { "/lib/libc.so.6", "work" },
		      { "/lib/libjemalloc.so.2", "work" },
		      { "/lib/libfast.so", "memset" } };

	check_charge(STACK(KERNEL("clear_page"), C("memset", "libc.so.6"), PY("f", "a.py", 1, 2)),
		     false, "f");
	check_charge(STACK(KERNEL("clear_page"), C("memset", "libc.so.6"), PY("f", "a.py", 1, 2)),
		     true, "memset");
	check_charge(STACK(KERNEL("clear_page")), false, "clear_page");
	check_charge(STACK(C("one", "a"), C("two", "a")), false, "one");
	check_charge((const struct build_frame[]){ { 0 } }, false, "[no stack]");
	for (size_t i = 0; i < 3; i++) {
		hw_auto(hw_profile_free) struct hw_profile *p = with_line(cases[i].library);
		hw_auto(hw_faults_done) struct hw_faults f = { 0 };
		struct hw_faults_opts opts = { 0 };

		ck_assert_int_eq(hw_faults_find(p, &opts, &f), 0);
		ck_assert_str_eq(f.rows[0].function, cases[i].function);
	}
}
END_TEST

START_TEST(page_faults_go_before_their_parts)
{
	build_event(profile, "minor-faults", "");
	build_event(profile, "major-faults:u", "");
	profile->session.events[1].period = profile->session.events[2].period = 1;
	build_faults(profile, &(struct build_faults){ .event = 0, .n = 3 }, LINE_F);
	build_faults(profile, &(struct build_faults){ .event = 1, .page = 9, .n = 5 }, LINE_F);
	build_faults(profile, &(struct build_faults){ .event = 2, .page = 99, .n = 1 }, LINE_F);
	find();
	ck_assert_uint_eq(faults.all.faults, 3);
	hw_faults_done(&faults);
	free(profile->session.events[0].name);
	profile->session.events[0].name = build_copy("page-faults-of-mine");
	find();
	ck_assert_uint_eq(faults.all.faults, 6);
}
END_TEST

START_TEST(without_such_an_event_there_is_nothing)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	struct hw_faults_opts opts = { 0 };

	build_samples(p, 10, LINE_F);
	ck_assert_int_eq(hw_faults_find(p, &opts, &faults), 0);
	ck_assert(!faults.recorded && !faults.pages_known);
	ck_assert_uint_eq(faults.n_rows, 0);
	ck_assert_double_eq(hw_faults_share(&faults, 0), 0);
}
END_TEST

/* f touched much until 2,000 ms, g one page at 2,010 ms, and process 101 is no matter. */
START_TEST(the_peak_is_of_the_line_that_grew_before_it)
{
	profile->session.peak_rss_bytes = 1 << 20;
	profile->session.peak_rss_ns = 2050 * MS;
	profile->session.peak_rss_pid = 100;
	build_faults(profile, &(struct build_faults){ .n = 90, .time_ns = 1900 * MS }, LINE_G);
	build_faults(profile, &(struct build_faults){ .n = 50, .time_ns = 2000 * MS }, LINE_F);
	build_faults(profile, &(struct build_faults){ .n = 1, .time_ns = 2010 * MS }, LINE_G);
	build_faults(profile, &(struct build_faults){ .n = 99, .time_ns = 2040 * MS, .pid = 101 },
		     LINE_G);
	build_faults(profile, &(struct build_faults){ .n = 99, .time_ns = 2060 * MS }, LINE_G);
	find();
	ck_assert_uint_eq(faults.peak_bytes, 1 << 20);
	ck_assert_double_eq_tol(faults.peak_s, 1.05, 1e-9);
	ck_assert_str_eq(faults.at_peak.function, "f");
	ck_assert_double_eq_tol(faults.at_peak_ms, 50, 1e-9);
}
END_TEST

START_TEST(without_faults_the_peak_is_of_the_last_line_on_a_cpu)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	struct hw_faults_opts opts = { .functions = true };

	build_event(p, HW_EVENT_OFF_CPU, "ns");
	p->session.peak_rss_bytes = 1;
	p->session.peak_rss_ns = 50 * MS;
	build_faults(p, &(struct build_faults){ .n = 1, .time_ns = 20 * MS }, LINE_G);
	build_faults(p, &(struct build_faults){ .event = 1, .n = 1, .time_ns = 30 * MS }, LINE_F);
	ck_assert_int_eq(hw_faults_find(p, &opts, &faults), 0);
	ck_assert_str_eq(faults.at_peak.function, "g");
	ck_assert_uint_eq(faults.at_peak.line, 9);
	ck_assert_double_eq_tol(faults.at_peak_ms, 30, 1e-9);
	ck_assert_double_eq(faults.peak_s, 0); /* the begin is not known */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("faults");
	TCase *t = tcase_create("faults");

	tcase_add_checked_fixture(t, make_profile, free_profile);
	tcase_add_test(t, faults_pages_and_kinds_are_counted_by_line);
	tcase_add_test(t, a_page_that_comes_again_was_given_back);
	tcase_add_test(t, chosen_pages_stand_for_those_that_were_not);
	tcase_add_test(t, sampled_faults_do_not_tell_pages);
	tcase_add_test(t, lost_samples_are_no_each);
	tcase_add_test(t, without_kinds_a_second_fault_may_be_again);
	tcase_add_test(t, larger_pages_are_larger);
	tcase_add_test(t, the_line_that_can_be_changed_pays);
	tcase_add_test(t, page_faults_go_before_their_parts);
	tcase_add_test(t, without_such_an_event_there_is_nothing);
	tcase_add_test(t, the_peak_is_of_the_line_that_grew_before_it);
	tcase_add_test(t, without_faults_the_peak_is_of_the_last_line_on_a_cpu);
	suite_add_tcase(s, t);
	return run_suite(s);
}
