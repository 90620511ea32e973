/* SPDX-License-Identifier: Apache-2.0
 * hwprof boundness: the triage page, of a profile or of a command that is recorded for it. */
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "base/log.h"
#include "bound/facts.h"
#include "bound/verdict.h"
#include "cmd.h"
#include "input.h"
#include "opt.h"
#include "record.h"
#include "report/hot.h"
#include "report/triage.h"

enum { KEY_JSON = 256 };

static const struct argp_option boundness_options[] = {
	{ "input", 'i', "FILE", 0, "the profile (hwprof.data; -: standard input)", 0 },
	{ "json", KEY_JSON, NULL, 0, "one JSON object", 0 },
	{ "output", 'o', "FILE", 0, "print to FILE (standard error for a command, else output)",
	  0 },
	{ 0 },
};

struct boundness_args {
	const char *input, *output;
	bool json;
	char **command; /* NULL: read a profile */
	FILE *f;	/* where the page goes */
};

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
	case KEY_JSON:
		a->json = true;
		return 0;
	case ARGP_KEY_ARG:
		a->command = &st->argv[st->next - 1];
		st->next = st->argc;
		return 0;
	case ARGP_KEY_END:
		if (a->command && a->input)
			return opt_usage(st, "give a profile (-i) or a command, not both");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int judge(const struct hw_profile *p, const char *name, struct hw_verdict *ret)
{
	struct hw_bound_facts facts;
	int r = hw_bound_facts_from_profile(p, &facts);

	if (r >= 0)
		r = hw_bound_judge(&facts, ret);
	if (r == -EINVAL)
		log_error("%s holds no wall time to divide, it was cut before its end: record the "
			  "command again",
			  name);
	else if (r < 0)
		log_error_errno(r, "cannot judge %s", name);
	return r;
}

static int print_page(FILE *f, const struct hw_triage *t, bool json)
{
	struct hw_style style;
	int r;

	if (json)
		return hw_triage_print_json(f, t);
	setlocale(LC_CTYPE, ""); /* may the terminal show UTF-8? */
	style = hw_style_of(fileno(f));
	r = hw_triage_print(f, t, &style);
	if (r < 0)
		return r;
	return fflush(f) || ferror(f) ? -EIO : 0;
}

/* Judges @p, which people know as @name, and prints the page. Returns 0 or a negative errno, after
 * saying what failed. */
static int show(const struct hw_profile *p, const char *name, const struct boundness_args *a)
{
	hw_auto(hw_verdict_done) struct hw_verdict verdict = { 0 };
	struct hw_hot hot;
	struct hw_triage t = { .profile = p, .verdict = &verdict };
	int r;

	r = judge(p, name, &verdict);
	if (r < 0)
		return r;
	r = hw_hot_find(p, verdict.class, &hot);
	if (r >= 0)
		t.hot = &hot;
	else if (r == -ENODATA)
		log_warn("no lines: %s has no samples over CPU time; it was too short, or not "
			 "recorded with cpu-clock or cycles",
			 name);
	if (r >= 0 || r == -ENODATA)
		r = print_page(a->f, &t, a->json);
	if (r < 0)
		log_error_errno(r, "cannot print the page of %s", name);
	return r;
}

static int show_file(const char *path, const char *name, const struct boundness_args *a)
{
	hw_auto(hw_profile_free) struct hw_profile *p = NULL;
	uint64_t cut_bytes;
	int r = input_profile(path, &p, &cut_bytes);

	return r < 0 ? r : show(p, name, a);
}

/* Records the command into @path, shows that and removes it. Returns the exit status: the
 * command's, unless that is 0 and the page failed. */
static int record_and_show(const char *path, const struct boundness_args *a)
{
	int status = HW_EXIT_OURS, r;

	if (hw_record_to(path, a->command, &status) < 0)
		return status;
	r = show_file(path, a->command[0], a);
	unlink(path);
	return r < 0 && !status ? HW_EXIT_OURS : status;
}

static int run_command(const struct boundness_args *a)
{
	const char *tmp = getenv("TMPDIR");
	hw_autofree char *dir = NULL, *path = NULL;
	int status;

	if (!tmp || !tmp[0])
		tmp = "/tmp";
	if (asprintf(&dir, "%s/hwprof-XXXXXX", tmp) < 0) {
		dir = NULL;
		return HW_EXIT_OURS;
	}
	if (!mkdtemp(dir)) {
		log_error("cannot create a folder in %s: %s; set TMPDIR to one that can be written",
			  tmp, strerror(errno));
		return HW_EXIT_OURS;
	}
	if (asprintf(&path, "%s/" HW_PROFILE_DEFAULT_PATH, dir) < 0)
		path = NULL;
	status = path ? record_and_show(path, a) : HW_EXIT_OURS;
	rmdir(dir);
	return status;
}

int cmd_boundness(int argc, char **argv)
{
	static const struct argp argp = {
		.options = boundness_options,
		.parser = parse_boundness,
		.args_doc = "[COMMAND [ARG...]]",
		.doc = "Say what bounds a program, where, and what could be gained.\v"
		       "Without a command it reads the profile of an earlier `hwprof record -g`.",
	};
	hw_autofclose FILE *opened = NULL;
	struct boundness_args a = { 0 };
	const char *input;

	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &a))
		return HW_EXIT_OURS;
	a.f = a.command ? stderr : stdout;
	if (a.output) {
		opened = opt_output(a.output); /* before the command runs for an hour */
		if (!opened)
			return a.command ? HW_EXIT_OURS : EXIT_FAILURE;
		a.f = opened;
	}
	if (a.command)
		return run_command(&a);
	input = a.input ? a.input : HW_PROFILE_DEFAULT_PATH;
	return show_file(input, input, &a) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
