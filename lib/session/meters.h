/* SPDX-License-Identifier: Apache-2.0
 * The parts that measure: counters, intervals, use, the scheduler's account, a recording. Thin
 * adapters, each a plain struct that the caller keeps until the loop is freed. Who measures takes
 * session/measure.h, which puts them together. */
#ifndef HW_SESSION_METERS_H
#define HW_SESSION_METERS_H

#include <stddef.h>

#include "session/subject.h"

struct hw_counters;
struct hw_recorder;
struct hw_recording;
struct hw_waits;

/* Counters on all of the subject. Fills in the counts, with the reason where there is none: only a
 * process that has gone is a failure. */
struct hw_counters_part {
	const struct hw_measure_subject *subject;
	const struct hw_events *events;
	struct hw_counters **sets; /* one for each process */
	size_t n;
	int error; /* why there are none; 0 */
};
struct hw_session_part hw_counters_part(struct hw_counters_part *self);

struct hw_interval {
	double time_s; /* after the begin */
	const struct hw_count *grown; /* one per event; valid during the call */
};

/* The growth of the counts in each period; the last one is cut short by the end. */
struct hw_interval_part {
	struct hw_counters_part *counters;
	uint64_t period_ns;
	void (*tell)(void *ctx, const struct hw_interval *interval);
	void *ctx;
	struct hw_count before[HW_EVENTS_MAX];
};
struct hw_session_part hw_interval_part(struct hw_interval_part *self);

/* What the processes attached to used meanwhile, or the machine. What one used that has ended is
 * what was known last, half a second before at the most; or, with @to_the_end, nothing, as it is
 * not all. */
struct hw_usage_part {
	const struct hw_measure_subject *subject;
	bool to_the_end, gone;
	struct hw_usage *first, *last; /* one for each process */
	size_t n;
};
struct hw_session_part hw_usage_part(struct hw_usage_part *self);

/* The scheduler's account of the subject, which is no machine. Comes after those that fill in the
 * usage, by which it is judged. */
struct hw_account_part {
	const struct hw_measure_subject *subject;
	struct hw_failure *refused; /* where to say so: it is optional */
	struct hw_waits *waits;
};
struct hw_session_part hw_account_part(struct hw_account_part *self);

/* Records the subject, which is one process at the most, into a profile, with the scheduler's
 * account where that can be had: else no_wall says why not. Comes after those that fill in the
 * usage and the counts that are stored with it. */
struct hw_recorder_part {
	const struct hw_measure_subject *subject;
	const struct hw_recording *recording;
	struct hw_recorder *recorder;
};
struct hw_session_part hw_recorder_part(struct hw_recorder_part *self);

#endif
