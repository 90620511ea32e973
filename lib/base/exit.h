/* SPDX-License-Identifier: Apache-2.0
 * Exit statuses of hwprof, as of env(1), nohup(1), timeout(1): of its commands, and of the process
 * that was forked to run one and could not. */
#ifndef HW_BASE_EXIT_H
#define HW_BASE_EXIT_H

enum {
	HW_EXIT_OURS = 125,	  /* hwprof itself failed */
	HW_EXIT_CANNOT_RUN = 126, /* the command was found but cannot be run */
	HW_EXIT_NOT_FOUND = 127,
};

#endif
