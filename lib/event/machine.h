/* SPDX-License-Identifier: Apache-2.0
 * What decides whether a measurement is allowed and possible here: capabilities, namespaces,
 * virtual machines. Asked of the kernel at each call. */
#ifndef HW_EVENT_MACHINE_H
#define HW_EVENT_MACHINE_H

#include <stdbool.h>

/* Whether this process has capability @cap (CAP_PERFMON of linux/capability.h) over the machine:
 * one in the user namespace of a container counts for nothing in perf_event_open(2) and bpf(2). */
bool hw_machine_capable(int cap);

/* The capability that perf_event_open(2) asks for: CAP_PERFMON or CAP_SYS_ADMIN. */
bool hw_machine_perfmon_capable(void);

/* Whether the "pid" or "user" namespace (the name in /proc/self/ns) is that of the machine; true
 * when the kernel has no such namespaces. */
bool hw_machine_in_initial_ns(const char *ns);

/* Whether an x86 CPU says that it runs under a hypervisor; other CPUs do not say. */
bool hw_machine_is_virtual(void);

#endif
