/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd.h"

#include <argp.h>
#include <errno.h>

#include "opt.h"
#include "profile/file.h"
#include "record.h"

enum { KEY_UNWIND_MEMORY = 256, KEY_OFF_CPU, KEY_NO_OFF_CPU }; /* options without a letter */

static const struct argp_option options[] = {
	{ NULL, 'g', NULL, 0, "record whole stacks: Python, native and kernel frames", 0 },
	{ "event", 'e', "EVENTS", 0,
	  "events to sample, comma-separated (cycles, or cpu-clock where there is no PMU)", 0 },
	{ "frequency", 'F', "HZ", 0, "samples per second (997)", 0 },
	{ "count", 'c', "PERIOD", 0, "one sample per PERIOD counts, instead of -F", 0 },
	{ "pid", 'p', "PID", 0, "attach to a running process", 0 },
	{ "all-cpus", 'a', NULL, 0, "the whole machine", 0 },
	{ "output", 'o', "FILE", 0, "the profile to write (" HW_PROFILE_DEFAULT_PATH ")", 0 },
	{ "unwind-memory", KEY_UNWIND_MEMORY, "MB", 0,
	  "kernel memory for what native code is unwound by, at the most (64)", 0 },
	{ "off-cpu", KEY_OFF_CPU, NULL, 0,
	  "record the stacks of blocked time, too: with -g the default where the kernel can", 0 },
	{ "no-off-cpu", KEY_NO_OFF_CPU, NULL, 0, "leave them out", 0 },
	{ "quiet", 'q', NULL, 0, "say nothing but errors", 0 },
	{ 0 },
};

static error_t check(struct argp_state *st, const struct record_args *a)
{
	if (a->recording.frequency_hz && a->recording.period)
		return opt_usage(st, "-F and -c exclude each other");
	if (a->subject.n_pids && a->subject.all_cpus)
		return opt_usage(st, "-p and -a exclude each other");
	if (a->subject.n_pids && a->subject.argv)
		return opt_usage(st, "-p takes no command: it records until the process ends or "
				     "you interrupt it");
	if (!a->subject.argv && !a->subject.n_pids && !a->subject.all_cpus)
		return opt_usage(st, "nothing to record: name a command, -p PID or -a");
	for (size_t i = 0; i < a->recording.events.count; i++) {
		const struct hw_event *event = &a->recording.events.items[i];

		if (event->attr.type == PERF_TYPE_TRACEPOINT)
			return opt_usage(st, "tracepoints such as %s cannot be sampled yet; `hwprof "
					     "stat -e` counts them", event->name);
	}
	if (a->recording.off_cpu && a->subject.all_cpus)
		return opt_usage(st, "--off-cpu follows a command or -p, not the whole machine");
	if (a->recording.events.count > HW_RECORD_EVENTS_MAX)
		return opt_usage(st, "at most %d events in one recording", HW_RECORD_EVENTS_MAX);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *st)
{
	struct record_args *a = st->input;

	switch (key) {
	case 'g':
		a->recording.stacks = true;
		return 0;
	case 'e':
		return opt_events(st, arg, &a->recording.events);
	case 'F':
		return opt_unsigned(st, "-F", arg, 1, 100000, &a->recording.frequency_hz);
	case 'c':
		return opt_unsigned(st, "-c", arg, 1, UINT64_MAX / 2, &a->recording.period);
	case 'p':
		a->subject.n_pids = 1;
		return opt_pid(st, "-p", arg, &a->pid);
	case 'a':
		a->subject.all_cpus = true;
		return 0;
	case 'o':
		a->recording.path = arg;
		return 0;
	case KEY_UNWIND_MEMORY:
		return opt_unsigned(st, "--unwind-memory", arg, 2, 1024, &a->recording.unwind_mb);
	case KEY_OFF_CPU:
		a->recording.off_cpu = a->recording.stacks = true;
		a->recording.no_off_cpu = false;
		return 0;
	case KEY_NO_OFF_CPU:
		a->recording.no_off_cpu = true;
		a->recording.off_cpu = false;
		return 0;
	case 'q':
		a->quiet = true;
		return 0;
	case ARGP_KEY_ARG: /* the command: everything from here on is its own */
		a->subject.argv = st->argv + st->next - 1;
		st->next = st->argc;
		return 0;
	case ARGP_KEY_END:
		return check(st, a);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int cmd_record(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[--] COMMAND [ARG...]\n-p PID\n-a [[--] COMMAND [ARG...]]",
		.doc = "Samples a command, a process or the machine into a profile.",
	};
	struct record_args args = {
		.recording.path = HW_PROFILE_DEFAULT_PATH,
		.subject.pids = &args.pid,
	};
	int status = HW_EXIT_OURS;

	if (!argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args))
		status = record(&args);
	hw_recording_done(&args.recording);
	return status;
}
