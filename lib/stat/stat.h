/* SPDX-License-Identifier: Apache-2.0
 * What `hwprof stat` found. Several runs are added one by one and give means with their standard
 * deviation. */
#ifndef HW_STAT_STAT_H
#define HW_STAT_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

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

/* A figure of struct hw_usage that is reported. */
enum hw_figure_kind { HW_FIGURE_SECONDS, HW_FIGURE_BYTES, HW_FIGURE_COUNT };

struct hw_figure {
	const char *key;   /* in JSON: "wall_s" */
	const char *label; /* for people: "wall time" */
	enum hw_figure_kind kind;
	bool of_io;    /* known only when usage.io_known is */
	bool of_task;  /* the machine as a whole has no such figure */
	size_t offset; /* in struct hw_usage: a double for seconds, else a uint64_t */
};

#define HW_FIGURES 16
extern const struct hw_figure hw_figures[HW_FIGURES];

struct hw_stat_row {
	const struct hw_event *event; /* borrowed */
	enum hw_counter_status status;
	struct hw_mean value;	    /* of the runs in which it was counted at all */
	struct hw_mean running_pct; /* of all runs */
	bool user_only;		    /* the kernel part was refused */
	bool doubtful_zero;	    /* see stat/plausible.h; in the last run */
	char *reason;		    /* why it was refused, or is not believed; owned; NULL */
};

/* What was measured, and of what. Who measures sets the borrowed fields, the flags and wall_reason;
 * hw_stat_add_run() does the rest, and the judge and the printers only read. */
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
	const struct hw_events *events; /* borrowed */
	struct hw_stat_row *rows;	/* one per event, owned */
	size_t n_rows;
	const struct hw_metrics *metrics; /* of those events, borrowed; NULL when none was asked for */
};

/* Nothing measured yet of @events, borrowed. Returns 0 or -ENOMEM. */
int hw_stat_init(struct hw_stat *stat, const struct hw_events *events);
void hw_stat_done(struct hw_stat *stat); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_stat, hw_stat_done)

/* Adds a run: its @usage, its @wall, which may be unknown, and @counts, one per event. */
void hw_stat_add_run(struct hw_stat *stat, const struct hw_usage *usage, const struct hw_wall *wall,
		     const struct hw_count *counts);

/* Whether there is such a figure of what was measured. */
bool hw_stat_has_figure(const struct hw_stat *stat, const struct hw_figure *figure);

/* Whether @row has a value at all. */
bool hw_stat_row_counted(const struct hw_stat_row *row);

/* The value of event (@type, @config) that was counted in the same modes (user, kernel ...) as
 * @like; < 0 when there is none. By number, not by name: "cycles" has aliases. Software events
 * have no modes worth telling apart. */
double hw_stat_beside(const struct hw_stat *stat, const struct hw_stat_row *like, uint32_t type,
		      uint64_t config);

/* What @row amounts to beside the others: 0.998 "CPUs utilized", 1.52 "instructions per cycle", 12.3
 * "K/sec"; rates are per second of CPU time. Returns false when there is nothing to say. */
struct hw_stat_derived {
	double value;
	const char *unit; /* static */
};
bool hw_stat_derive(const struct hw_stat *stat, const struct hw_stat_row *row,
		    struct hw_stat_derived *ret);

/* CPU time per wall time; 0 without any wall time. */
double hw_cpus_utilized(const struct hw_usage *usage);

#endif
