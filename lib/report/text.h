/* SPDX-License-Identifier: Apache-2.0
 * The report for people: what was recorded, the list, and every doubt about it. */
#ifndef HW_REPORT_TEXT_H
#define HW_REPORT_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "view/gil.h"
#include "view/ratios.h"
#include "report/style.h"
#include "view/table.h"

struct hw_text {
	const struct hw_view *view;
	const struct hw_table *table; /* of the view */
	enum hw_by by;
	struct hw_style style;
	size_t max_rows;		/* 0: all */
	const struct hw_gil_view *gil;	/* of a view with waits; else NULL */
	const struct hw_ratios *ratios; /* of the table; NULL with waits */
};

/* The functions print to @f; its errors are for the caller to look at. */

/* Event or clock, samples, command, time used, machine, and the standard error of the largest
 * share. */
void hw_text_head(FILE *f, const struct hw_text *t);

/* The list: shares and sums, aligned. Returns 0 or -ENOMEM. */
int hw_text_list(FILE *f, const struct hw_text *t);

/* What is missing or doubtful, with its reason and what to do about it, and which other events
 * the profile has. Nothing when there is nothing to say. */
void hw_text_notes(FILE *f, const struct hw_text *t);

#endif
