/* SPDX-License-Identifier: Apache-2.0 */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "doctor/checks.h"
#include "doctor/pythons.h"
#include "cmd.h"
#include "opt.h"
#include "event/perf.h"
#include "py/runtime.h"
#include "report/grid.h"
#include "report/json.h"
#include "report/style.h"

struct doctor_args {
	bool json;
};

enum { OPT_JSON = 256 };

static const struct argp_option doctor_options[] = {
	{ "json", OPT_JSON, NULL, 0, "print one JSON object instead of the tables", 0 },
	{ 0 },
};

static error_t parse_doctor_args(int key, char *arg, struct argp_state *st)
{
	struct doctor_args *a = st->input;

	switch (key) {
	case OPT_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		return opt_usage(st, "takes no argument, not '%s'", arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static json_t *check_json(const struct hw_check *check)
{
	return json_pack("{ss ss so so}", "name", check->name, "status",
			 hw_check_status_name(check->status), "value", hw_json_string(check->value),
			 "fix", check->fix[0] ? hw_json_string(check->fix) : json_null());
}

static json_t *python_json(const struct hw_python *python)
{
	char version[HW_PYTHON_VERSION_SIZE];

	return json_pack("{so ss sb}", "path", hw_json_string(python->path), "version",
			 hw_python_version(python, version), "supported", (int)python->supported);
}

static int print_json(const struct hw_check *checks, const struct hw_pythons *pythons)
{
	hw_auto(json_decref) json_t *check_rows = json_array(), *python_rows = json_array();
	hw_auto(json_decref) json_t *root = NULL;
	bool ok = true;

	for (size_t i = 0; i < HW_CHECKS; i++)
		if (checks[i].value[0])
			ok &= !json_array_append_new(check_rows, check_json(&checks[i]));
	for (size_t i = 0; i < pythons->count; i++)
		ok &= !json_array_append_new(python_rows, python_json(&pythons->items[i]));
	root = json_pack("{si sO sO}", "version", 1, "checks", check_rows, "pythons", python_rows);
	return ok && root ? hw_json_print(stdout, root) : -ENOMEM;
}

/* The columns of both tables. */
static const struct hw_grid_column check_columns[] = {
	{ .title = "CHECK", .width = 26 },
	{ .title = "STATUS", .width = 7, .gap = 2 },
	{ .title = "FOUND", .gap = 2 },
};
static const struct hw_grid_column python_columns[] = {
	{ .title = "PYTHON", .width = 26 },
	{ .title = "SUPPORTED", .width = 9, .gap = 2 },
	{ .title = "PATH", .gap = 2 },
};

static void print_check(struct hw_grid *g, const struct hw_check *check)
{
	static const enum hw_color colors[] = { [HW_CHECK_OK] = HW_COLOR_GREEN,
						[HW_CHECK_LIMITED] = HW_COLOR_YELLOW,
						[HW_CHECK_MISSING] = HW_COLOR_YELLOW };
	hw_autofree char *fix = hw_text("fix: %s", check->fix);

	hw_grid_text(g, HW_COLOR_NONE, check->name);
	hw_grid_text(g, colors[check->status], hw_check_status_name(check->status));
	hw_grid_text(g, HW_COLOR_NONE, check->value);
	hw_grid_end(g);
	if (!check->fix[0])
		return;
	hw_grid_text(g, HW_COLOR_NONE, "");
	hw_grid_text(g, HW_COLOR_NONE, "");
	hw_grid_text(g, HW_COLOR_NONE, fix ? fix : check->fix);
	hw_grid_end(g);
}

static void print_pythons(const struct hw_style *s, const struct hw_pythons *pythons)
{
	struct hw_grid g = { stdout, s, python_columns, 3 };
	char version[HW_PYTHON_VERSION_SIZE];

	putchar('\n');
	hw_grid_head(&g, HW_COLOR_BOLD);
	for (size_t i = 0; i < pythons->count; i++) {
		const struct hw_python *python = &pythons->items[i];

		hw_grid_text(&g, HW_COLOR_NONE, hw_python_version(python, version));
		hw_grid_text(&g, HW_COLOR_NONE, python->supported ? "yes" : "no");
		hw_grid_text(&g, HW_COLOR_NONE, python->path);
		hw_grid_end(&g);
	}
	if (!pythons->count)
		puts("none found on $PATH, under pyenv or in a process");
}

static void print_summary(const struct hw_check *obstacle, const struct hw_pythons *pythons)
{
	char versions[HW_PY_VERSIONS_SIZE];
	size_t supported = 0;

	if (obstacle) {
		printf("\nhwprof cannot record here, see %s above; `hwprof stat` still tells what "
		       "bounds a command.\n", obstacle->name);
		return;
	}
	for (size_t i = 0; i < pythons->count; i++)
		supported += pythons->items[i].supported;
	printf("\nhwprof can record here, with Python frames for %zu of the %zu Pythons found "
	       "(%s)%s.\n", supported, pythons->count, hw_py_versions_supported(versions),
	       hw_perf_has_pmu() ? " and hardware counters" :
				   "; without hardware counters it samples by the CPU clock");
}

static void print_text(const struct hw_check *checks, const struct hw_pythons *pythons)
{
	struct hw_style s = hw_style_of(STDOUT_FILENO);
	struct hw_grid g = { stdout, &s, check_columns, 3 };

	hw_grid_head(&g, HW_COLOR_BOLD);
	for (size_t i = 0; i < HW_CHECKS; i++)
		if (checks[i].value[0])
			print_check(&g, &checks[i]);
	print_pythons(&s, pythons);
	print_summary(hw_checks_obstacle(checks), pythons);
}

int cmd_doctor(int argc, char **argv)
{
	static const struct argp argp = {
		.options = doctor_options,
		.parser = parse_doctor_args,
		.doc = "Say what works on this machine, and the one thing that would fix each gap."
	};
	hw_auto(hw_pythons_done) struct hw_pythons pythons = { 0 };
	hw_auto(hw_answers_done) struct hw_answers answers = { 0 };
	struct hw_check checks[HW_CHECKS];
	struct doctor_args a = { 0 };
	int r;

	setlocale(LC_CTYPE, "");
	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return HW_EXIT_OURS;
	r = hw_pythons_find(&pythons);
	if (r >= 0) {
		hw_answers_ask(&answers);
		hw_checks_judge(&answers, checks);
		if (a.json)
			r = print_json(checks, &pythons);
		else
			print_text(checks, &pythons);
	}
	if (r >= 0 && (fflush(stdout) || ferror(stdout)))
		r = -EIO;
	if (r < 0) {
		log_error_errno(r, "cannot write the result");
		return HW_EXIT_OURS;
	}
	return hw_checks_obstacle(checks) ? 1 : 0;
}
