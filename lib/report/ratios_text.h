/* SPDX-License-Identifier: Apache-2.0
 * The columns of ratios in lists and in the view of the source, and what is to be known of the
 * events for it. They print to @f; its errors are for the caller to look at. @r may be NULL: no
 * columns. */
#ifndef HW_REPORT_RATIOS_TEXT_H
#define HW_REPORT_RATIOS_TEXT_H

#include <stdint.h>
#include <stdio.h>

#include "view/ratios.h"
#include "report/style.h"

/* The columns that they take, gaps included. */
size_t hw_ratios_width(const struct hw_ratios *r);
void hw_ratios_heading(FILE *f, const struct hw_ratios *r);
void hw_ratios_row(FILE *f, const struct hw_ratios *r, const struct hw_ratio_sums *sums);

/* What makes the samples of event @event doubtful, or those of another event that @r uses: it took
 * turns with others, its samples stand for far less than was counted; and with @places that their
 * places skid. Nothing when there is nothing to say. */
void hw_ratios_notes(FILE *f, const struct hw_profile *p, const struct hw_ratios *r, uint16_t event,
		     bool places, const struct hw_style *style);

#endif
