/* SPDX-License-Identifier: Apache-2.0
 * The command that is measured: forked at once, held before execve(2) until everything is ready,
 * so that it is measured from its first instruction. Its stdin, stdout, terminal and process
 * group are the caller's, unless hw_workload_spawn_with() says else.
 *
 *	hw_workload_spawn(argv, &w);	// pid is known, nothing runs yet
 *	... open counters on hw_workload_pid(w) with enable_on_exec ...
 *	hw_workload_start(w);		// execve(2); reports its failure
 *	... poll hw_workload_fd(w): readable means hw_workload_poll() has news ...
 *	hw_workload_reap(w, ...);
 *
 * Between spawn and free SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGCHLD are blocked in the caller
 * and arrive through hw_workload_fd(). One sent to hwprof is forwarded to the command, except one
 * that the terminal has sent to the whole foreground group already. */
#ifndef HW_SESSION_WORKLOAD_H
#define HW_SESSION_WORKLOAD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "proc/usage.h"

/* Exit statuses of hwprof, as of env(1), nohup(1), timeout(1). */
enum {
	HW_EXIT_OURS = 125,	  /* hwprof itself failed */
	HW_EXIT_CANNOT_RUN = 126, /* the command was found but cannot be run */
	HW_EXIT_NOT_FOUND = 127,
};

struct hw_workload; /* opaque */

/* Forks. @argv is borrowed until hw_workload_start(). Returns 0 and sets *ret (free with
 * hw_workload_free()), or the negative errno of fork(2), pipe2(2), signalfd(2), -ENOMEM. */
int hw_workload_spawn(char *const argv[], struct hw_workload **ret);

/* The same, with @fds, borrowed until the return, as stdin, stdout and stderr of the command; < 0
 * for one that is the caller's, NULL for all three. */
int hw_workload_spawn_with(char *const argv[], const int *fds, struct hw_workload **ret);

/* A workload without a command: only the signals, for attaching (-p, -a). SIGINT, SIGTERM and
 * SIGHUP then make hw_workload_poll() report the end. */
int hw_workload_attach(struct hw_workload **ret);

/* Kills and reaps a command that was never started; one that runs is left alone. Unblocks the
 * signals. Takes and returns NULL. */
struct hw_workload *hw_workload_free(struct hw_workload *w);
HW_DEFINE_AUTO(struct hw_workload *, hw_workload_free)

pid_t hw_workload_pid(const struct hw_workload *w); /* 0 when attached */
int hw_workload_fd(const struct hw_workload *w);    /* for poll(2), POLLIN */

/* Lets the command run. Returns 0 once execve(2) has succeeded, or its negative errno: then the
 * child is gone and hw_workload_exit_of_exec_error() is the status to end with. */
int hw_workload_start(struct hw_workload *w);
int hw_workload_exit_of_exec_error(int error); /* 126 or 127 */

/* Takes the signals that are waiting, forwards them. Returns 1 when the command has ended (or,
 * attached, when we are asked to end), 0 when not, or a negative errno. Does not block. */
int hw_workload_poll(struct hw_workload *w);

/* Waits (blocking, forwarding signals) until hw_workload_poll() would say 1. */
int hw_workload_wait(struct hw_workload *w);

/* The signal that was sent to hwprof last, be it from the terminal or forwarded, or after the end of
 * the command; 0: none. Signals that come until hw_workload_free() are dropped there: ask last. */
int hw_workload_asked(struct hw_workload *w);

/* After the end: reads the zombie's I/O, waits for it, and fills *ret with what the command and
 * the children it waited for used; wall_s runs from hw_workload_start() to the end.
 * *ret_status is 0..255, or 128 + N for death by signal N. Returns 0 or a negative errno. */
int hw_workload_reap(struct hw_workload *w, struct hw_usage *ret, int *ret_status);

#endif
