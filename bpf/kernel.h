/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The kernel types we read, and no other fields of them: CO-RE moves each access to where the
 * running kernel has it. Instead of a generated vmlinux.h, so that the tree builds anywhere. On the host,
 * for tests, they are what they say. */
#ifndef HW_BPF_KERNEL_H
#define HW_BPF_KERNEL_H

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h> /* struct bpf_perf_event_data; with it asm/ptrace.h */
#include <linux/types.h>

#define HW_KERNEL_TYPES /* arch.h has some of its own */
#include "arch.h"

#ifdef __bpf__
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#endif

struct upid {
	int nr;
};

struct pid {
	unsigned int level; /* of the innermost pid namespace */
	struct upid numbers[];
};

struct thread_struct {
	THREAD_FIELDS
};

struct thread_info {
	unsigned int status; /* x86 */
};

struct file;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct sched_entity {
	unsigned long long sum_exec_runtime; /* CPU time, ns; brought up to date before each switch */
	long long vlag;			     /* of EEVDF, since Linux 6.6 */
};

struct task_struct {
	struct thread_info thread_info;
	void *stack; /* of the kernel: its lower end */
	struct sched_entity se;
	unsigned int __state;
	long state; /* what __state was until Linux 5.13 */
	unsigned int flags;
	unsigned int on_cpu; /* a byte since Linux 7.2: libbpf narrows only reads of unsigned types */
	unsigned int in_iowait : 1;
	int pid, tgid;
	struct files_struct *files;
	char comm[16];
	unsigned long long start_time; /* CLOCK_MONOTONIC, ns */
	void *bpf_storage;	       /* NULL: no program has put anything there; Linux 5.11 */
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct mm_struct *mm;
	struct thread_struct thread;
};

struct rb_node {
	struct rb_node *rb_left, *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct mm_struct {
	struct rb_root mm_rb; /* of vm_area_struct.vm_rb, by address; until Linux 6.0 */
};

struct super_block {
	unsigned int s_dev;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct sock_common {
	unsigned short skc_family;
};

struct sock {
	struct sock_common __sk_common;
};

struct socket {
	struct sock *sk;
};

struct perf_event_attr {
	__u64 config;
};

struct perf_event {
	struct perf_event_attr attr;
};

struct bpf_perf_event_data_kern { /* what struct bpf_perf_event_data is in truth */
	struct perf_event *event;
};

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_flags, vm_pgoff;
	struct rb_node vm_rb; /* until Linux 6.0 */
	struct file *vm_file;
};

#ifdef __bpf__
#pragma clang attribute pop
#endif

/* What an iterator is called with, which does not move (DEFINE_BPF_ITER_FUNC() in
 * include/linux/bpf.h, kernel/bpf/task_iter.c). */
struct seq_file; /* only its address */

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#define VM_EXEC 0x4UL /* include/linux/mm.h */

#define PF_KTHREAD 0x00200000 /* include/linux/sched.h; the next ones too */
#define TASK_STOPPED_OR_TRACED 0x0c
#define TASK_DEAD 0x80

#ifdef __bpf__
#define S_IFMT	 0170000 /* include/uapi/linux/stat.h */
#define S_IFSOCK 0140000
#define S_IFREG	 0100000
#define S_IFBLK	 0060000
#define S_IFDIR	 0040000
#define S_IFCHR	 0020000
#define S_IFIFO	 0010000

#define AF_UNIX 1 /* include/linux/socket.h */
#else
#include <sys/socket.h>
#include <sys/stat.h>
#endif

#endif
