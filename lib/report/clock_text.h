/* SPDX-License-Identifier: Apache-2.0
 * What the report of a clock with waits (view/view.h) says beyond that of an event. All print to @f;
 * its errors are for the caller to look at. The view must have waits. */
#ifndef HW_REPORT_CLOCK_TEXT_H
#define HW_REPORT_CLOCK_TEXT_H

#include <stdio.h>

#include "report/text.h"

/* The first lines of the head: the sums, and the blocked time by cause. */
void hw_clock_text_head(FILE *f, const struct hw_text *t);

/* The columns that one figure of the list takes in a view, gaps included, with @cause for that of
 * the causes. */
size_t hw_clock_text_width(const struct hw_text *t, bool totals, size_t cause);

/* The columns that the causes of @row take, at least those of their heading. */
size_t hw_clock_text_cause_width(const struct hw_text *t, const struct hw_row *row);

/* What stands behind share and amount of self in a row: with @totals its total; for the wall clock
 * how much of that was on CPUs and how much blocked; the causes, in @cause columns. */
void hw_clock_text_heading(FILE *f, const struct hw_text *t, bool totals, size_t cause);
void hw_clock_text_row(FILE *f, const struct hw_text *t, bool totals, size_t cause,
		       const struct hw_row *row);

/* What stands below the list or tree: idle threads, the GIL. */
void hw_clock_text_below(FILE *f, const struct hw_text *t);

#endif
