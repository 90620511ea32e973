/* SPDX-License-Identifier: Apache-2.0 */
#include "group.h"

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/log.h"
#include "base/text.h"
#include "proc/fault_cost.h"
#include "report/group_print.h"
#include "run.h"
#include "session/signals.h"

static int add_member(void *ctx, const struct hw_watched *w)
{
	struct hw_group_member m = {
		.pid = w->pid,
		.command = strdup(w->command),
		.alive = w->alive,
		.named = w->named,
		.has_usage = w->has_usage,
		.usage = w->usage,
		.wall = w->wall,
	};

	return hw_group_add(ctx, &m);
}

static int print_table(const struct group_args *args, const struct hw_group *g)
{
	struct hw_style style;

	if (args->json)
		return hw_group_print_json(args->f, g);
	setlocale(LC_CTYPE, ""); /* may the terminal show UTF-8? */
	style = hw_style_of(fileno(args->f));
	return hw_group_print(args->f, g, &style);
}

/* Returns 0 or HW_EXIT_OURS, with the reason printed. */
static int show_table(const struct group_args *args, struct hw_group *g,
		      const struct hw_measured *m)
{
	const char *cgroup = args->subject.cgroup;
	hw_autofree char *title = cgroup ? hw_text("cgroup %s", cgroup) : NULL;
	int r;

	if (!g->n) {
		log_error("there was no process to measure%s", cgroup ? " in the cgroup" : "");
		return HW_EXIT_OURS;
	}
	g->title = args->subject.all_cpus ? "the machine" : title;
	g->wall_s = m->wall_s;
	g->throttled_s = m->throttled_s;
	g->steal_s = m->steal_s;
	g->cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	g->left_out = m->left_out;
	g->missed = m->missed;
	r = hw_group_judge(g, hw_fault_cost_s());
	if (r < 0) {
		log_error_errno(r, "cannot judge the processes");
		return HW_EXIT_OURS;
	}
	r = print_table(args, g);
	if (r < 0)
		log_error_errno(r, "cannot print the table%s%s", args->name ? " to " : "",
				args->name ? args->name : "");
	return r < 0 ? HW_EXIT_OURS : 0;
}

int group(const struct group_args *args)
{
	hw_auto(hw_signals_free) struct hw_signals *signals = NULL;
	hw_auto(hw_measured_done) struct hw_measured m = { 0 };
	hw_auto(hw_group_done) struct hw_group g = { 0 };
	struct hw_measure_opts opts = {
		.subject = args->subject,
		.duration_ns = args->duration_ns,
		.process = add_member,
		.ctx = &g,
	};
	struct hw_failure why;
	int r = run_signals(!args->subject.argv, &signals);

	if (r)
		return r;
	opts.signals = signals;
	if (hw_measure(&opts, &m, &why) < 0)
		return run_failed(&why);
	signals = hw_signals_free(signals);
	r = show_table(args, &g, &m);
	return m.exit_status > 0 ? m.exit_status : r;
}
