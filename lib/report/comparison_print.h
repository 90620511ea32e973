/* SPDX-License-Identifier: Apache-2.0
 * A comparison as a table and as JSON. */
#ifndef HW_REPORT_COMPARISON_PRINT_H
#define HW_REPORT_COMPARISON_PRINT_H

#include <stdio.h>

#include "stat/comparison.h"
#include "report/style.h"

/* Prints the table for people. Returns 0, -EIO when @f cannot be written, or -ENOMEM. */
int hw_comparison_text(FILE *f, const struct hw_comparison *c, const struct hw_style *style);

/* One object on one line, hwprof-compare(1) describes it. The same. */
int hw_comparison_json(FILE *f, const struct hw_comparison *c);

#endif
