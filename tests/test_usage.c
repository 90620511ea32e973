/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proc/usage.h"

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void burn(double seconds)
{
	double end = cpu_s() + seconds;

	while (cpu_s() < end)
		;
}

/* Forks a child that runs @run and dies; it stays a zombie. *ret_io_fd is its I/O, opened while it
 * lived, as everybody but root must. */
static pid_t zombie_of(void (*run)(void), int *ret_io_fd)
{
	siginfo_t info;
	int gate[2];
	pid_t pid;

	ck_assert_int_eq(pipe(gate), 0);
	pid = fork();
	if (!pid) {
		close(gate[1]);
		if (read(gate[0], &(char){ 0 }, 1) == 0)
			run();
		_exit(0);
	}
	*ret_io_fd = hw_usage_open_io(pid);
	ck_assert_int_ge(*ret_io_fd, 0);
	close(gate[0]);
	close(gate[1]);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

static void write_1000_times(void)
{
	char bytes[100] = { 0 };
	int fds[2];

	if (pipe(fds) < 0)
		_exit(1);
	for (int i = 0; i < 1000; i++)
		if (write(fds[1], bytes, sizeof(bytes)) != sizeof(bytes) ||
		    read(fds[0], bytes, sizeof(bytes)) != sizeof(bytes))
			_exit(1);
}

static void burn_100_ms(void)
{
	burn(0.1);
}

START_TEST(rusage_becomes_seconds_and_bytes)
{
	const struct rusage ru = {
		.ru_utime = { 3, 250000 },
		.ru_stime = { 0, 500000 },
		.ru_maxrss = 2048,
		.ru_minflt = 5,
		.ru_majflt = 6,
		.ru_inblock = 7,
		.ru_oublock = 8,
		.ru_nvcsw = 9,
		.ru_nivcsw = 10,
	};
	struct hw_usage usage = { .wall_s = 4, .read_bytes = 11 };

	hw_usage_from_rusage(&ru, &usage);
	ck_assert_double_eq(usage.user_s, 3.25);
	ck_assert_double_eq(usage.sys_s, 0.5);
	ck_assert_uint_eq(usage.max_rss_bytes, 2048 * 1024);
	ck_assert_uint_eq(usage.minor_faults, 5);
	ck_assert_uint_eq(usage.major_faults, 6);
	ck_assert_uint_eq(usage.in_blocks, 7);
	ck_assert_uint_eq(usage.out_blocks, 8);
	ck_assert_uint_eq(usage.voluntary_switches, 9);
	ck_assert_uint_eq(usage.involuntary_switches, 10);
	ck_assert_double_eq(usage.wall_s, 4);
	ck_assert_uint_eq(usage.read_bytes, 11);
}
END_TEST

START_TEST(a_zombie_still_tells_its_io)
{
	hw_autoclose int io_fd = -1;
	pid_t pid = zombie_of(write_1000_times, &io_fd);
	struct hw_usage usage = { 0 };

	ck_assert_int_eq(hw_usage_add_io_of(io_fd, &usage), 0);
	ck_assert(usage.io_known);
	ck_assert_uint_ge(usage.written_chars, 100000);
	ck_assert_uint_ge(usage.read_chars, 100000);
	ck_assert_uint_ge(usage.io_calls, 2000);
	ck_assert_int_eq(hw_usage_add_cpu_wait(pid, &usage), 0);
	ck_assert_double_ge(usage.cpu_wait_s, 0);
	ck_assert_double_lt(usage.cpu_wait_s, 60);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(a_process_that_has_gone_is_an_error)
{
	hw_autoclose int io_fd = -1;
	pid_t pid = zombie_of(write_1000_times, &io_fd);
	struct hw_usage usage = { .io_known = true, .cpu_wait_s = 3 };

	waitpid(pid, NULL, 0);
	ck_assert_int_eq(hw_usage_add_io(pid, &usage), -ENOENT);
	ck_assert_int_eq(hw_usage_add_io_of(io_fd, &usage), -ESRCH);
	ck_assert_int_eq(hw_usage_add_io_of(-1, &usage), -EBADF);
	ck_assert(!usage.io_known);
	ck_assert_int_eq(hw_usage_add_cpu_wait(pid, &usage), -ENOENT);
	ck_assert_double_eq(usage.cpu_wait_s, 3);
	ck_assert_int_eq(hw_usage_of_process(pid, &usage), -ESRCH);
	ck_assert_double_eq(usage.cpu_wait_s, 3);
}
END_TEST

START_TEST(a_process_tells_what_it_used)
{
	hw_autoclose int io_fd = -1;
	pid_t pid = zombie_of(burn_100_ms, &io_fd);
	struct hw_usage usage;

	ck_assert_int_eq(hw_usage_of_process(pid, &usage), 0);
	/* in ticks of 10 ms, and the kernel splits exact time by a rough sampling of modes */
	ck_assert_double_ge(usage.user_s + usage.sys_s, 0.08);
	ck_assert_double_le(usage.user_s + usage.sys_s, 0.3);
	ck_assert_double_ge(usage.wall_s, 0.08);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(a_file_that_is_no_io_is_refused)
{
	hw_autoclose int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	hw_autoclose int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct hw_usage usage = { .io_known = true, .read_bytes = 5 };

	ck_assert_int_eq(hw_usage_add_io_of(fd, &usage), -EBADMSG);
	ck_assert_int_eq(hw_usage_add_io_of(empty, &usage), -EBADMSG);
	ck_assert(!usage.io_known);
	ck_assert_uint_eq(usage.read_bytes, 5);
	ck_assert_int_eq(hw_usage_add_io(getpid(), &usage), 0);
	ck_assert(usage.io_known);
}
END_TEST

START_TEST(page_faults_of_a_process_are_counted)
{
	enum { PAGES = 1000 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct hw_usage before, after, diff;
	volatile char *p;

	ck_assert_int_eq(hw_usage_of_process(getpid(), &before), 0);
	p = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne((void *)p, MAP_FAILED);
	madvise((void *)p, PAGES * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PAGES; i++)
		p[i * page] = 1;
	ck_assert_int_eq(hw_usage_of_process(getpid(), &after), 0);
	diff = hw_usage_diff(&before, &after);
	ck_assert_uint_ge(diff.minor_faults, PAGES);
	ck_assert_uint_ge(diff.max_rss_bytes, PAGES * page);
	munmap((void *)p, PAGES * page);
}
END_TEST

START_TEST(a_name_full_of_parentheses_confuses_nobody)
{
	hw_autofclose FILE *f = fopen("/proc/self/comm", "w");
	struct hw_usage usage;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_gt(fputs(") R 1 (1) 9 9", f), 0);
	ck_assert_int_eq(fflush(f), 0);
	ck_assert_int_eq(hw_usage_of_process(getpid(), &usage), 0);
	ck_assert_double_ge(usage.wall_s, 0);
	ck_assert_double_lt(usage.wall_s, 3600);
	ck_assert_uint_gt(usage.minor_faults, 0);
}
END_TEST

START_TEST(the_machine_has_run_longer_than_we)
{
	struct hw_usage machine, self;

	ck_assert_int_eq(hw_usage_of_process(getpid(), &self), 0);
	ck_assert_int_eq(hw_usage_of_machine(&machine), 0);
	ck_assert_double_gt(machine.wall_s, self.wall_s);
	ck_assert_double_gt(machine.user_s, 0);
	ck_assert_uint_gt(machine.minor_faults, self.minor_faults);
}
END_TEST

START_TEST(a_difference_is_never_below_zero)
{
	const struct hw_usage start = { .wall_s = 1,
					.voluntary_switches = 10,
					.minor_faults = 3,
					.io_known = true,
					.max_rss_bytes = 5 };
	const struct hw_usage end = {
		.wall_s = 3, .voluntary_switches = 4, .minor_faults = 7, .max_rss_bytes = 4
	};
	struct hw_usage diff = hw_usage_diff(&start, &end);

	ck_assert_double_eq(diff.wall_s, 2);
	ck_assert_uint_eq(diff.voluntary_switches, 0);
	ck_assert_uint_eq(diff.minor_faults, 4);
	ck_assert_uint_eq(diff.max_rss_bytes, 4);
	ck_assert(!diff.io_known);
}
END_TEST

START_TEST(processes_side_by_side_add_up_but_for_their_time)
{
	struct hw_usage sum = { .wall_s = 3, .user_s = 1, .max_rss_bytes = 7, .io_known = true,
				.read_bytes = 5 };
	const struct hw_usage other = { .wall_s = 2, .user_s = 2, .sys_s = 1, .max_rss_bytes = 9,
					.minor_faults = 4 };

	hw_usage_add_beside(&sum, &other);
	ck_assert_double_eq(sum.wall_s, 3);
	ck_assert_double_eq(sum.user_s, 3);
	ck_assert_double_eq(sum.sys_s, 1);
	ck_assert_uint_eq(sum.max_rss_bytes, 9);
	ck_assert_uint_eq(sum.minor_faults, 4);
	ck_assert_uint_eq(sum.read_bytes, 5);
	ck_assert(!sum.io_known);
}
END_TEST

START_TEST(major_faults_that_read_nothing_are_faults_in_memory)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const struct hw_usage shared = { .minor_faults = 3, .major_faults = 20000, .read_bytes = 70 * page };
	const struct hw_usage file = { .major_faults = 5, .in_blocks = 8 * page / 512 };

	ck_assert_uint_eq(hw_usage_read_faults(&shared), 70);
	ck_assert_uint_eq(hw_usage_memory_faults(&shared), 19933);
	ck_assert_uint_eq(hw_usage_read_faults(&file), 5);
	ck_assert_uint_eq(hw_usage_memory_faults(&file), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("usage");
	TCase *t = tcase_create("usage");

	tcase_add_test(t, processes_side_by_side_add_up_but_for_their_time);
	tcase_add_test(t, major_faults_that_read_nothing_are_faults_in_memory);
	tcase_add_test(t, rusage_becomes_seconds_and_bytes);
	tcase_add_test(t, a_zombie_still_tells_its_io);
	tcase_add_test(t, a_process_that_has_gone_is_an_error);
	tcase_add_test(t, a_process_tells_what_it_used);
	tcase_add_test(t, a_file_that_is_no_io_is_refused);
	tcase_add_test(t, page_faults_of_a_process_are_counted);
	tcase_add_test(t, a_name_full_of_parentheses_confuses_nobody);
	tcase_add_test(t, the_machine_has_run_longer_than_we);
	tcase_add_test(t, a_difference_is_never_below_zero);
	suite_add_tcase(s, t);
	return run_suite(s);
}
