/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The wall budget: which threads of a session run, could run or wait, kept at every change. Time
 * belongs to the class of the moment: busy while any runs, starved while any could, else to the
 * cause of the wait whose end lets the session go on.
 *
 * A session is the threads that user space names, by iterating over tasks, and all that they
 * create; or each process is a session of its own. The scheduler calls with a run queue locked and
 * interrupts off; nothing here sleeps or allocates there. */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "shared.h"

#include "pidns.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL"; /* the helpers want a GPL-compatible one */

#define SHORT_WAIT_NS 20000  /* not worth a look at what for, some 50 ns, if the session ran on */
#define LONG_WAIT_NS  100000 /* worth a look at who wakes, some 2 us */
#define WAKER_FRAMES 32

const volatile __u32 by_process;  /* each process is a session; else all are number 0 */
const volatile __u32 ignored_pid; /* hwprof itself */
const volatile __u32 sessions_max = 1;
const volatile __u8 calls[HW_CALLS_MAX]; /* enum hw_wall_class or hw_call_rule */

struct hw_waker wakers[HW_WAKERS_MAX]; /* by address; unused ones are at ~0 */

__u32 wanted_pid;    /* for the iterator: this process; 0: all */
__u32 sessions_used; /* a session has a number below */
__u64 off_period_ns; /* one sample per that much blocked time; 0: none */
__u64 off_samples;   /* asked for so far */
__u64 without_room;  /* processes beyond sessions_max: they share session 0 */
__u64 strays;	     /* threads for which there was no memory: they are in no session */

struct blocked_time {
	__u64 credit_ns; /* towards the next sample */
	__u64 due_ns;	 /* that the next sample of the thread is to stand for */
};

/* What is known of a thread of a session. */
struct thread {
	__u32 session;
	__u8 state;    /* enum hw_thread_state */
	__u8 cause;  /* of the last wait that was looked at: enum hw_wall_class */
	__u8 at_gil; /* waits for the GIL now */
	__u8 due_cause; /* of waited.due_ns */
	__u64 since;	 /* of the state */
	__u64 ran_ns;	 /* in all, when it last left a CPU: by the kernel's own account */
	struct blocked_time waited, starved;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct hw_wall_account);
	__uint(max_entries, 1); /* the loader sets it */
} accounts SEC(".maps");

/* By tgid in the first pid namespace: cheaper to know here. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u32);
	__type(value, struct hw_gil);
	__uint(max_entries, HW_GILS_MAX);
} gils SEC(".maps");

/* Processes that have waited at a futex, for user space to look for a GIL in. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} asked SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, __u64[WAKER_FRAMES]);
	__uint(max_entries, 1);
} waker_stacks SEC(".maps");

/* The sample that the thread now switched to is to take, for bpf/sample.bpf.c. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct hw_due);
	__uint(max_entries, 1);
} dues SEC(".maps");

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	return bpf_task_storage_get(&threads, task, NULL, 0);
}

static __always_inline struct hw_wall_account *account_of(const struct thread *t)
{
	__u32 session = t->session;

	return bpf_map_lookup_elem(&accounts, &session);
}

/* --- what a thread waits for --- */

static __always_inline struct pt_regs *user_regs(struct task_struct *task)
{
	return (struct pt_regs *)bpf_task_pt_regs(task);
}

#if defined(__TARGET_ARCH_x86)
#define CALL_NR(regs)	  ((regs)->orig_rax)
#define CALL_ARG_0(regs)  ((regs)->rdi)
#define CALL_ARG_3(regs)  ((regs)->r10)
#define IS_COMPAT(task)	  ((task)->thread_info.status & TS_COMPAT)
#elif defined(__TARGET_ARCH_arm64)
/* struct pt_regs of the kernel begins with struct user_pt_regs; orig_x0 and syscallno follow
 * (arch/arm64/include/asm/ptrace.h). x0 may hold the result already. */
struct kernel_regs {
	struct user_pt_regs user;
	__u64 orig_x0;
	__s32 syscallno;
};
#define CALL_NR(regs)	  (((struct kernel_regs *)(regs))->syscallno)
#define CALL_ARG_0(regs)  (((struct kernel_regs *)(regs))->orig_x0)
#define CALL_ARG_3(regs)  (((struct kernel_regs *)(regs))->user.regs[3])
#define IS_COMPAT(task)	  0
#endif

