/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * What a thread waits for: by its system call and the file of that, by who wakes it where the call
 * leaves it open, and by where the GIL of its process lies. */
#ifndef HW_BPF_CAUSE_H
#define HW_BPF_CAUSE_H

#include "account.bpf.h"
#include "maps.bpf.h"
#include "pidns.bpf.h"

#define SHORT_WAIT_NS 20000  /* not worth a look at what for, some 50 ns, if the session ran on */
#define LONG_WAIT_NS  100000 /* worth a look at who wakes, some 2 us */
#define WAKER_FRAMES  32

SETTING __u8 calls[HW_CALLS_MAX]; /* enum hw_wall_class or hw_call_rule */

struct hw_waker wakers[HW_WAKERS_MAX]; /* by address; unused ones are at ~0 */

/* Processes that have waited at a futex, for user space to look for a GIL in. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} gil_requests SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64[WAKER_FRAMES]);
	__uint(max_entries, 1);
} waker_stacks SEC(".maps");

#define read_kernel(dst, addr) bpf_probe_read_kernel(&(dst), sizeof(dst), (const void *)(addr))

/* A register of user_regs_of(), which the verifier knows only from its own helper. */
#define SAVED(field)                            \
	({                                      \
		typeof(field) value;            \
		if (HAS_HELPER(task_pt_regs))   \
			value = (field);        \
		else                            \
			read_kernel(value, &(field)); \
		value;                          \
	})

#define CALL_NR(regs)	 SAVED((regs)->NR_FIELD)
#define CALL_ARG_0(regs) SAVED((regs)->ARG_0_FIELD)
#define CALL_ARG_3(regs) SAVED((regs)->ARG_3_FIELD)

static __always_inline struct kernel_regs *call_of(struct task_struct *task)
{
	return (struct kernel_regs *)user_regs_of(task);
}

static __always_inline unsigned int state_of(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return (unsigned int)task->state;
}

/* AF_UNIX sockets lead to another program here, like a pipe. */
static __always_inline __u8 class_of_socket(struct file *file)
{
	struct socket *socket = NULL;
	struct sock *sk = NULL;
	unsigned short family = 0;

	read_kernel(socket, (__u64)file + bpf_core_field_offset(struct file, private_data));
	read_kernel(sk, (__u64)socket + bpf_core_field_offset(struct socket, sk));
	read_kernel(family, (__u64)sk + bpf_core_field_offset(struct sock, __sk_common.skc_family));
	return family == AF_UNIX ? HW_WALL_PIPE : HW_WALL_NETWORK;
}

/* Timers, eventfds, io_uring and their kin have no type: the waker knows. */
static __always_inline __u8 class_of_file(struct task_struct *task, __u64 fd)
{
	struct fdtable *fdt = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;
	struct inode *inode = NULL;
	unsigned short mode = 0;

	if (fd >= BPF_CORE_READ(fdt, max_fds))
		return HW_WALL_OTHER;
	read_kernel(file, (__u64)BPF_CORE_READ(fdt, fd) + fd * sizeof(file));
	read_kernel(inode, (__u64)file + bpf_core_field_offset(struct file, f_inode));
	read_kernel(mode, (__u64)inode + bpf_core_field_offset(struct inode, i_mode));
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFBLK:
	case S_IFDIR:
		return HW_WALL_DISK;
	case S_IFIFO:
	case S_IFCHR:
		return HW_WALL_PIPE;
	case S_IFSOCK:
		return class_of_socket(file);
	}
	return HW_CALL_READY;
}

static __always_inline void ask(__u32 tgid, struct task_struct *task)
{
	struct hw_gil_request question = { .tgid = tgid, .pid = number_of(BPF_CORE_READ(task, group_leader, thread_pid)) };
	struct hw_gil none = {};

	bpf_map_update_elem(&gils, &tgid, &none, BPF_NOEXIST);
	bpf_ringbuf_output(&gil_requests, &question, sizeof(question), 0);
}

/* Notes whether @task, about to sleep, does so to get the GIL: who runs meanwhile is to know. */
static __always_inline void meets_gil(struct task_struct *task, struct thread *t)
{
	struct kernel_regs *regs = call_of(task);
	__u32 nr = (__u32)CALL_NR(regs), tgid = task->tgid;
	struct hw_gil *gil;

	if (nr >= HW_CALLS_MAX || calls[nr] != HW_CALL_FUTEX)
		return;
	gil = bpf_map_lookup_elem(&gils, &tgid);
	if (!gil) {
		ask(tgid, task);
	} else if (CALL_ARG_0(regs) >= gil->start && CALL_ARG_0(regs) < gil->end) {
		__sync_fetch_and_add(&gil->waiting, 1);
		t->at_gil = 1;
	}
}

