/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/checks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* -F takes rates up to this and a little beyond. */
#define USUAL_MAX_HZ 10000

/* The kernel's default of perf_event_mlock_kb: 512 KiB and a page (kernel/events/core.c). */
#define USUAL_MLOCK_KB 516

#define FILES_MIN 4096 /* 11 default counters of 300 threads */

const char *hw_check_status_name(enum hw_check_status status)
{
	static const char *const names[] = {
		[HW_CHECK_OK] = "ok", [HW_CHECK_LIMITED] = "limited", [HW_CHECK_MISSING] = "missing"
	};

	return names[status];
}

static void conclude(struct hw_check *ret, enum hw_check_status status, const char *fix,
		     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void conclude(struct hw_check *ret, enum hw_check_status status, const char *fix,
		     const char *fmt, ...)
{
	va_list ap;

	ret->status = status;
	snprintf(ret->fix, sizeof(ret->fix), "%s", status == HW_CHECK_OK ? "" : fix);
	va_start(ap, fmt);
	vsnprintf(ret->value, sizeof(ret->value), fmt, ap);
	va_end(ap);
}

/* Says @effect and why @trial failed, "cause; remedy" as hw_event_explain() and hw_bpf_explain() put
 * it. */
static void conclude_refused(struct hw_check *ret, enum hw_check_status status, const char *effect,
			     const struct hw_trial *trial)
{
	const char *why = trial->why ? trial->why : "refused", *remedy = strstr(why, "; ");

	conclude(ret, status, remedy ? remedy + 2 : "HWPROF_DEBUG=1 hwprof doctor tells more",
		 "%s%.*s", effect, (int)(remedy ? (size_t)(remedy - why) : strlen(why)), why);
}

/* What the kernel can do, the other checks tell: its version tells nothing. */
static void judge_kernel(const struct hw_answers *a, struct hw_check *ret)
{
	if (a->release[0])
		conclude(ret, HW_CHECK_OK, NULL, "%s", a->release);
	else
		conclude(ret, HW_CHECK_MISSING, "run hwprof on Linux", "not known");
}

static void judge_pmu(const struct hw_answers *a, struct hw_check *ret)
{
	if (!a->cycles.error)
		conclude(ret, HW_CHECK_OK, NULL, "cycles and the other hardware events count");
	else if (a->has_pmu || a->cpu_clock.error)
		conclude_refused(ret, HW_CHECK_MISSING, "", &a->cycles);
	else
		conclude(ret, HW_CHECK_MISSING,
			 a->is_virtual ? "have the host give this guest a PMU (QEMU: -cpu host,pmu=on; "
					 "clouds: a bare-metal size)" :
					 "switch the PMU on in the firmware, or run outside of the "
					 "sandbox",
			 "none; record samples by the CPU clock instead");
}

static void judge_software(const struct hw_answers *a, struct hw_check *ret)
{
	if (a->cpu_clock.error)
		conclude_refused(ret, HW_CHECK_MISSING, "", &a->cpu_clock);
	else if (a->context_switches.error)
		conclude(ret, HW_CHECK_LIMITED, a->rights_remedy, "in user mode only");
	else
		conclude(ret, HW_CHECK_OK, NULL, "cpu-clock, page-faults, context-switches count");
}

/* Levels above 2 are Debian's and Ubuntu's; whether CAP_PERFMON lifts them depends on the patch. */
static void judge_paranoid(const struct hw_answers *a, struct hw_check *ret)
{
	bool may_all = a->has_perfmon || a->is_admin;
	int level = a->paranoid;

	if (a->paranoid_error < 0)
		conclude(ret, HW_CHECK_MISSING, "run outside of the sandbox that hides perf events",
			 "cannot be read");
	else if (level > 2 && may_all && a->cpu_clock.error)
		conclude(ret, HW_CHECK_MISSING,
			 "sysctl kernel.perf_event_paranoid=2, or run hwprof as root",
			 "%d (Debian, Ubuntu): nothing may be counted without CAP_SYS_ADMIN", level);
	else if (may_all)
		conclude(ret, HW_CHECK_OK, NULL, "%d, which does not bind this user", level);
	else if (level <= 1)
		conclude(ret, HW_CHECK_OK, NULL, "%d", level);
	else
		conclude(ret, level == 2 ? HW_CHECK_LIMITED : HW_CHECK_MISSING,
			 "sysctl kernel.perf_event_paranoid=1",
			 level == 2 ? "%d: user mode of one's own processes only" :
				      "%d (Debian, Ubuntu): users may count nothing",
			 level);
}

static void judge_btf(const struct hw_answers *a, struct hw_check *ret)
{
	if (!a->btf_error)
		conclude(ret, HW_CHECK_OK, NULL, "/sys/kernel/btf/vmlinux");
	else
		conclude(ret, HW_CHECK_MISSING, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y",
			 "/sys/kernel/btf/vmlinux: %s", strerror(-a->btf_error));
}

static void judge_bpf(const struct hw_answers *a, struct hw_check *ret)
{
	if (a->sampler.error)
		conclude_refused(ret, HW_CHECK_MISSING, "", &a->sampler);
	else if (a->is_sampler_careful)
		conclude(ret, HW_CHECK_LIMITED,
			 "use a kernel with commit d319f344561d (Linux 6.4), and kprobes to see it",
			 "reading user memory in interrupts may block this kernel: samples of "
			 "kernel code have no callers in user code");
	else
		conclude(ret, HW_CHECK_OK, NULL, "the sampling programs can be loaded");
}

/* Whether the wall budget can be measured, and blocked time with its stacks. */
static void judge_scheduler(const struct hw_answers *a, struct hw_check *ret)
{
	if (a->waits.error)
		conclude_refused(ret, HW_CHECK_LIMITED, "the wall budget is estimated: ", &a->waits);
	else if (!a->has_blocked_stacks)
		conclude(ret, HW_CHECK_LIMITED, "use Linux 6.16 or later",
			 "the wall budget is exact; no stacks of blocked time (tracepoint sched_exit_tp)");
	else
		conclude(ret, HW_CHECK_OK, NULL, "the wall budget is exact, blocked time has stacks");
}

/* CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON (bpf_capable(), perfmon_capable() in
 * include/linux/capability.h), not for CAP_SYS_PTRACE. */
static void judge_capabilities(const struct hw_answers *a, struct hw_check *ret)
{
	const struct {
		const char *name;
		bool has, in_admin;
	} wanted[] = {
		{ "CAP_BPF", a->has_bpf, true },
		{ "CAP_PERFMON", a->has_perfmon, true },
		{ "CAP_SYS_PTRACE", a->has_ptrace, false },
	};
	char have[128] = "", lack[128] = "";

	if (a->is_admin)
		strcat(have, " CAP_SYS_ADMIN");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (!wanted[i].has && a->is_admin && wanted[i].in_admin)
			continue;
		strcat(wanted[i].has ? have : lack, " ");
		strcat(wanted[i].has ? have : lack, wanted[i].name);
	}
	if (!lack[0])
		conclude(ret, HW_CHECK_OK, NULL, "has%s", have);
	else if (have[0])
		conclude(ret, HW_CHECK_LIMITED, a->rights_remedy, "has%s; lacks%s", have, lack);
	else
		conclude(ret, HW_CHECK_MISSING, a->rights_remedy, "lacks%s", lack);
}

