/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/checks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel/refusal.h"
#include "kernel/features.h"
#include "capture/sampler.h"
#include "sched/waits.h"
#include "base/dirs.h"
#include "event/event.h"
#include "event/explain.h"
#include "event/perf_rights.h"
#include "event/perf.h"
#include "event/tracefs.h"
#include "proc/machine.h"

/* -F takes rates up to this and a little beyond. */
#define USUAL_MAX_HZ 10000

const char *hw_check_status_name(enum hw_check_status status)
{
	static const char *const names[] = {
		[HW_CHECK_OK] = "ok", [HW_CHECK_LIMITED] = "limited", [HW_CHECK_MISSING] = "missing"
	};

	return names[status];
}

static void set(struct hw_check_result *ret, enum hw_check_status status, const char *fix,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void set(struct hw_check_result *ret, enum hw_check_status status, const char *fix,
		const char *fmt, ...)
{
	va_list ap;

	ret->status = status;
	snprintf(ret->fix, sizeof(ret->fix), "%s", status == HW_CHECK_OK ? "" : fix);
	va_start(ap, fmt);
	vsnprintf(ret->value, sizeof(ret->value), fmt, ap);
	va_end(ap);
}

/* Says @effect and takes @why, "cause; remedy" as hw_event_explain() and hw_bpf_explain() put it. */
static void set_refused(struct hw_check_result *ret, enum hw_check_status status, const char *effect,
			char *why)
{
	char *remedy = why ? strstr(why, "; ") : NULL;

	if (remedy)
		*remedy = 0;
	set(ret, status, remedy ? remedy + 2 : "HWPROF_DEBUG=1 hwprof doctor tells more", "%s%s",
	    effect, why ? why : "refused");
	free(why);
}

/* A number below /proc/sys/kernel: 0, or a negative errno. */
static int read_sysctl(const char *name, uint64_t *ret)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	return hw_dir_read_u64(AT_FDCWD, path, ret);
}

static void check_kernel(struct hw_check_result *ret)
{
	struct utsname name;

	/* What it can do, the other checks find out. */
	if (uname(&name) < 0)
		set(ret, HW_CHECK_MISSING, "run hwprof on Linux", "not known");
	else
		set(ret, HW_CHECK_OK, NULL, "%.64s", name.release);
}

/* Whether the first event of @spec works here; if not, *ret_why (free(3) it) tells why, "cause;
 * remedy". Returns 0 or the negative errno. */
static int probe(const char *spec, char **ret_why)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;
	int r = hw_events_parse(&events, spec, &bad);

	*ret_why = NULL;
	if (r >= 0)
		r = hw_event_probe(&events.items[0]);
	if (r < 0 && events.count)
		*ret_why = hw_event_explain(&events.items[0], r);
	return r;
}

static void check_pmu(struct hw_check_result *ret)
{
	hw_autofree char *why = NULL, *why_clock = NULL;
	int r = probe("cycles", &why);

	if (!r)
		set(ret, HW_CHECK_OK, NULL, "cycles and the other hardware events count");
	else if (hw_perf_has_pmu() || probe("cpu-clock", &why_clock) < 0)
		set_refused(ret, HW_CHECK_MISSING, "", hw_take_ptr(why));
	else
		set(ret, HW_CHECK_MISSING,
		    hw_machine_is_virtual() ?
			    "have the host give this guest a PMU (QEMU: -cpu host,pmu=on; clouds: "
			    "a bare-metal size)" :
			    "switch the PMU on in the firmware, or run outside of the sandbox",
		    "none; record samples by the CPU clock instead");
}

static void check_software(struct hw_check_result *ret)
{
	hw_autofree char *why = NULL, *why_switches = NULL;

	if (probe("cpu-clock", &why) < 0)
		set_refused(ret, HW_CHECK_MISSING, "", hw_take_ptr(why));
	else if (probe("context-switches", &why_switches) < 0)
		set(ret, HW_CHECK_LIMITED, hw_perf_rights_remedy(), "in user mode only");
	else
		set(ret, HW_CHECK_OK, NULL, "cpu-clock, page-faults, context-switches count");
}

