/* SPDX-License-Identifier: Apache-2.0 */
#include "session/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct hw_workload {
	pid_t pid; /* 0: attached */
	int signal_fd;
	int gate[2];  /* the child waits for a byte here; both ends are kept, see start */
	int io_fd;    /* its /proc/PID/io, opened while it lives; negative without */
	int error_fd; /* the errno of a failed execve(2); closed by a successful one */
	int asked;    /* the last signal that was sent to us */
	bool started, ended, reaped;
	sigset_t old_mask;
	struct sigaction old_chld, old_int;
	struct timespec start, end; /* CLOCK_MONOTONIC */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* An inherited "ignore" would hide our child's end from waitid(2); and a shell's background job,
 * for which SIGINT is ignored, must still be able to end an attached session. */
static void adopt_dispositions(struct hw_workload *w, bool attached)
{
	static const struct sigaction dfl = { .sa_handler = SIG_DFL };

	sigaction(SIGCHLD, &dfl, &w->old_chld);
	sigaction(SIGINT, attached ? &dfl : NULL, &w->old_int);
}

static void restore_signals(struct hw_workload *w)
{
	sigaction(SIGCHLD, &w->old_chld, NULL);
	sigaction(SIGINT, &w->old_int, NULL);
	sigprocmask(SIG_SETMASK, &w->old_mask, NULL);
}

static int new_workload(bool attached, struct hw_workload **ret)
{
	hw_auto(hw_workload_free) struct hw_workload *w = calloc(1, sizeof(*w));
	static const int taken[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };
	sigset_t mask;

	if (!w)
		return -ENOMEM;
	w->signal_fd = w->gate[0] = w->gate[1] = w->io_fd = w->error_fd = -1;
	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		sigaddset(&mask, taken[i]);
	sigprocmask(SIG_BLOCK, &mask, &w->old_mask);
	adopt_dispositions(w, attached);
	w->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (w->signal_fd < 0)
		return -errno;
	*ret = hw_take_ptr(w);
	return 0;
}

/* In the child: only calls that are safe after fork(2). */
static void __attribute__((noreturn))
run_child(struct hw_workload *w, char *const argv[], const int *fds, int error_fd)
{
	char go;
	int error;

	restore_signals(w);
	for (int fd = 0; fds && fd < 3; fd++)
		if (fds[fd] >= 0 && dup2(fds[fd], fd) < 0)
			_exit(HW_EXIT_OURS);
	close(w->gate[1]);
	/* end of file: hwprof died or gave up before it let us go */
	if (TEMP_FAILURE_RETRY(read(w->gate[0], &go, 1)) != 1)
		_exit(HW_EXIT_OURS);
	execvp(argv[0], argv);
	error = errno;
	/* a pipe takes 4 bytes whole; if hwprof is gone, nobody is there to be told */
	if (write(error_fd, &error, sizeof(error)) < 0)
		_exit(HW_EXIT_OURS);
	_exit(hw_workload_exit_of_exec_error(-error));
}

int hw_workload_spawn(char *const argv[], struct hw_workload **ret)
{
	return hw_workload_spawn_with(argv, NULL, ret);
}

int hw_workload_spawn_with(char *const argv[], const int *fds, struct hw_workload **ret)
{
	hw_auto(hw_workload_free) struct hw_workload *w = NULL;
	hw_autoclose int child_error_fd = -1;
	int errors[2], r;

	r = new_workload(false, &w);
	if (r < 0)
		return r;
	if (pipe2(w->gate, O_CLOEXEC) < 0 || pipe2(errors, O_CLOEXEC) < 0)
		return -errno;
	w->error_fd = errors[0];
	child_error_fd = errors[1];
	w->pid = fork();
	if (w->pid < 0) {
		r = -errno;
		w->pid = 0;
		return r;
	}
	if (!w->pid)
		run_child(w, argv, fds, child_error_fd);
	w->io_fd = hw_usage_open_io(w->pid);
	*ret = hw_take_ptr(w);
	return 0;
}

int hw_workload_attach(struct hw_workload **ret)
{
	return new_workload(true, ret);
}

/* Reads the waiting signals. Attached, one asks us to end; else it goes to the command, unless it
 * came from the terminal, which sends to the whole foreground group (the kernel is the sender
 * then, drivers/tty/n_tty.c isig()). */
