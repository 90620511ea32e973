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
#include "report/annotate_print.h"
#include "report/clock_text.h"
#include "report/memory_print.h"
#include "report/pager.h"
#include "report/table_json.h"
#include "report/text.h"
#include "report/tree_text.h"
#include "view/charge.h"

enum {
	KEY_ANNOTATE = 256,
	KEY_JSON,
	KEY_TREE,
	KEY_SORT,
	KEY_BY,
	KEY_CLOCK,
	KEY_EVENT,
	KEY_IDLE,
	KEY_MEMORY,
	KEY_NATIVE_ALL,
	KEY_NO_PAGER,
};

static const struct argp_option report_options[] = {
	{ "annotate", KEY_ANNOTATE, "FILE[:FUNCTION]", 0,
	  "the source of a file, or of a function in it, with what was sampled in each line", 0 },
	{ "by", KEY_BY, "WHAT", 0, "function (default), line, module, thread or process", 0 },
	{ "clock", KEY_CLOCK, "CLOCK", 0,
	  "time on CPUs (cpu), time blocked (blocked), or both (wall) of every thread", 0 },
	{ "event", KEY_EVENT, "EVENT", 0, "of several recorded events this one, not the first", 0 },
	{ "idle", KEY_IDLE, NULL, 0,
	  "with --clock wall or blocked: idle threads of pools among the others, not below", 0 },
	{ "input", 'i', "FILE", 0, "the profile (hwprof.data; -: standard input)", 0 },
	{ "json", KEY_JSON, NULL, 0, "one JSON object, never cut", 0 },
	{ "memory", KEY_MEMORY, NULL, 0,
	  "page faults by line or function, and the memory of the processes over time", 0 },
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
	const char *input, *event, *annotate;
	struct hw_table_opts table;
	struct hw_view_opts view;
	uint64_t limit;
	bool limited, json, tree, no_pager, by_given, sort_given, clock_given, memory;
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

static const struct choice clock_words[] = {
	{ "wall", HW_CLOCK_WALL },
	{ "cpu", HW_CLOCK_CPU },
	{ "blocked", HW_CLOCK_BLOCKED },
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

static error_t check_memory(struct argp_state *st, const struct report_args *a)
{
	if (a->tree || a->sort_given || a->event || a->clock_given || a->view.keep_idle)
		return opt_usage(st, "--memory goes without --tree, --sort, --event, --clock and "
				     "--idle: it has its own order and adds up all page faults");
	if (a->by_given && a->table.by != HW_BY_LINE && a->table.by != HW_BY_FUNCTION)
		return opt_usage(st, "--memory adds up by line (its default) or function");
	return 0;
}

static error_t check_annotate(struct argp_state *st, const struct report_args *a)
{
	if (a->tree || a->by_given || a->sort_given || a->clock_given || a->view.keep_idle || a->memory)
		return opt_usage(st, "--annotate goes without --tree, --by, --sort, --clock, --idle "
				     "and --memory: it shows all events, line by line");
	return 0;
}

static error_t check_report(struct argp_state *st, const struct report_args *a)
{
	if (a->json && a->tree)
		return opt_usage(st, "--tree is text; give --json or --tree");
	if (a->json && a->limited)
		return opt_usage(st, "--json is never cut; give it without -n");
	if (a->annotate)
		return check_annotate(st, a);
	if (a->memory)
		return check_memory(st, a);
	if (a->clock_given && a->event)
		return opt_usage(st, "--clock chooses the event; give it or --event");
	if (a->view.keep_idle && !(a->clock_given && a->view.clock != HW_CLOCK_CPU))
		return opt_usage(st, "--idle goes with --clock wall or blocked");
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
	case KEY_ANNOTATE:
		a->annotate = arg;
		return 0;
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
	case KEY_CLOCK:
		a->clock_given = true;
		a->view.clock = (enum hw_clock)choose(st, "--clock", arg, clock_words,
						      "wall, cpu or blocked");
		return 0;
	case KEY_IDLE:
		a->view.keep_idle = true;
		return 0;
	case KEY_EVENT:
		a->event = arg;
		return 0;
	case KEY_MEMORY:
		a->memory = true;
		return 0;
	case KEY_NATIVE_ALL:
		a->view.native_all = true;
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

static void refuse_clock(int error, const struct report_args *a)
{
	const char *clock = hw_clock_name(a->view.clock);

	if (error == -ENOENT)
		log_error("%s has no CPU time, which --clock %s wants: it was recorded without "
			  "cpu-clock, task-clock or cycles",
			  a->input, clock);
	else if (error == -ENODATA)
		log_error("%s has no blocked time, which --clock %s wants: record it with "
			  "--off-cpu",
			  a->input, clock);
	else if (error == -EDOM)
		log_error("%s counts cycles but does not know the CPU time, so that --clock %s "
			  "cannot tell its seconds; record cpu-clock",
			  a->input, clock);
	else
		log_error_errno(error, "cannot make the %s clock of %s", clock, a->input);
}

/* Makes the view that was asked for, of an event or a clock. Negative after saying why it cannot be.
 */
static int choose_view(const struct hw_profile *p, struct report_args *a, struct hw_view *ret)
{
	int event = find_event(p, a), r;

	if (event < 0)
		return event;
	if (!a->clock_given && event == hw_clock_off_cpu_event(p))
		a->view.clock = HW_CLOCK_BLOCKED;
	a->view.event = a->clock_given || a->view.clock == HW_CLOCK_BLOCKED
				? hw_clock_cpu_event(p) : event;
	if (a->view.clock == HW_CLOCK_CPU && a->view.event < 0)
		r = -ENOENT;
	else
		r = hw_view_make(p, &a->view, ret);
	if (r < 0)
		refuse_clock(r, a);
	return r;
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
		.unit = t->view->unit,
		.min_share = a->limited && !a->limit ? 0 : TREE_MIN_SHARE,
		.max_lines = a->limit,
	};
	int r = hw_tree_build(t->view, &tree);

	if (r < 0)
		return r;
	hw_text_head(f, t);
	return hw_tree_print(f, &tree, &opts);
}

static int report_text(const struct hw_view *v, const struct hw_gil_view *gil,
		       const struct report_args *a)
{
	hw_auto(hw_ratios_done) struct hw_ratios ratios = { 0 };
	hw_auto(hw_table_done) struct hw_table table = { 0 };
	struct hw_text text = {
		.view = v,
		.table = &table,
		.by = a->table.by,
		.max_rows = a->limited ? a->limit : DEFAULT_ROWS,
		.gil = gil,
	};
	struct hw_pager pager;
	int r = hw_table_build(v, &a->table, &table), closed;

	if (r >= 0 && !hw_view_has_waits(v)) {
		r = hw_ratios_build(v, &table, &ratios);
		text.ratios = &ratios;
	}
	if (r < 0)
		return r;
	setlocale(LC_CTYPE, ""); /* may the terminal show UTF-8? */
	text.style = hw_style_of(STDOUT_FILENO);
	hw_pager_open(&pager, !a->no_pager);
	r = a->tree ? print_tree(pager.f, &text, a) : print_list(pager.f, &text);
	if (hw_view_has_waits(v))
		hw_clock_text_below(pager.f, &text);
	hw_text_notes(pager.f, &text);
	closed = hw_pager_close(&pager);
	return r < 0 ? r : closed;
}

static int report_json(const struct hw_view *v, const struct hw_gil_view *gil,
		       const struct report_args *a, uint64_t cut_bytes)
{
	struct hw_table_json_opts opts = { .table = a->table, .cut_bytes = cut_bytes, .gil = gil };

	return hw_table_json_print(stdout, v, &opts);
}

static int memory_text(const struct hw_profile *p, const struct report_args *a)
{
	struct hw_faults_opts opts = { .functions = a->by_given && a->table.by == HW_BY_FUNCTION,
				       .native_all = a->view.native_all };
	hw_auto(hw_faults_done) struct hw_faults faults = { 0 };
	struct hw_memory_text text = {
		.profile = p,
		.faults = &faults,
		.functions = opts.functions,
		.max_rows = a->limited ? a->limit : DEFAULT_ROWS,
	};
	struct hw_pager pager;
	int r = hw_faults_find(p, &opts, &faults), closed;

	if (r < 0)
		return r;
	setlocale(LC_CTYPE, ""); /* may the terminal show UTF-8? */
	text.style = hw_style_of(STDOUT_FILENO);
	hw_pager_open(&pager, !a->no_pager);
	r = hw_memory_print(pager.f, &text);
	closed = hw_pager_close(&pager);
	return r < 0 ? r : closed;
}

static void refuse_output(const struct report_args *a, int r)
{
	if (r == -EIO)
		log_error("standard output cannot be written: is its disk full, its reader gone?");
	else if (r < 0)
		log_error_errno(r, "cannot print the report of %s", a->input);
}

static int report_memory(const struct hw_profile *p, const struct report_args *a,
			 uint64_t cut_bytes)
{
	int r = a->json ? hw_memory_json_print(stdout, p, a->view.native_all, cut_bytes) :
			  memory_text(p, a);

	refuse_output(a, r);
	return r;
}

static void refuse_annotate(const struct report_args *a, int error, char *names)
{
	const char *what = strchr(a->annotate, ':') ? "that file or function" : "that file";

	for (char *c = names; c && *c; c++)
		if (*c == '\n')
			*c = c[1] ? ' ' : '\0';
	if (error == -ENOTUNIQ)
		log_error("--annotate %s: several files end so: %s; give more of the path",
			  a->annotate, names ? names : "");
	else if (error == -ENOENT)
		log_error("--annotate %s: no sample stands in %s; most stand in: %s", a->annotate,
			  what, names && names[0] ? names : "(nothing with known lines)");
	else
		log_error_errno(error, "cannot annotate %s", a->annotate);
}

static int annotate_text(const struct hw_profile *p, const struct report_args *a,
			 const struct hw_annotate *annotated)
{
	struct hw_style style;
	struct hw_pager pager;
	int r, closed;

	setlocale(LC_CTYPE, ""); /* may the terminal show UTF-8? */
	style = hw_style_of(STDOUT_FILENO);
	hw_pager_open(&pager, !a->no_pager);
	r = hw_annotate_print(pager.f, p, annotated, &style, a->limited ? a->limit : DEFAULT_ROWS);
	closed = hw_pager_close(&pager);
	return r < 0 ? r : closed;
}

static int report_annotate(const struct hw_profile *p, const struct report_args *a,
			   uint64_t cut_bytes)
{
	int event = find_event(p, a), r;
	struct hw_annotate_opts opts = { .where = a->annotate,
					 .event = (uint16_t)event,
					 .native_all = a->view.native_all };
	hw_auto(hw_annotate_done) struct hw_annotate annotated = { 0 };
	hw_autofree char *names = NULL;

	if (event < 0)
		return event;
	r = hw_annotate(p, &opts, &annotated, &names);
	if (r < 0) {
		refuse_annotate(a, r, names);
		return r;
	}
	r = a->json ? hw_annotate_json_print(stdout, p, &annotated, cut_bytes) :
		      annotate_text(p, a, &annotated);
	refuse_output(a, r);
	return r;
}

static int report(const struct hw_profile *p, struct report_args *a, uint64_t cut_bytes)
{
	hw_auto(hw_view_done) struct hw_view view = { 0 };
	hw_auto(hw_gil_view_done) struct hw_gil_view gil = { 0 };
	int r = choose_view(p, a, &view);

	if (r < 0)
		return r;
	if (hw_view_has_waits(&view))
		r = hw_gil_view(&view, &gil);
	if (r >= 0)
		r = a->json ? report_json(&view, &gil, a, cut_bytes) : report_text(&view, &gil, a);
	refuse_output(a, r);
	return r;
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
	hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
	uint64_t cut_bytes = 0;

	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return HW_EXIT_OURS;
	if (input_profile(a.input, &p, &cut_bytes) < 0)
		return EXIT_FAILURE;
	if (a.annotate)
		return report_annotate(p, &a, cut_bytes) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	if (a.memory)
		return report_memory(p, &a, cut_bytes) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	return report(p, &a, cut_bytes) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