static void check_paranoid(struct hw_check_result *ret)
{
	hw_autofree char *why = NULL;
	int level;

	if (hw_perf_rights_paranoid(&level) < 0)
		set(ret, HW_CHECK_MISSING, "run outside of the sandbox that hides perf events",
		    "cannot be read");
	else if (level > 2 && hw_perf_rights_perfmon_capable() && probe("cpu-clock", &why) < 0)
		set(ret, HW_CHECK_MISSING, "sysctl kernel.perf_event_paranoid=2, or run hwprof as root",
		    "%d (Debian, Ubuntu): nothing may be counted without CAP_SYS_ADMIN", level);
	else if (hw_perf_rights_perfmon_capable())
		set(ret, HW_CHECK_OK, NULL, "%d, which does not bind this user", level);
	else if (level <= 1)
		set(ret, HW_CHECK_OK, NULL, "%d", level);
	else
		set(ret, level == 2 ? HW_CHECK_LIMITED : HW_CHECK_MISSING,
		    "sysctl kernel.perf_event_paranoid=1",
		    level == 2 ? "%d: user mode of one's own processes only" :
				 "%d (Debian, Ubuntu): users may count nothing",
		    level);
}

static void check_btf(struct hw_check_result *ret)
{
	if (hw_feature_btf())
		set(ret, HW_CHECK_OK, NULL, "/sys/kernel/btf/vmlinux");
	else
		set(ret, HW_CHECK_MISSING, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y",
		    "/sys/kernel/btf/vmlinux: %s", strerror(errno));
}

/* Loads what `hwprof record -g` loads: 0 and whether it takes care where it reads, or a negative errno. */
static int try_sampler(bool *ret_careful)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_sampler_free) struct hw_sampler *sampler = NULL;
	hw_autofree char *bad = NULL;
	struct hw_recorder_opts opts = { .events = &events, .frequency_hz = 1, .stacks = true };
	int r = hw_events_parse(&events, "cpu-clock", &bad);

	if (r >= 0)
		r = hw_sampler_load(&opts, NULL, &sampler);
	*ret_careful = r >= 0 && hw_sampler_takes_lock(sampler);
	return r;
}

static void check_bpf(struct hw_check_result *ret)
{
	bool careful;
	int r = try_sampler(&careful);

	if (r < 0)
		set_refused(ret, HW_CHECK_MISSING, "", hw_bpf_explain(r));
	else if (careful)
		set(ret, HW_CHECK_LIMITED, "use a kernel with commit d319f344561d (Linux 6.4), and kprobes to "
		    "see it", "reading user memory in interrupts may block this kernel: samples of "
		    "kernel code have no callers in user code");
	else
		set(ret, HW_CHECK_OK, NULL, "the sampling programs can be loaded");
}

/* A filter hides what it does: only what is refused shows it. */
static void check_seccomp(struct hw_check_result *ret)
{
	hw_autofree char *why = NULL;
	bool perf, bpf;

	if (!hw_perf_rights_filtered()) {
		set(ret, HW_CHECK_OK, NULL, "no filter");
		return;
	}
	perf = probe("cpu-clock", &why) >= 0;
	bpf = hw_bpf_probe() >= 0;
	if (perf && bpf)
		set(ret, HW_CHECK_OK, NULL,
		    "a filter that lets perf_event_open(2) and bpf(2) through");
	else
		set(ret, HW_CHECK_LIMITED, hw_perf_rights_filter_remedy(),
		    "a filter is on hwprof, and %s%s%s refused: by it, or for want of rights",
		    perf ? "" : "perf_event_open(2)", perf || bpf ? "" : " and ",
		    bpf ? " is" : perf ? "bpf(2) is" : "bpf(2) are");
}

/* kernel_lockdown(7). What integrity forbids, hwprof does not do: write memory, load unsigned modules. */
static void check_lockdown(struct hw_check_result *ret)
{
	enum hw_lockdown level;

	if (hw_perf_rights_lockdown(&level) < 0)
		return; /* a kernel without it */
	if (level == HW_LOCKDOWN_CONFIDENTIALITY)
		set(ret, HW_CHECK_LIMITED, "boot the kernel with lockdown=integrity, or none",
		    "confidentiality: BPF programs may not read the kernel's memory");
	else
		set(ret, HW_CHECK_OK, NULL, level == HW_LOCKDOWN_NONE ? "none" : "integrity");
}