/* A filter hides what it does: only what is refused shows it. */
static void judge_seccomp(const struct hw_answers *a, struct hw_check *ret)
{
	bool perf = !a->cpu_clock.error, bpf = a->can_load_any;

	if (!a->is_filtered)
		conclude(ret, HW_CHECK_OK, NULL, "no filter");
	else if (perf && bpf)
		conclude(ret, HW_CHECK_OK, NULL,
			 "a filter that lets perf_event_open(2) and bpf(2) through");
	else
		conclude(ret, HW_CHECK_LIMITED, a->filter_remedy,
			 "a filter is on hwprof, and %s%s%s refused: by it, or for want of rights",
			 perf ? "" : "perf_event_open(2)", perf || bpf ? "" : " and ",
			 bpf ? " is" : perf ? "bpf(2) is" : "bpf(2) are");
}

/* kernel_lockdown(7). What integrity forbids, hwprof does not do: write memory, load unsigned modules. */
static void judge_lockdown(const struct hw_answers *a, struct hw_check *ret)
{
	if (a->lockdown_error < 0)
		return; /* a kernel without it */
	if (a->lockdown == HW_LOCKDOWN_CONFIDENTIALITY)
		conclude(ret, HW_CHECK_LIMITED, "boot the kernel with lockdown=integrity, or none",
			 "confidentiality: BPF programs may not read the kernel's memory");
	else
		conclude(ret, HW_CHECK_OK, NULL,
			 a->lockdown == HW_LOCKDOWN_NONE ? "none" : "integrity");
}

