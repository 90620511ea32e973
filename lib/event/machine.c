/* SPDX-License-Identifier: Apache-2.0 */
#include "event/machine.h"

#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"

/* Inode numbers of the initial namespaces, linux: include/uapi/linux/nsfs.h (proc_ns.h before). */
#define PID_INIT_INO  0xEFFFFFFCu
#define USER_INIT_INO 0xEFFFFFFDu

bool hw_machine_in_initial_ns(const char *ns)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", ns);
	if (stat(path, &st) < 0)
		return true;
	return st.st_ino == (strcmp(ns, "pid") ? USER_INIT_INO : PID_INIT_INO);
}

bool hw_machine_capable(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap) &&
	       hw_machine_in_initial_ns("user");
}

bool hw_machine_perfmon_capable(void)
{
	return hw_machine_capable(CAP_PERFMON) || hw_machine_capable(CAP_SYS_ADMIN);
}

bool hw_machine_is_virtual(void)
{
	hw_autofclose FILE *f = fopen("/proc/cpuinfo", "re");
	char line[8192]; /* the flags of one CPU take 2 KB */

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "flags", 5))
			return strstr(line, " hypervisor") != NULL;
	return false;
}
