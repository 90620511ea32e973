/* SPDX-License-Identifier: Apache-2.0
 * The recording that `hwprof record` and `hwprof boundness` of a command or process share. */
#ifndef HW_CMD_RECORD_H
#define HW_CMD_RECORD_H

#include "session/measure.h"
#include "session/recording.h"

struct record_args {
	struct hw_measure_subject subject;
	struct hw_recording recording; /* to be released by the caller */
	pid_t pid;		       /* room for the subject's */
	uint64_t duration_ns;	       /* 0: no limit */
	bool quiet;		       /* say nothing but errors */
};

/* Records. Returns the exit status for hwprof: the command's, or HW_EXIT_* with the reason
 * printed. */
int record(struct record_args *args);

#endif