/* Whether the wall budget can be measured, and blocked time with its stacks. */
static void check_scheduler(struct hw_check_result *ret)
{
	const struct hw_waits_opts opts = { 0 };
	struct hw_waits *waits = NULL;
	int r = hw_waits_open(&opts, &waits);

	hw_waits_free(waits);
	if (r < 0)
		set_refused(ret, HW_CHECK_LIMITED, "the wall budget is estimated: ",
			    hw_bpf_explain(r));
	else if (!hw_sampler_can_off_cpu())
		set(ret, HW_CHECK_LIMITED, "use Linux 6.16 or later",
		    "the wall budget is exact; no stacks of blocked time (tracepoint sched_exit_tp)");
	else
		set(ret, HW_CHECK_OK, NULL, "the wall budget is exact, blocked time has stacks");
}

static void check_capabilities(struct hw_check_result *ret)
{
	static const struct {
		const char *name;
		int cap;
		bool in_admin; /* CAP_SYS_ADMIN stands for it */
	} wanted[] = {
		{ "CAP_BPF", CAP_BPF, true },
		{ "CAP_PERFMON", CAP_PERFMON, true },
		{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE, false },
	};
	bool admin = hw_perf_rights_capable(CAP_SYS_ADMIN);
	char have[128] = "", lack[128] = "";

	if (admin)
		strcat(have, " CAP_SYS_ADMIN");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		bool has = hw_perf_rights_capable(wanted[i].cap);

		if (!has && admin && wanted[i].in_admin)
			continue;
		strcat(has ? have : lack, " ");
		strcat(has ? have : lack, wanted[i].name);
	}
	if (!lack[0])
		set(ret, HW_CHECK_OK, NULL, "has%s", have);
	else if (have[0])
		set(ret, HW_CHECK_LIMITED, hw_perf_rights_remedy(), "has%s; lacks%s", have, lack);
	else
		set(ret, HW_CHECK_MISSING, hw_perf_rights_remedy(), "lacks%s", lack);
}

static void check_kallsyms(struct hw_check_result *ret)
{
	char value[32] = "not known";
	uint64_t level;

	if (!read_sysctl("kptr_restrict", &level))
		snprintf(value, sizeof(value), "%llu", (unsigned long long)level);
	if (hw_perf_rights_shows_kernel())
		set(ret, HW_CHECK_OK, NULL, "%s; kernel addresses are shown", value);
	else
		set(ret, HW_CHECK_LIMITED, hw_perf_rights_kernel_remedy(),
		    "%s; kernel frames have no names, and waits in poll(2) no cause", value);
}

static void check_tracefs(struct hw_check_result *ret)
{
	hw_autoclose int fd = hw_tracefs_open();
	char path[64] = "", link[64];
	ssize_t len;

	if (fd == -EACCES) {
		set(ret, HW_CHECK_MISSING, "run hwprof as root", "only root may read it");
	} else if (fd < 0) {
		set(ret, HW_CHECK_MISSING, "use a kernel built with CONFIG_TRACING=y", "none");
	} else {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		set(ret, HW_CHECK_OK, NULL, "%s",
		    len > 1 ? path : "not mounted; hwprof opens its own for itself alone");
	}
}

static void check_max_rate(struct hw_check_result *ret)
{
	uint64_t hz;

	if (read_sysctl("perf_event_max_sample_rate", &hz) < 0)
		set(ret, HW_CHECK_LIMITED, "run outside of the sandbox that hides perf events",
		    "cannot be read");
	else
		set(ret, hz < USUAL_MAX_HZ ? HW_CHECK_LIMITED : HW_CHECK_OK,
		    "sysctl kernel.perf_event_max_sample_rate=100000", "%llu Hz",
		    (unsigned long long)hz);
}

static void check_mlock(struct hw_check_result *ret)
{
	uint64_t kb;

	if (read_sysctl("perf_event_mlock_kb", &kb) < 0)
		set(ret, HW_CHECK_LIMITED, "run outside of the sandbox that hides perf events",
		    "cannot be read");
	else /* 516 is the kernel's default: 512 KiB and a page */
		set(ret, kb < 516 && !hw_perf_rights_capable(CAP_IPC_LOCK) ? HW_CHECK_LIMITED : HW_CHECK_OK,
		    "sysctl kernel.perf_event_mlock_kb=516", "%llu KiB per CPU",
		    (unsigned long long)kb);
}

static void check_open_files(struct hw_check_result *ret)
{
	struct rlimit limit = { 0 };
	char hard[32] = "unlimited";

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max != RLIM_INFINITY)
		snprintf(hard, sizeof(hard), "%llu", (unsigned long long)limit.rlim_max);
	/* 11 default counters of 300 threads. */
	set(ret, limit.rlim_max < 4096 ? HW_CHECK_LIMITED : HW_CHECK_OK,
	    "raise the hard limit: `ulimit -Hn 65536` as root, or nofile in limits.conf(5)",
	    "%llu, can be raised to %s", (unsigned long long)limit.rlim_cur, hard);
}

