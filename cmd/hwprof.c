/* SPDX-License-Identifier: Apache-2.0
 * The command table and the dispatch; everything else is in cmd_<name>.c. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cmd.h"

static const struct cmd {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "stat", cmd_stat, "count events of a command and say what bounds it" },
	{ "record", cmd_record, "sample a command with whole stacks into a profile" },
	{ "report", cmd_report, "show where the time of a profile went" },
	{ "boundness", cmd_boundness, "the triage page: what bounds it, where, what to gain" },
	{ "compare", cmd_compare, "say which of two commands is faster, and if that is real" },
	{ "list", cmd_list, "list the events, and whether they count here" },
	{ "doctor", cmd_doctor, "say what works on this machine and what would fix the rest" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *f)
{
	fputs("usage: hwprof COMMAND [OPTION...] [--] [PROGRAM [ARG...]]\n\n", f);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(f, "  %-11s%s\n", commands[i].name, commands[i].help);
	fputs("\n`hwprof COMMAND --help` and `man hwprof-COMMAND` tell the rest. Start with\n"
	      "  hwprof stat python3 program.py\n",
	      f);
}

static int unknown_command(const char *name)
{
	const struct cmd *near = NULL;
	size_t best = 3;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		size_t d = hw_edit_distance(name, commands[i].name);

		if (d < best) {
			best = d;
			near = &commands[i];
		}
	}
	if (near)
		log_error("no command '%s'; did you mean `hwprof %s`?", name, near->name);
	else
		log_error("no command '%s'; `hwprof --help` lists them", name);
	return HW_EXIT_OURS;
}

static int run_command(const struct cmd *cmd, int argc, char **argv)
{
	static char name[32];

	snprintf(name, sizeof(name), "hwprof %s", cmd->name);
	argv[0] = name;
	argp_err_exit_status = HW_EXIT_OURS;
	return cmd->run(argc, argv);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (getenv("HWPROF_DEBUG"))
		hw_log_set_level(HW_LOG_DEBUG);
	if (!name) {
		print_help(stderr);
		return HW_EXIT_OURS;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
		if (argc > 2 && name[0] == 'h') { /* hwprof help CMD */
			argv[1] = argv[2];
			argv[2] = (char *)"--help";
			return main(argc, argv);
		}
		print_help(stdout);
		return 0;
	}
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		puts("hwprof " HWPROF_VERSION);
		return 0;
	}
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return run_command(&commands[i], argc - 1, argv + 1);
	return unknown_command(name);
}
