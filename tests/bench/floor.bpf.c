/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The least that an account of waits at the scheduler can cost: programs at its two tracepoints
 * that do nothing; and such that only find what they would keep of each thread, and read the clock.
 */
#include "../../bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "../../bpf/thread.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sched_switch")
int nothing_at_switch(void *ctx)
{
	return 0;
}

SEC("tp_btf/sched_waking")
int nothing_at_waking(void *ctx)
{
	return 0;
}

static __always_inline void look_up(struct task_struct *task, __u64 now)
{
	struct thread *t =
		bpf_task_storage_get(&threads, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (t)
		t->since = now;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(look_at_switch, _Bool preempted, struct task_struct *prev, struct task_struct *next)
{
	__u64 now = bpf_ktime_get_ns();

	look_up(prev, now);
	look_up(next, now);
	return 0;
}

SEC("tp_btf/sched_waking")
int BPF_PROG(look_at_waking, struct task_struct *task)
{
	look_up(task, bpf_ktime_get_ns());
	return 0;
}