static int take_signals(struct hw_workload *w)
{
	struct signalfd_siginfo info;
	ssize_t n;

	while ((n = read(w->signal_fd, &info, sizeof(info))) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		w->asked = (int)info.ssi_signo;
		if (!w->pid)
			w->ended = true;
		else if (info.ssi_code != SI_KERNEL && !w->reaped)
			kill(w->pid, (int)info.ssi_signo);
	}
	return n < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
}

struct hw_workload *hw_workload_free(struct hw_workload *w)
{
	if (!w)
		return NULL;
	if (w->pid && !w->started && !w->reaped) {
		kill(w->pid, SIGKILL);
		TEMP_FAILURE_RETRY(waitpid(w->pid, NULL, 0));
		w->reaped = true;
	}
	/* a Ctrl-C that arrived after the end must not kill us when it is unblocked */
	if (w->signal_fd >= 0)
		take_signals(w);
	restore_signals(w);
	close_fd(&w->signal_fd);
	close_fd(&w->gate[0]);
	close_fd(&w->gate[1]);
	close_fd(&w->io_fd);
	close_fd(&w->error_fd);
	free(w);
	return NULL;
}

pid_t hw_workload_pid(const struct hw_workload *w)
{
	return w->pid;
}

int hw_workload_fd(const struct hw_workload *w)
{
	return w->signal_fd;
}

int hw_workload_exit_of_exec_error(int error)
{
	return error == -ENOENT ? HW_EXIT_NOT_FOUND : HW_EXIT_CANNOT_RUN;
}

int hw_workload_asked(struct hw_workload *w)
{
	take_signals(w);
	return w->asked;
}

int hw_workload_start(struct hw_workload *w)
{
	int error;
	ssize_t n;

	clock_gettime(CLOCK_MONOTONIC, &w->start);
	/* Our own read end is still open: if the child is dead already there is no SIGPIPE. */
	if (TEMP_FAILURE_RETRY(write(w->gate[1], "", 1)) != 1)
		return -errno;
	w->started = true;
	close_fd(&w->gate[0]);
	close_fd(&w->gate[1]);
	n = TEMP_FAILURE_RETRY(read(w->error_fd, &error, sizeof(error)));
	close_fd(&w->error_fd);
	if (n != sizeof(error))
		return 0;
	TEMP_FAILURE_RETRY(waitpid(w->pid, NULL, 0));
	w->reaped = true;
	return -error;
}

int hw_workload_poll(struct hw_workload *w)
{
	siginfo_t info = { 0 };
	int r = take_signals(w);

	if (r < 0 || w->ended || !w->pid)
		return r < 0 ? r : w->ended;
	if (waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return -errno;
	if (info.si_pid != w->pid)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &w->end);
	w->ended = true;
	return 1;
}

int hw_workload_wait(struct hw_workload *w)
{
	struct pollfd fd = { .fd = w->signal_fd, .events = POLLIN };
	int r;

	while ((r = hw_workload_poll(w)) == 0)
		if (poll(&fd, 1, -1) < 0 && errno != EINTR)
			return -errno;
	return r < 0 ? r : 0;
}

static double seconds_between(const struct timespec *start, const struct timespec *end)
{
	return (double)(end->tv_sec - start->tv_sec) +
	       (double)(end->tv_nsec - start->tv_nsec) / 1e9;
}

int hw_workload_reap(struct hw_workload *w, struct hw_usage *ret, int *ret_status)
{
	struct hw_usage usage = { 0 };
	struct rusage ru;
	int status, r;

	if (!w->pid || w->reaped)
		return -ECHILD;
	r = hw_workload_wait(w);
	if (r < 0)
		return r;
	/* without these the rest still holds, and usage says so */
	hw_usage_add_io_of(w->io_fd, &usage);
	hw_usage_add_cpu_wait(w->pid, &usage);
	if (TEMP_FAILURE_RETRY(wait4(w->pid, &status, 0, &ru)) < 0)
		return -errno;
	w->reaped = true;
	hw_usage_from_rusage(&ru, &usage);
	usage.wall_s = seconds_between(&w->start, &w->end);
	*ret = usage;
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}
