/* SPDX-License-Identifier: Apache-2.0 */
#include "report/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/json.h"
#include "report/verdict_json.h"
#include "report/wall_json.h"

#define LINES_MAX     100
#define FIXED_COLUMNS 72 /* of a line, all but the command */
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

double hw_group_worked_s(const struct hw_group_member *m)
{
	const double *s = m->wall.seconds;

	return s[HW_WALL_BUSY] + s[HW_WALL_STARVED] + s[HW_WALL_DISK];
}

bool hw_group_is_idle(const struct hw_group *g, const struct hw_group_member *m)
{
	double least = m->alive ? idle_share : ended_share;

	return !m->named && hw_group_worked_s(m) < least * g->wall_s;
}

static double lock_s(const struct hw_group_member *m)
{
	return m->wall.seconds[HW_WALL_LOCK] + m->wall.seconds[HW_WALL_GIL];
}

/* Of waits only. */
static double rest_s(const struct hw_group_member *m)
{
	const double *s = m->wall.seconds;

	return s[HW_WALL_SLEEP] + s[HW_WALL_CHILD] + s[HW_WALL_OTHER];
}

static double waited_s(const struct hw_group_member *m)
{
	return m->wall.seconds[HW_WALL_NETWORK] + m->wall.seconds[HW_WALL_PIPE] + lock_s(m);
}

static int compare(const void *a, const void *b)
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

static int judge(struct hw_group_member *m, const struct hw_group *g, double page_fault_s)
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
		int r = judge(&g->members[i], g, page_fault_s);

		if (r < 0)
			return r;
	}
	if (g->n)
		qsort(g->members, g->n, sizeof(*g->members), compare);
	return 0;
}

/* --- for people --- */

static double cpus_of(const struct hw_group_member *m)
{
	return m->wall.wall_s > 0 ? m->wall.thread_s[HW_WALL_BUSY] / m->wall.wall_s : 0;
}

/* Columns for the command: what a terminal leaves. */
static size_t command_columns(const struct hw_style *style)
{
	if (!style->width)
		return 32;
	return style->width > FIXED_COLUMNS + 9 ? style->width - FIXED_COLUMNS : 9;
}

static const char *plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

static void put_head(FILE *f, const struct hw_group *g, const struct hw_style *style)
{
	char wall[HW_AMOUNT_SIZE];
	double cpu_s = 0;

	for (size_t i = 0; i < g->n; i++)
		cpu_s += g->members[i].wall.thread_s[HW_WALL_BUSY];
	fputs("\nhwprof boundness: ", f);
	if (g->title) {
		hw_put(f, style, g->title, 0, 0, HW_CUT_RIGHT);
		fputs(", ", f);
	}
	fprintf(f, "%zu %s for %s, on %.2f of %u CPUs\n", g->n,
		plural(g->n, "process", "processes"), hw_amount(wall, g->wall_s * 1e9, "ns"),
		g->wall_s > 0 ? cpu_s / g->wall_s : 0, g->cpus);
	if (g->throttled_s > 0)
		fprintf(f, "  the quota of the cgroup held threads back for %s\n",
			hw_amount(wall, g->throttled_s * 1e9, "ns"));
	fprintf(f, "\n%s  %7s  %-*s IS     %8s CPU%% STRV DISK  NET PIPE LOCK IDLE  THR CPUS%s\n",
		hw_style_color(style, HW_COLOR_BOLD), "PID", (int)command_columns(style), "COMMAND",
		"WALL", hw_style_color(style, HW_COLOR_NONE));
}

/* A percentage in 5 columns; what would be a 0 is a dot, so that the others are seen. */
static void put_share(FILE *f, double seconds, double wall_s)
{
	double percent = wall_s > 0 ? seconds / wall_s * 100 : 0;

	if (percent < 0.5)
		fprintf(f, "%5s", ".");
	else
		fprintf(f, "%5.0f", percent);
}

