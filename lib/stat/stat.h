/* SPDX-License-Identifier: Apache-2.0
 * What `hwprof stat` found. Several runs are added one by one and give means with their standard
 * deviation. */
#ifndef HW_STAT_STAT_H
#define HW_STAT_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "event/event.h"
#include "event/metrics.h"
#include "event/perf.h"
#include "proc/usage.h"
#include "profile/wall.h"

/* Mean and spread of values that come one at a time (Welford, Technometrics 4, 1962). */
struct hw_mean {
	double mean, sum_sq; /* sum_sq: of the distances to the mean, squared */
	uint64_t n;
};

void hw_mean_add(struct hw_mean *m, double value);
double hw_mean_deviation(const struct hw_mean *m); /* of the sample; 0 for less than two */

/* The figures of struct hw_usage that are reported, see hw_figures in figures.h. */
#define HW_FIGURES 16

struct hw_stat_row {
	const struct hw_event *event; /* borrowed */
	enum hw_counter_status status;
	struct hw_mean value;	    /* of the runs in which it was counted at all */
	struct hw_mean running_pct; /* of all runs */
	bool user_only;		    /* the kernel part was refused */
	bool doubtful_zero;	    /* see stat/plausible.h; in the last run */
	char *reason;		    /* why it was refused, or is not believed; owned; NULL */
};

struct hw_stat {
	char *const *argv;     /* of the command, borrowed; NULL when attached without one */
	pid_t pid;	       /* attached to; 0 */
	bool all_cpus;	       /* the figures are the machine's */
	int exit_status;       /* of the first run that failed, else 0; -1 without a command */
	struct hw_usage usage; /* means */
	struct hw_wall wall;   /* means */
	char *wall_reason;     /* why it is not known and the budget an estimate, owned; NULL */
	struct hw_mean figures[HW_FIGURES];
	uint64_t runs;
	int asked;	       /* the last signal sent to hwprof in the last run; 0: none */
	const struct hw_events *events; /* borrowed */
	struct hw_stat_row rows[HW_EVENTS_MAX];
	size_t n_rows;
	const struct hw_metrics *metrics; /* of those events, borrowed; NULL when none was asked for */
};

/* An empty report on @events, borrowed. All else is the caller's to set. */
void hw_stat_init(struct hw_stat *stat, const struct hw_events *events);
void hw_stat_done(struct hw_stat *stat);
HW_DEFINE_AUTO_DONE(struct hw_stat, hw_stat_done)

/* Adds a run: its @usage, its @wall, which may be unknown, and @counts, one per event. */
void hw_stat_add_run(struct hw_stat *stat, const struct hw_usage *usage, const struct hw_wall *wall,
		     const struct hw_count *counts);

#endif
