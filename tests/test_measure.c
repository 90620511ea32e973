/* SPDX-License-Identifier: Apache-2.0
 * Real sessions, without the kernel's counters and programs: what needs no rights. */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/exit.h"
#include "session/measure.h"
#include "session/signals.h"

#define SHELL(script) ((char *[]){ (char *)"sh", (char *)"-c", (char *)(script), NULL })

static pid_t fork_sleeper(long ms)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
	_exit(0);
}

START_TEST(a_command_is_measured_to_its_end)
{
	const struct hw_measure_opts opts = { .subject = { .argv = SHELL("sleep 0.1; exit 3") } };
	struct hw_failure why;
	struct hw_measured m;

	ck_assert_int_eq(hw_measure(&opts, &m, &why), 0);
	ck_assert_int_eq(m.exit_status, 3);
	ck_assert_int_gt(m.pid, 0);
	ck_assert_int_eq(m.command, m.pid);
	ck_assert_double_ge(m.usage.wall_s, 0.1);
	ck_assert_uint_gt(m.usage.minor_faults, 10);
	hw_measured_done(&m);
}
END_TEST

START_TEST(a_command_that_cannot_run_says_what_and_why)
{
	const struct hw_measure_opts opts = { .subject = { .argv = (char *[]){ (char *)"/no/such",
									      NULL } } };
	struct hw_failure why;
	struct hw_measured m;

	ck_assert_int_eq(hw_measure(&opts, &m, &why), -ENOENT);
	ck_assert_int_eq(why.what, HW_FAILED_RUN);
	ck_assert_int_eq(why.error, -ENOENT);
	ck_assert_str_eq(why.object, "/no/such");
	ck_assert_int_eq(m.exit_status, -1);
}
END_TEST

START_TEST(processes_are_watched_until_the_last_has_ended)
{
	const pid_t pids[] = { fork_sleeper(300), fork_sleeper(100) };
	const struct hw_measure_opts opts = { .subject = { .pids = pids, .n_pids = 2 } };
	struct hw_failure why;
	struct hw_measured m;

	ck_assert_int_eq(hw_measure(&opts, &m, &why), 0);
	ck_assert_double_ge(m.wall_s, 0.15);
	ck_assert_double_lt(m.wall_s, 10);
	ck_assert_int_eq(m.exit_status, -1);
	ck_assert_int_eq(m.pid, 0);
	for (int i = 0; i < 2; i++)
		waitpid(pids[i], NULL, 0);
}
END_TEST

START_TEST(a_process_that_has_gone_is_refused)
{
	pid_t pid = fork_sleeper(0);
	const struct hw_measure_opts opts = { .subject = { .pids = &pid, .n_pids = 1 } };
	struct hw_failure why;
	struct hw_measured m;

	waitpid(pid, NULL, 0);
	ck_assert_int_eq(hw_measure(&opts, &m, &why), -ESRCH);
	ck_assert_int_eq(why.what, HW_FAILED_PROCESS);
	ck_assert_int_eq(why.pid, pid);
}
END_TEST

