/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel/refusal.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "kernel/features.h"
#include "event/perf_rights.h"

#define MEMLOCK_TRIED (64U << 20) /* bytes; a larger limit is none */

/* By the system call: libbpf would raise the limit of locked memory that is asked about here. */
static int create_array(uint32_t value_bytes, uint32_t elements)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
				.key_size = sizeof(uint32_t),
				.value_size = value_bytes,
				.max_entries = elements };
	int fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int hw_bpf_probe(void)
{
	int r = create_array(sizeof(uint64_t), 1);

	if (r < 0)
		return r;
	r = hw_feature_program(BPF_PROG_TYPE_PERF_EVENT);
	if (r < 0)
		return r;
	close(r);
	return 0;
}

static char *explain_bpf_filter(int error)
{
	return hw_text("bpf(2) is refused (%s) by a seccomp filter; %s", strerrorname_np(-error),
		       hw_perf_rights_filter_remedy());
}

/* Whether the kernel is locked down so far that no program may read its memory. */
static bool is_confidential(void)
{
	enum hw_lockdown level;

	return !hw_perf_rights_lockdown(&level) && level == HW_LOCKDOWN_CONFIDENTIALITY;
}

static char *explain_confidential(void)
{
	return hw_text(
		"the kernel is locked down (confidentiality), so that no BPF program may read "
		"its memory; boot it with lockdown=integrity, or none");
}

/* The capabilities that hwprof lacks for bpf(2), NULL for none. */
static const char *lacking(void)
{
	bool bpf = hw_perf_rights_capable(CAP_BPF), perfmon = hw_perf_rights_capable(CAP_PERFMON);

	if (hw_perf_rights_capable(CAP_SYS_ADMIN) || (bpf && perfmon))
		return NULL;
	return bpf ? "CAP_PERFMON" : perfmon ? "CAP_BPF" : "CAP_BPF and CAP_PERFMON";
}

/* Whether maps are locked memory, as they were until commit 3ac1f01b43b6 (Linux 5.11), and a limit is in
 * the way: a map somewhat larger than that is refused. libbpf lifts it where it may. */
static bool is_memlock_short(struct rlimit *ret)
{
	const uint32_t page = 4096;

	if (getrlimit(RLIMIT_MEMLOCK, ret) < 0 || ret->rlim_cur > MEMLOCK_TRIED)
		return false;
	return create_array(page, (uint32_t)(ret->rlim_cur / page) + 1) == -EPERM;
}

static char *explain_unable(int error)
{
	if (hw_bpf_probe() == error)
		return hw_text("this kernel cannot sample with BPF (%s); use one built with "
			       "CONFIG_BPF_SYSCALL=y, CONFIG_BPF_EVENTS=y and CONFIG_PERF_EVENTS=y",
			       strerrorname_np(-error));
	if (!hw_feature_btf())
		return hw_text(
			"this kernel does not describe its types in /sys/kernel/btf/vmlinux; use "
			"one built with CONFIG_DEBUG_INFO_BTF=y");
	return hw_text(
		"this kernel does not take a program of hwprof (%s); `hwprof doctor` tells what "
		"it lacks, HWPROF_DEBUG=1 what it said",
		strerrorname_np(-error));
}

/* All that hwprof has the right to, and is refused all the same. EACCES and EPERM are also words of the
 * verifier for programs that it does not take. */
static char *explain_forbidden(int error)
{
	struct rlimit limit;

	if (is_confidential())
		return explain_confidential();
	if (hw_bpf_probe() < 0)
		return hw_text(
			"bpf(2) is refused (%s) although hwprof has CAP_BPF and CAP_PERFMON, by "
			"a security module such as SELinux; `dmesg` or `ausearch -m avc` tells "
			"which rule it needs",
			strerrorname_np(-error));
	if (is_memlock_short(&limit))
		return hw_text(
			"the maps of BPF are locked memory in this kernel and the limit is %llu "
			"KiB; raise it with `ulimit -Hl unlimited` as root, or give hwprof "
			"CAP_SYS_RESOURCE",
			(unsigned long long)limit.rlim_max / 1024);
	return explain_unable(error);
}

static char *explain_bpf_refused(int error)
{
	const char *caps = lacking();

	if (caps)
		return hw_text("bpf(2) is refused (%s) because hwprof lacks %s; %s",
			       strerrorname_np(-error), caps, hw_perf_rights_remedy());
	if (hw_perf_rights_filtered() && hw_bpf_probe() < 0)
		return explain_bpf_filter(error);
	return explain_forbidden(error);
}

char *hw_bpf_explain(int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		return explain_bpf_refused(error);
	case -EMFILE:
		return hw_text(
			"no more open files for the maps of BPF; raise the limit with `ulimit "
			"-Hn`");
	case -ENOMEM:
		return hw_text(
			"no memory for the maps of BPF; raise the limit of this control group "
			"(memory.max), or use less with --unwind-memory");
	}
	if (hw_perf_rights_filtered() && hw_bpf_probe() == error)
		return explain_bpf_filter(error);
	if (error == -ENOSYS)
		return hw_text(
			"this kernel has no bpf(2); use one built with CONFIG_BPF_SYSCALL=y, or "
			"leave the sandbox that plays a kernel");
	return is_confidential() ? explain_confidential() : explain_unable(error);
}
