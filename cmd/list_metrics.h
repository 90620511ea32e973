/* SPDX-License-Identifier: Apache-2.0
 * `hwprof list metrics`. */
#ifndef HW_CMD_LIST_METRICS_H
#define HW_CMD_LIST_METRICS_H

#include <stdbool.h>

/* Prints the metrics of this machine's core, with their formulas and the manual, and the tables
 * that there are. Returns the exit status, the reason printed. */
int hw_list_metrics(bool json);

#endif
