/* SPDX-License-Identifier: Apache-2.0
 * The samples of a view added up by function, line, module, thread or process: the model
 * behind every printer. */
#ifndef HW_VIEW_TABLE_H
#define HW_VIEW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "profile/profile.h"
#include "view/view.h"

enum hw_by {
	HW_BY_FUNCTION,
	HW_BY_LINE,   /* frames without a known line are added up by function */
	HW_BY_POSITION, /* the expressions in a line; frames without columns as by line */
	HW_BY_MODULE, /* a Python file is a module */
	HW_BY_THREAD,
	HW_BY_PROCESS,
};

enum hw_sort {
	HW_SORT_SELF, /* then by total; largest first */
	HW_SORT_TOTAL,
	HW_SORT_NAME,
};

/* The strings belong to the profile. Fields that a kind of table does not have are 0 or "". */
struct hw_row {
	enum hw_frame_kind kind; /* 0 for threads and processes */
	const char *name;	 /* function; module; comm of a thread or process */
	const char *file;
	uint32_t line; /* the first line of a function; in a table of lines the line; 0 unknown */
	uint32_t end_line, column, end_column; /* in a table of positions, as in struct hw_frame */
	const char *module, *build_id;
	bool inlined; /* in a table of functions: wherever it stands, it was inlined */
	int32_t pid, tid;
	struct hw_weight self;	/* at the leaf of the stack; a wait where it is charged */
	struct hw_weight total; /* anywhere in it, a sample once however often the row recurs */
	/* The same periods by class; busy: on CPUs, and all of it without waits. */
	uint64_t self_ns[HW_WALL_CLASSES], total_ns[HW_WALL_CLASSES];
};

struct hw_table_opts {
	enum hw_by by;
	enum hw_sort sort;
	bool count_samples; /* order and shares by the number of samples, not by their periods */
};

#define HW_NO_ROW UINT32_MAX

struct hw_table {
	struct hw_row *rows;
	uint32_t *order; /* n_rows indices in rows, sorted */
	size_t n_rows, cap_rows;
	uint32_t *row_of_frame; /* by frame number: HW_NO_ROW when none; NULL by thread, process */
	struct hw_weight all;	/* every sample of the view */
	bool by_period;		/* what order and shares go by */
};

/* Adds up the samples of @v, whose profile must outlive the table.
 * Returns 0 and fills *ret (release with hw_table_done()), or -ENOMEM. */
int hw_table_build(const struct hw_view *v, const struct hw_table_opts *opts, struct hw_table *ret);
void hw_table_done(struct hw_table *t); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_table, hw_table_done)

/* The part of the whole that @w is, 0 to 1. */
double hw_table_share(const struct hw_table *t, const struct hw_weight *w);

#endif
