/* SPDX-License-Identifier: Apache-2.0 */
#include "event/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/text.h"
#include "base/dirs.h"
#include "event/perf_rights.h"
#include "event/perf.h"
#include "event/pfm.h"
#include "proc/machine.h"

static bool is_of_core_pmu(const struct perf_event_attr *attr)
{
	return attr->type == PERF_TYPE_HARDWARE || attr->type == PERF_TYPE_HW_CACHE ||
	       attr->type == PERF_TYPE_RAW;
}

/* From what is sure to what is likely: the name says which CPU it is for, the type says who would have
 * to count it, and only then is it asked what there is. */
static char *explain_missing(const struct hw_event *event)
{
	const char *pmu = hw_pfm_absent_pmu(event->name);

	if (pmu)
		return hw_text("%s is an event of %s, which this machine is not; "
			       "`hwprof list` shows what it has",
			       event->name, pmu);
	if (!is_of_core_pmu(&event->attr))
		return hw_text("this kernel cannot count %s; `hwprof list` shows what it can",
			       event->name);
	if (hw_perf_has_pmu())
		return hw_text("the PMU of this CPU cannot %s %s; `hwprof list` shows what it can",
			       event->attr.sample_period ? "sample" : "count", event->name);
	return hw_text("%s needs a hardware PMU, which this %s does not offer%s; "
		       "software events work: cpu-clock, page-faults, context-switches",
		       event->name, hw_machine_is_virtual() ? "virtual machine" : "machine",
		       hw_machine_is_virtual() ? " (its host can pass one through)" : "");
}

static char *explain_filter(const struct hw_event *event, int error)
{
	return hw_text("%s is refused (%s) by a seccomp filter on perf_event_open(2); %s",
		       event->name, strerrorname_np(-error), hw_perf_rights_filter_remedy());
}

/* An event that needs no counter, in user mode, of this process: what refuses it, refuses all. */
static int probe_dummy(void)
{
	struct hw_event dummy = { .attr = { .size = sizeof(dummy.attr),
					    .type = PERF_TYPE_SOFTWARE,
					    .config = PERF_COUNT_SW_DUMMY,
					    .exclude_kernel = 1,
					    .exclude_hv = 1 } };

	return hw_event_probe(&dummy);
}

/* Errors with which perf_event_open(2) never answers for a dummy: something before it does. */
static bool is_foreign(int error)
{
	switch (error) {
	case -EPERM:
	case -ENOENT:
	case -EOPNOTSUPP:
	case -ENODEV:
	case -ENXIO:
	case -EINVAL:
	case -ENOSYS:
		return true;
	default:
		return false;
	}
}

/* Whether @error has nothing to do with the event: every one is answered so. */
static bool refuses_all(int error)
{
	return is_foreign(error) && probe_dummy() == error;
}

static char *explain_all_refused(const struct hw_event *event, int error)
{
	if (hw_perf_rights_filtered())
		return explain_filter(event, error);
	if (error == -ENOSYS)
		return hw_text(
			"%s is not to be had: this kernel has no perf_event_open(2); use one "
			"built with CONFIG_PERF_EVENTS=y, or leave the sandbox that plays a "
			"kernel",
			event->name);
	return hw_text(
		"%s is refused (%s), as any event is, by a sandbox or a security module; run "
		"hwprof outside of it",
		event->name, strerrorname_np(-error));
}

/* Levels above 2 are patches of distributions, and forbid all. Debian's asks for CAP_SYS_ADMIN, and not
 * for CAP_PERFMON. */
static char *explain_paranoid(const struct hw_event *event, int level)
{
	if (hw_perf_rights_perfmon_capable())
		return hw_text(
			"%s is refused because kernel.perf_event_paranoid is %d, which in this "
			"kernel (Debian, Ubuntu) forbids all events without CAP_SYS_ADMIN, "
			"CAP_PERFMON is not enough; `sysctl kernel.perf_event_paranoid=2`, or "
			"run hwprof as root",
			event->name, level);
	return hw_text(
		"%s is refused because kernel.perf_event_paranoid is %d, which in this kernel "
		"(Debian, Ubuntu) forbids all events to users; `sysctl "
		"kernel.perf_event_paranoid=1`, or run hwprof as root",
		event->name, level);
}

/* In the order in which causes hide each other: with CAP_PERFMON no level up to 2 binds, so what
 * refuses is something else; without it the dummy tells a level from what refuses any event. */
