/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"

#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "base/log.h"
#include "base/words.h"
#include "compare_run.h"
#include "opt.h"
#include "report/comparison_print.h"

/* Few, so that each has a counter of its own: what the verdict needs to know of memory. */
#define EVENTS "cycles,instructions,cache-misses"

enum { OPT_JSON = 256, OPT_SHOW_OUTPUT };

static const struct argp_option options[] = {
	{ "repeat", 'r', "N", 0, "pairs of runs, 10 by default; fewer than 6 prove nothing", 0 },
	{ "warmup", 'w', "N", 0, "pairs before them that do not count, 1 by default", 0 },
	{ "ignore-failure", 'i', NULL, 0, "go on when a command fails", 0 },
	{ "show-output", OPT_SHOW_OUTPUT, NULL, 0, "let the commands print; else it is discarded",
	  0 },
	{ "json", OPT_JSON, NULL, 0, "one JSON object instead of text", 0 },
	{ "output", 'o', "FILE", 0, "write the report to FILE instead of stderr", 0 },
	{ 0 },
};

struct parsed {
	struct compare_args run;
	char **words[HW_SIDES]; /* of the commands that need no shell, owned */
	char *shell[HW_SIDES][4];
	bool by_shell[HW_SIDES];
	size_t n_commands;
	uint64_t pairs, warmups;
	bool json;
	const char *path; /* of the report; NULL: stderr */
};

static void parsed_done(struct parsed *p)
{
	for (int side = 0; side < HW_SIDES; side++)
		free(p->words[side]);
	hw_events_done(&p->run.events);
}
HW_DEFINE_AUTO_DONE(struct parsed, parsed_done)

/* Runs a plain command itself, as make(1) does: a shell in between would be measured too. */
static error_t parse_command(struct argp_state *st, char *text, struct parsed *p)
{
	size_t side = p->n_commands++;
	int r;

	if (side >= HW_SIDES)
		return opt_usage(st, "two commands, not more: quote each as one, such as "
				     "'python3 a.py'");
	r = hw_words_split(text, &p->words[side]);
	if (r == -ENODATA)
		return opt_usage(st, "command %c is empty", 'A' + (int)side);
	if (r == -EINVAL)
		return opt_usage(st, "a quote does not end in command %c: %s", 'A' + (int)side,
				 text);
	if (r < 0)
		return -r;
	p->by_shell[side] = r == 0;
	p->shell[side][0] = (char *)"/bin/sh";
	p->shell[side][1] = (char *)"-c";
	p->shell[side][2] = text;
	p->run.commands[side].text = text;
	p->run.commands[side].argv = r ? p->words[side] : p->shell[side];
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *st)
{
	struct parsed *p = st->input;

	switch (key) {
	case 'r':
		return opt_unsigned(st, "-r", arg, 1, HW_SIGNED_RANK_MAX, &p->pairs);
	case 'w':
		return opt_unsigned(st, "-w", arg, 0, HW_SIGNED_RANK_MAX, &p->warmups);
	case 'i':
		p->run.ignore_failures = true;
		return 0;
	case OPT_SHOW_OUTPUT:
		p->run.show_output = true;
		return 0;
	case OPT_JSON:
		p->json = true;
		return 0;
	case 'o':
		p->path = arg;
		return 0;
	case ARGP_KEY_ARG:
		return parse_command(st, arg, p);
	case ARGP_KEY_END:
		if (p->n_commands < HW_SIDES)
			return opt_usage(st, "two commands are needed, each quoted as one: "
					     "hwprof compare 'python3 a.py' 'python3 b.py'");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Prints the report. Returns 0, or HW_EXIT_OURS with the reason printed. */
static int report(const struct parsed *p, FILE *out, struct hw_comparison *c)
{
	struct hw_style style = hw_style_of(fileno(out));
	int r = hw_comparison_finish(c);

	if (r == 0)
		r = p->json ? hw_comparison_json(out, c) : hw_comparison_text(out, c, &style);
	if (r >= 0 && fflush(out) == 0)
		return 0;
	log_error("cannot write %s: %s", p->path ? p->path : "the report",
		  strerror(r < 0 ? -r : errno));
	return HW_EXIT_OURS;
}

static int compare(const struct parsed *p)
{
	hw_auto(hw_comparison_done) struct hw_comparison c = { 0 };
	hw_autofclose FILE *file = NULL;
	FILE *out = opt_output(p->path);
	int r, status;

	if (!out)
		return HW_EXIT_OURS;
	if (p->path)
		file = out;
	r = hw_comparison_init(&c, p->run.pairs);
	if (r < 0) {
		log_error_errno(r, "cannot compare");
		return HW_EXIT_OURS;
	}
	for (int side = 0; side < HW_SIDES; side++) {
		c.commands[side].text = p->run.commands[side].text;
		c.commands[side].shell = p->by_shell[side];
	}
	c.wanted = p->run.pairs;
	c.warmups = p->run.warmups;
	status = compare_run(&p->run, &c);
	r = c.n_pairs ? report(p, out, &c) : 0;
	return status ? status : r;
}

int cmd_compare(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "'COMMAND A' 'COMMAND B'",
		.doc = "Runs two commands in turn and says which is faster, whether that is real, "
		       "and where their time goes.",
	};
	hw_auto(parsed_done) struct parsed p = { .pairs = 10, .warmups = 1 };
	hw_autofree char *bad = NULL;

	setlocale(LC_CTYPE, "");
	if (argp_parse(&argp, argc, argv, 0, NULL, &p))
		return HW_EXIT_OURS;
	p.run.pairs = p.pairs;
	p.run.warmups = p.warmups;
	if (hw_events_parse(&p.run.events, EVENTS, &bad) < 0)
		log_debug("no %s here: the rest is measured all the same", bad ? bad : EVENTS);
	return compare(&p);
}
