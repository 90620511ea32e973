/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The wall budget: which threads of a session run, could run or wait, kept at every change. Time
 * belongs to the class of the moment: busy while any runs, starved while any could, else to the
 * cause of the wait whose end lets the session go on.
 *
 * A session is the threads that user space names, by iterating over tasks, and all that they
 * create; or each process is a session of its own. The scheduler calls with a run queue locked and
 * interrupts off; nothing here sleeps or allocates there.
 *
 * It asks the kernel only by the helpers and macros of libbpf, so that tests/test_account.c compiles it for
 * the host over fakes of those. */
#ifndef HW_BPF_WAIT_H
#define HW_BPF_WAIT_H

#include "cause.bpf.h"

#define EARLY_CALL_NS 20000 /* from the call to wake a thread until that is off its CPU, at most */

SETTING __u32 by_process;  /* each process is a session; else all are number 0 */
SETTING __u32 ignored_pid; /* hwprof itself */
SETTING __u32 sessions_max = 1;

__u32 wanted_pid;    /* for the iterator: this process; 0: all */
__u32 sessions_used; /* a session has a number below */
__u64 off_period_ns; /* one sample per that much blocked time; 0: none */
__u64 off_samples;   /* asked for so far */
__u64 without_room;  /* processes beyond sessions_max: they share session 0 */

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

/* @t of @task, which is on no CPU, was not seen to leave it, for @state. If another CPU tells just
 * now that it did, the lock lets us see that: it had it before the task was off its CPU. */
static __always_inline void let_go(struct hw_wall_account *a, struct thread *t,
				   struct task_struct *task, __u32 state, __u64 now)
{
	__u64 sum = task->se.sum_exec_runtime, ran = sum - t->ran_ns;

	if (now <= t->since)
		return;
	if (ran > now - t->since)
		ran = now - t->since;
	if (!lock(a, t->session))
		return;
	if (t->state == HW_THREAD_RUNNING) {
		charge(a, t, sum);
		hw_account_advance(a, now, HW_WALL_OTHER);
		move(a, t, state, t->since + ran, HW_WALL_OTHER);
	}
	unlock(a, t->session);
}

/* @task is called to wake. One that is on its CPU stays there, or is about to leave it all the same:
 * see missed_cause(). */
SEC("tp_btf/sched_waking")
int BPF_PROG(waking, struct task_struct *task)
{
	unsigned int on_cpu = *(volatile unsigned int *)&task->on_cpu; /* see let_go() */
	struct thread *t = thread_of(task);
	struct hw_wall_account *a;
	__u64 now;
	__u8 cause;

	if (!t || (t->state != HW_THREAD_WAITING && t->state != HW_THREAD_RUNNING))
		return 0;
	now = bpf_ktime_get_ns();
	if (t->state == HW_THREAD_RUNNING && on_cpu) {
		t->called = now;
		return 0;
	}
	a = account_of(t);
	if (!a)
		return 0;
	if (t->state == HW_THREAD_RUNNING)
		let_go(a, t, task, HW_THREAD_WAITING, now);
	cause = cause_of(ctx, a, task, t, now - t->since);
	if (t->at_gil)
		leaves_gil(task, t);
	blocked(&t->waited, now - t->since);
	t->due_cause = cause;
	if (!lock(a, t->session))
		return 0;
	hw_account_advance(a, now, cause);
	move(a, t, HW_THREAD_RUNNABLE, now, cause);
	unlock(a, t->session);
	return 0;
}

/* The state in which @task leaves its CPU; HW_THREAD_STATES: it has ended. */
static __always_inline __u32 state_after(struct task_struct *task, struct thread *t, int preempted,
					 unsigned int task_state)
{
	if (t->at_gil) /* neither that it woke nor that it ran was told */
		leaves_gil(task, t);
	if (preempted || !task_state)
		return HW_THREAD_RUNNABLE;
	if (task_state & TASK_DEAD)
		return HW_THREAD_STATES;
	meets_gil(task, t);
	return HW_THREAD_WAITING;
}