static void judge_kallsyms(const struct hw_answers *a, struct hw_check *ret)
{
	char value[32] = "not known";

	if (!a->kptr_restrict.error)
		snprintf(value, sizeof(value), "%" PRIu64, a->kptr_restrict.value);
	if (a->shows_kernel)
		conclude(ret, HW_CHECK_OK, NULL, "%s; kernel addresses are shown", value);
	else
		conclude(ret, HW_CHECK_LIMITED, a->kernel_remedy,
			 "%s; kernel frames have no names, and waits in poll(2) no cause", value);
}

static void judge_tracefs(const struct hw_answers *a, struct hw_check *ret)
{
	if (a->tracefs_error == -EACCES)
		conclude(ret, HW_CHECK_MISSING, "run hwprof as root", "only root may read it");
	else if (a->tracefs_error < 0)
		conclude(ret, HW_CHECK_MISSING, "use a kernel built with CONFIG_TRACING=y", "none");
	else
		conclude(ret, HW_CHECK_OK, NULL, "%s",
			 a->tracefs[0] ? a->tracefs :
					 "not mounted; hwprof opens its own for itself alone");
}

static void judge_max_rate(const struct hw_answers *a, struct hw_check *ret)
{
	uint64_t hz = a->max_rate_hz.value;

	if (a->max_rate_hz.error < 0)
		conclude(ret, HW_CHECK_LIMITED, "run outside of the sandbox that hides perf events",
			 "cannot be read");
	else
		conclude(ret, hz < USUAL_MAX_HZ ? HW_CHECK_LIMITED : HW_CHECK_OK,
			 "sysctl kernel.perf_event_max_sample_rate=100000", "%" PRIu64 " Hz", hz);
}

static void judge_mlock(const struct hw_answers *a, struct hw_check *ret)
{
	uint64_t kb = a->mlock_kb.value;

	if (a->mlock_kb.error < 0)
		conclude(ret, HW_CHECK_LIMITED, "run outside of the sandbox that hides perf events",
			 "cannot be read");
	else
		conclude(ret, kb < USUAL_MLOCK_KB && !a->has_ipc_lock ? HW_CHECK_LIMITED : HW_CHECK_OK,
			 "sysctl kernel.perf_event_mlock_kb=516", "%" PRIu64 " KiB per CPU", kb);
}

static void judge_open_files(const struct hw_answers *a, struct hw_check *ret)
{
	char hard[32] = "unlimited";

	if (a->open_files_max != UINT64_MAX)
		snprintf(hard, sizeof(hard), "%" PRIu64, a->open_files_max);
	conclude(ret, a->open_files_max < FILES_MIN ? HW_CHECK_LIMITED : HW_CHECK_OK,
		 "raise the hard limit: `ulimit -Hn 65536` as root, or nofile in limits.conf(5)",
		 "%" PRIu64 ", can be raised to %s", a->open_files, hard);
}

