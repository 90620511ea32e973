/* SPDX-License-Identifier: Apache-2.0
 * One measuring session, put together from what was asked for: the way that every command of hwprof
 * measures. Blocks until it is over; what it found is plain data. */
#ifndef HW_SESSION_MEASURE_H
#define HW_SESSION_MEASURE_H

#include "session/group_part.h"
#include "session/meters.h"

struct hw_measure_opts {
	struct hw_measure_subject subject; /* whom */
	struct hw_signals *signals; /* that end it or go to the command; NULL: none do */
	uint64_t duration_ns;	    /* at the most; 0: no limit */

	const struct hw_events *counted; /* counted, on all of the subject; NULL: nothing is */
	uint64_t interval_ns;		 /* of their growth; 0 */
	void (*interval)(void *ctx, const struct hw_interval *interval);
	/* What was used, and the scheduler's account where that can be had: struct hw_measured
	 * tells why not. */
	bool account;
	/* Samples into a profile, and counts what goes with them; prepared by
	 * hw_recording_prepare(). Not with @counted or @account. NULL: none. */
	const struct hw_recording *recording;

	/* An account of each process, and not of all together; called when it is over, see
	 * struct hw_group_part. Not with the others. NULL: none. */
	int (*process)(void *ctx, const struct hw_watched *process);

	void (*opened)(void *ctx, const struct hw_measured *m);	     /* struct hw_loop_opts; NULL */
	void (*failed)(void *ctx, const struct hw_failure *why);     /* the same */
	void *ctx;						     /* of all four */
};

/* Returns 0 and fills *ret (release with hw_measured_done()), or a negative errno and *ret_why;
 * then *ret holds what was measured until it failed, and the command's exit status if it ran. */
int hw_measure(const struct hw_measure_opts *opts, struct hw_measured *ret,
	       struct hw_failure *ret_why);

#endif
