/* SPDX-License-Identifier: Apache-2.0 */
#include "event/perf_rights.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dirs.h"

/* Inode numbers of the initial namespaces, linux: include/uapi/linux/nsfs.h (proc_ns.h before). */
#define PID_INIT_INO  0xEFFFFFFCu
#define USER_INIT_INO 0xEFFFFFFDu

bool hw_perf_rights_in_initial_ns(const char *ns)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns);
	if (stat(path, &st) < 0)
		return true;
	return st.st_ino == (strcmp(ns, "pid") ? USER_INIT_INO : PID_INIT_INO);
}

bool hw_perf_rights_capable(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap) &&
	       hw_perf_rights_in_initial_ns("user");
}

bool hw_perf_rights_perfmon_capable(void)
{
	return hw_perf_rights_capable(CAP_PERFMON) || hw_perf_rights_capable(CAP_SYS_ADMIN);
}

const char *hw_perf_rights_remedy(void)
{
	if (!hw_perf_rights_in_initial_ns("user"))
		return "run hwprof outside of the user namespace, whose rights do not count: start a "
		       "container with --userns=host";
	if (geteuid() == 0)
		return "start the container with --cap-add BPF --cap-add PERFMON --cap-add "
		       "SYS_PTRACE, which its root lacks";
	return "run hwprof as root, or give it the rights: setcap "
	       "cap_bpf,cap_perfmon,cap_sys_ptrace+ep $(command -v hwprof)";
}

/* Asks for the outcome, since kptr_restrict, perf_event_paranoid and CAP_SYSLOG all have a say
 * (kallsyms_show_value() in kernel/ksyms_common.c). */
bool hw_perf_rights_shows_kernel(void)
{
	hw_autofclose FILE *f = fopen("/proc/kallsyms", "re");
	unsigned long long addr = 0;

	for (int line = 0; f && !addr && line < 16; line++)
		if (fscanf(f, "%llx%*[^\n]", &addr) != 1) /* per-CPU symbols may be at 0 */
			break;
	return addr != 0;
}

const char *hw_perf_rights_kernel_remedy(void)
{
	uint64_t level = 0;

	if (access("/proc/kallsyms", F_OK) < 0)
		return "use a kernel built with CONFIG_KALLSYMS=y";
	hw_dir_read_u64(AT_FDCWD, "/proc/sys/kernel/kptr_restrict", &level);
	if (level <= 1)
		return "run hwprof as root, or give it cap_syslog too";
	return hw_perf_rights_capable(CAP_SYSLOG) ?
		       "sysctl kernel.kptr_restrict=1" :
		       "sysctl kernel.kptr_restrict=1, and run hwprof as root or with cap_syslog";
}

bool hw_perf_rights_filtered(void)
{
	return prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER;
}

const char *hw_perf_rights_filter_remedy(void)
{
	/* The filters of Docker and Podman go by these capabilities. */
	if (!hw_perf_rights_perfmon_capable() || !(hw_perf_rights_capable(CAP_BPF) ||
					       hw_perf_rights_capable(CAP_SYS_ADMIN)))
		return "start the container with --cap-add BPF --cap-add PERFMON, or --security-opt "
		       "seccomp=unconfined";
	return "start the container with --security-opt seccomp=unconfined, or a filter that lets "
	       "it through (systemd: SystemCallFilter=)";
}

/* The file holds all levels with the present one in brackets: "none [integrity] confidentiality",
 * lockdown_read() in security/lockdown/lockdown.c. */
int hw_perf_rights_lockdown(enum hw_lockdown *ret)
{
	static const char *const levels[] = { "[none]", "[integrity]", "[confidentiality]" };
	char text[128];
	int r = hw_dir_read(AT_FDCWD, "/sys/kernel/security/lockdown", text, sizeof(text));

	if (r < 0)
		return r;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strstr(text, levels[i])) {
			*ret = (enum hw_lockdown)i;
			return 0;
		}
	return -EBADMSG;
}

int hw_perf_rights_paranoid(int *ret)
{
	char text[32], *end;
	long level;
	int r = hw_dir_read(AT_FDCWD, "/proc/sys/kernel/perf_event_paranoid", text, sizeof(text));

	if (r < 0)
		return r == -ENOENT ? r : -EACCES;
	level = strtol(text, &end, 10);
	if (end == text || *end || level < -1 || level > 100)
		return -EACCES;
	*ret = (int)level;
	return 0;
}
