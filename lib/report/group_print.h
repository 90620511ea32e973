/* SPDX-License-Identifier: Apache-2.0
 * A group of processes as a table and as JSON. */
#ifndef HW_REPORT_GROUP_PRINT_H
#define HW_REPORT_GROUP_PRINT_H

#include <stdio.h>

#include "stat/group.h"
#include "report/style.h"

/* Prints the table: a line for each that is not idle, up to 100 of them. 0 or -EIO. */
int hw_group_print(FILE *f, const struct hw_group *g, const struct hw_style *style);

/* One JSON object with all members, see hwprof-boundness(1). 0, -ENOMEM, -EIO. */
int hw_group_print_json(FILE *f, const struct hw_group *g);

#endif
