/* SPDX-License-Identifier: Apache-2.0
 * The report for machines: `hwprof report --json`. The format is in man/hwprof-report.1. */
#ifndef HW_REPORT_TABLE_JSON_H
#define HW_REPORT_TABLE_JSON_H

#include <stdint.h>
#include <stdio.h>

#include "view/gil.h"
#include "view/table.h"

struct hw_table_json_opts {
	struct hw_table_opts table; /* by: rows of this kind come besides functions and lines */
	uint64_t cut_bytes;	    /* of the file, that were left out */
	const struct hw_gil_view *gil; /* of a view with waits; else NULL */
};

/* Prints one object: functions and lines, never cut, self and total in samples, and of a view with
 * waits also in seconds by class.
 * Returns 0, -EIO when @f cannot be written, -ENOMEM. */
int hw_table_json_print(FILE *f, const struct hw_view *v, const struct hw_table_json_opts *opts);

#endif
