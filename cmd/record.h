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

struct hw_record_args {
	struct hw_events events; /* empty: cycles, or cpu-clock where cycles cannot be sampled */
	uint64_t frequency_hz, period; /* both 0: HW_DEFAULT_HZ */
	bool stacks, quiet;
	uint64_t unwind_mb; /* memory for unwind rows; 0: HW_DEFAULT_UNWIND_MB */
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

#endif