/* Keeps @value in one register, so that the verifier sees the check of what is then used. */
#define pinned(value) asm volatile("" : "+r"(value))

#define read_kernel(dst, addr) bpf_probe_read_kernel(&(dst), sizeof(dst), (const void *)(addr))

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
	struct fdtable *fdt = task->files->fdt;
	struct file *file = NULL;
	struct inode *inode = NULL;
	unsigned short mode = 0;

	if (fd >= fdt->max_fds)
		return HW_WALL_OTHER;
	read_kernel(file, (__u64)fdt->fd + fd * sizeof(file));
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
	struct hw_asked question = { .tgid = tgid, .pid = number_of(task->group_leader->thread_pid) };
	struct hw_gil none = {};

	bpf_map_update_elem(&gils, &tgid, &none, BPF_NOEXIST);
	bpf_ringbuf_output(&asked, &question, sizeof(question), 0);
}

/* Notes whether @task, about to sleep, does so to get the GIL: who runs meanwhile is to know. */
static __always_inline void meets_gil(struct task_struct *task, struct thread *t)
{
	struct pt_regs *regs = user_regs(task);
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
	struct pt_regs *regs = user_regs(task);
	__u32 nr = (__u32)CALL_NR(regs);
	__u8 rule;

	if (BPF_CORE_READ_BITFIELD(task, in_iowait))
		return HW_WALL_DISK;
	if (task->__state & TASK_STOPPED_OR_TRACED || nr >= HW_CALLS_MAX)
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

/* --- the account --- */

/* Gives the time until @now to the class of the moment; @cause is that of the wait that ends. */
static __always_inline void advance(struct hw_wall_account *a, __u64 now, __u32 cause)
{
	__u32 running = a->n[HW_THREAD_RUNNING], class = cause;
	__u64 ns = now - a->since;

	if (now <= a->since)
		return; /* another CPU was later in time and earlier here */
	a->since = now;
	if (running)
		class = HW_WALL_BUSY;
	else if (a->n[HW_THREAD_RUNNABLE])
		class = HW_WALL_STARVED;
	pinned(running);
	if (running > HW_WALL_WIDTHS - 1)
		running = HW_WALL_WIDTHS - 1;
	a->width_ns[running] += ns;
	pinned(class);
	if (class < HW_WALL_CLASSES)
		a->wall_ns[class] += ns;
}

/* Moves @t to @state at @now; @cause as advance(). The lock is held. */
static __always_inline void move(struct hw_wall_account *a, struct thread *t, __u32 state,
				 __u64 now, __u32 cause)
{
	__u32 from = t->state, class = cause;

	if (from >= HW_THREAD_STATES || state >= HW_THREAD_STATES)
		return;
	if (from == HW_THREAD_RUNNING)
		class = HW_WALL_BUSY;
	else if (from == HW_THREAD_RUNNABLE)
		class = HW_WALL_STARVED;
	pinned(class);
	if (class < HW_WALL_CLASSES && now > t->since)
		a->thread_ns[class] += now - t->since;
	pinned(from);
	if (from < HW_THREAD_STATES)
		a->n[from]--;
	a->n[state]++;
	t->state = state;
	t->since = now;
}

/* --- blocked stacks --- */

/* @ns of blocked time of @t are over, spent waiting or starved. A sample is due at every
 * off_period_ns of it, whatever pieces it came in: so each stack has samples by its time, and not
 * by its switches. */
static __always_inline void blocked(struct blocked_time *time, __u64 ns)
{
	__u64 period = off_period_ns;

	if (!period || (__s64)ns < 0)
		return;
	time->credit_ns += ns;
	if (time->credit_ns < period)
		return;
	time->due_ns += time->credit_ns - time->credit_ns % period;
	time->credit_ns %= period;
}

static __always_inline void hand_over_due(struct thread *t, struct task_struct *task)
{
	struct hw_due *due;

	if (!t->waited.due_ns && !t->starved.due_ns)
		return;
	due = bpf_map_lookup_elem(&dues, &(__u32){ 0 });
	if (!due)
		return;
	due->waited_ns = t->waited.due_ns;
	due->starved_ns = t->starved.due_ns;
	due->cause = t->due_cause;
	due->tid = task->pid;
	t->waited.due_ns = t->starved.due_ns = 0;
	__sync_fetch_and_add(&off_samples, 1);
}

/* --- events of the scheduler ---
 * Now and then a switch is not told, why is not known: seen on Linux 6.18, where streams of ftrace
 * and perf have gaps, too. So a thread may leave a CPU without having been seen to get it, or the
 * reverse; how long it has run the kernel knows. */

/* @t of @task, which is on no CPU, was not seen to leave it, for @state. */
static __always_inline void let_go(struct hw_wall_account *a, struct thread *t,
				   struct task_struct *task, __u32 state, __u64 now)
{
	__u64 sum = task->se.sum_exec_runtime, ran = sum - t->ran_ns;

	if (now <= t->since)
		return;
	if (ran > now - t->since)
		ran = now - t->since;
	t->ran_ns = sum;
	bpf_spin_lock(&a->lock);
	advance(a, now, HW_WALL_OTHER);
	move(a, t, state, t->since + ran, HW_WALL_OTHER);
	bpf_spin_unlock(&a->lock);
}

/* @task, of a session, is woken by the code that @ctx is called from. */
static __always_inline int woken(void *ctx, struct task_struct *task)
{
	int on_cpu = *(volatile int *)&task->on_cpu; /* before the state, which changes first */
	struct thread *t = thread_of(task);
	struct hw_wall_account *a;
	__u64 now;
	__u8 cause;

	if (!t || (t->state != HW_THREAD_WAITING && (t->state != HW_THREAD_RUNNING || on_cpu)))
		return 0;
	a = account_of(t);
	if (!a)
		return 0;
	now = bpf_ktime_get_ns();
	if (t->state == HW_THREAD_RUNNING)
		let_go(a, t, task, HW_THREAD_WAITING, now);
	cause = cause_of(ctx, a, task, t, now - t->since);
	if (t->at_gil)
		leaves_gil(task, t);
	blocked(&t->waited, now - t->since);
	t->due_cause = cause;
	bpf_spin_lock(&a->lock);
	advance(a, now, cause);
	move(a, t, HW_THREAD_RUNNABLE, now, cause);
	bpf_spin_unlock(&a->lock);
	return 0;
}

SEC("tp_btf/sched_waking")
int BPF_PROG(waking, struct task_struct *task)
{
	return woken(ctx, task);
}

/* The thread had been asked to wake before it had stopped, and stopped all the same: its waker has
 * waited for that. */
SEC("tp_btf/sched_wakeup")
int BPF_PROG(wakeup, struct task_struct *task)
{
	return woken(ctx, task);
}

/* The state in which @task leaves its CPU; HW_THREAD_STATES: it has ended. */
static __always_inline __u32 state_after(struct task_struct *task, struct thread *t, int preempted,
					 unsigned int task_state)
{
	if (preempted || !task_state)
		return HW_THREAD_RUNNABLE;
	if (task_state & TASK_DEAD)
		return HW_THREAD_STATES;
	meets_gil(task, t);
	return HW_THREAD_WAITING;
}

/* @t stops running and is in @state. The lock is held. */
static __always_inline void stop(struct hw_wall_account *a, struct thread *t, __u32 state,
				 __u64 now)
{
	a->switches++;
	if (state < HW_THREAD_STATES) {
		move(a, t, state, now, HW_WALL_OTHER);
		return;
	}
	move(a, t, HW_THREAD_WAITING, now, HW_WALL_OTHER);
	a->n[HW_THREAD_WAITING]--;
	t->state = HW_THREAD_STATES; /* counts no more */
}

static __always_inline void stops(struct hw_wall_account *a, struct thread *t, __u32 state,
				  __u64 now)
{
	bpf_spin_lock(&a->lock);
	advance(a, now, HW_WALL_OTHER);
	stop(a, t, state, now);
	bpf_spin_unlock(&a->lock);
}

/* @t begins to run; should its wake-up have been missed, it waited until now. */
static __always_inline void starts(struct hw_wall_account *a, struct thread *t, __u64 now)
{
	bpf_spin_lock(&a->lock);
	advance(a, now, t->cause);
	move(a, t, HW_THREAD_RUNNING, now, t->cause);
	bpf_spin_unlock(&a->lock);
}

/* Both at once. */
static __always_inline void hands_over(struct hw_wall_account *a, struct thread *from, __u32 state,
				       struct thread *to, __u64 now)
{
	bpf_spin_lock(&a->lock);
	advance(a, now, HW_WALL_OTHER);
	stop(a, from, state, now);
	move(a, to, HW_THREAD_RUNNING, now, to->cause);
	bpf_spin_unlock(&a->lock);
}

/* @t of @task leaves a CPU at @now and was not seen to get it. */
static __always_inline void catch_up(struct hw_wall_account *a, struct thread *t,
				     struct task_struct *task, __u64 now)
{
	__u64 ran = task->se.sum_exec_runtime - t->ran_ns;

	if (t->state == HW_THREAD_RUNNING || t->state >= HW_THREAD_STATES || now <= t->since)
		return;
	if (ran > now - t->since)
		ran = now - t->since;
	starts(a, t, now - ran);
}

/* Before @t of @task begins to run: what it was without a CPU for is over. */
static __always_inline void goes_on(struct task_struct *task, struct thread *t, __u64 now)
{
	if (t->at_gil)
		leaves_gil(task, t);
	if (t->state == HW_THREAD_RUNNABLE) {
		if (t->ran_ns) /* one that never ran has no stack yet */
			blocked(&t->starved, now - t->since);
	} else if (t->state == HW_THREAD_WAITING) {
		blocked(&t->waited, now - t->since);
		t->due_cause = t->cause;
	}
	hand_over_due(t, task);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, _Bool preempted, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	struct thread *from = thread_of(prev), *to = thread_of(next);
	struct hw_wall_account *a;
	__u64 now = 0;
	__u32 state;

	if (from) {
		a = account_of(from);
		if (!a)
			return 0;
		state = state_after(prev, from, preempted, prev_state);
		now = bpf_ktime_get_ns();
		if (from->state != HW_THREAD_RUNNING)
			catch_up(a, from, prev, now);
		from->ran_ns = prev->se.sum_exec_runtime;
		if (to && to->session == from->session) {
			if (to->state == HW_THREAD_RUNNING)
				let_go(a, to, next, HW_THREAD_RUNNABLE, now);
			goes_on(next, to, now);
			hands_over(a, from, state, to, now);
			return 0;
		}
		stops(a, from, state, now);
	}
	if (to) {
		a = account_of(to);
		if (!a)
			return 0;
		if (!now)
			now = bpf_ktime_get_ns();
		if (to->state == HW_THREAD_RUNNING)
			let_go(a, to, next, HW_THREAD_RUNNABLE, now);
		goes_on(next, to, now);
		starts(a, to, now);
	}
	return 0;
}

/* --- who belongs to a session --- */

/* The session of a new process, in by_process mode. */
static __always_inline __u32 new_session(struct task_struct *task, __u64 now)
{
	__u32 session = __sync_fetch_and_add(&sessions_used, 1);
	struct hw_wall_account *a;

	if (session >= sessions_max) {
		__sync_fetch_and_add(&without_room, 1);
		return 0;
	}
	a = bpf_map_lookup_elem(&accounts, &session);
	if (a) {
		a->pid = number_of(task->group_leader->thread_pid);
		bpf_probe_read_kernel_str(a->comm, sizeof(a->comm), task->group_leader->comm);
		a->begin = a->since = now;
	}
	return session;
}

/* What is known of @task, which counts nowhere as long as nothing is: it may run, wait and run
 * meanwhile. NULL without memory. */
static __always_inline struct thread *enrolled(struct task_struct *task, __u64 now)
{
	struct thread unknown = { .state = HW_THREAD_STATES, .since = now };

	return bpf_task_storage_get(&threads, task, &unknown, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* Makes @task a thread of @session, in @state since @now; HW_THREAD_STATES: it has ended. */
static __always_inline void join(struct task_struct *task, __u32 session, __u32 state, __u64 now)
{
	struct thread *t = enrolled(task, now);
	__u64 ran_ns = task->se.sum_exec_runtime;
	struct hw_wall_account *a;
	__u32 alive;

	if (!t)
		return;
	t->session = session;
	if (state >= HW_THREAD_STATES)
		return;
	t->cause = HW_WALL_OTHER;
	if (off_period_ns) { /* not all begin in step */
		t->waited.credit_ns = bpf_get_prandom_u32() % off_period_ns;
		t->starved.credit_ns = bpf_get_prandom_u32() % off_period_ns;
	}
	a = account_of(t);
	if (!a)
		return;
	bpf_spin_lock(&a->lock);
	if (!a->begin)
		a->begin = a->since = now;
	if (state != HW_THREAD_WAITING) /* else nothing changes for the session */
		advance(a, now, HW_WALL_OTHER);
	t->ran_ns = ran_ns;
	t->since = now;
	t->state = state;
	a->n[state]++;
	a->threads++;
	alive = a->n[HW_THREAD_RUNNING] + a->n[HW_THREAD_RUNNABLE] + a->n[HW_THREAD_WAITING];
	if (alive > a->peak)
		a->peak = alive;
	bpf_spin_unlock(&a->lock);
}

/* @child, created by @t of @parent, belongs to its session, or begins one. */
static __always_inline int born(struct thread *t, struct task_struct *parent,
				struct task_struct *child)
{
	__u32 from = parent->tgid, to = child->tgid, session = t->session;
	__u64 now = bpf_ktime_get_ns();
	struct hw_gil *gil, copy = {};

	if (!enrolled(child, now))
		return 0;
	if (from != to) {
		if (by_process)
			session = new_session(child, now);
		gil = bpf_map_lookup_elem(&gils, &from);
		if (gil) {
			copy.start = gil->start;
			copy.end = gil->end;
			bpf_map_update_elem(&gils, &to, &copy, BPF_ANY);
		}
	}
	join(child, session, HW_THREAD_RUNNABLE, now);
	return 1;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(forked, struct task_struct *parent, struct task_struct *child)
{
	struct thread *t = thread_of(parent);

	if (t)
		born(t, parent, child);
	return 0;
}

/* The memory for a thread comes from a small reserve that is filled up by an interrupt: it may have
 * been empty a moment ago. */
SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(begins, struct task_struct *child)
{
	struct task_struct *parent = bpf_get_current_task_btf();
	struct thread *t = thread_of(parent);

	if (t && !thread_of(child) && !(child->flags & PF_KTHREAD) && !born(t, parent, child))
		__sync_fetch_and_add(&strays, 1);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(executed, struct task_struct *task)
{
	struct thread *t = thread_of(task);
	struct hw_wall_account *a;
	__u32 tgid = task->tgid;

	if (!t)
		return 0;
	bpf_map_delete_elem(&gils, &tgid); /* another program */
	a = account_of(t);
	if (a && by_process)
		bpf_probe_read_kernel_str(a->comm, sizeof(a->comm), task->comm);
	return 0;
}

/* User space reads it through: the threads of wanted_pid join, or those of every process. */
SEC("iter/task")
int join_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread *leader;
	__u32 session = 0, state = HW_THREAD_WAITING, pid;
	__u64 now = bpf_ktime_get_ns();

	if (!task || task->flags & PF_KTHREAD)
		return 0;
	pid = number_of(task->group_leader->thread_pid);
	if (!pid || pid == ignored_pid || (wanted_pid && pid != wanted_pid) || thread_of(task))
		return 0;
	if (by_process) {
		leader = thread_of(task->group_leader);
		session = leader ? leader->session : new_session(task, now);
	}
	if (!task->__state)
		state = task->on_cpu ? HW_THREAD_RUNNING : HW_THREAD_RUNNABLE;
	else if (task->__state & TASK_DEAD)
		state = HW_THREAD_STATES; /* its process may live on without it */
	join(task, session, state, now);
	return 0;
}

/* What @task waits for, told before the wait ends. io_uring counts what it waits for as I/O, be it
 * storage or not; the numbers of 32-bit calls are others. */
static __always_inline __u8 open_rule_of(struct task_struct *task, const struct thread *t)
{
	__u32 nr = (__u32)CALL_NR(user_regs(task));

	if (t->at_gil)
		return HW_WALL_GIL;
	if (nr < HW_CALLS_MAX && calls[nr] == HW_CALL_READY && !(task->__state & TASK_STOPPED_OR_TRACED))
		return IS_COMPAT(task) ? HW_WALL_OTHER : HW_CALL_READY;
	return rule_of(task);
}

/* User space reads a list of struct hw_doing: all threads of all sessions. */
SEC("iter/task")
int list_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct hw_doing doing = {};
	struct thread *t;

	if (!task)
		return 0;
	t = thread_of(task);
	if (!t || t->state >= HW_THREAD_STATES)
		return 0;
	doing.session = t->session;
	doing.pid = number_of(task->group_leader->thread_pid);
	doing.tid = number_of(task->thread_pid);
	doing.state = t->state;
	doing.rule = t->state == HW_THREAD_WAITING ? open_rule_of(task, t) : HW_WALL_OTHER;
	doing.since = t->since;
	bpf_seq_write(ctx->meta->seq, &doing, sizeof(doing));
	return 0;
}
