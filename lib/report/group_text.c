/* SPDX-License-Identifier: Apache-2.0 */
#include "report/group_print.h"

#include <errno.h>

#include "base/amount.h"
#include "report/grid.h"

#define LINES_MAX     100
#define FIXED_COLUMNS 72 /* of a line, all but the command and a margin */

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

static void put_group_head(FILE *f, const struct hw_group *g, const struct hw_style *style)
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
	fputc('\n', f);
}

/* The columns: first what a member is, then where its time went, then how wide it ran. */
enum { PID, ENDED, COMMAND, IS, WALL, SHARES, THREADS = SHARES + HW_COLUMNS, CPUS, N_COLUMNS };

static void describe_columns(struct hw_grid_column columns[N_COLUMNS], const struct hw_style *style)
{
	size_t command = command_columns(style);

	columns[PID] = (struct hw_grid_column){ "PID", .gap = 2, .width = 7, .right = true };
	columns[ENDED] = (struct hw_grid_column){ "", .width = 1 };
	columns[COMMAND] = (struct hw_grid_column){ "COMMAND", 1, command, .max = command };
	columns[IS] = (struct hw_grid_column){ "IS", .gap = 1, .width = 6 };
	columns[WALL] = (struct hw_grid_column){ "WALL", .gap = 1, .width = 8, .right = true };
	for (int i = SHARES; i < N_COLUMNS; i++)
		columns[i] = (struct hw_grid_column){ "", .gap = 1, .width = 4, .right = true };
	for (int i = 0; i < HW_COLUMNS; i++)
		columns[SHARES + i].title = hw_time_column_title(i);
	columns[THREADS].title = "THR";
	columns[CPUS].title = "CPUS";
}

/* A percentage; what would be a 0 is a dot, so that the others are seen. */
static void put_wall_percent(struct hw_grid *grid, double seconds, double wall_s)
{
	double percent = wall_s > 0 ? seconds / wall_s * 100 : 0;

	if (percent < 0.5)
		hw_grid_text(grid, HW_COLOR_NONE, ".");
	else
		hw_grid_figure(grid, "%.0f", percent);
}

static void put_member(struct hw_grid *grid, const struct hw_group_member *m)
{
	char wall[HW_AMOUNT_SIZE];
	double shares[HW_COLUMNS];

	hw_grid_figure(grid, "%d", (int)m->pid);
	hw_grid_text(grid, HW_COLOR_NONE, m->alive ? "" : "+");
	hw_grid_text(grid, HW_COLOR_NONE, m->command);
	hw_grid_text(grid, HW_COLOR_NONE, hw_bound_class_name(m->verdict.class));
	hw_grid_text(grid, HW_COLOR_NONE, hw_amount(wall, m->wall.wall_s * 1e9, "ns"));
	hw_group_columns(m, shares);
	for (int i = 0; i < HW_COLUMNS; i++)
		put_wall_percent(grid, shares[i], m->wall.wall_s);
	hw_grid_figure(grid, "%llu", (unsigned long long)m->wall.threads_peak);
	hw_grid_figure(grid, "%.2f", hw_group_cpus(m));
	hw_grid_end(grid);
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
	struct hw_grid_column columns[N_COLUMNS];
	struct hw_grid grid = { f, style, columns, N_COLUMNS };
	size_t lines = 0, idle = 0;
	bool ended = false;

	put_group_head(f, g, style);
	describe_columns(columns, style);
	hw_grid_head(&grid, HW_COLOR_BOLD);
	for (size_t i = 0; i < g->n; i++) {
		const struct hw_group_member *m = &g->members[i];

		if (hw_group_is_idle(g, m)) {
			idle++;
		} else if (lines < LINES_MAX) {
			put_member(&grid, m);
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
