/* SPDX-License-Identifier: Apache-2.0
 * One recording: the BPF programs, the perf events that run them, the ring buffer they fill, and
 * the profile file that results.
 *
 *	hw_workload_spawn(&..., &w);
 *	opts.pid = hw_workload_pid(w);
 *	hw_recorder_open(&opts, &rec);		// everything that can be refused, is refused here
 *	hw_recorder_begin(rec);
 *	hw_workload_start(w);
 *	hw_recorder_run(rec, signals, w);	// until the command ends
 *	hw_workload_reap(w, &usage, &status);
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
#include "proc/usage.h"
#include "profile/profile.h"

struct hw_recorder_totals {
	uint64_t samples; /* of the events */
	uint64_t blocked; /* of blocked time */
	uint64_t lost;	  /* of either */
	uint64_t missing; /* kept back by the kernel's limit on their rate, about */
};

/* What refused to open, for a message that names it. */
enum hw_recorder_step { HW_STEP_BPF, HW_STEP_SIDEBAND, HW_STEP_EVENT, HW_STEP_FILE, HW_STEP_OTHER };
struct hw_recorder_error {
	enum hw_recorder_step step;
	size_t event; /* with HW_STEP_EVENT: which of the list */
};

struct hw_signals;
struct hw_workload;
struct hw_recorder; /* opaque */

/* Opens everything. Returns 0 and sets *ret (free with hw_recorder_free()), or a negative errno and
 * then *ret_error: of bpf(2), perf_event_open(2) or open(2); -ESRCH when @pid has gone; -E2BIG for
 * too many events. */
int hw_recorder_open(const struct hw_recorder_opts *opts, struct hw_recorder **ret,
		     struct hw_recorder_error *ret_error);
struct hw_recorder *hw_recorder_free(struct hw_recorder *rec);
HW_DEFINE_AUTO(struct hw_recorder *, hw_recorder_free)

/* The negative errno of bpf(2) for which the scheduler is not watched: the wall budget will be
 * estimated and blocked time has no samples. 0: it is watched, or nothing is to be (all_cpus). */
int hw_recorder_waits_error(const struct hw_recorder *rec);

/* The session begins: call it just before hw_workload_start(), or when attached before
 * hw_recorder_run(). */
void hw_recorder_begin(struct hw_recorder *rec);

/* Records until @w (NULL when attached) or @signals report the end, flushing the file at least every second. Returns 0, or a
 * negative errno: of write(2) when the file cannot be written; the target runs on. */
int hw_recorder_run(struct hw_recorder *rec, struct hw_signals *signals, struct hw_workload *w);

/* Puts @n counts, of which copies are made, and the core whose table they are of into the session.
 * Returns 0 or -ENOMEM; the session stays whole. */
int hw_recorder_set_counts(struct hw_recorder *rec, const char *core,
			   const struct hw_session_count *counts, size_t n);

/* Takes what is still in the rings, completes the session with @usage and @exit_status (-1: not
 * known) and writes the last chunk. Returns 0 and fills *ret, or a negative errno of write(2). */
int hw_recorder_finish(struct hw_recorder *rec, const struct hw_usage *usage, int exit_status,
		       struct hw_recorder_totals *ret);

#endif
