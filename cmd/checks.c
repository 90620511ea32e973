/* SPDX-License-Identifier: Apache-2.0 */
#include "checks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/sampler.h"
#include "capture/waits.h"
#include "event/dirs.h"
#include "event/event.h"
#include "event/machine.h"
#include "event/perf.h"
#include "event/tracefs.h"

#define FIX_RIGHTS \
	"run hwprof as root, or give it the rights: " \
	"setcap cap_bpf,cap_perfmon,cap_sys_ptrace+ep $(command -v hwprof)"

/* -F takes rates up to this and a little beyond. */
#define USUAL_MAX_HZ 10000

const char *check_status_name(enum check_status status)
{
	static const char *const names[] = {
		[CHECK_OK] = "ok", [CHECK_LIMITED] = "limited", [CHECK_MISSING] = "missing"
	};

	return names[status];
}

static void set(struct check_result *ret, enum check_status status, const char *fix,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void set(struct check_result *ret, enum check_status status, const char *fix,
		const char *fmt, ...)
{
	va_list ap;

	ret->status = status;
	ret->fix = status == CHECK_OK ? NULL : fix;
	va_start(ap, fmt);
	vsnprintf(ret->value, sizeof(ret->value), fmt, ap);
	va_end(ap);
}

/* A number below /proc/sys/kernel: 0, or a negative errno. */
static int read_sysctl(const char *name, uint64_t *ret)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	return hw_dir_read_u64(AT_FDCWD, path, ret);
}

static void check_kernel(struct check_result *ret)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &major, &minor) != 2) {
		set(ret, CHECK_MISSING, "run hwprof on Linux", "not known");
		return;
	}
	/* bpf_loop() and its callbacks, commit e6f2dd0f8067, walk the stacks. */
	if (major < 5 || (major == 5 && minor < 17))
		set(ret, CHECK_MISSING, "record needs Linux 5.17 or later: upgrade the kernel",
		    "%.64s", name.release);
	else
		set(ret, CHECK_OK, NULL, "%.64s", name.release);
}

static int probe(const char *spec)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;
	int r = hw_events_parse(&events, spec, &bad);

	return r < 0 ? r : hw_event_probe(&events.items[0]);
}

static void check_pmu(struct check_result *ret)
{
	int r = probe("cycles");

	if (!r)
		set(ret, CHECK_OK, NULL, "cycles and the other hardware events count");
	else if (hw_perf_has_pmu())
		set(ret, CHECK_MISSING, FIX_RIGHTS, "there, but refused (%s)", strerror(-r));
	else
		set(ret, CHECK_MISSING,
		    hw_machine_is_virtual() ?
			    "have the host give this guest a PMU (QEMU: -cpu host,pmu=on; clouds: "
			    "a bare-metal size)" :
			    "switch the PMU on in the firmware, or run outside of the sandbox",
		    "none; record samples by the CPU clock instead");
}

static void check_software(struct check_result *ret)
{
	int r = probe("cpu-clock");

	if (!r && !probe("context-switches"))
		set(ret, CHECK_OK, NULL, "cpu-clock, page-faults, context-switches count");
	else if (!r)
		set(ret, CHECK_LIMITED, FIX_RIGHTS, "in user mode only");
	else if (r == -EACCES || r == -EPERM)
		set(ret, CHECK_MISSING, FIX_RIGHTS, "refused (%s)", strerror(-r));
	else
		set(ret, CHECK_MISSING, "run outside of the container or sandbox that hides "
		    "perf_event_open(2)", "%s", strerror(-r));
}

static void check_paranoid(struct check_result *ret)
{
	int level;

	if (hw_perf_paranoid(&level) < 0)
		set(ret, CHECK_MISSING, "run outside of the sandbox that hides perf events",
		    "cannot be read");
	else if (hw_machine_perfmon_capable())
		set(ret, CHECK_OK, NULL, "%d, which does not bind this user", level);
	else if (level <= 1)
		set(ret, CHECK_OK, NULL, "%d", level);
	else
		set(ret, level == 2 ? CHECK_LIMITED : CHECK_MISSING,
		    "sysctl kernel.perf_event_paranoid=1",
		    level == 2 ? "%d: user mode of one's own processes only" :
				 "%d: nothing may be counted", level);
}

static void check_btf(struct check_result *ret)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		set(ret, CHECK_OK, NULL, "/sys/kernel/btf/vmlinux");
	else
		set(ret, CHECK_MISSING, "use a kernel built with CONFIG_DEBUG_INFO_BTF=y",
		    "/sys/kernel/btf/vmlinux: %s", strerror(errno));
}

