/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The kernel types we read, and no other fields of them: CO-RE moves each access to where the
 * running kernel has it. Instead of a generated vmlinux.h, so that the tree builds anywhere. */
#ifndef HW_BPF_KERNEL_H
#define HW_BPF_KERNEL_H

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h> /* struct bpf_perf_event_data; with it asm/ptrace.h */
#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct upid {
	int nr;
};

struct pid {
	unsigned int level; /* of the innermost pid namespace */
	struct upid numbers[];
};

#if defined(__TARGET_ARCH_x86)
struct thread_struct {
	unsigned long fsbase;
};
#elif defined(__TARGET_ARCH_arm64)
struct thread_struct {
	struct {
		unsigned long tp_value;
	} uw;
};
#endif

struct task_struct {
	unsigned int flags;
	int pid, tgid;
	unsigned long long start_time; /* CLOCK_MONOTONIC, ns */
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct mm_struct *mm;
	struct thread_struct thread;
};

struct mm_struct; /* only its address */

struct super_block {
	unsigned int s_dev;
};

struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct file {
	struct inode *f_inode;
};

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_flags, vm_pgoff;
	struct file *vm_file;
};

#pragma clang attribute pop

#define VM_EXEC 0x4UL /* include/linux/mm.h */

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h */

#endif
