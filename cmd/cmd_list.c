/* SPDX-License-Identifier: Apache-2.0 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "cmd.h"
#include "event/event.h"
#include "event/explain.h"
#include "event/perf_rights.h"
#include "event/perf.h"
#include "event/tracefs.h"
#include "list_metrics.h"
#include "opt.h"
#include "report/grid.h"
#include "report/json.h"
#include "report/pager.h"
#include "report/style.h"

#define NAME_WIDTH_MAX 40 /* a longer name is printed whole and moves its row */

struct list_args {
	const char *pattern;
	bool json;
};

enum { OPT_JSON = 256 };

static const struct argp_option list_options[] = {
	{ "json", OPT_JSON, NULL, 0, "print one JSON array instead of the table", 0 },
	{ 0 },
};

static const char list_doc[] =
	"List the events that `-e` takes, and whether they count on this machine.\v"
	"PATTERN selects: a part of a name, group or description without regard to case, or a "
	"name with the wildcards * and ?. The word 'metrics' lists what `stat -M` takes.";

struct row {
	char *name, *group, *description;
	int error; /* of hw_event_probe(); 0: it counts here */
};

struct list {
	struct row *rows;
	size_t n_rows, cap_rows;
	int tracepoint_error; /* of all tracepoints */
};

static void list_done(struct list *l)
{
	for (size_t i = 0; i < l->n_rows; i++) {
		free(l->rows[i].name);
		free(l->rows[i].group);
		free(l->rows[i].description);
	}
	free(l->rows);
}
HW_DEFINE_AUTO_DONE(struct list, list_done)

