/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/rss.h"
#include "proc/rss.h"
#include "target/process.h"

#define MANY (64u << 20)
#define SLACK (4u << 20) /* the kernel counts per CPU and adds up late */

static char *touch(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(p, MAP_FAILED);
	for (size_t i = 0; i < bytes; i += 4096)
		((volatile char *)p)[i] = 1;
	return p;
}

START_TEST(memory_that_is_touched_is_resident)
{
	uint64_t before, with, after;
	char *p;

	ck_assert_int_eq(hw_rss_of(getpid(), &before), 0);
	p = touch(MANY);
	ck_assert_int_eq(hw_rss_of(getpid(), &with), 0);
	munmap(p, MANY);
	ck_assert_int_eq(hw_rss_of(getpid(), &after), 0);
	ck_assert_uint_ge(with + SLACK, before + MANY);
	ck_assert_uint_le(with, before + MANY + SLACK);
	ck_assert_uint_le(after, before + SLACK);
}
END_TEST

START_TEST(what_has_gone_has_none)
{
	uint64_t bytes = 1;
	pid_t child = fork();
	siginfo_t info;

	if (!child)
		_exit(0);
	ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(hw_rss_of(child, &bytes), 0); /* a zombie */
	ck_assert_uint_eq(bytes, 0);
	waitpid(child, NULL, 0);
	ck_assert_int_eq(hw_rss_of(child, &bytes), -ESRCH);
	ck_assert_uint_eq(bytes, 0);
}
END_TEST

START_TEST(the_peak_stays_with_its_time_and_process)
{
	hw_auto(hw_binaries_free) struct hw_binaries *binaries = hw_binaries_new();
	hw_auto(hw_processes_free) struct hw_processes *ps = hw_processes_new(binaries);
	hw_auto(hw_rss_done) struct hw_rss rss = { 0 };
	uint64_t peak_ns;
	char *p;

	ck_assert_ptr_nonnull(hw_processes_get(ps, getpid(), hw_clock_ns()));
	ck_assert_ptr_nonnull(hw_processes_get(ps, getppid(), hw_clock_ns()));
	hw_rss_look(&rss, ps);
	p = touch(MANY);
	rss.due_ns = 0;
	hw_rss_look(&rss, ps);
	ck_assert_int_eq(rss.peak_pid, getpid());
	ck_assert_uint_gt(rss.peak_bytes, MANY - SLACK);
	peak_ns = rss.peak_ns;
	munmap(p, MANY);
	rss.due_ns = 0;
	hw_rss_look(&rss, ps);
	ck_assert_uint_lt(rss.bytes + MANY / 2, rss.peak_bytes);
	ck_assert_uint_eq(rss.peak_ns, peak_ns);
	ck_assert_int_eq(rss.peak_pid, getpid());
}
END_TEST

START_TEST(it_is_not_read_before_it_is_due)
{
	hw_auto(hw_binaries_free) struct hw_binaries *binaries = hw_binaries_new();
	hw_auto(hw_processes_free) struct hw_processes *ps = hw_processes_new(binaries);
	hw_auto(hw_rss_done) struct hw_rss rss = { 0 };
	uint64_t due;

	ck_assert_ptr_nonnull(hw_processes_get(ps, getpid(), hw_clock_ns()));
	hw_rss_look(&rss, ps);
	due = rss.due_ns;
	ck_assert_uint_gt(rss.bytes, 0);
	rss.bytes = 1;
	hw_rss_look(&rss, ps);
	ck_assert_uint_eq(rss.due_ns, due);
	ck_assert_uint_eq(rss.bytes, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rss");
	TCase *t = tcase_create("rss");

	tcase_add_test(t, memory_that_is_touched_is_resident);
	tcase_add_test(t, what_has_gone_has_none);
	tcase_add_test(t, the_peak_stays_with_its_time_and_process);
	tcase_add_test(t, it_is_not_read_before_it_is_due);
	suite_add_tcase(s, t);
	return run_suite(s);
}
