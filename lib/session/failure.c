/* SPDX-License-Identifier: Apache-2.0 */
#include "session/failure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "kernel/refusal.h"

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

char *hw_failure_cause(const struct hw_failure *f)
{
	hw_autofree char *why = NULL;

	switch (f->what) {
	case HW_FAILED_SCHEDULER:
		why = hw_bpf_explain(f->error);
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
