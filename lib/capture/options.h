/* SPDX-License-Identifier: Apache-2.0
 * What a recording is asked for. A header of its own, for the sampler needs it and the recorder above
 * it does. */
#ifndef HW_CAPTURE_OPTIONS_H
#define HW_CAPTURE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "event/event.h"

/* Blocked time of a thread per sample of it, nanoseconds; more where there is much of it. */
#define HW_OFF_PERIOD_NS 1000000u

struct hw_recorder_opts {
	const struct hw_events *events; /* 1 to HW_RECORD_EVENTS_MAX; borrowed until the end */
	uint64_t frequency_hz;		/* samples per second of each event; 0: by period */
	uint64_t period;		/* one sample per that many counts */
	/* Of page faults a sample of each, up to so many a second on each CPU; beyond, a sample
	 * stands for several. 0: they are sampled as any other event. */
	uint64_t faults_per_s;
	bool off_cpu;			/* blocked time with its stacks, too */
	bool stacks;			/* whole stacks; else the innermost frame of each part */
	uint64_t unwind_bytes;		/* kernel memory for unwind rows, at the most */
	pid_t pid;			/* this process and all it creates; 0 with all_cpus */
	bool all_cpus;			/* the whole machine, hwprof left out */
	bool enable_on_exec;		/* begin when @pid calls execve(2) */
	char *const *argv;		/* of the command, for the profile; NULL when attached */
	const char *path;		/* of the profile file */
	char *const *doubts;		/* sentences for the profile, NULL-terminated; may be NULL */
};

#endif
