/* SPDX-License-Identifier: Apache-2.0
 * What decides whether a measurement is allowed and possible here: capabilities, namespaces,
 * filters, lockdown. Asked of the kernel at each call. */
#ifndef HW_EVENT_PERF_RIGHTS_H
#define HW_EVENT_PERF_RIGHTS_H

#include <stdbool.h>

/* Whether this process has capability @cap (CAP_PERFMON of linux/capability.h) over the machine:
 * one in the user namespace of a container counts for nothing in perf_event_open(2) and bpf(2). */
bool hw_perf_rights_capable(int cap);

/* The capability that perf_event_open(2) asks for: CAP_PERFMON or CAP_SYS_ADMIN. */
bool hw_perf_rights_perfmon_capable(void);

/* What would give this process the rights that it lacks, as a clause: for a user root or setcap(8), for
 * the root of a container, which lacks them all the same, the options that start it with them. */
const char *hw_perf_rights_remedy(void);

/* Whether /proc/kallsyms shows this process where the functions of the kernel are: without that they
 * have no names. */
bool hw_perf_rights_shows_kernel(void);

/* What would make it, as a clause. */
const char *hw_perf_rights_kernel_remedy(void);

/* Whether a seccomp filter is on this process: the kernel does not tell what it refuses. */
bool hw_perf_rights_filtered(void);

/* What lets the calls of the kernel through which it refuses, as a clause. */
const char *hw_perf_rights_filter_remedy(void);

/* The level that kernel_lockdown(7) is at. */
enum hw_lockdown { HW_LOCKDOWN_NONE, HW_LOCKDOWN_INTEGRITY, HW_LOCKDOWN_CONFIDENTIALITY };

/* Returns 0 and sets *ret, or a negative errno: the kernel has no lockdown, or securityfs, which would
 * say so, is not mounted; -EBADMSG for a level that is none of these. */
int hw_perf_rights_lockdown(enum hw_lockdown *ret);

/* Whether the "pid" or "user" namespace (the name in /proc/self/ns) is that of the machine; true
 * when the kernel has no such namespaces. */
bool hw_perf_rights_in_initial_ns(const char *ns);

/* /proc/sys/kernel/perf_event_paranoid; -EACCES or -ENOENT when unreadable (0 and negative
 * levels are legal: the level is in *ret). */
int hw_perf_rights_paranoid(int *ret);

#endif
