/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * Maps of which bpf/wait.bpf.c and bpf/sample.bpf.c share one copy, where both are loaded: the loader
 * makes them (lib/sched/waits.h, struct hw_waits_maps). */
#ifndef HW_BPF_MAPS_H
#define HW_BPF_MAPS_H

#include "wire/wait.h"

/* The sample that the thread now switched to is to take. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct hw_due);
	__uint(max_entries, 1);
} dues SEC(".maps");

/* By tgid in the first pid namespace: cheaper to know in the kernel. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u32);
	__type(value, struct hw_gil);
	__uint(max_entries, HW_GILS_MAX);
} gils SEC(".maps");

#endif
