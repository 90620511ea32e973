/* SPDX-License-Identifier: Apache-2.0
 * What the commands that measure share: sessions of session/measure.h, and what is said when one
 * fails. */
#ifndef HW_CMD_RUN_H
#define HW_CMD_RUN_H

#include "session/measure.h"
#include "stat/stat.h"

/* Says why a session failed. Returns the exit status with which to end. */
int run_failed(const struct hw_failure *why);

/* Takes the user's signals from now on; returns 0 or, with the reason printed, HW_EXIT_OURS. */
int run_signals(bool attached, struct hw_signals **ret);

/* Measures once, as @opts say, and adds that to @stat. Returns 0 and sets *ret_status to the exit
 * status of the command (-1 without one), or, with the reason printed, the status with which to
 * end. */
int run_stat(const struct hw_measure_opts *opts, struct hw_stat *stat, int *ret_status);

#endif
