/* SPDX-License-Identifier: Apache-2.0
 * hwprof report: where the time of a profile went. */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <string.h>

#include "base/log.h"
#include "cmd.h"
#include "input.h"
#include "opt.h"
#include "report/pager.h"
#include "report/table_json.h"
#include "report/text.h"
#include "report/tree.h"

enum {
	KEY_JSON = 256,
	KEY_TREE,
	KEY_SORT,
	KEY_BY,
	KEY_EVENT,
	KEY_NATIVE_ALL,
	KEY_NO_PAGER,
};

static const struct argp_option report_options[] = {
	{ "by", KEY_BY, "WHAT", 0, "function (default), line, module, thread or process", 0 },
	{ "event", KEY_EVENT, "EVENT", 0, "of several recorded events this one, not the first", 0 },
	{ "input", 'i', "FILE", 0, "the profile (hwprof.data; -: standard input)", 0 },
	{ "json", KEY_JSON, NULL, 0, "one JSON object, never cut", 0 },
	{ "native-all", KEY_NATIVE_ALL, NULL, 0,
	  "show the interpreter's own functions instead of folding them into the Python function "
	  "that they work for",
	  0 },
	{ "no-pager", KEY_NO_PAGER, NULL, 0, "print to the terminal directly", 0 },
	{ "limit", 'n', "ROWS", 0, "print at most so many rows (40; of a tree all); 0: all", 0 },
	{ "sort", KEY_SORT, "KEY", 0, "self (default), total or name", 0 },
	{ "tree", KEY_TREE, NULL, 0, "the call tree instead of the list", 0 },
	{ 0 },
};

#define DEFAULT_ROWS   40
#define TREE_MIN_SHARE 0.005

struct report_args {
	const char *input, *event;
	struct hw_table_opts table;
	uint64_t limit;
	bool limited, json, tree, no_pager, by_given, sort_given;
};

struct choice {
	const char *name;
	int value;
};

static const struct choice sorts[] = {
	{ "self", HW_SORT_SELF },
	{ "total", HW_SORT_TOTAL },
	{ "name", HW_SORT_NAME },
	{ 0 },
};

static const struct choice bys[] = {
	{ "function", HW_BY_FUNCTION }, { "line", HW_BY_LINE },	      { "module", HW_BY_MODULE },
	{ "thread", HW_BY_THREAD },	{ "process", HW_BY_PROCESS }, { 0 },
};

static int choose(struct argp_state *st, const char *option, const char *arg,
		  const struct choice *choices, const char *list)
{
	for (const struct choice *c = choices; c->name; c++)
		if (!strcmp(c->name, arg))
			return c->value;
	opt_usage(st, "%s takes %s, not '%s'", option, list, arg);
	return 0;
}

static error_t check_report(struct argp_state *st, const struct report_args *a)
{
	if (a->json && a->tree)
		return opt_usage(st, "--tree is text; give --json or --tree");
	if (a->json && a->limited)
		return opt_usage(st, "--json is never cut; give it without -n");
	if (a->tree && (a->by_given || a->sort_given))
		return opt_usage(st, "--tree goes without --by and --sort: it has its own order");
	return 0;
}

