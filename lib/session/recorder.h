/* SPDX-License-Identifier: Apache-2.0
 * One recording: the BPF programs, the perf events that run them, the ring buffer they fill, and
 * the profile file that results.
 * Part of a session by session/measure.h:
 *
 *	hw_recorder_open(&opts, &rec, &why);	// everything that can be refused, is refused here
 *	hw_recorder_begin(rec);			// then the command runs
 *	... hw_recorder_tick(rec) every now and then ...
 *	hw_recorder_finish(rec, &usage, status, &totals);
 *
 * Nothing in the target is written, stopped or traced: perf events count, BPF reads. */
#ifndef HW_SESSION_RECORDER_H
#define HW_SESSION_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "capture/options.h"
#include "event/perf.h"
#include "proc/usage.h"
#include "profile/profile.h"
#include "session/failure.h"

struct hw_recorder_totals {
	uint64_t samples; /* of the events */
	uint64_t blocked; /* of blocked time */
	uint64_t lost;	  /* of either */
	uint64_t missing; /* kept back by the kernel's limit on their rate, about */
};

struct hw_recorder; /* opaque */

/* Opens everything. Returns 0 and sets *ret (free with hw_recorder_free()), or a negative errno and
 * then *ret_why: of bpf(2), perf_event_open(2) or open(2); -ESRCH when @pid has gone; -E2BIG for
 * too many events. */
int hw_recorder_open(const struct hw_recorder_opts *opts, struct hw_recorder **ret,
		     struct hw_failure *ret_why);
struct hw_recorder *hw_recorder_free(struct hw_recorder *rec);
HW_DEFINE_AUTO(struct hw_recorder *, hw_recorder_free)

/* The negative errno of bpf(2) for which the scheduler is not watched: the wall budget will be
 * estimated and blocked time has no samples. 0: it is watched, or nothing is to be (all_cpus). */
int hw_recorder_waits_error(const struct hw_recorder *rec);

/* The session begins: just before the command runs. */
void hw_recorder_begin(struct hw_recorder *rec);

/* How often hw_recorder_tick() is to be called: the promise is that what is older than a second is
 * in the file. */
#define HW_RECORDER_PERIOD_NS 50000000u

/* Resolves what has come, and flushes the file when that is due. Returns 0, or a negative errno: of
 * write(2) when the file cannot be written; the target runs on. */
int hw_recorder_tick(struct hw_recorder *rec);

/* Puts what was counted beside the samples into the session, and the core whose table the @events
 * are of. Copies are made. Returns 0 or -ENOMEM; the session stays whole. */
int hw_recorder_set_counts(struct hw_recorder *rec, const char *core,
			   const struct hw_events *events, const struct hw_count *counts);

/* Takes what is still in the rings, completes the session with @usage and @exit_status (-1: not
 * known) and writes the last chunk. Returns 0 and fills *ret, or a negative errno of write(2). */
int hw_recorder_finish(struct hw_recorder *rec, const struct hw_usage *usage, int exit_status,
		       struct hw_recorder_totals *ret);

#endif
