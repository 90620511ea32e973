/* SPDX-License-Identifier: Apache-2.0
 * The source with what was sampled in each line (view/annotate.h), for people and for machines. */
#ifndef HW_REPORT_ANNOTATE_PRINT_H
#define HW_REPORT_ANNOTATE_PRINT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report/style.h"
#include "view/annotate.h"

/* Prints head, lines and notes: the @max_rows hottest lines (0: every line of the file or function)
 * with two lines around each, and a gap as "...". Errors of @f are for the caller to look at.
 * Returns 0 or -ENOMEM. */
int hw_annotate_print(FILE *f, const struct hw_profile *p, const struct hw_annotate *a,
		      const struct hw_style *style, size_t max_rows);

/* Prints one object with every line that has samples, see man/hwprof-report.1. Returns 0, -EIO when
 * @f cannot be written, -ENOMEM. */
int hw_annotate_json_print(FILE *f, const struct hw_profile *p, const struct hw_annotate *a,
			   uint64_t cut_bytes);

#endif
