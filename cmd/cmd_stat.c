/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "opt.h"
#include "proc/fault_cost.h"
#include "report/stat_print.h"
#include "run.h"
#include "session/plan.h"
#include "session/signals.h"
#include "stat/judge.h"

#define DEFAULT_EVENTS                                                                 \
	"task-clock,context-switches,cpu-migrations,minor-faults,major-faults,cycles," \
	"instructions,branches,branch-misses,cache-references,cache-misses"

/* With -M alone: no more for the counters of the CPU. */
#define DEFAULT_BESIDE_METRICS "task-clock,context-switches,cpu-migrations,minor-faults,major-faults"

/* Less system time than this share of wall time decides nothing: what a page fault costs is not
 * worth measuring then. */
static const double sys_matters = 0.05;

static const struct argp_option options[] = {
	{ "event", 'e', "EVENTS", 0, "events to count, comma-separated; may be repeated", 0 },
	{ "metrics", 'M', "NAMES", 0,
	  "count the events of these metrics of this core, and print them: topdown, memory, cache, "
	  "branch, all, or names from `hwprof list metrics`",
	  0 },
	{ "repeat", 'r', "N", 0, "run the command N times: means and standard deviations", 0 },
	{ "interval", 'I', "MS", 0, "print the counts of every MS milliseconds, too", 0 },
	{ "pid", 'p', "PID", 0, "attach to a running process", 0 },
	{ "all-cpus", 'a', NULL, 0, "the whole machine", 0 },
	{ "json", 'j', NULL, 0, "one JSON object instead of text", 0 },
	{ "field-separator", 'x', "SEP", 0,
	  "a line per counter: value, unit, event, running %, status, with SEP in between", 0 },
	{ "output", 'o', "FILE", 0, "write the report to FILE instead of stderr", 0 },
	{ 0 },
};

struct stat_args {
	struct hw_events events;
	const char *metric_names;  /* asked for; NULL */
	struct hw_metrics metrics; /* their events are among those */
	uint64_t runs, interval_ms; /* interval_ms 0: none */
	pid_t pid;		    /* attach to it; 0 */
	bool all_cpus;
	const struct hw_stat_printer *printer;
	const char *separator; /* of its values; NULL */
	const char *path;      /* of the report; NULL: stderr */
	char *const *argv;     /* NULL-terminated; NULL without a command */
};

/* Completes the events: the usual ones when none was asked for, then those of the metrics. */
static error_t choose_events(struct argp_state *st, struct stat_args *a)
{
	const struct hw_core *core = hw_core_here(&a->metrics.id);
	hw_autofree char *bad = NULL;
	int r = 0;

	if (!a->events.count)
		r = hw_events_parse(&a->events,
				    a->metric_names ? DEFAULT_BESIDE_METRICS : DEFAULT_EVENTS, &bad);
	if (r < 0)
		return opt_usage(st, "cannot set up events: %s", strerror(-r));
	if (!a->metric_names)
		return 0;
	a->metrics.smt = hw_core_smt();
	r = hw_metrics_pick(&a->metrics, core, a->metric_names, &a->events, &bad);
	if (r == -ENOENT)
		return opt_usage(st,
				 "-M: there is no metric '%s' for this CPU (%s); see `hwprof list "
				 "metrics`",
				 bad ? bad : a->metric_names, core->title);
	return r < 0 ? opt_usage(st, "-M %s: %s", a->metric_names, strerror(-r)) : 0;
}

static error_t check(struct argp_state *st, struct stat_args *a)
{
	if (a->pid && a->all_cpus)
		return opt_usage(st, "-p and -a exclude each other");
	if (!a->argv && !a->pid && !a->all_cpus)
		return opt_usage(st, "nothing to measure: name a command, -p PID or -a");
	if (a->runs > 1 && !a->argv)
		return opt_usage(st, "-r repeats a command: name one");
	if (a->separator && a->printer == &hw_stat_json)
		return opt_usage(st, "-x and --json exclude each other");
	return choose_events(st, a);
}