static __always_inline void stops(struct hw_wall_account *a, struct thread *t, __u32 state,
				  __u64 ran_ns, __u64 now)
{
	if (!lock(a, t->session))
		return;
	hw_account_advance(a, now, HW_WALL_OTHER);
	stop(a, t, state, ran_ns, now);
	unlock(a, t->session);
}

/* What @t, which begins to run and was not seen to wake, has waited for: a CPU if it was asked to wake
 * just before it stopped, for who wakes it then waits for that, and tells nothing again. */
static __always_inline __u32 missed_cause(const struct thread *t)
{
	return t->since - t->called < EARLY_CALL_NS ? HW_WALL_STARVED : t->cause;
}

static __always_inline void starts(struct hw_wall_account *a, struct thread *t, __u64 now)
{
	__u32 cause = missed_cause(t);

	if (!lock(a, t->session))
		return;
	hw_account_advance(a, now, cause);
	move(a, t, HW_THREAD_RUNNING, now, cause);
	unlock(a, t->session);
}

/* One stops and another starts. */
static __always_inline void hands_over(struct hw_wall_account *a, struct thread *from, __u32 state,
				       __u64 ran_ns, struct thread *to, __u64 now)
{
	__u32 cause = missed_cause(to);

	if (!lock(a, from->session))
		return;
	hw_account_advance(a, now, HW_WALL_OTHER);
	stop(a, from, state, ran_ns, now);
	move(a, to, HW_THREAD_RUNNING, now, cause);
	unlock(a, from->session);
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
	if (t->state == HW_THREAD_RUNNABLE ||
	    (t->state == HW_THREAD_WAITING && missed_cause(t) == HW_WALL_STARVED)) {
		if (t->ran_ns) /* one that never ran has no stack yet */
			blocked(&t->starved, now - t->since);
	} else if (t->state == HW_THREAD_WAITING) {
		blocked(&t->waited, now - t->since);
		t->due_cause = t->cause;
	}
	hand_over_due(t, task);
}

/* The tracepoint, where it tells the state that @prev leaves in: else that is read late, after others
 * may have set it to "is being woken", which is as good. Since Linux 5.18. */
typedef void (*btf_trace_sched_switch___state)(void *, _Bool, struct task_struct *,
					       struct task_struct *, unsigned int);

static __always_inline unsigned int state_left(const __u64 *ctx, struct task_struct *prev)
{
	if (bpf_core_type_exists(btf_trace_sched_switch___state))
		return (unsigned int)ctx[3];
	return state_of(prev);
}

/* NULL also of a thread that has not joined its session yet, or has ended: that changes nothing in the
 * account, and must not end the wait of those that are in it. */
