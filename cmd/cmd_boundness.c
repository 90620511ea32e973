/* SPDX-License-Identifier: Apache-2.0
 * hwprof boundness: the triage page, of a profile or of a command or process that is recorded for
 * it; or a table of processes. */
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "bound/diagnosis.h"
#include "cmd.h"
#include "group.h"
#include "input.h"
#include "opt.h"
#include "record.h"
#include "report/triage.h"

enum { KEY_JSON = 256, KEY_CGROUP, KEY_BY, KEY_DURATION };

static const struct argp_option boundness_options[] = {
	{ "input", 'i', "FILE", 0, "the profile (hwprof.data; -: standard input)", 0 },
	{ "pid", 'p', "PID", 0, "a running process; several, with commas, make a table", 0 },
	{ "cgroup", KEY_CGROUP, "PATH", 0, "a table of the processes of a cgroup or container", 0 },
	{ "all-cpus", 'a', NULL, 0, "the whole machine, with --by process", 0 },
	{ "by", KEY_BY, "GROUPING", 0, "process: a table of processes, worst first", 0 },
	{ "duration", KEY_DURATION, "SECONDS", 0, "watch what runs already for so long", 0 },
	{ "json", KEY_JSON, NULL, 0, "one JSON object", 0 },
	{ "output", 'o', "FILE", 0, "print to FILE (standard error for a command, else output)",
	  0 },
	{ 0 },
};

struct boundness_args {
	const char *input, *output, *cgroup;
	bool json, all_cpus, by_process;
	pid_t *pids; /* owned */
	size_t n_pids;
	uint64_t duration_ns;
	char **command; /* NULL: read a profile, or watch what runs already */
	FILE *f;	/* where the page goes */
};

static bool is_attached(const struct boundness_args *a)
{
	return a->n_pids || a->cgroup || a->all_cpus;
}

static bool is_table(const struct boundness_args *a)
{
	return a->n_pids > 1 || a->cgroup || a->by_process;
}

static error_t check(struct argp_state *st, const struct boundness_args *a)
{
	if ((a->n_pids > 0) + !!a->cgroup + a->all_cpus > 1)
		return opt_usage(st, "-p, --cgroup and -a exclude each other");
	if (is_attached(a) && a->input)
		return opt_usage(st, "give a profile (-i) or what to watch, not both");
	if (a->command && a->input)
		return opt_usage(st, "give a profile (-i) or a command, not both");
	if (a->all_cpus && !a->by_process)
		return opt_usage(st, "-a has no single verdict: add --by process for a table");
	if (!is_attached(a) && (a->by_process || a->duration_ns))
		return opt_usage(st, "--by and --duration go with -p, --cgroup or -a");
	if (a->command && a->duration_ns)
		return opt_usage(st, "the command says how long to watch, or --duration, not both");
	if (a->command && a->n_pids && !is_table(a))
		return opt_usage(st, "the page of one process takes no command; use --duration, or "
				     "--by process");
	return 0;
}