static error_t parse_separator(struct argp_state *st, const char *arg, struct stat_args *a)
{
	if (!arg[0])
		return opt_usage(st, "-x needs a separator, such as -x, or -x ';'");
	a->separator = arg;
	if (!a->printer)
		a->printer = &hw_stat_values;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *st)
{
	struct stat_args *a = st->input;

	switch (key) {
	case 'e':
		return opt_events(st, arg, &a->events);
	case 'M':
		if (a->metric_names)
			return opt_usage(st, "-M is given once: -M topdown,memory");
		a->metric_names = arg;
		return 0;
	case 'r':
		return opt_unsigned(st, "-r", arg, 1, 100000, &a->runs);
	case 'I':
		return opt_unsigned(st, "-I", arg, 10, 3600000, &a->interval_ms);
	case 'p':
		return opt_pid(st, "-p", arg, &a->pid);
	case 'a':
		a->all_cpus = true;
		return 0;
	case 'j':
		a->printer = &hw_stat_json;
		return 0;
	case 'x':
		return parse_separator(st, arg, a);
	case 'o':
		a->path = arg;
		return 0;
	case ARGP_KEY_ARG: /* the command: everything from here on is its own */
		a->argv = st->argv + st->next - 1;
		st->next = st->argc;
		return 0;
	case ARGP_KEY_END:
		return check(st, a);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The runs, and where they print their intervals. */
struct stat_runs {
	const struct stat_args *args;
	struct hw_measure_opts opts;
	FILE *out;
	struct hw_stat *stat;
	bool header_printed, output_failed;
};

static void print_interval(void *ctx, const struct hw_interval *interval)
{
	struct stat_runs *runs = ctx;
	int r = runs->args->printer->interval(runs->out, runs->stat, runs->args->separator,
					      interval->time_s, interval->grown,
					      !runs->header_printed);

	runs->header_printed = true;
	if (r < 0 || fflush(runs->out) == EOF)
		runs->output_failed = true;
}

/* Whether the command was ended by a signal with which a user stops everything. */
static bool was_stopped(int status)
{
	return status == 128 + SIGINT || status == 128 + SIGTERM || status == 128 + SIGHUP ||
	       status == 128 + SIGQUIT;
}

static int write_failed(const struct stat_args *args, const char *name, int error)
{
	log_error("cannot write %s: %s", args->path ? args->path : name, strerror(error));
	return HW_EXIT_OURS;
}

/* Returns 0, the exit status with which to end at once, or -EINTR: report, but run no more. */
static int run_step(void *ctx, const struct hw_plan_step *step)
{
	struct stat_runs *runs = ctx;
	struct hw_stat *stat = runs->stat;
	int status, asked, r = run_stat(&runs->opts, stat, &status);

	if (r)
		return r;
	if (runs->output_failed) {
		r = write_failed(runs->args, "to stderr", EIO);
		return status > 0 ? status : r;
	}
	if (!stat->exit_status)
		stat->exit_status = status;
	asked = hw_signals_last(runs->opts.signals);
	if ((!was_stopped(status) && !asked) || step->round + 1 == runs->args->runs)
		return 0;
	log_warn("stopped after %zu of %llu runs", step->round + 1,
		 (unsigned long long)runs->args->runs);
	if (!stat->exit_status)
		stat->exit_status = 128 + asked;
	return -EINTR;
}

/* All runs. Returns 0, or the exit status with which to end at once. */
static int run_all(const struct stat_args *args, FILE *out, struct hw_stat *stat)
{
	hw_auto(hw_signals_free) struct hw_signals *signals = NULL;
	struct stat_runs runs = {
		.args = args,
		.opts = {
			.subject = {
				.argv = args->argv,
				.pids = &args->pid,
				.n_pids = args->pid != 0,
				.all_cpus = args->all_cpus,
			},
			.counted = &args->events,
			.interval_ns = args->interval_ms * 1000000,
			.interval = print_interval,
			.account = true,
			.ctx = &runs,
		},
		.out = out,
		.stat = stat,
	};
	const struct hw_plan plan = {
		.sides = 1,
		.rounds = args->runs,
		.run = run_step,
		.ctx = &runs,
	};
	int r = run_signals(!args->argv, &signals);

	if (r)
		return r;
	runs.opts.signals = signals;
	r = hw_plan_run(&plan);
	return r == -EINTR ? 0 : r;
}

/* Prints the report. Returns 0, or HW_EXIT_OURS with the reason printed. */
static int report(const struct stat_args *args, FILE *out, const struct hw_stat *stat)
{
	hw_auto(hw_verdict_done) struct hw_verdict verdict = { 0 };
	bool matters = stat->usage.sys_s >= sys_matters * stat->usage.wall_s;
	int judged = hw_stat_judge(stat, matters ? hw_fault_cost_s() : -1, &verdict);
	int r;

	if (judged == -ENOMEM)
		log_error_errno(judged, "cannot judge what was measured");
	r = args->printer->report(out, stat, judged == 0 ? &verdict : NULL, args->separator);
	if (r >= 0 && fflush(out) == 0)
		return 0;
	return write_failed(args, "the report", r < 0 ? -r : errno);
}

static int measure(struct stat_args *args)
{
	hw_auto(hw_stat_done) struct hw_stat stat = { 0 };
	hw_autofclose FILE *file = NULL;
	FILE *out = opt_output(args->path);
	int r;

	if (!out)
		return HW_EXIT_OURS;
	if (args->path)
		file = out;
	else
		setvbuf(stderr, NULL, _IOLBF, 0); /* one write(2) a line */
	r = hw_stat_init(&stat, &args->events);
	if (r < 0) {
		log_error_errno(r, "cannot measure");
		return HW_EXIT_OURS;
	}
	stat.argv = args->argv;
	stat.pid = args->pid;
	stat.all_cpus = args->all_cpus;
	stat.metrics = args->metric_names ? &args->metrics : NULL;
	r = run_all(args, out, &stat);
	if (r)
		return r;
	r = report(args, out, &stat);
	return stat.exit_status > 0 ? stat.exit_status : r;
}

int cmd_stat(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[--] COMMAND [ARG...]\n-p PID [[--] COMMAND [ARG...]]\n"
			    "-a [[--] COMMAND [ARG...]]",
		.doc = "Counts events of a command, a process or the machine and says what bounds "
		       "it.",
	};
	struct stat_args args = { .runs = 1 };
	int status = HW_EXIT_OURS;

	if (!argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args)) {
		if (!args.printer)
			args.printer = &hw_stat_text;
		status = measure(&args);
	}
	hw_events_done(&args.events);
	return status;
}