static char *explain_refused(const struct hw_event *event, int error)
{
	int paranoid;

	if (hw_perf_rights_paranoid(&paranoid) < 0)
		return hw_text("%s is refused (%s) and /proc/sys/kernel/perf_event_paranoid "
			       "cannot be read: a container or sandbox hides perf events; run "
			       "hwprof outside of it",
			       event->name, strerrorname_np(-error));
	if (paranoid > 2 && !hw_perf_rights_capable(CAP_SYS_ADMIN) && probe_dummy() == error)
		return explain_paranoid(event, paranoid);
	if (hw_perf_rights_perfmon_capable() && hw_perf_rights_filtered())
		return explain_filter(event, error);
	if (hw_perf_rights_perfmon_capable())
		return hw_text(
			"%s is refused (%s) although hwprof has CAP_PERFMON, by a security "
			"module such as SELinux; `dmesg` or `ausearch -m avc` tells which rule "
			"it needs",
			event->name, strerrorname_np(-error));
	if (probe_dummy() == error) /* which no level up to 2 forbids */
		return explain_all_refused(event, error);
	if (event->attr.type == PERF_TYPE_TRACEPOINT)
		return hw_text("tracepoint %s is refused without CAP_PERFMON; %s", event->name,
			       hw_perf_rights_remedy());
	if (paranoid > 1)
		return hw_text(
			"%s is refused because kernel.perf_event_paranoid is %d and hwprof has "
			"no CAP_PERFMON; `sysctl kernel.perf_event_paranoid=1`, or %s",
			event->name, paranoid, hw_perf_rights_remedy());
	return hw_text(
		"%s is refused (%s) without CAP_PERFMON: the whole machine needs "
		"kernel.perf_event_paranoid=0 (now %d), a process of another user needs root; "
		"%s",
		event->name, strerrorname_np(-error), paranoid, hw_perf_rights_remedy());
}

/* EINVAL has many causes and no text. Each is tried by what the event would do without it. */
static char *explain_invalid(const struct hw_event *event)
{
	const struct perf_event_attr *attr = &event->attr;
	uint64_t max_hz;

	if (attr->freq &&
	    !hw_dir_read_u64(AT_FDCWD, "/proc/sys/kernel/perf_event_max_sample_rate", &max_hz) &&
	    attr->sample_freq > max_hz)
		return hw_text("%s cannot be sampled at %llu Hz: "
			       "kernel.perf_event_max_sample_rate is %" PRIu64 " now; raise it "
			       "with sysctl, or ask for less",
			       event->name, (unsigned long long)attr->sample_freq, max_hz);
	if (attr->type >= PERF_TYPE_MAX && hw_event_probe(event) == 0) /* it is for CPUs only */
		return hw_text("%s belongs to a whole socket, not to a process; count it with -a",
			       event->name);
	if (event->leader >= 0 && hw_event_probe(event) == 0)
		return hw_text("%s counts alone but not in its group: a group is on counters all "
			       "at once, and the CPU has too few, or too few of the kind that it "
			       "takes; split the group",
			       event->name);
	if (attr->precise_ip)
		return hw_text("this CPU does not sample %s so precisely; leave out the :p",
			       event->name);
	return hw_text("the kernel does not accept %s in this form; `hwprof list` shows the forms "
		       "it knows",
		       event->name);
}

static char *explain_open_files(const struct hw_event *event)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	return hw_text("%s has no open file left: a counter takes one per thread or CPU and the "
		       "limit is %llu; raise it with `ulimit -Hn`, or count fewer events",
		       event->name, (unsigned long long)limit.rlim_max);
}

char *hw_event_explain(const struct hw_event *event, int error)
{
	if (refuses_all(error))
		return explain_all_refused(event, error);
	switch (error) {
	case -ENOENT:
	case -EOPNOTSUPP:
	case -ENODEV:
	case -ENXIO:
	case -ENOSYS:
		return explain_missing(event);
	case -EACCES:
	case -EPERM:
		return explain_refused(event, error);
	case -EINVAL:
		return explain_invalid(event);
	case -EMFILE:
		return explain_open_files(event);
	case -EBUSY:
		return hw_text("the counter of %s is held by somebody else, often the NMI "
			       "watchdog; `sysctl kernel.nmi_watchdog=0` frees one",
			       event->name);
	case -ENOSPC:
		return hw_text("the group of %s needs more counters than the CPU has; split the "
			       "group",
			       event->name);
	case -ESRCH:
		return hw_text("%s cannot be counted: the process has ended", event->name);
	default:
		return hw_text("%s cannot be counted: %s", event->name, strerror(-error));
	}
}