static error_t parse_boundness(int key, char *arg, struct argp_state *st)
{
	struct boundness_args *a = st->input;

	switch (key) {
	case 'i':
		a->input = arg;
		return 0;
	case 'o':
		a->output = arg;
		return 0;
	case 'p':
		return opt_pids(st, "-p", arg, &a->pids, &a->n_pids);
	case 'a':
		a->all_cpus = true;
		return 0;
	case KEY_CGROUP:
		a->cgroup = arg;
		return 0;
	case KEY_BY:
		a->by_process = true;
		return strcmp(arg, "process")
			       ? opt_usage(st, "--by takes process, not '%s'", arg) : 0;
	case KEY_DURATION:
		return opt_seconds(st, "--duration", arg, &a->duration_ns);
	case KEY_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		a->command = &st->argv[st->next - 1];
		st->next = st->argc;
		return 0;
	case ARGP_KEY_END:
		return check(st, a);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int diagnose(const struct hw_profile *p, const char *name, struct hw_diagnosis *ret)
{
	int r = hw_diagnose(p, ret);

	if (r == -EINVAL)
		log_error("%s holds no wall time to divide, it was cut before its end: record the "
			  "command again",
			  name);
	else if (r < 0)
		log_error_errno(r, "cannot judge %s", name);
	return r;
}

static int print_page(FILE *f, const struct hw_profile *p, const struct hw_diagnosis *d, bool json)
{
	struct hw_style style;
	int r;

	if (json)
		return hw_triage_print_json(f, p, d);
	setlocale(LC_CTYPE, ""); /* may the terminal show UTF-8? */
	style = hw_style_of(fileno(f));
	r = hw_triage_print(f, p, d, &style);
	if (r < 0)
		return r;
	return fflush(f) || ferror(f) ? -EIO : 0;
}

/* Diagnoses @p, which people know as @name, and prints the page. Returns 0 or a negative errno,
 * after saying what failed. */
static int show(const struct hw_profile *p, const char *name, const struct boundness_args *a)
{
	hw_auto(hw_diagnosis_done) struct hw_diagnosis d = { 0 };
	int r = diagnose(p, name, &d);

	if (r < 0)
		return r;
	r = print_page(a->f, p, &d, a->json);
	if (r < 0)
		log_error_errno(r, "cannot print the page of %s", name);
	return r;
}

static int show_file(const char *path, const char *name, const struct boundness_args *a)
{
	hw_auto(hw_profile_close) const struct hw_profile *p = NULL;
	uint64_t cut_bytes;
	int r = input_profile(path, &p, &cut_bytes);

	return r < 0 ? r : show(p, name, a);
}

/* Records the command or process into @path, shows that and removes it. Returns the exit status:
 * the command's, unless that is 0 and the page failed. */
static int record_and_show(const char *path, const struct boundness_args *a)
{
	struct record_args args = {
		.subject = { .argv = a->command, .pids = a->pids, .n_pids = a->n_pids },
		.recording = { .path = path, .stacks = true },
		.duration_ns = a->duration_ns,
		.quiet = true,
	};
	int status = record(&args), r;

	hw_recording_done(&args.recording);
	if (access(path, F_OK) < 0) /* and why was said */
		return status;
	r = show_file(path, a->command ? a->command[0] : "what was recorded", a);
	unlink(path);
	return r < 0 && !status ? HW_EXIT_OURS : status;
}

static int record_and_show_in_folder(const struct boundness_args *a)
{
	const char *tmp = getenv("TMPDIR");
	hw_autofree char *dir = NULL, *path = NULL;
	int status;

	if (!tmp || !tmp[0])
		tmp = "/tmp";
	dir = hw_text("%s/hwprof-XXXXXX", tmp);
	if (!dir)
		return HW_EXIT_OURS;
	if (!mkdtemp(dir)) {
		log_error("cannot create a folder in %s: %s; set TMPDIR to one that can be written",
			  tmp, strerror(errno));
		return HW_EXIT_OURS;
	}
	path = hw_text("%s/" HW_PROFILE_DEFAULT_PATH, dir);
	status = path ? record_and_show(path, a) : HW_EXIT_OURS;
	rmdir(dir);
	return status;
}

static int show_table(const struct boundness_args *a)
{
	const struct group_args args = {
		.subject = {
			.argv = a->command,
			.pids = a->pids,
			.n_pids = a->n_pids,
			.cgroup = a->cgroup,
			.all_cpus = a->all_cpus,
		},
		.duration_ns = a->duration_ns,
		.json = a->json,
		.f = a->f,
		.name = a->output,
	};

	return group(&args);
}

/* Does what was asked for; returns the exit status. */
static int run(struct boundness_args *a)
{
	bool reads = !a->command && !is_attached(a);
	hw_autofclose FILE *opened = NULL;
	const char *input = a->input ? a->input : HW_PROFILE_DEFAULT_PATH;

	a->f = a->command ? stderr : stdout;
	if (a->output) {
		opened = opt_output(a->output); /* before the command runs for an hour */
		if (!opened)
			return reads ? EXIT_FAILURE : HW_EXIT_OURS;
		a->f = opened;
	}
	if (reads)
		return show_file(input, input, a) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	return is_table(a) ? show_table(a) : record_and_show_in_folder(a);
}

int cmd_boundness(int argc, char **argv)
{
	static const struct argp argp = {
		.options = boundness_options,
		.parser = parse_boundness,
		.args_doc = "[[--] COMMAND [ARG...]]\n-p PID\n"
			    "-p PID,PID... [[--] COMMAND [ARG...]]\n"
			    "--cgroup PATH [[--] COMMAND [ARG...]]\n"
			    "-a --by process [[--] COMMAND [ARG...]]",
		.doc = "Say what bounds a program, where, and what could be gained; or which of "
		       "many processes is worst off.\v"
		       "Without a command and processes it reads the profile of an earlier "
		       "`hwprof record -g`.",
	};
	struct boundness_args a = { 0 };
	int status = HW_EXIT_OURS;

	if (!argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &a))
		status = run(&a);
	free(a.pids);
	return status;
}
