/* SPDX-License-Identifier: Apache-2.0
 * The recording that `hwprof record` and `hwprof boundness COMMAND` share: options, messages and
 * all. Speaks on stderr. */
#ifndef HW_CMD_RECORD_H
#define HW_CMD_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "event/event.h"

#define HW_DEFAULT_UNWIND_MB 64
#define HW_DEFAULT_HZ 997 /* a prime: no march in step with a program's own rhythm */

/* On each CPU; with whole stacks 1.4 (C) to 4 (Python) us each: 1 to 4 % of its time. */
#define HW_DEFAULT_FAULTS_PER_S 10000

struct hw_record_args {
	struct hw_events events; /* empty: cycles, or cpu-clock where cycles cannot be sampled */
	/* both 0: HW_DEFAULT_HZ, and page faults each, up to HW_DEFAULT_FAULTS_PER_S */
	uint64_t frequency_hz, period;
	uint64_t faults_per_s; /* set by hw_record(): struct hw_recorder_opts */
	bool stacks, quiet;
	bool off_cpu, no_off_cpu; /* blocked time; neither: with stacks, where that can be */
	uint64_t unwind_mb; /* memory for unwind rows; 0: HW_DEFAULT_UNWIND_MB */
	uint64_t duration_ns; /* of recording pid, at the most; 0: no limit */
	pid_t pid;
	bool all_cpus;
	const char *path;
	char **argv; /* of the command; NULL with pid or all_cpus without one */
};

/* Records as @args say (its events may be filled in; the caller releases them). Returns the exit
 * status for hwprof: the command's, or HW_EXIT_* with the reason printed. */
int hw_record(struct hw_record_args *args);

/* Records the whole stacks of the command @argv with default options into @path, saying nothing
 * but errors. Returns 0 when there is a profile, else -1, with the reason printed; *ret_status is
 * the exit status for hwprof in both cases. */
int hw_record_to(const char *path, char *const argv[], int *ret_status);

/* The same of process @pid, until it ends, the user interrupts or @duration_ns have passed (0: no
 * limit). *ret_status is 0 then. */
int hw_record_process_to(const char *path, pid_t pid, uint64_t duration_ns, int *ret_status);

#endif
