/* SPDX-License-Identifier: Apache-2.0
 * Long text on a terminal goes through the user's pager. */
#ifndef HW_REPORT_PAGER_H
#define HW_REPORT_PAGER_H

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

struct hw_pager {
	FILE *f;				/* what to print to */
	struct sigaction interrupt, quit, pipe; /* as they were before */
};

/* Starts $HWPROF_PAGER, $PAGER or `less -RFX` when stdout is a terminal and @wanted. When there is
 * none to start ("" and "cat" mean none), p->f is stdout. Until hw_pager_close() SIGINT, SIGQUIT
 * and SIGPIPE are ignored: the pager owns the terminal, and may be left before the end. */
void hw_pager_open(struct hw_pager *p, bool wanted);

/* Waits for the pager to be left. Returns 0, or -EIO when stdout could not be written; a pager
 * left early is no error. */
int hw_pager_close(struct hw_pager *p);

#endif
