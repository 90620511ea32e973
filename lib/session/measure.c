/* SPDX-License-Identifier: Apache-2.0 */
#include "session/measure.h"

#include <stdlib.h>

#include "session/loop.h"
#include "session/recording.h"

void hw_measured_done(struct hw_measured *m)
{
	hw_wall_done(&m->wall);
	free(m->wall_doubt);
	m->wall_doubt = NULL;
}

int hw_measure(const struct hw_measure_opts *opts, struct hw_measured *ret,
	       struct hw_failure *ret_why)
{
	const struct hw_measure_subject *subject = &opts->subject;
	struct hw_command_part command = { .subject = subject, .signals = opts->signals };
	struct hw_signals_part signals = { .signals = opts->signals };
	struct hw_process_part processes = { .subject = subject };
	struct hw_usage_part usage = { .subject = subject };
	struct hw_account_part account = { .subject = subject, .refused = &ret->no_wall };
	struct hw_counters_part counters = { .subject = subject, .events = opts->counted };
	struct hw_interval_part interval = {
		.counters = &counters,
		.period_ns = opts->interval_ns,
		.tell = opts->interval,
		.ctx = opts->ctx,
	};
	struct hw_recorder_part recorder = { .subject = subject, .recording = opts->recording };
	struct hw_group_part group = {
		.subject = subject,
		.tell = opts->process,
		.ctx = opts->ctx,
	};
	struct hw_session_part parts[HW_PARTS_MAX];
	struct hw_loop_opts loop_opts = {
		.parts = parts,
		.measured = ret,
		.opened = opts->opened,
		.failed = opts->failed,
		.ctx = opts->ctx,
	};
	hw_auto(hw_loop_free) struct hw_loop *loop = NULL;
	size_t n = 0;
	int r;

	*ret = (struct hw_measured){ 0 };
	/* Signals first: one that goes to the command may end it. The account is judged by the
	 * usage and comes after it; counters of what runs already count from when they are opened,
	 * so they are opened late. */
	if (opts->signals)
		parts[n++] = hw_signals_part(&signals);
	if (subject->argv) {
		signals.command = &command;
		parts[n++] = hw_command_part(&command);
	}
	if (subject->n_pids)
		parts[n++] = hw_process_part(&processes);
	if (opts->account && hw_measure_is_attached(subject))
		parts[n++] = hw_usage_part(&usage);
	if (opts->account && !subject->all_cpus) /* a machine always has something that runs */
		parts[n++] = hw_account_part(&account);
	if (opts->counted)
		parts[n++] = hw_counters_part(&counters);
	if (opts->counted && opts->interval_ns)
		parts[n++] = hw_interval_part(&interval);
	if (opts->recording) {
		usage.to_the_end = true;
		if (subject->n_pids)
			parts[n++] = hw_usage_part(&usage);
		parts[n++] = hw_recorder_part(&recorder);
		counters.events = &opts->recording->beside;
		if (opts->recording->beside.count)
			parts[n++] = hw_counters_part(&counters);
	}
	if (opts->process)
		parts[n++] = hw_group_part(&group);
	if (opts->duration_ns)
		parts[n++] = hw_duration_part(opts->duration_ns);
	loop_opts.n = n;
	r = hw_loop_new(&loop_opts, &loop);
	if (r >= 0)
		return hw_loop_run(loop, ret_why);
	*ret_why = (struct hw_failure){ .what = HW_FAILED_OTHER, .error = r };
	return r;
}