static void put_member(FILE *f, const struct hw_group_member *m, const struct hw_style *style)
{
	const double *s = m->wall.seconds;
	const double shares[] = { s[HW_WALL_BUSY],    s[HW_WALL_STARVED], s[HW_WALL_DISK],
				  s[HW_WALL_NETWORK], s[HW_WALL_PIPE],	  lock_s(m),
				  rest_s(m) };
	size_t columns = command_columns(style);
	char wall[HW_AMOUNT_SIZE];

	fprintf(f, "  %7d%c ", (int)m->pid, m->alive ? ' ' : '+');
	hw_put(f, style, m->command, columns, columns, HW_CUT_RIGHT);
	fprintf(f, " %-6s %8s", m->verdict.class, hw_amount(wall, m->wall.wall_s * 1e9, "ns"));
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		put_share(f, shares[i], m->wall.wall_s);
	fprintf(f, " %4llu %4.2f\n", (unsigned long long)m->wall.threads_peak, cpus_of(m));
}

static void put_notes(FILE *f, const struct hw_group *g, bool ended)
{
	if (ended)
		fputs("  +: it has ended\n", f);
	if (g->left_out)
		fprintf(f, "  %llu more processes are not listed: there were too many at once\n",
			(unsigned long long)g->left_out);
	if (g->missed)
		fprintf(f, "  %llu threads or switches could not be followed: figures may be off\n",
			(unsigned long long)g->missed);
}

int hw_group_print(FILE *f, const struct hw_group *g, const struct hw_style *style)
{
	size_t lines = 0, idle = 0;
	bool ended = false;

	put_head(f, g, style);
	for (size_t i = 0; i < g->n; i++) {
		const struct hw_group_member *m = &g->members[i];

		if (hw_group_is_idle(g, m)) {
			idle++;
		} else if (lines < LINES_MAX) {
			put_member(f, m, style);
			ended |= !m->alive;
			lines++;
		}
	}
	if (g->n > lines + idle)
		fprintf(f, "  and %zu more, see --json\n", g->n - lines - idle);
	if (idle)
		fprintf(f, "  and %zu idle %s\n", idle, plural(idle, "process", "processes"));
	put_notes(f, g, ended);
	if (lines) {
		fprintf(f, "\n%d ", (int)g->members[0].pid);
		hw_put(f, style, g->members[0].command, 60, 0, HW_CUT_RIGHT);
		fprintf(f, ": %s\n", g->members[0].verdict.sentence);
	}
	fputc('\n', f);
	return fflush(f) || ferror(f) ? -EIO : 0;
}

/* --- for programs --- */

static json_t *member_to_json(const struct hw_group *g, const struct hw_group_member *m)
{
	double user_s = m->usage.user_s, sys_s = m->usage.sys_s;

	return json_pack("{s:i, s:o, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pid",
			 (int)m->pid, "command", hw_json_string(m->command), "alive", m->alive,
			 "idle", hw_group_is_idle(g, m), "wall_s", hw_json_real(m->wall.wall_s),
			 "worked_s", hw_json_real(hw_group_worked_s(m)), "user_s",
			 m->has_usage ? hw_json_real(user_s) : json_null(), "sys_s",
			 m->has_usage ? hw_json_real(sys_s) : json_null(), "cpus",
			 hw_json_real(cpus_of(m)), "wall", hw_wall_to_json(&m->wall), "budget",
			 hw_budget_to_json(&m->verdict), "verdict",
			 hw_verdict_to_json(&m->verdict));
}

int hw_group_print_json(FILE *f, const struct hw_group *g)
{
	hw_auto(json_decref) json_t *members = json_array();
	hw_auto(json_decref) json_t *object = NULL;

	for (size_t i = 0; i < g->n; i++)
		if (json_array_append_new(members, member_to_json(g, &g->members[i])) < 0)
			return -ENOMEM;
	object = json_pack("{s:i, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:O}", "version", 2, "group",
			   hw_json_string(g->title), "wall_s", hw_json_real(g->wall_s), "cpus",
			   (int)g->cpus, "throttled_s", hw_json_real(g->throttled_s), "steal_s",
			   hw_json_real(g->steal_s), "left_out", hw_json_count((double)g->left_out),
			   "missed", hw_json_count((double)g->missed), "processes", members);
	if (!object)
		return -ENOMEM;
	return hw_json_print(f, object);
}
