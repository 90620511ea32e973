/* SPDX-License-Identifier: Apache-2.0
 * Threads that only wait for work: a pool's workers without a task. 200 of them would hide the
 * waits that matter. */
#ifndef HW_VIEW_IDLE_H
#define HW_VIEW_IDLE_H

#include "view/clock.h"

struct hw_idle_opts {
	int off_cpu_event; /* its samples have the markers of a view at their leaf */
	int cpu_event;	   /* negative: none */
	double scale;	   /* as hw_charge_worth() gives it for @cpu_event */
};

/* Takes the waits of idle threads (the rule is at hw_clock_view()) out of @p and adds them up by
 * place in @v->idle. Returns 0, -ENOMEM or -EOVERFLOW. */
int hw_idle_take(struct hw_profile *p, const struct hw_idle_opts *opts, struct hw_clock_view *v);

#endif