static __always_inline void leaves_gil(struct task_struct *task, struct thread *t)
{
	__u32 tgid = task->tgid;
	struct hw_gil *gil = bpf_map_lookup_elem(&gils, &tgid);

	t->at_gil = 0;
	if (gil)
		__sync_fetch_and_add(&gil->waiting, -1);
}

/* What @task sleeps for, by its system call: enum hw_wall_class, or a hw_call_rule that only the
 * waker can tell. */
static __always_inline __u8 rule_of(struct task_struct *task)
{
	struct kernel_regs *regs = call_of(task);
	__u32 nr = (__u32)CALL_NR(regs);
	__u8 rule;

	if (BPF_CORE_READ_BITFIELD(task, in_iowait))
		return HW_WALL_DISK;
	if (state_of(task) & TASK_STOPPED_OR_TRACED || nr >= HW_CALLS_MAX)
		return HW_WALL_OTHER;
	rule = IS_COMPAT(task) ? HW_CALL_READY : calls[nr];
	if (rule == HW_CALL_FILE)
		return class_of_file(task, CALL_ARG_0(regs));
	if (rule == HW_CALL_FUTEX && !CALL_ARG_3(regs))
		return HW_WALL_LOCK;
	return rule;
}

/* The class of the waker whose code holds @addr; HW_WALL_CLASSES: none. The search is by arithmetic,
 * since the verifier follows each branch; not static, so that it is verified once. */
__noinline int class_of_waker(__u64 addr)
{
	__u32 at = 0;

	for (__u32 step = HW_WAKERS_MAX / 2; step; step /= 2) {
		__u64 start = wakers[(at + step) % HW_WAKERS_MAX].start;
		__u64 reached = (start - addr - 1) >> 63; /* start <= addr, both in the kernel */

		pinned(reached);
		at += step * (__u32)reached;
	}
	at %= HW_WAKERS_MAX;
	if (addr < wakers[at].start || addr >= wakers[at].end)
		return HW_WALL_CLASSES;
	return wakers[at].class % HW_WALL_CLASSES;
}

/* What the code that wakes the thread, in whatever context it runs, says of the wait. */
static __always_inline __u32 class_by_waker(void *ctx)
{
	__u64 *frames = bpf_map_lookup_elem(&waker_stacks, &(__u32){ 0 });
	long size;

	if (!frames)
		return HW_WALL_CLASSES;
	size = bpf_get_stack(ctx, frames, sizeof(__u64) * WAKER_FRAMES, 0);
	for (__u32 i = 0; i < WAKER_FRAMES; i++) {
		__u32 class;

		if ((long)(i * sizeof(__u64)) >= size)
			break;
		class = class_of_waker(frames[i]);
		if (class < HW_WALL_CLASSES)
			return class;
	}
	return HW_WALL_CLASSES;
}

/* The cause of the wait of @task, which ends. A short one during which the session ran on weighs
 * nothing, and takes after the one before; looking at the waker takes longer than all the rest. A
 * futex with a time limit may have been a sleep. */
static __always_inline __u8 cause_of(void *ctx, const struct hw_wall_account *a,
				     struct task_struct *task, struct thread *t, __u64 waited_ns)
{
	int ran = a->n[HW_THREAD_RUNNING] || a->n[HW_THREAD_RUNNABLE];
	__u32 class = HW_WALL_CLASSES;
	__u8 rule;

	if (t->at_gil)
		return HW_WALL_GIL;
	if (ran && waited_ns < SHORT_WAIT_NS)
		return t->cause;
	rule = rule_of(task);
	if (rule >= HW_WALL_CLASSES && (!ran || waited_ns >= LONG_WAIT_NS))
		class = class_by_waker(ctx);
	if (rule < HW_WALL_CLASSES)
		t->cause = rule;
	else if (class < HW_WALL_CLASSES)
		t->cause = class;
	else if (rule == HW_CALL_FUTEX)
		t->cause = HW_WALL_LOCK;
	return t->cause;
}

/* What @task waits for, told before the wait ends. io_uring counts what it waits for as I/O, be it
 * storage or not; the numbers of 32-bit calls are others. */
static __always_inline __u8 open_rule_of(struct task_struct *task, const struct thread *t)
{
	struct kernel_regs *regs = call_of(task);
	__u32 nr = (__u32)CALL_NR(regs);

	if (t->at_gil)
		return HW_WALL_GIL;
	if (nr < HW_CALLS_MAX && calls[nr] == HW_CALL_READY && !(state_of(task) & TASK_STOPPED_OR_TRACED))
		return IS_COMPAT(task) ? HW_WALL_OTHER : HW_CALL_READY;
	return rule_of(task);
}

#endif
