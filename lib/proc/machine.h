/* SPDX-License-Identifier: Apache-2.0
 * What the machine is, and why threads that could run may find no CPU on it. */
#ifndef HW_PROC_MACHINE_H
#define HW_PROC_MACHINE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/* Time that the hypervisor ran others while our CPUs had work, all CPUs added up, in seconds since
 * the boot: "steal" of /proc/stat, proc_stat(5). 0 when it is not known. */
double hw_machine_steal_s(void);

/* Time that the CPU quotas of the cgroups of process @pid (0: ours) have held it back, in seconds
 * since they were made: throttled_usec of cpu.stat in cgroup v2, throttled_time in v1
 * (Documentation/scheduler/sched-bwc.rst), the largest on the way to the root. 0 when there is
 * none or it is not known. */
double hw_machine_throttled_s(pid_t pid);

/* The same of the groups that @f, in the form of /proc/PID/cgroup, names below @root, where cgroup
 * v2 or the folder of each hierarchy of v1 is mounted. */
double hw_machine_parse_throttled_s(FILE *f, const char *root);

/* Whether an x86 CPU says that it runs under a hypervisor; other CPUs do not say. */
bool hw_machine_is_virtual(void);

#endif
