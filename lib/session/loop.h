/* SPDX-License-Identifier: Apache-2.0
 * The loop of a session: opens, begins, watches and ends its parts, whatever they are.
 *
 *	open	in their order, so that the command is there when its counters are opened
 *	begin	the other way round, so that the command runs last
 *	turns	until a part says that it is over: news are polled for, what is due ticks
 *	stop	in their order
 *	end	in their order, so that what the command used is known to those after it
 *	close	the other way round
 *
 * A part that cannot be opened or begun ends the session, unless it is optional: then the rest goes
 * on. One that fails later is not called again but to be closed; if it is not optional the session
 * is over, and the others are stopped and ended all the same.
 *
 * The loop has no state but its own and knows no signals, no standard output and no exit status:
 * several can run at once, each in a thread or all in one, by hw_loop_fds() and hw_loop_turn(). */
#ifndef HW_SESSION_LOOP_H
#define HW_SESSION_LOOP_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "session/part.h"

#define HW_PARTS_MAX 12

struct hw_loop_opts {
	const struct hw_session_part *parts; /* copied; what they point to is borrowed */
	size_t n;		     /* up to HW_PARTS_MAX */
	struct hw_measured *measured; /* all zeros; borrowed */
	/* Everything is open and nothing has begun. NULL: nobody wants to know. */
	void (*opened)(void *ctx, const struct hw_measured *m);
	/* A part that is not optional has failed while it ran; the session is about to end. May be
	 * NULL, too. */
	void (*failed)(void *ctx, const struct hw_failure *why);
	void *ctx;
};

struct hw_loop; /* opaque */

/* Returns 0 and sets *ret (free with hw_loop_free()), or -ENOMEM, -E2BIG. */
int hw_loop_new(const struct hw_loop_opts *opts, struct hw_loop **ret);
/* Closes what is open. Takes and returns NULL. */
struct hw_loop *hw_loop_free(struct hw_loop *loop);
HW_DEFINE_AUTO(struct hw_loop *, hw_loop_free)

/* From the begin to the end. Returns 0, or the negative errno of the part that failed first, with
 * *ret_why filled; what was measured until then is in the record. */
int hw_loop_run(struct hw_loop *loop, struct hw_failure *ret_why);

/* --- the same in steps, @now_ns of CLOCK_MONOTONIC --- */

/* Opens and begins. Returns and fills as hw_loop_run(). */
int hw_loop_start(struct hw_loop *loop, struct hw_failure *ret_why);

/* What to poll(2) for. Returns how many of @fds were filled, which has room for HW_PARTS_MAX. */
size_t hw_loop_fds(const struct hw_loop *loop, struct pollfd *fds);

/* Looks for news and does what is due. Returns 1 when the session is over; else 0 and *ret_next_ns
 * is when the next turn is due, UINT64_MAX: not before a descriptor is readable. */
int hw_loop_turn(struct hw_loop *loop, uint64_t now_ns, uint64_t *ret_next_ns);

/* Stops and ends, whether or not it was over. Returns and fills as hw_loop_run(). */
int hw_loop_finish(struct hw_loop *loop, struct hw_failure *ret_why);

#endif