static __always_inline struct thread *counted(struct task_struct *task)
{
	struct thread *t = thread_of(task);

	return t && t->state < HW_THREAD_STATES ? t : NULL;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switched, _Bool preempted, struct task_struct *prev, struct task_struct *next)
{
	struct thread *from = counted(prev), *to = counted(next);
	struct hw_wall_account *a;
	__u64 now = 0, ran_ns;
	__u32 state;

	if (from) {
		a = account_of(from);
		if (!a)
			return 0;
		state = state_after(prev, from, preempted, state_left(ctx, prev));
		now = bpf_ktime_get_ns();
		if (from->state != HW_THREAD_RUNNING)
			catch_up(a, from, prev, now);
		ran_ns = prev->se.sum_exec_runtime;
		if (to && to->session == from->session) {
			if (to->state == HW_THREAD_RUNNING)
				let_go(a, to, next, HW_THREAD_RUNNABLE, now);
			goes_on(next, to, now);
			hands_over(a, from, state, ran_ns, to, now);
			to = NULL; /* done */
		} else {
			stops(a, from, state, ran_ns, now);
		}
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
	if (threads_in_table && state_left(ctx, prev) & TASK_DEAD)
		forget(prev);
	return 0;
}

/* --- who belongs to a session --- */

/* The next free number; 0: none. Session 0 lends its lock, for not all kernels can count so. */
static __always_inline __u32 next_session(void)
{
	struct hw_wall_account *a = bpf_map_lookup_elem(&accounts, &(__u32){ 0 });
	__u32 session = 0;

	if (!a || !lock(a, 0))
		return 0;
	if (sessions_used < sessions_max)
		session = sessions_used++;
	unlock(a, 0);
	return session;
}

/* The session of a new process, in by_process mode; 0: there is no room. */
static __always_inline __u32 new_session(struct task_struct *task, __u64 now)
{
	__u32 session = next_session();
	struct hw_wall_account *a = bpf_map_lookup_elem(&accounts, &session);

	if (!session)
		__sync_fetch_and_add(&without_room, 1);
	if (!session || !a)
		return 0;
	a->pid = number_of(BPF_CORE_READ(task, group_leader, thread_pid));
	BPF_CORE_READ_STR_INTO(&a->comm, task, group_leader, comm);
	a->begin = a->since = now;
	return session;
}

/* Makes @task a thread of @session, in @state since @now; HW_THREAD_STATES: it has ended. */
static __always_inline void join(struct task_struct *task, __u32 session, __u32 state, __u64 now)
{
	struct thread *t = enrolled(task, now);
	__u64 ran_ns = task->se.sum_exec_runtime;
	struct hw_wall_account *a;

	if (!t) {
		__sync_fetch_and_add(&strays, 1);
		return;
	}
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
	t->ran_ns = ran_ns;
	if (!lock(a, session))
		return;
	enter(a, t, state, now);
	unlock(a, session);
}

/* @child, created by @t, which runs, belongs to its session, or begins one. */
static __always_inline int born(struct thread *t, struct task_struct *child)
{
	__u32 from = bpf_get_current_pid_tgid() >> 32, to = child->tgid, session = t->session;
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
	struct thread *t = current_thread();

	if (t)
		born(t, child);
	return 0;
}

/* The memory for a thread comes from a small reserve that is filled up by an interrupt: it may have
 * been empty a moment ago. */
SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(begins, struct task_struct *child)
{
	struct thread *t = current_thread();

	if (t && !thread_of(child) && !(child->flags & PF_KTHREAD) && !born(t, child))
		__sync_fetch_and_add(&strays, 1);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(executed, struct task_struct *task, int old_tid)
{
	struct hw_wall_account *a;
	__u32 tgid = task->tgid;
	struct thread *t;

	renumber(task, old_tid);
	t = thread_of(task);
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
	pid = number_of(BPF_CORE_READ(task, group_leader, thread_pid));
	if (!pid || pid == ignored_pid || (wanted_pid && pid != wanted_pid) || thread_of(task))
		return 0;
	if (by_process) {
		leader = thread_of(task->group_leader);
		session = leader ? leader->session : new_session(task, now);
	}
	if (!state_of(task))
		state = task->on_cpu ? HW_THREAD_RUNNING : HW_THREAD_RUNNABLE;
	else if (state_of(task) & TASK_DEAD)
		state = HW_THREAD_STATES; /* its process may live on without it */
	join(task, session, state, now);
	return 0;
}

/* User space reads a list of struct hw_thread_status: all threads of all sessions. */
SEC("iter/task")
int list_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct hw_thread_status status = {};
	struct thread *t;

	if (!task)
		return 0;
	t = thread_of(task);
	if (!t || t->state >= HW_THREAD_STATES)
		return 0;
	status.session = t->session;
	status.pid = number_of(BPF_CORE_READ(task, group_leader, thread_pid));
	status.tid = number_of(BPF_CORE_READ(task, thread_pid));
	status.state = t->state;
	status.rule = t->state == HW_THREAD_WAITING ? open_rule_of(task, t) : HW_WALL_OTHER;
	status.since = t->since;
	bpf_seq_write(ctx->meta->seq, &status, sizeof(status));
	return 0;
}

#endif