/* Loads the program "return 0" of the type that samples: 0 or a negative errno. */
static int try_bpf(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_PERF_EVENT,
		.insns = (uintptr_t)code,
		.insn_cnt = sizeof(code) / sizeof(code[0]),
		.license = (uintptr_t) "GPL",
	};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void check_bpf(struct check_result *ret)
{
	int r = try_bpf();

	if (!r)
		set(ret, CHECK_OK, NULL, "a sampling program can be loaded");
	else if (r != -EPERM)
		set(ret, CHECK_MISSING, "use a kernel built with CONFIG_BPF_SYSCALL=y and "
		    "CONFIG_BPF_EVENTS=y", "%s", strerror(-r));
	else
		set(ret, CHECK_MISSING,
		    hw_machine_capable(CAP_BPF) || hw_machine_capable(CAP_SYS_ADMIN) ?
			    "lift the seccomp filter or lockdown that forbids bpf(2)" :
			    FIX_RIGHTS, "refused (%s)", strerror(-r));
}

/* Whether the wall budget can be measured, and blocked time with its stacks. */
static void check_scheduler(struct check_result *ret)
{
	const struct hw_waits_opts opts = { 0 };
	struct hw_waits *waits = NULL;
	int r = hw_waits_open(&opts, &waits);

	hw_waits_free(waits);
	if (r == -EPERM || r == -EACCES)
		set(ret, CHECK_LIMITED, FIX_RIGHTS, "cannot be watched (%s): the wall budget is estimated",
		    strerror(-r));
	else if (r < 0)
		set(ret, CHECK_LIMITED, "use Linux 5.18 or later with BTF",
		    "cannot be watched (%s): the wall budget is estimated", strerror(-r));
	else if (!hw_sampler_can_off_cpu())
		set(ret, CHECK_LIMITED, "use Linux 6.16 or later",
		    "the wall budget is exact; no stacks of blocked time (tracepoint sched_exit_tp)");
	else
		set(ret, CHECK_OK, NULL, "the wall budget is exact, blocked time has stacks");
}

static void check_capabilities(struct check_result *ret)
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
	bool admin = hw_machine_capable(CAP_SYS_ADMIN);
	char have[128] = "", lack[128] = "";

	if (admin)
		strcat(have, " CAP_SYS_ADMIN");
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		bool has = hw_machine_capable(wanted[i].cap);

		if (!has && admin && wanted[i].in_admin)
			continue;
		strcat(has ? have : lack, " ");
		strcat(has ? have : lack, wanted[i].name);
	}
	if (!lack[0])
		set(ret, CHECK_OK, NULL, "has%s", have);
	else if (have[0])
		set(ret, CHECK_LIMITED, FIX_RIGHTS, "has%s; lacks%s", have, lack);
	else
		set(ret, CHECK_MISSING, FIX_RIGHTS, "lacks%s", lack);
}

/* Asks for the outcome, since kptr_restrict, perf_event_paranoid and CAP_SYSLOG all have a say
 * (kallsyms_show_value() in kernel/ksyms_common.c). */
static void check_kallsyms(struct check_result *ret)
{
	hw_autofclose FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long addr = 0;
	uint64_t level = 0;
	char value[32] = "not known";

	if (!read_sysctl("kptr_restrict", &level))
		snprintf(value, sizeof(value), "%llu", (unsigned long long)level);
	for (int line = 0; f && !addr && line < 16; line++)
		if (fscanf(f, "%llx%*[^\n]", &addr) != 1) /* per-CPU symbols may be at 0 */
			break;
	if (addr)
		set(ret, CHECK_OK, NULL, "%s; kernel addresses are shown", value);
	else
		set(ret, CHECK_LIMITED,
		    level > 1 ? "sysctl kernel.kptr_restrict=1, and run hwprof as root" :
				"run hwprof as root",
		    "%s; kernel frames have no names", value);
}

static void check_tracefs(struct check_result *ret)
{
	hw_autoclose int fd = hw_tracefs_open();
	char path[64] = "", link[64];
	ssize_t len;

	if (fd == -EACCES) {
		set(ret, CHECK_MISSING, "run hwprof as root", "only root may read it");
	} else if (fd < 0) {
		set(ret, CHECK_MISSING, "use a kernel built with CONFIG_TRACING=y", "none");
	} else {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		set(ret, CHECK_OK, NULL, "%s",
		    len > 1 ? path : "not mounted; hwprof opens its own for itself alone");
	}
}

