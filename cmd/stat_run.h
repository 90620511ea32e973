/* SPDX-License-Identifier: Apache-2.0
 * One measured run of `hwprof stat`: of a command, of a process, or of the machine. */
#ifndef HW_CMD_STAT_RUN_H
#define HW_CMD_STAT_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "event/event.h"
#include "event/metrics.h"
#include "report/stat_print.h"

struct stat_args {
	struct hw_events events;
	const char *metric_names;  /* asked for; NULL */
	struct hw_metrics metrics; /* their events are among those */
	uint64_t runs, interval_ms; /* interval_ms 0: none */
	pid_t pid;		    /* attach to it; 0 */
	bool all_cpus;
	const struct hw_stat_printer *printer;
	const char *separator; /* of its values; NULL */
	const char *path;      /* of the report; NULL: stderr */
	char *const *argv;     /* NULL-terminated; NULL without a command */
	const int *fds;	       /* 3, of the command, see workload.h; NULL: ours */
};

/* Runs once, prints its intervals on @out and adds it to @stat. Returns 0 and sets *ret_status to
 * the exit status of the command (0 without one), or, with the reason printed, the exit status
 * with which hwprof is to end. */
int stat_run(const struct stat_args *args, FILE *out, struct hw_stat *stat, int *ret_status);

#endif
