/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "base/exit.h"
#include "base/log.h"
#include "event/perf_rights.h"
#include "run.h"
#include "session/signals.h"

struct told {
	const struct record_args *args;
	bool stopped; /* that it has */
};

static void say_aloud(enum hw_log_level level, const char *text)
{
	hw_log(level, "%s", text);
}

/* A recording without what was meant to be in it does not begin without words. */
static void tell_unwatched(void *ctx, const struct hw_measured *m)
{
	const struct record_args *args = ((struct told *)ctx)->args;

	if (args->quiet)
		return;
	if (m->no_wall.error) {
		hw_autofree char *why = hw_failure_cause(&m->no_wall);

		log_warn("the wall budget will be an estimate, and blocked time has no stacks: %s",
			 why ? why : "the scheduler cannot be watched");
	}
	if (args->recording.stacks && !hw_perf_rights_shows_kernel())
		log_warn("kernel frames will have no names; %s", hw_perf_rights_kernel_remedy());
}

static void tell_stopped(void *ctx, const struct hw_failure *why)
{
	((struct told *)ctx)->stopped = true;
	run_failed(why);
}

static void print_summary(const struct hw_recording *rec, const struct hw_recorder_totals *totals)
{
	hw_autofree char *text = hw_recording_summary(rec, totals);

	if (text)
		log_info("%s", text);
	if (!totals->samples)
		log_warn("no sample was taken: the command used too little of what was sampled; "
			 "a higher -F, or a smaller -c, takes more");
}

int record(struct record_args *args)
{
	hw_auto(hw_signals_free) struct hw_signals *signals = NULL;
	hw_auto(hw_measured_done) struct hw_measured m = { 0 };
	struct told told = { .args = args };
	struct hw_measure_opts opts = {
		.subject = args->subject,
		.duration_ns = args->duration_ns,
		.recording = &args->recording,
		.opened = tell_unwatched,
		.failed = tell_stopped,
		.ctx = &told,
	};
	struct hw_failure why;
	int r;

	args->recording.say = args->quiet ? NULL : say_aloud;
	if (hw_recording_prepare(&args->recording, &why) < 0)
		return run_failed(&why);
	r = run_signals(!args->subject.argv, &signals);
	if (r)
		return r;
	opts.signals = signals;
	if (hw_measure(&opts, &m, &why) < 0) {
		r = told.stopped ? HW_EXIT_OURS : run_failed(&why);
		return m.exit_status > 0 ? m.exit_status : r;
	}
	if (!args->quiet)
		print_summary(&args->recording, &m.recorded);
	return m.exit_status > 0 ? m.exit_status : 0;
}
