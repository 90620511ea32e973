/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * Process ids as hwprof sees them, which may run in a container. */
#ifndef HW_BPF_PIDNS_H
#define HW_BPF_PIDNS_H

#include "task.bpf.h"

__u32 pidns_level; /* of hwprof; set by find_pidns before anything else runs */

/* The number of @pid in the pid namespace of hwprof; 0 when it has none there. */
static __always_inline __u32 number_of(struct pid *pid)
{
	__u64 upid = bpf_core_field_offset(struct pid, numbers) +
		     (__u64)pidns_level * bpf_core_type_size(struct upid); /* ours is smaller */
	__u64 addr = 0;
	int nr = 0;

	if (pidns_level > BPF_CORE_READ(pid, level))
		return 0;
	/* As a mere number: nothing unbounded may be added to a pointer that the verifier knows. */
	bpf_probe_read_kernel(&addr, sizeof(addr), &pid);
	bpf_probe_read_kernel(&nr, sizeof(nr),
			      (void *)(addr + upid + bpf_core_field_offset(struct upid, nr)));
	return nr;
}

/* Run once by the loader in hwprof's own context. */
SEC("raw_tp")
int find_pidns(void *ctx)
{
	pidns_level = BPF_CORE_READ(current_task(), thread_pid, level);
	return 0;
}

#endif
