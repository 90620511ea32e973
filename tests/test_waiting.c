/* SPDX-License-Identifier: Apache-2.0
 * lib/proc/waiting.h: children that wait for what is known. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "proc/waiting.h"

/* A socket that nobody connects to. */
static int listener(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || listen(fd, 1) < 0)
		_exit(1);
	return fd;
}

/* The reading end of a pipe whose writing end is in the parent of the child, which waits. */
static int outside[2];

static void poll_for(int fd, int timeout_ms)
{
	struct pollfd fds[] = { { .fd = -1 }, { .fd = fd, .events = POLLIN } };

	poll(fds, 2, timeout_ms);
}

static void select_for(int fd, struct timeval *timeout)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	select(fd + 1, &set, NULL, NULL, timeout);
}

/* Waits for @n files by epoll. */
static void epoll_for(const int *fds, int n, int timeout_ms)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);

	for (int i = 0; i < n; i++)
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) < 0)
			_exit(1);
	epoll_wait(epoll, &event, 1, timeout_ms);
}

static int timer(void)
{
	struct itimerspec in = { .it_value.tv_sec = 1000 };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	timerfd_settime(fd, 0, &in, NULL);
	return fd;
}

static void poll_socket(void) { poll_for(listener(), -1); }
static void poll_pipe(void) { poll_for(outside[0], -1); }
static void poll_pipe_limited(void) { poll_for(outside[0], 1000000); }
static void poll_nothing(void) { poll(NULL, 0, 1000000); }
static void poll_timer(void) { poll_for(timer(), -1); }
static void poll_event(void) { poll_for(eventfd(0, 0), -1); }
static void poll_event_limited(void) { poll_for(eventfd(0, 0), 1000000); }
static void poll_terminal(void) { poll_for(posix_openpt(O_RDWR | O_NOCTTY), -1); }
static void poll_child(void) { poll_for((int)syscall(SYS_pidfd_open, getppid(), 0), -1); }
static void select_socket(void) { select_for(listener(), NULL); }
static void select_nothing(void) { select(0, NULL, NULL, NULL, &(struct timeval){ 1000, 0 }); }
static void epoll_socket(void) { epoll_for((int[]){ timer(), listener() }, 2, 1000000); }
static void epoll_nothing(void) { epoll_for(NULL, 0, 1000000); }
static void read_timer(void) { uint64_t n; (void)!read(timer(), &n, sizeof(n)); }
static void signal_wait(void) { sigset_t set; sigemptyset(&set); sigsuspend(&set); }

static void poll_many(void)
{
	struct pollfd fds[3000];

	for (int i = 0; i < 3000; i++)
		fds[i] = (struct pollfd){ .fd = -1 };
	fds[2999] = (struct pollfd){ .fd = listener(), .events = POLLIN };
	poll(fds, 3000, -1);
}

static void poll_unix_outside(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		_exit(1);
	if (fork() == 0) { /* holds the other end until we are killed */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		pause();
	}
	close(pair[1]);
	poll_for(pair[0], 1000000);
}

/* As asyncio's event loop does, which wakes itself by a socketpair. */
static void epoll_own_unix(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		_exit(1);
	epoll_for(pair, 1, 1000000);
}

static void epoll_own_pipe(void)
{
	int pair[2];

	if (pipe(pair) < 0)
		_exit(1);
	epoll_for(pair, 1, 1000000);
}

/* Until @pid sleeps: its state in /proc/PID/stat. */
static void await_sleep(pid_t pid)
{
	char path[64], state = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	for (int i = 0; i < 2000 && state != 'S'; i++) {
		FILE *f = fopen(path, "re");

		usleep(5000);
		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
		fclose(f);
	}
	ck_assert_int_eq(state, 'S');
}

/* The class of a child that runs @wait. It may sleep for a moment before it comes there: a second
 * look decides. */
static enum hw_wall_class class_of(void (*wait)(void), enum hw_wall_class wanted)
{
	enum hw_wall_class class = HW_WALL_CLASSES;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(outside[1]);
		wait();
		_exit(1);
	}
	ck_assert_int_gt(pid, 0);
	for (int i = 0; i < 200 && class != wanted; i++) {
		await_sleep(pid);
		class = hw_waiting_class(pid, pid);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return class;
}

static void make_pipe(void)
{
	ck_assert_int_eq(pipe(outside), 0);
}

static void close_pipe(void)
{
	close(outside[0]);
	close(outside[1]);
}

static const struct {
	const char *name;
	void (*wait)(void);
	enum hw_wall_class class;
} cases[] = {
	{ "poll, a socket", poll_socket, HW_WALL_NETWORK },
	{ "poll, a pipe", poll_pipe, HW_WALL_PIPE },
	{ "poll, a pipe, with a limit", poll_pipe_limited, HW_WALL_PIPE },
	{ "poll, nothing", poll_nothing, HW_WALL_SLEEP },
	{ "poll, a timer", poll_timer, HW_WALL_SLEEP },
	{ "poll, an eventfd", poll_event, HW_WALL_PIPE },
	{ "poll, an eventfd, with a limit", poll_event_limited, HW_WALL_SLEEP },
	{ "poll, a terminal", poll_terminal, HW_WALL_PIPE },
	{ "poll, a pidfd", poll_child, HW_WALL_CHILD },
	{ "poll, the last of many", poll_many, HW_WALL_NETWORK },
	{ "poll, AF_UNIX to another process", poll_unix_outside, HW_WALL_PIPE },
	{ "select, a socket", select_socket, HW_WALL_NETWORK },
	{ "select, nothing", select_nothing, HW_WALL_SLEEP },
	{ "epoll, a timer and a socket", epoll_socket, HW_WALL_NETWORK },
	{ "epoll, nothing", epoll_nothing, HW_WALL_SLEEP },
	{ "epoll, its own socketpair", epoll_own_unix, HW_WALL_SLEEP },
	{ "epoll, its own pipe", epoll_own_pipe, HW_WALL_SLEEP },
	{ "read, a timer", read_timer, HW_WALL_SLEEP },
	{ "a signal", signal_wait, HW_WALL_OTHER },
};

START_TEST(the_files_tell_what_is_waited_for)
{
	enum hw_wall_class got;

	if (cases[_i].wait == poll_child && syscall(SYS_pidfd_open, getpid(), 0) < 0) {
		unjudged(__func__, "%s: no pidfd_open(2) (valgrind has none)", cases[_i].name);
		return;
	}
	got = class_of(cases[_i].wait, cases[_i].class);
	ck_assert_msg(got == cases[_i].class, "%s: %d, not %d", cases[_i].name, got,
		      cases[_i].class);
}
END_TEST

START_TEST(of_who_has_gone_nothing_is_known)
{
	ck_assert_int_eq(hw_waiting_class(1000000000, 1000000000), HW_WALL_OTHER);
}
END_TEST

START_TEST(of_who_runs_nothing_is_known)
{
	enum hw_wall_class class;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			asm volatile("");
	}
	ck_assert_int_gt(pid, 0);
	usleep(50000);
	class = hw_waiting_class(pid, pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(class, HW_WALL_OTHER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("waiting");
	TCase *tc = tcase_create("all");
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)getpid());
	if (access(path, R_OK) < 0)
		return skip_suite("no /proc/PID/syscall that we may read");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, make_pipe, close_pipe);
	tcase_add_loop_test(tc, the_files_tell_what_is_waited_for, 0,
			    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, of_who_has_gone_nothing_is_known);
	tcase_add_test(tc, of_who_runs_nothing_is_known);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