static void check_max_rate(struct check_result *ret)
{
	uint64_t hz;

	if (read_sysctl("perf_event_max_sample_rate", &hz) < 0)
		set(ret, CHECK_LIMITED, "run outside of the sandbox that hides perf events",
		    "cannot be read");
	else
		set(ret, hz < USUAL_MAX_HZ ? CHECK_LIMITED : CHECK_OK,
		    "sysctl kernel.perf_event_max_sample_rate=100000", "%llu Hz",
		    (unsigned long long)hz);
}

static void check_mlock(struct check_result *ret)
{
	uint64_t kb;

	if (read_sysctl("perf_event_mlock_kb", &kb) < 0)
		set(ret, CHECK_LIMITED, "run outside of the sandbox that hides perf events",
		    "cannot be read");
	else /* 516 is the kernel's default: 512 KiB and a page */
		set(ret, kb < 516 && !hw_machine_capable(CAP_IPC_LOCK) ? CHECK_LIMITED : CHECK_OK,
		    "sysctl kernel.perf_event_mlock_kb=516", "%llu KiB per CPU",
		    (unsigned long long)kb);
}

static void check_open_files(struct check_result *ret)
{
	struct rlimit limit = { 0 };
	char hard[32] = "unlimited";

	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max != RLIM_INFINITY)
		snprintf(hard, sizeof(hard), "%llu", (unsigned long long)limit.rlim_max);
	/* 11 default counters of 300 threads. */
	set(ret, limit.rlim_max < 4096 ? CHECK_LIMITED : CHECK_OK,
	    "raise the hard limit: `ulimit -Hn 65536` as root, or nofile in limits.conf(5)",
	    "%llu, can be raised to %s", (unsigned long long)limit.rlim_cur, hard);
}

/* Documentation/admin-guide/LSM/Yama.rst; process_vm_readv(2) obeys it too. */
static void check_ptrace_scope(struct check_result *ret)
{
	uint64_t scope;

	if (read_sysctl("yama/ptrace_scope", &scope) < 0)
		return; /* a kernel without Yama */
	if (scope == 0 || (scope < 3 && hw_machine_capable(CAP_SYS_PTRACE)))
		set(ret, CHECK_OK, NULL, "%llu", (unsigned long long)scope);
	else
		set(ret, CHECK_LIMITED,
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

static void check_container(struct check_result *ret)
{
	const char *sign = !access("/.dockerenv", F_OK)	       ? "yes, by /.dockerenv" :
			   !access("/run/.containerenv", F_OK) ? "yes, by /run/.containerenv" :
			   cgroup_names_container()	       ? "yes, by its control group" :
								 "no";

	/* With process ids of its own only what runs inside can be seen; -a leaves out the rest. */
	if (!hw_machine_in_initial_ns("pid"))
		set(ret, CHECK_LIMITED, "start the container with --pid=host",
		    "%s; only its own processes can be seen", sign);
	else if (!hw_machine_in_initial_ns("user"))
		set(ret, CHECK_LIMITED, "start the container without user namespace "
		    "(--userns=host)", "%s; root is not root of the machine", sign);
	else
		set(ret, CHECK_OK, NULL, "%s", sign);
}

static void check_hypervisor(struct check_result *ret)
{
	char vendor[64] = "", product[64] = "";
	bool named;

	if (!hw_machine_is_virtual()) {
		set(ret, CHECK_OK, NULL, "none seen");
		return;
	}
	named = hw_dir_read(AT_FDCWD, "/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor)) > 0 &&
		hw_dir_read(AT_FDCWD, "/sys/class/dmi/id/product_name", product,
			    sizeof(product)) > 0;
	set(ret, CHECK_OK, NULL, named ? "yes: %s %s" : "yes", vendor, product);
}

/* lib/sym never waits for a network: what the servers have must be on the disk before. */
static void check_debug_files(struct check_result *ret)
{
	const char *urls = getenv("DEBUGINFOD_URLS");
	bool some = !access("/usr/lib/debug/.build-id", R_OK | X_OK);

	set(ret, some ? CHECK_OK : CHECK_LIMITED,
	    "install debug packages (Debian: libc6-dbg, python3-dbg) for lines of system libraries",
	    "%s in /usr/lib/debug; DEBUGINFOD_URLS is %s", some ? "some" : "none",
	    urls && *urls ? "set, but servers are not asked" : "not set");
}

const struct check checks[] = {
	{ "kernel", true, check_kernel },
	{ "hardware PMU", false, check_pmu },
	{ "software events", true, check_software },
	{ "perf_event_paranoid", false, check_paranoid },
	{ "BTF", true, check_btf },
	{ "BPF", true, check_bpf },
	{ "scheduler", false, check_scheduler },
	{ "capabilities", false, check_capabilities },
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

const size_t n_checks = sizeof(checks) / sizeof(checks[0]);
