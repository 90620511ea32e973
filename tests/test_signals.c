/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "session/signals.h"
#include "session/workload.h"

#define SHELL(script) ((char *[]){ (char *)"sh", (char *)"-c", (char *)(script), NULL })

/* A command with its signals, started. */
struct watched {
	struct hw_signals *signals;
	struct hw_workload *w;
};

static struct watched start_watched(char *const argv[])
{
	struct watched c = { 0 };
	struct hw_workload_opts opts = { .argv = argv };

	ck_assert_int_eq(hw_signals_new(false, &c.signals), 0);
	opts.signals = c.signals;
	ck_assert_int_eq(hw_workload_spawn(&opts, &c.w), 0);
	ck_assert_int_eq(hw_workload_start(c.w), 0);
	return c;
}

static int reap_watched(struct watched *c, struct hw_usage *ret_usage)
{
	int status;

	ck_assert_int_eq(hw_workload_reap(c->w, ret_usage, &status), 0);
	return status;
}

static void free_watched(struct watched *c)
{
	hw_workload_free(c->w);
	hw_signals_free(c->signals);
}

START_TEST(a_signal_that_asked_for_the_end_is_known)
{
	/* a command that ends well all the same */
	struct watched c = start_watched(SHELL("trap 'exit 0' TERM; kill -TERM $PPID; sleep 9 & wait"));
	struct hw_usage usage;

	ck_assert_int_eq(reap_watched(&c, &usage), 0);
	ck_assert_int_eq(hw_signals_last(c.signals), SIGTERM);
	free_watched(&c);
}
END_TEST

/* What follows a run takes its time: a Ctrl-C then is for the runs to come. */
START_TEST(a_signal_after_the_end_is_still_told)
{
	struct watched c = start_watched(SHELL("exit 0"));
	struct hw_usage usage;

	ck_assert_int_eq(reap_watched(&c, &usage), 0);
	ck_assert_int_eq(hw_signals_last(c.signals), 0);
	kill(getpid(), SIGTERM);
	ck_assert_int_eq(hw_signals_last(c.signals), SIGTERM);
	free_watched(&c);
}
END_TEST

static const int forwarded[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

START_TEST(a_signal_to_us_reaches_the_command)
{
	struct watched c = start_watched(SHELL("ulimit -c 0; exec sleep 10"));
	struct hw_usage usage;

	kill(getpid(), forwarded[_i]);
	ck_assert_int_eq(reap_watched(&c, &usage), 128 + forwarded[_i]);
	ck_assert_double_lt(usage.wall_s, 5);
	free_watched(&c);
}
END_TEST

START_TEST(the_command_has_the_signal_mask_of_the_caller)
{
	/* SIGUSR1 is bit 9; no shell, since some of them clear the mask */
	char *argv[] = { (char *)"grep", (char *)"-q", (char *)"SigBlk:\t0000000000000200",
			 (char *)"/proc/self/status", NULL };
	sigset_t mask, before, after;
	struct hw_usage usage;
	struct watched c;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, &before);
	c = start_watched(argv);
	ck_assert_int_eq(reap_watched(&c, &usage), 0);
	free_watched(&c);
	sigprocmask(SIG_BLOCK, NULL, &after);
	ck_assert_int_eq(sigismember(&after, SIGUSR1), 1);
	ck_assert_int_eq(sigismember(&after, SIGINT), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
END_TEST

START_TEST(ignored_child_signals_do_not_lose_the_status)
{
	struct hw_usage usage;
	struct watched c;

	signal(SIGCHLD, SIG_IGN);
	c = start_watched(SHELL("exit 7"));
	ck_assert_int_eq(reap_watched(&c, &usage), 7);
	free_watched(&c);
	ck_assert_ptr_eq(signal(SIGCHLD, SIG_DFL), SIG_IGN);
}
END_TEST

START_TEST(attached_a_signal_asks_for_the_end)
{
	hw_auto(hw_signals_free) struct hw_signals *signals = NULL;
	struct pollfd fd;

	signal(SIGINT, SIG_IGN); /* as the shell does for a job in the background */
	ck_assert_int_eq(hw_signals_new(true, &signals), 0);
	ck_assert_int_eq(hw_workload_pass_on(NULL, signals), 0);
	kill(getpid(), SIGINT);
	fd = (struct pollfd){ .fd = hw_signals_fd(signals), .events = POLLIN };
	ck_assert_int_eq(poll(&fd, 1, 1000), 1);
	ck_assert_int_eq(hw_workload_pass_on(NULL, signals), 1);
	ck_assert_int_eq(hw_workload_pass_on(NULL, signals), 0);
	ck_assert_int_eq(hw_signals_last(signals), SIGINT);
	signals = hw_signals_free(signals);
	ck_assert_ptr_eq(signal(SIGINT, SIG_DFL), SIG_IGN);
}
END_TEST

START_TEST(a_signal_after_the_end_kills_nobody)
{
	struct watched c = start_watched(SHELL("exit 0"));
	struct hw_usage usage;

	ck_assert_int_eq(reap_watched(&c, &usage), 0);
	kill(getpid(), SIGTERM);
	free_watched(&c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("signals");
	TCase *t = tcase_create("signals");

	/* nohup and background jobs of scripts start us with some of them ignored */
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		signal(forwarded[i], SIG_DFL);
	tcase_add_test(t, a_signal_that_asked_for_the_end_is_known);
	tcase_add_test(t, a_signal_after_the_end_is_still_told);
	tcase_add_loop_test(t, a_signal_to_us_reaches_the_command, 0,
			    sizeof(forwarded) / sizeof(forwarded[0]));
	tcase_add_test(t, the_command_has_the_signal_mask_of_the_caller);
	tcase_add_test(t, ignored_child_signals_do_not_lose_the_status);
	tcase_add_test(t, attached_a_signal_asks_for_the_end);
	tcase_add_test(t, a_signal_after_the_end_kills_nobody);
	suite_add_tcase(s, t);
	return run_suite(s);
}
