/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <string.h>

#include "base/exit.h"
#include "base/log.h"
#include "session/signals.h"
#include "session/workload.h"

int run_failed(const struct hw_failure *why)
{
	hw_autofree char *text = hw_failure_text(why);

	log_error("%s", text ? text : strerror(-why->error));
	if (why->what == HW_FAILED_RUN)
		return hw_workload_exit_of_exec_error(why->error);
	return HW_EXIT_OURS;
}

int run_signals(bool attached, struct hw_signals **ret)
{
	int r = hw_signals_new(attached, ret);

	if (r >= 0)
		return 0;
	return run_failed(&(struct hw_failure){ .what = HW_FAILED_FORK, .error = r });
}

int run_stat(const struct hw_measure_opts *opts, struct hw_stat *stat, int *ret_status)
{
	hw_auto(hw_measured_done) struct hw_measured m = { 0 };
	struct hw_failure why;

	if (hw_measure(opts, &m, &why) < 0)
		return run_failed(&why);
	if (!stat->wall_reason)
		stat->wall_reason = m.no_wall.error ? hw_failure_cause(&m.no_wall)
						    : hw_take_ptr(m.wall_doubt);
	hw_stat_add_run(stat, &m.usage, &m.wall, m.counts);
	*ret_status = m.exit_status;
	return 0;
}