static error_t parse_list_args(int key, char *arg, struct argp_state *st)
{
	struct list_args *a = st->input;

	switch (key) {
	case OPT_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (a->pattern)
			return opt_usage(st, "only one PATTERN is taken, '%s' is the second", arg);
		a->pattern = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Tracepoints are not tried one by one: to close one waits for every CPU, 30 ms each. */
static int probe_tracepoints(void)
{
	int level;

	return hw_perf_rights_perfmon_capable() || (!hw_perf_rights_paranoid(&level) && level <= 1) ? 0 :
											   -EACCES;
}

static int probe(const char *name)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;
	int r = hw_events_parse(&events, name, &bad);

	return r < 0 ? r : hw_event_probe(&events.items[0]);
}

static int add_row(void *ctx, const struct hw_event_info *info)
{
	struct list *l = ctx;
	struct row *row;
	int r = hw_reserve(l->rows, l->cap_rows, l->n_rows + 1);

	if (r < 0)
		return r;
	row = &l->rows[l->n_rows++];
	*row = (struct row){
		.name = strdup(info->name),
		.group = strdup(info->group),
		.description = strdup(info->description),
		.error = strcmp(info->group, "tracepoint") ? probe(info->name) :
							     l->tracepoint_error,
	};
	return row->name && row->group && row->description ? 0 : -ENOMEM;
}

static const char *counts_text(int error)
{
	switch (hw_counter_status_of(error)) {
	case HW_COUNTER_OK:
		return "yes";
	case HW_COUNTER_NOT_PERMITTED:
		return "needs permission";
	default:
		return "no";
	}
}

static int print_json(const struct list *l)
{
	hw_auto(json_decref) json_t *array = json_array();
	static const char *const counts[] = {
		[HW_COUNTER_OK] = "yes",
		[HW_COUNTER_NOT_SUPPORTED] = "no",
		[HW_COUNTER_NOT_PERMITTED] = "not-permitted",
	};

	for (size_t i = 0; i < l->n_rows; i++) {
		const struct row *row = &l->rows[i];
		json_t *object = json_pack("{so so ss so}", "name", hw_json_string(row->name),
					   "group", hw_json_string(row->group),
					   "counts", counts[hw_counter_status_of(row->error)],
					   "description", hw_json_string(row->description));

		if (json_array_append_new(array, object) < 0)
			return -ENOMEM;
	}
	return hw_json_print(stdout, array);
}

/* Why the first event with each kind of refusal does not count: the others with it are alike. */
static void print_reasons(FILE *f, const struct list *l)
{
	int seen[8] = { 0 };
	size_t n_seen = 0;

	for (size_t i = 0; i < l->n_rows && n_seen < 8; i++) {
		hw_auto(hw_events_done) struct hw_events events = { 0 };
		hw_autofree char *bad = NULL, *why = NULL;
		int error = l->rows[i].error;
		bool known = error == 0;

		for (size_t j = 0; j < n_seen; j++)
			known |= seen[j] == error;
		if (known || hw_events_parse(&events, l->rows[i].name, &bad) < 0)
			continue;
		seen[n_seen++] = error;
		why = hw_event_explain(&events.items[0], error);
		if (why)
			fprintf(f, "%s: %s.\n",
				hw_counter_status_of(error) == HW_COUNTER_NOT_PERMITTED ?
					"Needs permission" :
					"Does not count",
				why);
	}
}

static void print_footer(FILE *f, const struct list *l)
{
	size_t n[] = { [HW_COUNTER_OK] = 0,
		       [HW_COUNTER_NOT_SUPPORTED] = 0,
		       [HW_COUNTER_NOT_PERMITTED] = 0 };

	for (size_t i = 0; i < l->n_rows; i++)
		n[hw_counter_status_of(l->rows[i].error)]++;
	fprintf(f, "\n%zu event%s: %zu count here", l->n_rows, l->n_rows == 1 ? "" : "s",
		n[HW_COUNTER_OK]);
	if (n[HW_COUNTER_NOT_SUPPORTED])
		fprintf(f, ", %zu do not", n[HW_COUNTER_NOT_SUPPORTED]);
	if (n[HW_COUNTER_NOT_PERMITTED])
		fprintf(f, ", %zu need permission", n[HW_COUNTER_NOT_PERMITTED]);
	fputs(".\n", f);
	print_reasons(f, l);
}

static bool tracepoints_are_hidden(void)
{
	hw_autoclose int fd = hw_tracefs_open();

	return fd == -EACCES;
}

static int print_table(const struct list *l)
{
	enum { NAME, COUNTS, GROUP, DESCRIPTION, N };
	struct hw_grid_column columns[N] = {
		[NAME] = { .title = "NAME" },
		[COUNTS] = { .title = "COUNTS HERE", .gap = 2 },
		[GROUP] = { .title = "GROUP", .gap = 2 },
		[DESCRIPTION] = { .title = "DESCRIPTION", .gap = 2, .rest = true, .max = 8 },
	};
	struct hw_style s = hw_style_of(STDOUT_FILENO);
	struct hw_pager pager;
	struct hw_grid g = { .style = &s, .columns = columns, .n = N };

	hw_pager_open(&pager, true);
	g.f = pager.f;
	for (size_t i = 0; i < DESCRIPTION; i++)
		hw_grid_fit(&columns[i], columns[i].title, SIZE_MAX);
	for (size_t i = 0; i < l->n_rows; i++) {
		hw_grid_fit(&columns[NAME], l->rows[i].name, NAME_WIDTH_MAX);
		hw_grid_fit(&columns[COUNTS], counts_text(l->rows[i].error), SIZE_MAX);
		hw_grid_fit(&columns[GROUP], l->rows[i].group, SIZE_MAX);
	}
	hw_grid_head(&g, HW_COLOR_BOLD);
	for (size_t i = 0; i < l->n_rows; i++) {
		const struct row *row = &l->rows[i];

		hw_grid_text(&g, HW_COLOR_NONE, row->name);
		hw_grid_text(&g, row->error ? HW_COLOR_YELLOW : HW_COLOR_GREEN,
			     counts_text(row->error));
		hw_grid_text(&g, HW_COLOR_NONE, row->group);
		hw_grid_text(&g, HW_COLOR_NONE, row->description);
		hw_grid_end(&g);
	}
	print_footer(pager.f, l);
	if (tracepoints_are_hidden())
		fputs("Tracepoints are not listed: only root may read tracefs.\n", pager.f);
	return hw_pager_close(&pager);
}

int cmd_list(int argc, char **argv)
{
	static const struct argp argp = { .options = list_options,
					  .parser = parse_list_args,
					  .args_doc = "[PATTERN]",
					  .doc = list_doc };
	hw_auto(list_done) struct list list = { .tracepoint_error = probe_tracepoints() };
	struct list_args a = { 0 };
	int r;

	setlocale(LC_CTYPE, "");
	r = argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (r)
		return HW_EXIT_OURS;
	if (a.pattern && !strcmp(a.pattern, "metrics"))
		return hw_list_metrics(a.json);
	r = hw_event_visit(a.pattern, add_row, &list);
	if (r < 0) {
		log_error_errno(r, "cannot list the events");
		return HW_EXIT_OURS;
	}
	if (!list.n_rows)
		log_error("no event matches '%s'%s; `hwprof list` shows them all", a.pattern,
			  tracepoints_are_hidden() ? " (tracepoints are shown to root only)" : "");
	if (list.n_rows || a.json)
		r = a.json ? print_json(&list) : print_table(&list);
	if (r < 0) {
		log_error_errno(r, "cannot write the list");
		return HW_EXIT_OURS;
	}
	return list.n_rows ? 0 : 1;
}