/* Documentation/admin-guide/LSM/Yama.rst; process_vm_readv(2) obeys it too. */
static void judge_ptrace_scope(const struct hw_answers *a, struct hw_check *ret)
{
	uint64_t scope = a->ptrace_scope.value;

	if (a->ptrace_scope.error < 0)
		return; /* a kernel without Yama */
	if (scope == 0 || (scope < 3 && a->has_ptrace))
		conclude(ret, HW_CHECK_OK, NULL, "%" PRIu64, scope);
	else
		conclude(ret, HW_CHECK_LIMITED,
			 scope < 3 ? "sysctl kernel.yama.ptrace_scope=0, or run hwprof as root" :
				     "boot without kernel.yama.ptrace_scope=3, which only that undoes",
			 "%" PRIu64 ": Python names of %s processes cannot be read", scope,
			 scope < 3 ? "running" : "all");
}

/* With process ids of its own only what runs inside can be seen; -a leaves out the rest. */
static void judge_container(const struct hw_answers *a, struct hw_check *ret)
{
	const char *is = a->container_sign ? "yes, " : "no";
	const char *sign = a->container_sign ? a->container_sign : "";

	if (a->has_own_pids)
		conclude(ret, HW_CHECK_LIMITED, "start the container with --pid=host",
			 "%s%s; only its own processes can be seen", is, sign);
	else if (a->has_own_users)
		conclude(ret, HW_CHECK_LIMITED,
			 "start the container without user namespace (--userns=host)",
			 "%s%s; root is not root of the machine", is, sign);
	else
		conclude(ret, HW_CHECK_OK, NULL, "%s%s", is, sign);
}

static void judge_hypervisor(const struct hw_answers *a, struct hw_check *ret)
{
	if (!a->is_virtual)
		conclude(ret, HW_CHECK_OK, NULL, "none seen");
	else if (a->model[0])
		conclude(ret, HW_CHECK_OK, NULL, "yes: %s", a->model);
	else
		conclude(ret, HW_CHECK_OK, NULL, "yes");
}

static void judge_debug_files(const struct hw_answers *a, struct hw_check *ret)
{
	conclude(ret, a->has_debug_files ? HW_CHECK_OK : HW_CHECK_LIMITED,
		 "install debug packages (Debian: libc6-dbg, python3-dbg) for lines of system libraries",
		 "%s in /usr/lib/debug; DEBUGINFOD_URLS is %s", a->has_debug_files ? "some" : "none",
		 a->has_debug_servers ? "set, but servers are not asked" : "not set");
}

static const struct {
	const char *name;
	bool needed;
	void (*judge)(const struct hw_answers *a, struct hw_check *ret);
} judges[HW_CHECKS] = {
	{ "kernel", true, judge_kernel },
	{ "hardware PMU", false, judge_pmu },
	{ "software events", true, judge_software },
	{ "perf_event_paranoid", false, judge_paranoid },
	{ "BTF", true, judge_btf },
	{ "BPF", true, judge_bpf },
	{ "scheduler", false, judge_scheduler },
	{ "capabilities", false, judge_capabilities },
	{ "seccomp", false, judge_seccomp },
	{ "lockdown", false, judge_lockdown },
	{ "kptr_restrict", false, judge_kallsyms },
	{ "tracefs", false, judge_tracefs },
	{ "perf_event_max_sample_rate", false, judge_max_rate },
	{ "perf_event_mlock_kb", false, judge_mlock },
	{ "open files", false, judge_open_files },
	{ "ptrace_scope", false, judge_ptrace_scope },
	{ "container", true, judge_container },
	{ "hypervisor", false, judge_hypervisor },
	{ "debuginfod", false, judge_debug_files },
};

void hw_checks_judge(const struct hw_answers *a, struct hw_check ret[static HW_CHECKS])
{
	for (size_t i = 0; i < HW_CHECKS; i++) {
		ret[i] = (struct hw_check){ .name = judges[i].name, .needed = judges[i].needed };
		judges[i].judge(a, &ret[i]);
	}
}

const struct hw_check *hw_checks_obstacle(const struct hw_check checks[static HW_CHECKS])
{
	for (size_t i = 0; i < HW_CHECKS; i++)
		if (checks[i].needed && checks[i].status == HW_CHECK_MISSING)
			return &checks[i];
	return NULL;
}
