/* SPDX-License-Identifier: Apache-2.0
 * What a recording is asked for and how it is made so that it works here: the event to sample where
 * none was named, the precision that the CPU has, rates, and what is counted beside the samples. */
#ifndef HW_SESSION_RECORDING_H
#define HW_SESSION_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event/event.h"
#include "session/failure.h"
#include "wire/sample.h"

#define HW_DEFAULT_UNWIND_MB 64
#define HW_DEFAULT_HZ	     997 /* a prime: no march in step with a program's own rhythm */

/* On each CPU; with whole stacks 1.4 (C) to 4 (Python) us each: 1 to 4 % of its time. */
#define HW_DEFAULT_FAULTS_PER_S 10000

#define HW_RECORDING_DOUBTS_MAX (4 + HW_RECORD_EVENTS_MAX)

struct hw_core;
struct hw_recorder_totals;

struct hw_recording {
	/* What is asked for; the caller fills it in. */
	/* owned; empty: cycles, or cpu-clock where cycles cannot be sampled */
	struct hw_events events;
	/* both 0: HW_DEFAULT_HZ, and page faults each, up to HW_DEFAULT_FAULTS_PER_S */
	uint64_t frequency_hz, period;
	bool stacks;		  /* whole ones */
	bool off_cpu, no_off_cpu; /* blocked time; neither: with stacks, where that can be */
	uint64_t unwind_mb;	  /* memory for unwind rows; 0: HW_DEFAULT_UNWIND_MB */
	const char *path;	  /* of the profile */
	/* Says what is not as it was asked for, to whom wants to know. NULL: nobody does. */
	void (*say)(enum hw_log_level level, const char *text);

	/* What becomes of it, by hw_recording_prepare(). */
	uint64_t faults_per_s; /* struct hw_recorder_opts */
	char *doubts[HW_RECORDING_DOUBTS_MAX + 1]; /* about the events, for the profile, owned */
	/* The memory stalls of this core in user mode are counted beside, where a PMU has them: so
	 * few counters that the sampled events keep theirs. Empty: the verdict has the samples
	 * alone. */
	const struct hw_core *core;
	struct hw_events beside; /* owned */
};

/* Returns 0, or a negative errno and *ret_why when nothing can be sampled here, or blocked time
 * cannot. */
int hw_recording_prepare(struct hw_recording *rec, struct hw_failure *ret_why);
void hw_recording_done(struct hw_recording *rec); /* may be all zeros but for what was asked for */
HW_DEFINE_AUTO_DONE(struct hw_recording, hw_recording_done)

/* One line: how many samples of what at which rate are in the file. Caller frees; NULL without
 * memory. */
char *hw_recording_summary(const struct hw_recording *rec, const struct hw_recorder_totals *totals);

#endif
