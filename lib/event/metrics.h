/* SPDX-License-Identifier: Apache-2.0
 * Metrics that were asked for: their events in a list of events, and their values from its counts. */
#ifndef HW_EVENT_METRICS_H
#define HW_EVENT_METRICS_H

#include "event/core.h"
#include "event/event.h"

/* A set that is counted. */
struct hw_metric_pick {
	const struct hw_metric_set *set;
	const char *only; /* the one metric that was asked for; NULL: all of the set */
	size_t first;	  /* index of the set's first event in the list */
};

struct hw_metrics {
	const struct hw_core *core; /* NULL: none was asked for */
	struct hw_core_id id;
	struct hw_metric_pick picks[HW_CORE_SETS_MAX];
	size_t n;
	bool smt; /* hw_core_smt(), for the caller to set */
};

/* Adds to @events the events of @set, in their groups. They count in user mode alone when
 * @user_only. Returns 0, or with @events unchanged -E2BIG or -ENOMEM. */
int hw_metric_set_add(const struct hw_metric_set *set, bool user_only, struct hw_events *events);

/* Picks from the table of @core what @names says, a comma-separated list of sets and metrics, or
 * "all", and adds their events to @events; a set that is picked already stays picked once, whole.
 * Returns 0, or -ENOENT with the name that the table has not in *ret_bad (caller frees; NULL without
 * memory), -E2BIG, -ENOMEM; in these cases release @events. */
int hw_metrics_pick(struct hw_metrics *m, const struct hw_core *core, const char *names,
		    struct hw_events *events, char **ret_bad);

/* What a formula needs besides counts. */
struct hw_metric_env {
	double seconds; /* how long was counted */
	bool smt;	/* hw_core_smt() */
};

/* The value of @metric of @set, in its unit; @counts are those of the set's events in their order,
 * NAN where not known. NAN when the metric is not known. */
double hw_metric_value(const struct hw_metric_set *set, const struct hw_metric *metric,
		       const double *counts, const struct hw_metric_env *env);

/* Whether the formula of @metric uses event number @i of its set. */
bool hw_metric_uses(const struct hw_metric_set *set, const struct hw_metric *metric, size_t i);

size_t hw_metric_set_size(const struct hw_metric_set *set); /* its events */

#endif
