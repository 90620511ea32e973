/* SPDX-License-Identifier: Apache-2.0 */
#include "report/group_print.h"

#include <errno.h>

#include "base/amount.h"

#define LINES_MAX     100
#define FIXED_COLUMNS 72 /* of a line, all but the command */

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
	fprintf(f, "\n%s  %7s  %-*s IS     %8s", hw_style_color(style, HW_COLOR_BOLD), "PID",
		(int)command_columns(style), "COMMAND", "WALL");
	for (int i = 0; i < HW_COLUMNS; i++)
		fprintf(f, " %4s", hw_time_column_title(i));
	fprintf(f, "  THR CPUS%s\n", hw_style_color(style, HW_COLOR_NONE));
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
	size_t columns = command_columns(style);
	char wall[HW_AMOUNT_SIZE];
	double shares[HW_COLUMNS];

	fprintf(f, "  %7d%c ", (int)m->pid, m->alive ? ' ' : '+');
	hw_put(f, style, m->command, columns, columns, HW_CUT_RIGHT);
	fprintf(f, " %-6s %8s", hw_bound_class_name(m->verdict.class),
		hw_amount(wall, m->wall.wall_s * 1e9, "ns"));
	hw_group_columns(m, shares);
	for (int i = 0; i < HW_COLUMNS; i++)
		put_share(f, shares[i], m->wall.wall_s);
	fprintf(f, " %4llu %4.2f\n", (unsigned long long)m->wall.threads_peak, hw_group_cpus(m));
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