START_TEST(a_duration_ends_it)
{
	pid_t pid = fork_sleeper(10000);
	const struct hw_measure_opts opts = {
		.subject = { .pids = &pid, .n_pids = 1 },
		.duration_ns = 50000000,
	};
	struct hw_failure why;
	struct hw_measured m;

	ck_assert_int_eq(hw_measure(&opts, &m, &why), 0);
	ck_assert_double_ge(m.wall_s, 0.05);
	ck_assert_double_lt(m.wall_s, 5);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

/* The command's own end, although the process that is measured ends before. */
START_TEST(a_command_beside_a_process_is_waited_for)
{
	pid_t pid = fork_sleeper(0);
	const struct hw_measure_opts opts = {
		.subject = { .argv = SHELL("sleep 0.2; exit 5"), .pids = &pid, .n_pids = 1 },
	};
	struct hw_failure why;
	struct hw_measured m;

	ck_assert_int_eq(hw_measure(&opts, &m, &why), 0);
	ck_assert_int_eq(m.exit_status, 5);
	ck_assert_int_eq(m.pid, pid);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(signals_that_are_handed_in_reach_the_command)
{
	hw_auto(hw_signals_free) struct hw_signals *signals = NULL;
	struct hw_measure_opts opts = { .subject = { .argv = SHELL("kill -TERM $PPID; exec sleep 10") } };
	struct hw_failure why;
	struct hw_measured m;

	ck_assert_int_eq(hw_signals_new(false, &signals), 0);
	opts.signals = signals;
	ck_assert_int_eq(hw_measure(&opts, &m, &why), 0);
	ck_assert_int_eq(m.exit_status, 128 + SIGTERM);
	ck_assert_int_eq(hw_signals_last(signals), SIGTERM);
}
END_TEST

static void send_sigint_twice(void *ctx, const struct hw_measured *m)
{
	(void)ctx;
	(void)m;
	kill(getpid(), SIGINT);
	kill(getpid(), SIGINT);
}

START_TEST(attached_sigint_ends_it_and_a_second_one_kills_nobody)
{
	hw_auto(hw_signals_free) struct hw_signals *signals = NULL;
	pid_t pid = fork_sleeper(10000);
	struct hw_measure_opts opts = {
		.subject = { .pids = &pid, .n_pids = 1 },
		.opened = send_sigint_twice,
	};
	struct hw_failure why;
	struct hw_measured m;

	ck_assert_int_eq(hw_signals_new(true, &signals), 0);
	opts.signals = signals;
	ck_assert_int_eq(hw_measure(&opts, &m, &why), 0);
	ck_assert_double_lt(m.wall_s, 5);
	kill(getpid(), SIGINT);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

struct intervals {
	size_t n;
	double clock_ms, last_s;
};

static void add_interval(void *ctx, const struct hw_interval *interval)
{
	struct intervals *i = ctx;

	ck_assert_double_gt(interval->time_s, i->last_s);
	i->last_s = interval->time_s;
	i->n++;
	i->clock_ms += interval->grown[0].value / 1e6;
}

/* The counts of the intervals make up the whole. */
START_TEST(intervals_add_up)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	struct intervals seen = { 0 };
	const struct hw_measure_opts opts = {
		.subject = { .argv = SHELL("i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; sleep 0.1") },
		.counted = &events,
		.interval_ns = 20000000,
		.interval = add_interval,
		.ctx = &seen,
	};
	struct hw_failure why;
	struct hw_measured m;
	char *bad = NULL;

	ck_assert_int_eq(hw_events_parse(&events, "task-clock", &bad), 0);
	ck_assert_int_eq(hw_measure(&opts, &m, &why), 0);
	ck_assert_uint_ge(seen.n, 3);
	if (m.counts[0].status != HW_COUNTER_OK)
		return; /* nothing can be counted here, and the intervals come all the same */
	ck_assert_double_gt(m.counts[0].value, 0);
	ck_assert_double_eq_tol(seen.clock_ms, m.counts[0].value / 1e6, 0.1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("measure");
	TCase *t = tcase_create("measure");

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_command_is_measured_to_its_end);
	tcase_add_test(t, a_command_that_cannot_run_says_what_and_why);
	tcase_add_test(t, processes_are_watched_until_the_last_has_ended);
	tcase_add_test(t, a_process_that_has_gone_is_refused);
	tcase_add_test(t, a_duration_ends_it);
	tcase_add_test(t, a_command_beside_a_process_is_waited_for);
	tcase_add_test(t, signals_that_are_handed_in_reach_the_command);
	tcase_add_test(t, attached_sigint_ends_it_and_a_second_one_kills_nobody);
	tcase_add_test(t, intervals_add_up);
	suite_add_tcase(s, t);
	return run_suite(s);
}
