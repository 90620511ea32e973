/* SPDX-License-Identifier: Apache-2.0 */
#include "session/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "event/explain.h"
#include "event/perf.h"
#include "kernel/refusal.h"

#define STAT_WORKS "; `hwprof stat` still tells what bounds a command"

static const char *run_remedy(const char *name, int error)
{
	switch (error) {
	case -ENOENT:
		return strchr(name, '/') ? "; check the path, and the interpreter in its first line"
					 : "; check the name and $PATH";
	case -EACCES:
		return "; make it executable with chmod +x, or name its interpreter before it";
	case -ENOEXEC:
		return "; it is no program for this machine";
	}
	return "";
}

/* Why the events that tell of mappings and forks were refused, or the memory for their records. */
static char *explain_sideband(int error)
{
	struct hw_event event = { .name = (char *)"the record of mappings and forks",
				  .leader = -1,
				  .attr = { .size = sizeof(event.attr),
					    .type = PERF_TYPE_SOFTWARE,
					    .config = PERF_COUNT_SW_DUMMY,
					    .exclude_kernel = 1 } };

	if (error == -EPERM && hw_event_probe(&event) == 0)
		return strdup("the memory for records of mappings and forks is refused (EPERM); raise "
			      "kernel.perf_event_mlock_kb with sysctl, or give hwprof CAP_IPC_LOCK");
	return hw_event_explain(&event, error);
}

char *hw_failure_cause(const struct hw_failure *f)
{
	hw_autofree char *why = NULL;

	switch (f->what) {
	case HW_FAILED_SCHEDULER:
	case HW_FAILED_PROGRAMS:
		why = hw_bpf_explain(f->error);
		break;
	case HW_FAILED_SIDEBAND:
		why = explain_sideband(f->error);
		break;
	case HW_FAILED_EVENT:
		why = hw_event_explain(&f->event, f->error);
		break;
	default:
		break;
	}
	return why ? hw_take_ptr(why) : strdup(strerror(-f->error));
}

char *hw_failure_text(const struct hw_failure *f)
{
	const char *object = f->object ? f->object : "";
	hw_autofree char *cause = hw_failure_cause(f);

	if (!cause)
		return NULL;
	switch (f->what) {
	case HW_FAILED_FORK:
		return hw_text("cannot start a process: %s; see `ulimit -u`", cause);
	case HW_FAILED_RUN:
		return hw_text("cannot run '%s': %s%s", object, cause, run_remedy(object, f->error));
	case HW_FAILED_REAP:
		return hw_text("cannot wait for %s: %s", object, cause);
	case HW_FAILED_WAIT:
		return hw_text("cannot wait for events: %s", cause);
	case HW_FAILED_PROCESS:
		return hw_text("process %d has ended: nothing to measure", (int)f->pid);
	case HW_FAILED_USAGE:
		return hw_text("cannot read what has been used so far: %s; is /proc mounted?", cause);
	case HW_FAILED_SCHEDULER:
		return hw_text("the scheduler cannot be watched: %s", cause);
	case HW_FAILED_PROGRAMS:
	case HW_FAILED_SIDEBAND:
		return hw_text("cannot record: %s" STAT_WORKS, cause);
	case HW_FAILED_EVENT:
		return hw_text("cannot sample: %s" STAT_WORKS, cause);
	case HW_FAILED_OFF_CPU:
		return strdup("--off-cpu: this kernel does not let a thread take its stack when it goes "
			      "on; it needs the tracepoint sched_exit_tp, Linux 6.16");
	case HW_FAILED_FILE:
		return hw_text("cannot write %s: %s; choose another file with -o", object, cause);
	case HW_FAILED_RECORDING:
		return hw_text("recording into %s stopped: %s; what was flushed before is readable",
			       object, cause);
	case HW_FAILED_CGROUP:
		return hw_text("no cgroup '%s': name a folder that has a cgroup.procs, or one below "
			       "/sys/fs/cgroup; /proc/PID/cgroup tells in which a process is", object);
	case HW_FAILED_WATCH:
		return hw_text("cannot watch the processes: %s", cause);
	case HW_FAILED_OTHER:
		break;
	}
	return hw_text("cannot measure: %s", cause);
}
