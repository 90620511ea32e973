/* SPDX-License-Identifier: Apache-2.0
 * The command that is measured: forked at once, held before execve(2) until everything is ready,
 * so that it is measured from its first instruction. Its stdin, stdout, terminal and process
 * group are the caller's, unless its options say else.
 *
 *	hw_workload_spawn(&opts, &w);	// pid is known, nothing runs yet
 *	... open counters on hw_workload_pid(w) with enable_on_exec ...
 *	hw_workload_start(w);		// execve(2); reports its failure
 *	... poll hw_workload_fd(w): readable means hw_workload_poll() has news ...
 *	hw_workload_reap(w, ...);
 *
 * The caller's signals stay as they are; those that are to reach the command come by
 * session/signals.h. */
#ifndef HW_SESSION_WORKLOAD_H
#define HW_SESSION_WORKLOAD_H

#include <sys/types.h>

#include "base/cleanup.h"
#include "proc/usage.h"

struct hw_signals;
struct hw_workload; /* opaque */

struct hw_workload_opts {
	char *const *argv; /* NULL-terminated; borrowed until hw_workload_start() */
	const int *fds;	   /* 3: its stdin, stdout and stderr, < 0: the caller's; NULL: all three */
	/* Taken from the caller, and so not blocked in the command; borrowed until the end. NULL:
	 * none is. */
	struct hw_signals *signals;
};

/* Forks. Returns 0 and sets *ret (free with hw_workload_free()), or the negative errno of fork(2),
 * pipe2(2), or -ENOMEM. */
int hw_workload_spawn(const struct hw_workload_opts *opts, struct hw_workload **ret);

/* Kills and reaps a command that was never started; one that runs is left alone. Takes and returns
 * NULL. */
struct hw_workload *hw_workload_free(struct hw_workload *w);
HW_DEFINE_AUTO(struct hw_workload *, hw_workload_free)

pid_t hw_workload_pid(const struct hw_workload *w);

/* For poll(2), POLLIN; -1 where pidfd_open(2) is refused: then the end of the command comes as SIGCHLD
 * with the signals, or without them is found by hw_workload_poll() alone. */
int hw_workload_fd(const struct hw_workload *w);

/* Lets the command run. Returns 0 once execve(2) has succeeded, or its negative errno: then the
 * child is gone and hw_workload_exit_of_exec_error() is the status to end with. */
int hw_workload_start(struct hw_workload *w);
int hw_workload_exit_of_exec_error(int error); /* 126 or 127 */

/* Sends it signal @number, unless it was waited for. */
void hw_workload_kill(struct hw_workload *w, int number);

/* Takes the signals that wait and sends them to the command, except those that the terminal has
 * sent to it already. Without one (@w NULL) they ask for the end. Returns 1 when that was asked
 * for, 0, or a negative errno. */
int hw_workload_pass_on(struct hw_workload *w, struct hw_signals *signals);

/* Returns 1 when the command has ended, 0 when not, or a negative errno. Does not block. */
int hw_workload_poll(struct hw_workload *w);

/* Waits until hw_workload_poll() would say 1, and passes on the signals meanwhile. 0 or a negative
 * errno. */
int hw_workload_wait(struct hw_workload *w);

/* After the end, for which it waits: reads the zombie's I/O, reaps it, and fills *ret with what the
 * command and the children it waited for used; wall_s runs from hw_workload_start() to the end.
 * *ret_status is 0..255, or 128 + N for death by signal N. Returns 0 or a negative errno; -ECHILD
 * when it was reaped, or could not run. */
int hw_workload_reap(struct hw_workload *w, struct hw_usage *ret, int *ret_status);

#endif