static error_t parse_report(int key, char *arg, struct argp_state *st)
{
	struct report_args *a = st->input;

	switch (key) {
	case 'i':
		a->input = arg;
		return 0;
	case 'n':
		a->limited = true;
		return opt_unsigned(st, "-n", arg, 0, UINT32_MAX, &a->limit);
	case KEY_JSON:
		a->json = true;
		return 0;
	case KEY_TREE:
		a->tree = true;
		return 0;
	case KEY_SORT:
		a->sort_given = true;
		a->table.sort =
			(enum hw_sort)choose(st, "--sort", arg, sorts, "self, total or name");
		return 0;
	case KEY_BY:
		a->by_given = true;
		a->table.by = (enum hw_by)choose(st, "--by", arg, bys,
						 "function, line, module, thread or process");
		return 0;
	case KEY_EVENT:
		a->event = arg;
		return 0;
	case KEY_NATIVE_ALL:
		a->table.native_all = true;
		return 0;
	case KEY_NO_PAGER:
		a->no_pager = true;
		return 0;
	case ARGP_KEY_ARG:
		return opt_usage(st, "'%s' is one argument too many; a profile is given by -i",
				 arg);
	case ARGP_KEY_END:
		return check_report(st, a);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void refuse_event(const struct hw_session *s, const struct report_args *a)
{
	hw_autofree char *names = NULL;
	size_t size;
	FILE *f = open_memstream(&names, &size);

	for (size_t i = 0; f && i < s->n_events; i++)
		fprintf(f, "%s%s", i ? ", " : "", s->events[i].name);
	if (f)
		fclose(f);
	log_error("%s has no event '%s'; it has %s", a->input, a->event, names ? names : "others");
}

/* The number of the event that was asked for, the first one without; negative when there is none,
 * after saying so. */
static int find_event(const struct hw_profile *p, const struct report_args *a)
{
	const struct hw_session *s = &p->session;

	if (!s->n_events) {
		log_error("%s holds no samples of any event: was it recorded to its end?",
			  a->input);
		return -ENODATA;
	}
	if (!a->event)
		return 0;
	for (size_t i = 0; i < s->n_events; i++)
		if (!strcmp(s->events[i].name, a->event))
			return (int)i;
	refuse_event(s, a);
	return -ENOENT;
}

static int print_list(FILE *f, const struct hw_text *t)
{
	hw_text_head(f, t);
	return hw_text_list(f, t);
}

static int print_tree(FILE *f, const struct hw_text *t, const struct report_args *a)
{
	hw_auto(hw_tree_done) struct hw_tree tree = { 0 };
	struct hw_tree_opts opts = {
		.style = t->style,
		.unit = t->profile->session.events[t->event].unit,
		.min_share = a->limited && !a->limit ? 0 : TREE_MIN_SHARE,
		.max_lines = a->limit,
	};
	int r = hw_tree_build(t->profile, t->event, a->table.native_all, &tree);

	if (r < 0)
		return r;
	hw_text_head(f, t);
	return hw_tree_print(f, &tree, &opts);
}

static int report_text(const struct hw_profile *p, const struct report_args *a)
{
	hw_auto(hw_table_done) struct hw_table table = { 0 };
	struct hw_text text = {
		.profile = p,
		.table = &table,
		.by = a->table.by,
		.event = a->table.event,
		.max_rows = a->limited ? a->limit : DEFAULT_ROWS,
	};
	struct hw_pager pager;
	int r = hw_table_build(p, &a->table, &table), closed;

	if (r < 0)
		return r;
	setlocale(LC_CTYPE, ""); /* may the terminal show UTF-8? */
	text.style = hw_style_of(STDOUT_FILENO);
	hw_pager_open(&pager, !a->no_pager);
	r = a->tree ? print_tree(pager.f, &text, a) : print_list(pager.f, &text);
	hw_text_notes(pager.f, &text);
	closed = hw_pager_close(&pager);
	return r < 0 ? r : closed;
}

int cmd_report(int argc, char **argv)
{
	static const struct argp argp = {
		.options = report_options,
		.parser = parse_report,
		.doc = "Show where the time of a profile went.\v"
		       "`hwprof record -g COMMAND` makes a profile.",
	};
	struct report_args a = { .input = HW_PROFILE_DEFAULT_PATH };
	hw_auto(hw_profile_free) struct hw_profile *p = NULL;
	uint64_t cut_bytes = 0;
	int r;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return HW_EXIT_OURS;
	if (input_profile(a.input, &p, &cut_bytes) < 0)
		return EXIT_FAILURE;
	r = find_event(p, &a);
	if (r < 0)
		return EXIT_FAILURE;
	a.table.event = (uint16_t)r;
	if (a.json) {
		struct hw_table_json_opts opts = { .table = a.table, .cut_bytes = cut_bytes };

		r = hw_table_json_print(stdout, p, &opts);
	} else {
		r = report_text(p, &a);
	}
	if (r == -EIO)
		log_error("standard output cannot be written: is its disk full, its reader gone?");
	else if (r < 0)
		log_error_errno(r, "cannot print the report of %s", a.input);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
