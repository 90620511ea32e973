/* SPDX-License-Identifier: Apache-2.0 */
#include "event/metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "event/formula.h"
#include "event/names.h"

size_t hw_metric_set_size(const struct hw_metric_set *set)
{
	size_t n = 0;

	while (set->events[n].name)
		n++;
	return n;
}

/* Codes are those of the core's own PMU, which perf_event_open(2) calls raw. */
static int add_metric_event(const struct hw_metric_event *from, bool user_only, int leader,
			    struct hw_events *events)
{
	struct hw_event event = { .attr.size = sizeof(event.attr), .leader = leader, .scale = 1 };
	int r;

	if (from->code == HW_METRIC_GENERIC) {
		r = hw_names_find(from->name, &event);
		if (r < 0)
			return r;
	} else {
		event.attr.type = PERF_TYPE_RAW;
		event.attr.config = from->code;
	}
	if (events->count == HW_EVENTS_MAX)
		return -E2BIG;
	r = hw_reserve(events->items, events->cap, events->count + 1);
	if (r < 0)
		return r;
	event.attr.size = sizeof(event.attr);
	event.attr.exclude_kernel = event.attr.exclude_hv = user_only;
	event.name = strdup(from->name);
	if (!event.name)
		return -ENOMEM;
	events->items[events->count++] = event;
	return 0;
}

int hw_metric_set_add(const struct hw_metric_set *set, bool user_only, struct hw_events *events)
{
	size_t before = events->count;
	int leader = -1, r = 0;

	/* A group is on counters all at once, or not: a ratio of its counts is one of the same time. */
	for (const struct hw_metric_event *e = set->events; e->name && !r; e++) {
		if (e == set->events || e->group != e[-1].group)
			leader = (int)events->count;
		r = add_metric_event(e, user_only, leader, events);
	}
	/* All or nothing: formulas of the set take events of several groups. */
	while (r < 0 && events->count > before)
		free(events->items[--events->count].name);
	return r;
}

static int pick_set(struct hw_metrics *m, const struct hw_metric_set *set, const char *only,
		    struct hw_events *events)
{
	int r;

	for (size_t i = 0; i < m->n; i++) {
		if (m->picks[i].set != set)
			continue;
		if (m->picks[i].only != only) /* two metrics of one set: all are shown */
			m->picks[i].only = NULL;
		return 0;
	}
	m->picks[m->n] = (struct hw_metric_pick){ set, only, events->count };
	r = hw_metric_set_add(set, false, events);
	if (!r)
		m->n++;
	return r;
}

/* Picks the set, or the set of the metric, that is called the @len bytes at @name. */
static int pick_name(struct hw_metrics *m, const char *name, size_t len, struct hw_events *events)
{
	bool all = len == 3 && !strncmp(name, "all", 3), found = false;
	int r = 0;

	for (const struct hw_metric_set *set = m->core->sets; set->name && !r; set++) {
		bool named = strlen(set->name) == len && !strncmp(set->name, name, len);

		if (all || named) {
			found = true;
			r = pick_set(m, set, NULL, events);
			continue;
		}
		for (const struct hw_metric *metric = set->metrics; metric->name && !r; metric++) {
			if (strlen(metric->name) != len || strncmp(metric->name, name, len))
				continue;
			found = true;
			r = pick_set(m, set, metric->name, events);
		}
	}
	return r || found ? r : -ENOENT;
}

int hw_metrics_pick(struct hw_metrics *m, const struct hw_core *core, const char *names,
		    struct hw_events *events, char **ret_bad)
{
	m->core = core;
	for (;;) {
		size_t len = strcspn(names, ",");
		int r = pick_name(m, names, len, events);

		if (r == -ENOENT)
			*ret_bad = strndup(names, len);
		if (r < 0 || !names[len])
			return r;
		names += len + 1;
	}
}

struct scope {
	const struct hw_metric_set *set;
	int group;
	const double *counts;
	const struct hw_metric_env *env;
	bool *used; /* by event; NULL */
};

static bool is(const char *name, size_t len, const char *what)
{
	return strlen(what) == len && !strncmp(name, what, len);
}

static double look_up(void *ctx, const char *name, size_t len)
{
	const struct scope *s = ctx;
	const struct hw_metric_event *events = s->set->events;
	int found = -1;

	if (is(name, len, "seconds"))
		return s->env->seconds > 0 ? s->env->seconds : NAN;
	if (is(name, len, "SMT"))
		return s->env->smt;
	for (int i = 0; events[i].name; i++)
		if (is(name, len, events[i].name) && (found < 0 || events[i].group == s->group))
			found = i;
	if (found >= 0 && s->used)
		s->used[found] = true;
	return found >= 0 ? s->counts[found] : NAN;
}

double hw_metric_value(const struct hw_metric_set *set, const struct hw_metric *metric,
		       const double *counts, const struct hw_metric_env *env)
{
	struct scope scope = { .set = set, .group = metric->group, .counts = counts, .env = env };
	double value;

	return hw_formula_eval(metric->formula, look_up, &scope, &value) < 0 ? NAN : value;
}

bool hw_metric_uses(const struct hw_metric_set *set, const struct hw_metric *metric, size_t i)
{
	const struct hw_metric_env env = { .seconds = 1 };
	double counts[HW_EVENTS_MAX] = { 0 };
	bool used[HW_EVENTS_MAX] = { false };
	struct scope scope = { set, metric->group, counts, &env, used };
	double value;

	return i < hw_metric_set_size(set) &&
	       !hw_formula_eval(metric->formula, look_up, &scope, &value) && used[i];
}
