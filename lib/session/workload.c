/* SPDX-License-Identifier: Apache-2.0 */
#include "session/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/exit.h"
#include "proc/task.h"
#include "session/signals.h"

#define ASK_AGAIN_MS 100 /* whether it has ended, where nothing tells */

struct hw_workload {
	pid_t pid;
	struct hw_signals *signals; /* borrowed; NULL */
	int pid_fd;   /* readable once it has ended; negative without */
	int gate[2];  /* the child waits for a byte here; both ends are kept, see start */
	int io_fd;    /* its /proc/PID/io, opened while it lives; negative without */
	int error_fd; /* the errno of a failed execve(2); closed by a successful one */
	bool started, ended, reaped;
	struct timespec start, end; /* CLOCK_MONOTONIC */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the child: only calls that are safe after fork(2). */
static void __attribute__((noreturn))
run_child(const struct hw_workload *w, const struct hw_workload_opts *opts, int error_fd)
{
	char go;
	int error;

	if (w->signals)
		hw_signals_restore(w->signals);
	for (int fd = 0; opts->fds && fd < 3; fd++)
		if (opts->fds[fd] >= 0 && dup2(opts->fds[fd], fd) < 0)
			_exit(HW_EXIT_OURS);
	close(w->gate[1]);
	/* end of file: hwprof died or gave up before it let us go */
	if (TEMP_FAILURE_RETRY(read(w->gate[0], &go, 1)) != 1)
		_exit(HW_EXIT_OURS);
	execvp(opts->argv[0], opts->argv);
	error = errno;
	/* a pipe takes 4 bytes whole; if hwprof is gone, nobody is there to be told */
	if (write(error_fd, &error, sizeof(error)) < 0)
		_exit(HW_EXIT_OURS);
	_exit(hw_workload_exit_of_exec_error(-error));
}

int hw_workload_spawn(const struct hw_workload_opts *opts, struct hw_workload **ret)
{
	hw_auto(hw_workload_free) struct hw_workload *w = calloc(1, sizeof(*w));
	hw_autoclose int child_error_fd = -1;
	int errors[2], r;

	if (!w)
		return -ENOMEM;
	w->signals = opts->signals;
	w->pid_fd = w->gate[0] = w->gate[1] = w->io_fd = w->error_fd = -1;
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
		run_child(w, opts, child_error_fd);
	w->io_fd = hw_usage_open_io(w->pid);
	w->pid_fd = hw_task_pidfd(w->pid);
	*ret = hw_take_ptr(w);
	return 0;
}

struct hw_workload *hw_workload_free(struct hw_workload *w)
{
	if (!w)
		return NULL;
	if (w->pid && !w->started && !w->reaped) {
		kill(w->pid, SIGKILL);
		TEMP_FAILURE_RETRY(waitpid(w->pid, NULL, 0));
	}
	close_fd(&w->pid_fd);
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
	return w->pid_fd < 0 ? -1 : w->pid_fd;
}

int hw_workload_exit_of_exec_error(int error)
{
	return error == -ENOENT ? HW_EXIT_NOT_FOUND : HW_EXIT_CANNOT_RUN;
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

void hw_workload_kill(struct hw_workload *w, int number)
{
	if (!w->reaped)
		kill(w->pid, number);
}

int hw_workload_pass_on(struct hw_workload *w, struct hw_signals *signals)
{
	struct hw_signal signal;
	bool any = false;
	int r;

	while ((r = hw_signals_next(signals, &signal)) > 0) {
		any = true;
		if (w && !signal.from_terminal)
			hw_workload_kill(w, signal.number);
	}
	return r < 0 ? r : any && !w;
}

int hw_workload_poll(struct hw_workload *w)
{
	siginfo_t info = { 0 };

	if (w->ended)
		return 1;
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
	struct pollfd fds[] = {
		{ .fd = w->pid_fd, .events = POLLIN }, /* poll(2) skips negative ones */
		{ .fd = w->signals ? hw_signals_fd(w->signals) : -1, .events = POLLIN },
	};
	bool told = w->pid_fd >= 0 || w->signals;
	int r;

	while ((r = hw_workload_poll(w)) == 0) {
		if (poll(fds, sizeof(fds) / sizeof(fds[0]), told ? -1 : ASK_AGAIN_MS) < 0 && errno != EINTR)
			return -errno;
		r = w->signals ? hw_workload_pass_on(w, w->signals) : 0;
		if (r < 0)
			return r;
	}
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

	if (w->reaped)
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
