/* SPDX-License-Identifier: Apache-2.0
 * The signals with which a user stops everything, as a command of hwprof takes them while it
 * measures: SIGINT, SIGTERM, SIGHUP, SIGQUIT arrive through a descriptor, and with SIGCHLD are
 * blocked in the caller from hw_signals_new() to hw_signals_free(). This belongs to the whole
 * process: there is one at a time, and one who runs many sessions, as a daemon does, has none and
 * ends them itself. */
#ifndef HW_SESSION_SIGNALS_H
#define HW_SESSION_SIGNALS_H

#include <stdbool.h>

#include "base/cleanup.h"

struct hw_signals; /* opaque */

/* Blocks them. @attached: SIGINT is taken even if the caller ignores it, as a job in the background
 * of a script does, for nothing else would end the session. Returns 0 and sets *ret (free with
 * hw_signals_free()), or -ENOMEM or the negative errno of signalfd(2). */
int hw_signals_new(bool attached, struct hw_signals **ret);

/* Takes what is still waiting, a Ctrl-C that came after the end must kill nobody, and gives the
 * caller its signals back. Takes and returns NULL. */
struct hw_signals *hw_signals_free(struct hw_signals *s);
HW_DEFINE_AUTO(struct hw_signals *, hw_signals_free)

int hw_signals_fd(const struct hw_signals *s); /* for poll(2), POLLIN */

struct hw_signal {
	int number;
	bool from_terminal; /* which has sent it to the whole foreground group */
};

/* Takes the next one that is waiting. Does not block. Returns 1 and fills *ret, 0 when there is
 * none, or the negative errno of read(2). */
int hw_signals_next(struct hw_signals *s, struct hw_signal *ret);

/* The number of the last one that came, those that still wait included: they are taken. 0: none. */
int hw_signals_last(struct hw_signals *s);

/* In a child of fork(2): what the caller of hw_signals_new() had. Safe there. */
void hw_signals_restore(const struct hw_signals *s);

#endif