/* Documentation/admin-guide/LSM/Yama.rst; process_vm_readv(2) obeys it too. */
static void check_ptrace_scope(struct hw_check_result *ret)
{
	uint64_t scope;

	if (read_sysctl("yama/ptrace_scope", &scope) < 0)
		return; /* a kernel without Yama */
	if (scope == 0 || (scope < 3 && hw_perf_rights_capable(CAP_SYS_PTRACE)))
		set(ret, HW_CHECK_OK, NULL, "%llu", (unsigned long long)scope);
	else
		set(ret, HW_CHECK_LIMITED,
		    scope < 3 ? "sysctl kernel.yama.ptrace_scope=0, or run hwprof as root" :
				"boot without kernel.yama.ptrace_scope=3, which only that undoes",
		    "%llu: Python names of %s processes cannot be read", (unsigned long long)scope,
		    scope < 3 ? "running" : "all");
}

static bool cgroup_names_container(void)
{
	static const char *const words[] = { "docker", "kubepods", "containerd", "libpod", "lxc" };
	char text[4096];

	if (hw_dir_read(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text)) < 0)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

static void check_container(struct hw_check_result *ret)
{
	const char *sign = !access("/.dockerenv", F_OK)	       ? "yes, by /.dockerenv" :
			   !access("/run/.containerenv", F_OK) ? "yes, by /run/.containerenv" :
			   cgroup_names_container()	       ? "yes, by its control group" :
								 "no";

	/* With process ids of its own only what runs inside can be seen; -a leaves out the rest. */
	if (!hw_perf_rights_in_initial_ns("pid"))
		set(ret, HW_CHECK_LIMITED, "start the container with --pid=host",
		    "%s; only its own processes can be seen", sign);
	else if (!hw_perf_rights_in_initial_ns("user"))
		set(ret, HW_CHECK_LIMITED, "start the container without user namespace "
		    "(--userns=host)", "%s; root is not root of the machine", sign);
	else
		set(ret, HW_CHECK_OK, NULL, "%s", sign);
}

static void check_hypervisor(struct hw_check_result *ret)
{
	char vendor[64] = "", product[64] = "";
	bool named;

	if (!hw_machine_is_virtual()) {
		set(ret, HW_CHECK_OK, NULL, "none seen");
		return;
	}
	named = hw_dir_read(AT_FDCWD, "/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor)) > 0 &&
		hw_dir_read(AT_FDCWD, "/sys/class/dmi/id/product_name", product,
			    sizeof(product)) > 0;
	set(ret, HW_CHECK_OK, NULL, named ? "yes: %s %s" : "yes", vendor, product);
}

/* lib/sym never waits for a network: what the servers have must be on the disk before. */
static void check_debug_files(struct hw_check_result *ret)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	bool some = !access("/usr/lib/debug/.build-id", R_OK | X_OK);

	set(ret, some ? HW_CHECK_OK : HW_CHECK_LIMITED,
	    "install debug packages (Debian: libc6-dbg, python3-dbg) for lines of system libraries",
	    "%s in /usr/lib/debug; DEBUGINFOD_URLS is %s", some ? "some" : "none",
	    urls && *urls ? "set, but servers are not asked" : "not set");
}

const struct hw_check hw_checks[] = {
	{ "kernel", true, check_kernel },
	{ "hardware PMU", false, check_pmu },
	{ "software events", true, check_software },
	{ "perf_event_paranoid", false, check_paranoid },
	{ "BTF", true, check_btf },
	{ "BPF", true, check_bpf },
	{ "scheduler", false, check_scheduler },
	{ "capabilities", false, check_capabilities },
	{ "seccomp", false, check_seccomp },
	{ "lockdown", false, check_lockdown },
	{ "kptr_restrict", false, check_kallsyms },
	{ "tracefs", false, check_tracefs },
	{ "perf_event_max_sample_rate", false, check_max_rate },
	{ "perf_event_mlock_kb", false, check_mlock },
	{ "open files", false, check_open_files },
	{ "ptrace_scope", false, check_ptrace_scope },
	{ "container", true, check_container },
	{ "hypervisor", false, check_hypervisor },
	{ "debuginfod", false, check_debug_files },
};

const size_t hw_n_checks = sizeof(hw_checks) / sizeof(hw_checks[0]);
