/* SPDX-License-Identifier: Apache-2.0
 * What the printers of struct hw_stat share: the figures of its usage, and figures derived from
 * its counts. */
#ifndef HW_STAT_FIGURES_H
#define HW_STAT_FIGURES_H

#include "stat/stat.h"

enum hw_figure_kind { HW_FIGURE_SECONDS, HW_FIGURE_BYTES, HW_FIGURE_COUNT };

struct hw_figure {
	const char *key;   /* in JSON: "wall_s" */
	const char *label; /* for people: "wall time" */
	enum hw_figure_kind kind;
	bool of_io;    /* known only when usage.io_known is */
	bool of_task;  /* the machine as a whole has no such figure */
	size_t offset; /* in struct hw_usage: a double for seconds, else a uint64_t */
};
extern const struct hw_figure hw_figures[HW_FIGURES];

double hw_figure_get(const struct hw_figure *figure, const struct hw_usage *usage);
bool hw_figure_known(const struct hw_figure *figure, const struct hw_stat *stat);

#define HW_DERIVED_SIZE 64

/* What row @i amounts to beside the others: "0.998 CPUs utilized", "1.52 instructions per cycle",
 * "12.3 K/sec"; "" when there is nothing to say. Rates are per second of CPU time. */
const char *hw_derived(char buf[static HW_DERIVED_SIZE], const struct hw_stat *stat, size_t i);

/* The value of event (@type, @config) that was counted in the same modes (user, kernel ...) as
 * @like; < 0 when there is none. By number, not by name: "cycles" has aliases. Software events
 * have no modes worth telling apart. */
double hw_count_beside(const struct hw_stat *stat, const struct hw_stat_row *like, uint32_t type,
		       uint64_t config);

/* CPU time per wall time; 0 without any wall time. */
double hw_cpus_utilized(const struct hw_usage *usage);

/* Whether row @i has a value at all. */
bool hw_row_counted(const struct hw_stat_row *row);

/* The word for a status in JSON and in separated values. */
const char *hw_counter_status_name(enum hw_counter_status status);

#endif
