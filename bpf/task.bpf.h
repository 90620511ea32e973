/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The task at hand, by what the running kernel has. The kernel's own BTF lists its helpers, and the
 * verifier follows only the branch that is taken: what a newer kernel can do costs it nothing. */
#ifndef HW_BPF_TASK_H
#define HW_BPF_TASK_H

#define HAS_HELPER(name) bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_##name)

/* Since Linux 5.11 a program may follow the pointers of the current task; before, it has to ask. */
#define CAN_FOLLOW HAS_HELPER(get_current_task_btf)

/* FOLLOW(task, flags) is task->flags; FOLLOW(task, group_leader, pid) is task->group_leader->pid. */
#define FOLLOW_1(p, a)	  (CAN_FOLLOW ? (p)->a : BPF_CORE_READ(p, a))
#define FOLLOW_2(p, a, b) (CAN_FOLLOW ? (p)->a->b : BPF_CORE_READ(p, a, b))
#define FOLLOW_PICK(p, a, b, name, ...) name
#define FOLLOW(...) FOLLOW_PICK(__VA_ARGS__, FOLLOW_2, FOLLOW_1)(__VA_ARGS__)

static __always_inline struct task_struct *current_task(void)
{
	if (CAN_FOLLOW)
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

struct pt_regs___kernel { /* only its size */
	long unused;
};

/* Where on a kernel stack the registers of user code lie, for kernels before 5.15, which do not tell
 * (bpf_task_pt_regs()): the size of a stack is in no type. Set by find_regs. */
__u32 regs_at;

#define STACK_MIN (8U << 10)
#define STACK_MAX (128U << 10) /* arm64 with 64 KiB pages and KASAN */

/* Whether @stack, if it is that large, ends in the registers of a bpf(2) call. */
static __always_inline int ends_in_call(const void *stack, __u32 size)
{
	struct kernel_regs regs;

	return !bpf_probe_read_kernel(&regs, sizeof(regs), stack + size) &&
	       regs.NR_FIELD == CALL_BPF && IN_USER(&regs);
}

/* Run once by the loader, which is in bpf(2) then: that tells the place. */
SEC("?raw_tp")
int find_regs(void *ctx)
{
	void *stack = FOLLOW(current_task(), stack);
	__u32 regs_size = bpf_core_type_size(struct pt_regs___kernel), size;

	for (size = STACK_MIN; size <= STACK_MAX; size *= 2)
		if (!regs_at && ends_in_call(stack, size - regs_size))
			regs_at = size - regs_size;
	return 0;
}

/* The registers that user code of @task had when it entered the kernel. */
static __always_inline const void *user_regs_of(struct task_struct *task)
{
	if (HAS_HELPER(task_pt_regs))
		return (const void *)bpf_task_pt_regs(task);
	return FOLLOW(task, stack) + regs_at;
}

#endif
