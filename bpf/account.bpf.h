/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * The accounts of sessions, and the arithmetic of wall time: it belongs to the class of the moment. */
#ifndef HW_BPF_ACCOUNT_H
#define HW_BPF_ACCOUNT_H

#include "advance.h"
#include "thread.bpf.h"

/* Without the kernel's lock another one has to do, which is not waited for for ever. A holder needs
 * it for less time than two tries take. */
#define LOCK_TRIES 100

SETTING __u32 locks_in_table; /* bpf_spin_lock() is not for programs that trace: before Linux 5.15 */

__u64 strays; /* threads for which there was no memory, and events that did not get a lock */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct hw_wall_account);
	__uint(max_entries, 1); /* the loader sets it */
} accounts SEC(".maps");

/* Who can put the number of a session in here has its lock. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 1); /* the loader sets it */
} locks SEC(".maps");

static __always_inline struct hw_wall_account *account_of(const struct thread *t)
{
	__u32 session = t->session;

	return bpf_map_lookup_elem(&accounts, &session);
}

/* Takes the lock of @a, which is that of @session. 0: in vain, the event is lost. */
static __always_inline int lock(struct hw_wall_account *a, __u32 session)
{
	if (!locks_in_table) {
		bpf_spin_lock(&a->lock);
		return 1;
	}
	for (__u32 i = 0; i < LOCK_TRIES; i++)
		if (!bpf_map_update_elem(&locks, &session, &session, BPF_NOEXIST))
			return 1;
	__sync_fetch_and_add(&strays, 1);
	return 0;
}

static __always_inline void unlock(struct hw_wall_account *a, __u32 session)
{
	if (locks_in_table)
		bpf_map_delete_elem(&locks, &session);
	else
		bpf_spin_unlock(&a->lock);
}

/* Moves @t to @state at @now; @cause as hw_account_advance(). The lock is held, here and below. */
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

/* The kernel has charged @t with @ran_ns in all until now. That is what getrusage(2) adds up, and not
 * the time that it ran here: see hw_wall_doubt(). */
static __always_inline void charge(struct hw_wall_account *a, struct thread *t, __u64 ran_ns)
{
	a->charged_ns += ran_ns - t->ran_ns;
	t->ran_ns = ran_ns;
}

/* @t stops running, charged with @ran_ns, and is in @state; HW_THREAD_STATES: has ended. */
static __always_inline void stop(struct hw_wall_account *a, struct thread *t, __u32 state,
				 __u64 ran_ns, __u64 now)
{
	a->switches++;
	if (t->state >= HW_THREAD_STATES)
		return;
	charge(a, t, ran_ns);
	if (state < HW_THREAD_STATES) {
		move(a, t, state, now, HW_WALL_OTHER);
		return;
	}
	move(a, t, HW_THREAD_WAITING, now, HW_WALL_OTHER);
	a->n[HW_THREAD_WAITING]--;
	t->state = HW_THREAD_STATES; /* counts no more */
}

/* @t is a new thread of the session. */
static __always_inline void enter(struct hw_wall_account *a, struct thread *t, __u32 state,
				  __u64 now)
{
	__u32 alive;

	if (!a->begin)
		a->begin = a->since = now;
	if (state != HW_THREAD_WAITING) /* else nothing changes for the session */
		hw_account_advance(a, now, HW_WALL_OTHER);
	t->since = now;
	t->state = state;
	a->n[state]++;
	a->threads++;
	alive = a->n[HW_THREAD_RUNNING] + a->n[HW_THREAD_RUNNABLE] + a->n[HW_THREAD_WAITING];
	if (alive > a->peak)
		a->peak = alive;
}

#endif
