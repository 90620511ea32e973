/* SPDX-License-Identifier: Apache-2.0 */
#include "stat/group.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

static const double idle_share = 0.001, ended_share = 0.01; /* of wall time */

void hw_group_done(struct hw_group *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->members[i].command);
		hw_verdict_done(&g->members[i].verdict);
	}
	free(g->members);
	*g = (struct hw_group){ 0 };
}

void hw_group_columns(const struct hw_group_member *m, double ret[static HW_COLUMNS])
{
	for (int column = 0; column < HW_COLUMNS; column++)
		ret[column] = 0;
	for (int class = 0; class < HW_WALL_CLASSES; class++)
		ret[hw_wall_class_column(class)] += m->wall.seconds[class];
}

int hw_group_add(struct hw_group *g, const struct hw_group_member *m)
{
	if (!m->command || hw_reserve(g->members, g->cap, g->n + 1) < 0) {
		free(m->command);
		return -ENOMEM;
	}
	g->members[g->n++] = *m;
	return 0;
}

double hw_group_worked_s(const struct hw_group_member *m)
{
	double s[HW_COLUMNS];

	hw_group_columns(m, s);
	return s[HW_COLUMN_CPU] + s[HW_COLUMN_STARVED] + s[HW_COLUMN_DISK];
}

bool hw_group_is_idle(const struct hw_group *g, const struct hw_group_member *m)
{
	double least = m->alive ? idle_share : ended_share;

	return !m->named && hw_group_worked_s(m) < least * g->wall_s;
}

static double waited_s(const struct hw_group_member *m)
{
	double s[HW_COLUMNS];

	hw_group_columns(m, s);
	return s[HW_COLUMN_NETWORK] + s[HW_COLUMN_PIPE] + s[HW_COLUMN_LOCK];
}

static int compare_members(const void *a, const void *b)
{
	const struct hw_group_member *x = a, *y = b;
	double worked = hw_group_worked_s(y) - hw_group_worked_s(x);
	double waited = waited_s(y) - waited_s(x);

	if (worked < 0 || worked > 0)
		return worked < 0 ? -1 : 1;
	if (waited < 0 || waited > 0)
		return waited < 0 ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int judge_member(struct hw_group_member *m, const struct hw_group *g, double page_fault_s)
{
	struct hw_bound_facts facts;

	m->wall.throttled_s = g->throttled_s;
	m->wall.steal_s = g->steal_s;
	hw_bound_facts_init(&facts);
	facts.usage = m->usage;
	facts.usage.wall_s = m->wall.wall_s;
	if (!m->has_usage)
		facts.usage.user_s = m->wall.thread_s[HW_WALL_BUSY];
	facts.wall = &m->wall;
	facts.cpus = g->cpus;
	facts.page_fault_s = page_fault_s;
	return hw_bound_judge(&facts, &m->verdict);
}

int hw_group_judge(struct hw_group *g, double page_fault_s)
{
	for (size_t i = 0; i < g->n; i++) {
		int r = judge_member(&g->members[i], g, page_fault_s);

		if (r < 0)
			return r;
	}
	if (g->n)
		qsort(g->members, g->n, sizeof(*g->members), compare_members);
	return 0;
}

double hw_group_cpus(const struct hw_group_member *m)
{
	return m->wall.wall_s > 0 ? m->wall.thread_s[HW_WALL_BUSY] / m->wall.wall_s : 0;
}
