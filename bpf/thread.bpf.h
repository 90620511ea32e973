/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * What is known of each thread of a session. It lies with the task where the kernel lets a program
 * that traces put something there (Linux 5.12), else in a table by thread id. */
#ifndef HW_BPF_THREAD_H
#define HW_BPF_THREAD_H

#include "classes.h"
#include "task.bpf.h"

/* What the loader sets and nothing changes then, for which the verifier leaves branches out. Tests, which
 * compile all this for the host, say what else it is. */
#ifndef SETTING
#define SETTING const volatile
#endif

SETTING __u32 threads_in_table; /* and the map has the type for it */

struct blocked_time {
	__u64 credit_ns; /* towards the next sample */
	__u64 due_ns;	 /* that the next sample of the thread is to stand for */
};

struct thread {
	__u32 session;
	__u8 state;	/* enum hw_thread_state */
	__u8 cause;	/* of the last wait that was looked at: enum hw_wall_class */
	__u8 at_gil;	/* waits for the GIL now */
	__u8 due_cause; /* of waited.due_ns */
	__u64 since;	/* of the state */
	__u64 called;	/* when it was last asked to wake while it still ran */
	__u64 ran_ns;	/* in all, when it last left a CPU: by the kernel's own account */
	struct blocked_time waited, starved;
	__u64 born; /* in the table: start_time of its task, for a thread id comes again */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

static __always_inline struct thread *thread_in_table(int tid, __u64 born)
{
	struct thread *t = bpf_map_lookup_elem(&threads, &tid);

	return t && t->born == born ? t : NULL;
}

/* NULL: of no session. The scheduler asks that of all tasks of the machine, of which few have
 * anything: a look at the pointer saves them the helper. */
static __always_inline struct thread *thread_of(struct task_struct *task)
{
	if (threads_in_table)
		return thread_in_table(task->pid, task->start_time);
	if (bpf_core_field_exists(task->bpf_storage) && !task->bpf_storage)
		return NULL;
	return bpf_task_storage_get(&threads, task, NULL, 0);
}

static __always_inline struct thread *current_thread(void)
{
	struct task_struct *task = current_task();

	if (threads_in_table)
		return thread_in_table((int)bpf_get_current_pid_tgid(), FOLLOW(task, start_time));
	return bpf_task_storage_get(&threads, task, NULL, 0);
}

/* What is known of @task, which counts nowhere as long as nothing is: it may run, wait and run
 * meanwhile. NULL without memory, or room in the table. */
static __always_inline struct thread *enrolled(struct task_struct *task, __u64 now)
{
	struct thread unknown = { .state = HW_THREAD_STATES, .since = now };
	int tid = task->pid;

	if (!threads_in_table)
		return bpf_task_storage_get(&threads, task, &unknown, BPF_LOCAL_STORAGE_GET_F_CREATE);
	unknown.born = task->start_time;
	if (!thread_in_table(tid, unknown.born))
		bpf_map_update_elem(&threads, &tid, &unknown, BPF_ANY);
	return thread_in_table(tid, unknown.born);
}

/* @task has ended. What lies with a task goes with it. */
static __always_inline void forget(struct task_struct *task)
{
	int tid = task->pid;

	if (threads_in_table)
		bpf_map_delete_elem(&threads, &tid);
}

/* @task had thread id @old_tid before it executed a program: that ends the other threads, and gives
 * it the number of the first. */
static __always_inline void renumber(struct task_struct *task, int old_tid)
{
	struct thread *t, copy;
	int tid = task->pid;

	if (!threads_in_table || tid == old_tid)
		return;
	t = bpf_map_lookup_elem(&threads, &old_tid);
	if (!t)
		return;
	copy = *t;
	copy.born = task->start_time;
	bpf_map_delete_elem(&threads, &old_tid); /* first: the table may be full */
	bpf_map_update_elem(&threads, &tid, &copy, BPF_ANY);
}

#endif
