/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "session/workload.h"

#define SHELL(script) ((char *[]){ (char *)"sh", (char *)"-c", (char *)(script), NULL })

static int spawn(char *const argv[], struct hw_workload **ret)
{
	return hw_workload_spawn(&(struct hw_workload_opts){ .argv = argv }, ret);
}

static int run(char *const argv[], struct hw_usage *ret_usage)
{
	hw_auto(hw_workload_free) struct hw_workload *w = NULL;
	int status;

	ck_assert_int_eq(spawn(argv, &w), 0);
	ck_assert_int_eq(hw_workload_start(w), 0);
	ck_assert_int_eq(hw_workload_wait(w), 0);
	ck_assert_int_eq(hw_workload_reap(w, ret_usage, &status), 0);
	return status;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

static const struct {
	const char *script;
	int status;
} ends[] = {
	{ "exit 0", 0 },
	{ "exit 3", 3 },
	{ "exit 255", 255 },
	{ "kill -KILL $$", 128 + SIGKILL },
	{ "kill -INT $$", 128 + SIGINT },
	{ "kill -TERM $$; sleep 10", 128 + SIGTERM },
};

START_TEST(the_exit_status_is_the_command_s)
{
	struct hw_usage usage;

	ck_assert_int_eq(run(SHELL(ends[_i].script), &usage), ends[_i].status);
}
END_TEST

START_TEST(nothing_runs_before_the_start)
{
	char path[] = "/tmp/hwprof-test-XXXXXX", script[64];
	hw_auto(hw_workload_free) struct hw_workload *w = NULL;
	hw_autoclose int fd = mkstemp(path);
	struct hw_usage usage;
	struct stat st;
	int status;

	ck_assert_int_ge(fd, 0);
	snprintf(script, sizeof(script), "rm %s", path);
	ck_assert_int_eq(spawn(SHELL(script), &w), 0);
	sleep_ms(50);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(hw_workload_poll(w), 0);
	ck_assert_int_gt(hw_workload_pid(w), 0);
	ck_assert_int_eq(hw_workload_start(w), 0);
	ck_assert_int_eq(hw_workload_reap(w, &usage, &status), 0);
	ck_assert_int_eq(stat(path, &st), -1);
}
END_TEST

START_TEST(wall_time_runs_from_the_start)
{
	hw_auto(hw_workload_free) struct hw_workload *w = NULL;
	struct hw_usage usage;
	int status;

	ck_assert_int_eq(spawn(SHELL("sleep 0.1"), &w), 0);
	sleep_ms(300);
	ck_assert_int_eq(hw_workload_start(w), 0);
	ck_assert_int_eq(hw_workload_reap(w, &usage, &status), 0);
	ck_assert_double_ge(usage.wall_s, 0.1);
	ck_assert_double_lt(usage.wall_s, 0.3); /* without the 0.3 s before */
	ck_assert_double_lt(usage.user_s + usage.sys_s, 0.1);
	ck_assert(usage.io_known);
	ck_assert_uint_gt(usage.max_rss_bytes, 100 * 1024);
	ck_assert_uint_gt(usage.minor_faults, 10);
}
END_TEST

START_TEST(children_that_were_waited_for_count)
{
	struct hw_usage usage;

	ck_assert_int_eq(run(SHELL("head -c 300000 /dev/zero | cat >/dev/null; :"), &usage), 0);
	ck_assert_uint_ge(usage.read_chars, 600000);
	ck_assert_uint_ge(usage.written_chars, 600000);
}
END_TEST

START_TEST(the_files_of_a_command_can_be_given)
{
	hw_auto(hw_workload_free) struct hw_workload *w = NULL;
	int pipe_fds[2], status;
	struct hw_usage usage;
	char said[8] = "";

	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(hw_workload_spawn(&(struct hw_workload_opts){ .argv = SHELL("echo out"),
							       .fds = (int[]){ -1, pipe_fds[1], -1 } },
				   &w),
			 0);
	ck_assert_int_eq(hw_workload_start(w), 0);
	ck_assert_int_eq(hw_workload_reap(w, &usage, &status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(pipe_fds[0], said, sizeof(said)), 4);
	ck_assert_str_eq(said, "out\n");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}
END_TEST

START_TEST(a_command_that_cannot_run_says_why)
{
	char text_file[] = "/tmp/hwprof-test-XXXXXX"; /* of mode 0600 */
	hw_autoclose int fd = mkstemp(text_file);
	const struct {
		const char *name;
		int error, status;
	} bad[] = {
		{ "hwprof-no-such-command", -ENOENT, HW_EXIT_NOT_FOUND },
		{ "/no/such/command", -ENOENT, HW_EXIT_NOT_FOUND },
		{ text_file, -EACCES, HW_EXIT_CANNOT_RUN },
		{ "/tmp", -EACCES, HW_EXIT_CANNOT_RUN },
		{ "", -ENOENT, HW_EXIT_NOT_FOUND },
	};

	ck_assert_int_ge(fd, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hw_auto(hw_workload_free) struct hw_workload *w = NULL;
		char *argv[] = { (char *)bad[i].name, NULL };
		struct hw_usage usage;
		int status;

		ck_assert_int_eq(spawn(argv, &w), 0);
		ck_assert_int_eq(hw_workload_start(w), bad[i].error);
		ck_assert_int_eq(hw_workload_exit_of_exec_error(bad[i].error), bad[i].status);
		ck_assert_int_eq(hw_workload_reap(w, &usage, &status), -ECHILD);
	}
	unlink(text_file);
}
END_TEST

START_TEST(a_command_never_started_is_gone_after_free)
{
	struct hw_workload *w = NULL;
	pid_t pid;

	ck_assert_int_eq(spawn(SHELL("exit 0"), &w), 0);
	pid = hw_workload_pid(w);
	ck_assert_ptr_null(hw_workload_free(w));
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert_ptr_null(hw_workload_free(NULL));
}
END_TEST

START_TEST(a_command_killed_before_the_start_is_reported)
{
	hw_auto(hw_workload_free) struct hw_workload *w = NULL;
	struct hw_usage usage;
	int status;

	ck_assert_int_eq(spawn(SHELL("exit 0"), &w), 0);
	kill(hw_workload_pid(w), SIGKILL);
	ck_assert_int_eq(hw_workload_wait(w), 0);
	ck_assert_int_eq(hw_workload_start(w), 0);
	ck_assert_int_eq(hw_workload_reap(w, &usage, &status), 0);
	ck_assert_int_eq(status, 128 + SIGKILL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("workload");
	TCase *t = tcase_create("workload");

	tcase_add_loop_test(t, the_exit_status_is_the_command_s, 0, sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(t, nothing_runs_before_the_start);
	tcase_add_test(t, wall_time_runs_from_the_start);
	tcase_add_test(t, children_that_were_waited_for_count);
	tcase_add_test(t, the_files_of_a_command_can_be_given);
	tcase_add_test(t, a_command_that_cannot_run_says_why);
	tcase_add_test(t, a_command_never_started_is_gone_after_free);
	tcase_add_test(t, a_command_killed_before_the_start_is_reported);
	suite_add_tcase(s, t);
	return run_suite(s);
}
