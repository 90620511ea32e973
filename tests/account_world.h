/* SPDX-License-Identifier: Apache-2.0
 * A machine that makes the events of a scheduler as luck has it (choose()), and tells them both to the
 * programs of bpf/wait.bpf.h and to the model beside them: tasks of sessions and of none on some CPUs,
 * forks, exits in any order, programs executed, waits of all kinds, calls to wake that come too early.
 * What else may go wrong is in struct luck. */
#ifndef TEST_ACCOUNT_WORLD_H
#define TEST_ACCOUNT_WORLD_H

#include <stdio.h>
#include <string.h>

#include "wait_fakes.h"

#include "account_model.h"

#define WORLD_CPUS  200 /* more run at once than there are widths */
#define WORLD_FILES 8
#define WORLD_BEGIN 1000000000ULL

/* What happens with which odds: one in so many times; 0: never. */
struct luck {
	uint32_t lost;	    /* an event is not told */
	uint32_t locks;	    /* an event does not get the lock */
	uint32_t memory;    /* there is none for a new thread */
	uint32_t skew;	    /* an event is told late: with a time before that of the last one */
	uint32_t fork, end; /* of what a running task does */
	uint32_t tasks_max;
};

/* A wait as it looks from the kernel, and what it is. */
struct world_wait {
	struct model_wait is;
	int call; /* number of the system call */
	uint64_t arg_0, arg_3;
	bool iowait, stopped, compat, gil;
};

enum { CALL_SLEEP, CALL_FILE, CALL_READY, CALL_FUTEX, CALL_CHILD, CALL_OTHER, CALL_BEYOND = HW_CALLS_MAX };
enum { FILE_REGULAR, FILE_FOLDER, FILE_PIPE, FILE_TERMINAL, FILE_UNIX, FILE_INET, FILE_TIMER };

#define TOLD(class)    { class, HW_WALL_CLASSES, HW_WALL_CLASSES }
#define OPEN(fallback) { HW_WALL_CLASSES, HW_WALL_CLASSES, fallback }

static const struct world_wait world_waits[] = {
	{ TOLD(HW_WALL_SLEEP), CALL_SLEEP },
	{ TOLD(HW_WALL_CHILD), CALL_CHILD },
	{ TOLD(HW_WALL_OTHER), CALL_OTHER },
	{ TOLD(HW_WALL_OTHER), CALL_BEYOND },
	{ TOLD(HW_WALL_DISK), CALL_SLEEP, .iowait = true }, /* whatever the call is */
	{ TOLD(HW_WALL_OTHER), CALL_SLEEP, .stopped = true },
	{ TOLD(HW_WALL_DISK), CALL_FILE, FILE_REGULAR },
	{ TOLD(HW_WALL_DISK), CALL_FILE, FILE_FOLDER },
	{ TOLD(HW_WALL_PIPE), CALL_FILE, FILE_PIPE },
	{ TOLD(HW_WALL_PIPE), CALL_FILE, FILE_TERMINAL },
	{ TOLD(HW_WALL_PIPE), CALL_FILE, FILE_UNIX },
	{ TOLD(HW_WALL_NETWORK), CALL_FILE, FILE_INET },
	{ TOLD(HW_WALL_OTHER), CALL_FILE, WORLD_FILES }, /* no such file */
	{ OPEN(HW_WALL_CLASSES), CALL_FILE, FILE_TIMER },
	{ OPEN(HW_WALL_CLASSES), CALL_READY },
	{ TOLD(HW_WALL_LOCK), CALL_FUTEX, 0x1000 },
	{ OPEN(HW_WALL_LOCK), CALL_FUTEX, 0x1000, 1 },
	{ TOLD(HW_WALL_LOCK), CALL_FUTEX, .gil = true }, /* if it is not known where that is */
	{ OPEN(HW_WALL_LOCK), CALL_FUTEX, .arg_3 = 1, .gil = true },
#ifdef TS_COMPAT
	{ OPEN(HW_WALL_CLASSES), CALL_SLEEP, .compat = true },
#endif
};
#define N_WORLD_WAITS (sizeof(world_waits) / sizeof(world_waits[0]))

#define WAKER_AT    0xffffffff81000000ULL
#define WAKER_BYTES 0x100ULL

enum task_place { PLACE_QUEUE, PLACE_CPU, PLACE_BLOCKED, PLACE_DEAD };

struct task {
	struct task_struct k; /* first: what the programs see */
	struct kernel_regs regs;
	struct model_thread model;
	enum task_place place;
	const struct world_wait *wait;
	uint64_t on_since, woken;
	uint64_t due_waited, due_starved; /* blocked time it was to send its stack for */
	uint64_t credit_waited, credit_starved;
	bool enrolled; /* as the model knows it */
	bool early;    /* it could run before it was off its CPU, which nobody was told */
};

struct world {
	struct luck luck;
	struct task **tasks; /* all there ever were */
	uint32_t n, cap, alive;
	struct task *cpu[WORLD_CPUS];
	uint32_t n_cpus;
	uint64_t now, clock, events;
	struct model model;
	struct fdtable fdt;
	struct files_struct files;
	struct file file[WORLD_FILES], *fd[WORLD_FILES];
	struct inode inode[WORLD_FILES];
	struct socket socket[WORLD_FILES];
	struct sock sock[WORLD_FILES];
	struct task idle;
	uint32_t next_id;
	uint64_t strays;
	const char *broken; /* what was not as the model has it */
};

/* A number below @n, which is not 0. */
static uint32_t choose(uint32_t n);

static bool lucky(uint32_t odds)
{
	return odds && !choose(odds);
}

static struct kernel_regs *fake_regs(struct task_struct *task)
{
	return &((struct task *)task)->regs;
}

static struct world world;

#define same(w, a, b)                                                                              \
	do {                                                                                       \
		if ((w)->broken)                                                                   \
			break;                                                                     \
		if ((uint64_t)(a) != (uint64_t)(b)) {                                              \
			static char text[256];                                                     \
			snprintf(text, sizeof(text), "event %llu: %s is %llu, not %llu (%s)",      \
				 (unsigned long long)(w)->events, #a, (unsigned long long)(a),     \
				 (unsigned long long)(b), #b);                                     \
			(w)->broken = text;                                                        \
		}                                                                                  \
	} while (0)

static struct model_thread *model_of(struct task *t)
{
	return t->enrolled ? &t->model : NULL;
}

/* That the programs know of @task what the model does. */
static void same_thread(struct world *w, struct task *task)
{
	const struct thread *t = thread_of(&task->k);
	const struct model_thread *m = &task->model;

	same(w, t != NULL, task->enrolled);
	if (!t || w->broken)
		return;
	same(w, t->state, m->state);
	same(w, t->session, m->session);
	same(w, t->at_gil, m->at_gil);
	if (!m->known)
		return;
	same(w, t->since, m->since);
	same(w, t->cause, m->cause);
	same(w, t->ran_ns, m->charged);
}

/* --- what the kernel does --- */

static void pass(struct world *w)
{
	static const uint32_t steps[] = { 300, 5000, 30000, 200000, 3000000 };

	w->now += choose(steps[choose(5)]) + 1;
}

/* The time of an event; @late: it may be before that of the last one. */
static void tick(struct world *w, struct task *current)
{
	w->events++;
	fake.now = lucky(w->luck.skew) ? w->now - choose(3000) : w->now;
	fake.current = &current->k;
	fake.locks_fail = w->model.locks_fail = lucky(w->luck.locks);
	fake.no_memory = lucky(w->luck.memory);
}

static struct task *any(struct world *w, enum task_place place);

/* A number for a task, now and then one that was another's. */
static uint32_t task_id(struct world *w)
{
	const struct task *dead = w->n && lucky(4) ? any(w, PLACE_DEAD) : NULL;

	for (uint32_t i = 0; dead && i < w->n; i++)
		if (w->tasks[i]->place != PLACE_DEAD && (w->tasks[i]->k.pid == dead->k.pid ||
							 w->tasks[i]->k.tgid == dead->k.pid))
			dead = NULL;
	return dead ? (uint32_t)dead->k.pid : ++w->next_id;
}

static struct task *task_new(struct world *w, struct task *leader)
{
	struct task *t = calloc(1, sizeof(*t));
	uint32_t id = task_id(w);

	if (!t || id >= FAKE_IDS)
		abort();
	t->k.pid = (int)id;
	t->k.tgid = leader ? leader->k.tgid : (int)id;
	t->k.group_leader = leader ? &leader->k : &t->k;
	t->k.start_time = w->now;
	t->k.files = &w->files;
	memcpy(t->k.comm, "task", 5);
	t->k.thread_pid = calloc(1, sizeof(struct pid) + sizeof(struct upid));
	if (!t->k.thread_pid)
		abort();
	t->k.thread_pid->numbers[0].nr = (int)id;
	t->model.state = HW_THREAD_STATES;
	w->tasks = model_more(w->tasks, w->n, &w->cap, sizeof(*w->tasks));
	w->tasks[w->n++] = t;
	w->alive++;
	return t;
}

/* One of those that are in @place, NULL if the first ones tried are not. */
static struct task *any(struct world *w, enum task_place place)
{
	uint32_t from = choose(w->n);

	for (uint32_t i = 0; i < w->n; i++) {
		struct task *t = w->tasks[(from + i) % w->n];

		if (t->place == place)
			return t;
	}
	return NULL;
}

static void enter_call(struct world *w, struct task *t, const struct world_wait *wait)
{
	(void)w;
	t->wait = wait;
	t->regs.NR_FIELD = (typeof(t->regs.NR_FIELD))wait->call;
	t->regs.ARG_0_FIELD = wait->gil ? 0x7000u + (unsigned)t->k.tgid : wait->arg_0;
	t->regs.ARG_3_FIELD = wait->arg_3;
	t->k.in_iowait = wait->iowait;
#ifdef TS_COMPAT
	t->k.thread_info.status = wait->compat ? TS_COMPAT : 0;
#endif
	t->k.__state = wait->stopped ? 4 : 1;
}

/* Whether going to wait is known to be for the GIL, by where user space has said that lies. */
static bool is_at_gil(const struct task *t)
{
	uint32_t tgid = (uint32_t)t->k.tgid;
	const struct hw_gil *gil = &fake_gils[tgid];

	return t->wait && t->wait->call == CALL_FUTEX && gil_there[tgid] &&
	       t->regs.ARG_0_FIELD >= gil->start && t->regs.ARG_0_FIELD < gil->end;
}

static void note_due(struct world *w, struct task *next)
{
	if (!fake.due_written)
		return;
	same(w, fake_due.tid, next->k.pid);
	same(w, fake_due.waited_ns % off_period_ns + fake_due.starved_ns % off_period_ns, 0);
	next->due_waited += fake_due.waited_ns;
	next->due_starved += fake_due.starved_ns;
}

/* @prev, on @cpu, leaves it in @state of the kernel, and @next gets it; NULL: nobody. */
static void do_switch(struct world *w, uint32_t cpu, struct task *next, bool preempted,
		      unsigned int state)
{
	struct task *prev = w->cpu[cpu] ? w->cpu[cpu] : &w->idle, *to = next ? next : &w->idle;
	uint8_t left = preempted || !state ? HW_THREAD_RUNNABLE
		       : state & TASK_DEAD ? HW_THREAD_STATES
					   : HW_THREAD_WAITING;
	__u64 ctx[4] = { 0, 0, 0, state };

	tick(w, prev);
	if (prev != &w->idle)
		prev->k.se.sum_exec_runtime += w->now - prev->on_since;
	if (!lucky(w->luck.lost)) {
		bool at_gil = left == HW_THREAD_WAITING && is_at_gil(prev);

		fake.due_written = false;
		model_switch(&w->model, model_of(prev), left, at_gil, prev->k.se.sum_exec_runtime,
			     model_of(to), to->k.se.sum_exec_runtime, fake.now);
		switched(ctx, preempted, &prev->k, &to->k);
		if (left == HW_THREAD_STATES && threads_in_table)
			prev->enrolled = false; /* and forgotten */
		if (off_period_ns)
			note_due(w, to);
		same_thread(w, prev);
		same_thread(w, to);
	}
	prev->k.on_cpu = 0;
	if (prev != &w->idle)
		prev->place = state & TASK_DEAD			     ? PLACE_DEAD
			      : left == HW_THREAD_WAITING ? PLACE_BLOCKED
							  : PLACE_QUEUE;
	w->cpu[cpu] = next;
	if (!next)
		return;
	next->k.on_cpu = 1;
	next->place = PLACE_CPU;
	next->early = false;
	/* The kernel may charge it from the clock of its wake-up on. */
	next->on_since = next->woken ? next->woken : w->now;
	next->woken = 0;
}

/* @t is called to wake. */
static void do_wake(struct world *w, struct task *t)
{
	struct model_wait is = t->wait ? t->wait->is : (struct model_wait)TOLD(HW_WALL_OTHER);
	uint32_t waker = choose(HW_WALL_CLASSES + 4);

	tick(w, &w->idle);
	fake.n_frames = 1 + choose(FAKE_FRAMES);
	for (uint32_t i = 0; i < fake.n_frames; i++)
		fake.stack[i] = WAKER_AT - 1 - choose(1000);
	is.by_waker = HW_WALL_CLASSES;
	if (waker >= HW_WALL_DISK && waker < HW_WALL_CLASSES) { /* a function that tells */
		fake.stack[fake.n_frames - 1] = WAKER_AT + 2 * waker * WAKER_BYTES + choose(WAKER_BYTES);
		is.by_waker = (uint8_t)waker;
	}
	if (!lucky(w->luck.lost)) {
		if (t->enrolled)
			model_waking(&w->model, &t->model, &is, t->k.on_cpu, t->k.se.sum_exec_runtime,
				     fake.now);
		waking(NULL, &t->k);
		same_thread(w, t);
	}
	if (t->place != PLACE_BLOCKED)
		return;
	t->place = PLACE_QUEUE;
	t->k.__state = 0;
	t->k.in_iowait = 0;
	t->woken = choose(2) ? w->now : 0;
}

/* What became of @t at a fork, or by the iterator. */
static void note_joined(struct world *w, struct task *t, uint32_t session, uint8_t state)
{
	t->enrolled = true;
	model_join(&w->model, &t->model, session, state, t->k.se.sum_exec_runtime, fake.now);
	if (!off_period_ns || state >= HW_THREAD_STATES)
		return;
	t->credit_waited = thread_of(&t->k)->waited.credit_ns;
	t->credit_starved = thread_of(&t->k)->starved.credit_ns;
}

/* Where a child of @parent belongs; to be asked when it is known that there is memory for it. */
static uint32_t session_for(struct world *w, struct task *parent, struct task *child)
{
	if (!w->model.by_process || parent->k.tgid == child->k.tgid)
		return parent->model.session;
	return model_new_session(&w->model, fake.now);
}

/* A child has its own copy of what @parent has, at the same address. */
static void same_gil(struct world *w, const struct task *parent, const struct task *child)
{
	if (parent->k.tgid == child->k.tgid || !gil_there[parent->k.tgid])
		return;
	same(w, gil_there[child->k.tgid], 1);
	same(w, fake_gils[child->k.tgid].start, fake_gils[parent->k.tgid].start);
	same(w, fake_gils[child->k.tgid].end, fake_gils[parent->k.tgid].end);
	same(w, fake_gils[child->k.tgid].waiting, 0);
}

static void do_fork(struct world *w, struct task *parent)
{
	struct task *leader = choose(3) ? (struct task *)parent->k.group_leader : NULL;
	struct task *child = task_new(w, leader);

	child->regs = parent->regs;
	for (int chance = 0; chance < 2; chance++) { /* the fork, and when the child first wakes */
		bool joins;

		tick(w, parent);
		if (lucky(w->luck.lost))
			continue;
		joins = parent->enrolled && !child->enrolled && !fake.no_memory;
		w->strays += chance && parent->enrolled && !child->enrolled && !joins;
		if (chance)
			begins(NULL, &child->k);
		else
			forked(NULL, &parent->k, &child->k);
		if (joins) {
			note_joined(w, child, session_for(w, parent, child), HW_THREAD_RUNNABLE);
			same_gil(w, parent, child);
		}
		same_thread(w, child);
	}
	child->place = PLACE_QUEUE;
}

/* Of all threads of the process only @t is left, and has the number of the first. It is never lost: of
 * the table nobody would find it again. */
static void do_exec(struct world *w, struct task *t)
{
	const struct task *leader = (struct task *)t->k.group_leader;
	int old = t->k.pid;

	/* In the table a thread goes on whose end was not told, and then @t would be taken for it: as the
	 * first of its process, or as one that had the number of @t. */
	if (threads_in_table && leader != t && (leader->enrolled || !t->enrolled))
		return;

	for (uint32_t i = 0; i < w->n; i++) {
		struct task *o = w->tasks[i];

		if (o != t && o->k.tgid == t->k.tgid && o->place != PLACE_DEAD)
			return;
	}
	tick(w, t);
	t->k.start_time = t->k.group_leader->start_time;
	t->k.pid = t->k.tgid;
	t->k.group_leader = &t->k;
	t->k.thread_pid->numbers[0].nr = t->k.pid;
	executed(NULL, &t->k, old);
	same_thread(w, t);
}

static void do_joins(struct world *w, uint32_t pid)
{
	wanted_pid = pid;
	for (uint32_t i = 0; i < w->n; i++) {
		struct task *t = w->tasks[i], *leader = (struct task *)t->k.group_leader;
		struct bpf_iter__task ctx = { .task = &t->k };
		uint8_t state = t->place == PLACE_CPU	    ? HW_THREAD_RUNNING
				: t->place == PLACE_QUEUE ? HW_THREAD_RUNNABLE
				: t->place == PLACE_DEAD  ? HW_THREAD_STATES
							  : HW_THREAD_WAITING;
		uint32_t session = 0;

		if ((pid && (uint32_t)t->k.tgid != pid) || t->enrolled)
			continue;
		tick(w, t);
		fake.no_memory = false;
		join_tasks(&ctx);
		if (w->model.by_process)
			session = leader->enrolled && leader != t ? leader->model.session
								  : model_new_session(&w->model, fake.now);
		note_joined(w, t, session, state);
		same_thread(w, t);
	}
}

/* --- what there is, and what happens --- */

static void lay_out_files(struct world *w)
{
	static const unsigned short modes[WORLD_FILES] = {
		[FILE_REGULAR] = S_IFREG, [FILE_FOLDER] = S_IFDIR, [FILE_PIPE] = S_IFIFO,
		[FILE_TERMINAL] = S_IFCHR, [FILE_UNIX] = S_IFSOCK, [FILE_INET] = S_IFSOCK,
	};

	for (int i = 0; i < WORLD_FILES; i++) {
		w->inode[i].i_mode = modes[i];
		w->sock[i].__sk_common.skc_family = i == FILE_UNIX ? AF_UNIX : AF_INET;
		w->socket[i].sk = &w->sock[i];
		w->file[i] = (struct file){ .f_inode = &w->inode[i], .private_data = &w->socket[i] };
		w->fd[i] = &w->file[i];
	}
	w->fdt = (struct fdtable){ .max_fds = WORLD_FILES, .fd = w->fd };
	w->files.fdt = &w->fdt;
}

static void lay_out_rules(void)
{
	static const uint8_t rules[] = {
		[CALL_SLEEP] = HW_WALL_SLEEP,  [CALL_FILE] = HW_CALL_FILE, [CALL_READY] = HW_CALL_READY,
		[CALL_FUTEX] = HW_CALL_FUTEX, [CALL_CHILD] = HW_WALL_CHILD, [CALL_OTHER] = HW_WALL_OTHER,
	};

	memcpy(calls, rules, sizeof(rules));
	for (uint32_t i = 0; i < HW_WAKERS_MAX; i++)
		wakers[i] = (struct hw_waker){ .start = ~0ULL, .end = ~0ULL };
	for (uint32_t i = 0; i < HW_WALL_CLASSES; i++)
		wakers[i] = (struct hw_waker){ .start = WAKER_AT + 2 * i * WAKER_BYTES,
					       .end = WAKER_AT + (2 * i + 1) * WAKER_BYTES,
					       .class = i };
}

/* @n_tasks are there before the sessions begin, and in each place. */
static void world_begin(struct world *w, const struct luck *luck, uint32_t n_tasks)
{
	*w = (struct world){ .luck = *luck, .now = WORLD_BEGIN };
	fake_reset();
	lay_out_files(w);
	lay_out_rules();
	w->n_cpus = n_tasks > 1000 ? WORLD_CPUS : 1 + choose(8);
	by_process = choose(2);
	threads_in_table = choose(2);
	locks_in_table = luck->locks != 0 || choose(2);
	sessions_max = by_process ? 1 + choose(choose(2) ? 4 : FAKE_SESSIONS) : 1;
	sessions_used = by_process;
	off_period_ns = choose(2) ? 1000000 : 0;
	w->model.by_process = by_process;
	w->model.max_sessions = sessions_max;
	w->model.n_sessions = sessions_used;
	w->model.sessions = calloc(sessions_max, sizeof(*w->model.sessions));
	if (!w->model.sessions)
		abort();
	for (uint32_t i = 0; i < n_tasks; i++) {
		struct task *t = task_new(w, i && choose(3) ? w->tasks[choose(i)] : NULL);

		t->k.group_leader = (struct task_struct *)t->k.group_leader->group_leader;
		enter_call(w, t, &world_waits[choose(N_WORLD_WAITS)]);
		t->place = choose(2) ? PLACE_BLOCKED : PLACE_QUEUE;
		t->k.se.sum_exec_runtime = choose(1000000);
		if (t->place == PLACE_QUEUE)
			t->k.__state = 0;
		if (i < w->n_cpus) {
			t->place = PLACE_CPU;
			t->k.__state = 0;
			t->k.on_cpu = 1;
			t->on_since = w->now;
			w->cpu[i] = t;
		}
	}
	pass(w);
	do_joins(w, by_process || choose(2) ? 0 : (uint32_t)w->tasks[0]->k.tgid);
}

/* What the task that runs on @cpu does. */
static void step_running(struct world *w, uint32_t cpu)
{
	struct task *t = w->cpu[cpu], *next = choose(4) ? any(w, PLACE_QUEUE) : NULL;

	if (w->alive < w->luck.tasks_max && lucky(w->luck.fork)) {
		do_fork(w, t);
		return;
	}
	if (w->alive > 2 && lucky(w->luck.end)) {
		w->alive--;
		t->k.__state = TASK_DEAD;
		do_switch(w, cpu, next, false, TASK_DEAD);
		return;
	}
	switch (choose(12)) {
	case 0:
	case 1:
		do_switch(w, cpu, next, true, choose(2)); /* the state does not matter */
		return;
	case 2: /* called to wake while it is on its way to wait, or not at all */
		enter_call(w, t, &world_waits[choose(N_WORLD_WAITS)]);
		do_wake(w, t);
		w->now += choose(40000);
		if (choose(3)) {
			do_switch(w, cpu, next, false, t->k.__state);
			t->place = PLACE_QUEUE;
			t->early = true;
		}
		t->k.__state = 0;
		t->k.in_iowait = 0;
		return;
	case 3:
		do_exec(w, t);
		return;
	default:
		enter_call(w, t, &world_waits[choose(N_WORLD_WAITS)]);
		do_switch(w, cpu, next, false, t->k.__state);
	}
}

/* User space says where the GIL of a process lies, if it was asked. */
static void say_gil(struct world *w)
{
	uint32_t tgid = (uint32_t)w->tasks[choose(w->n)]->k.tgid;

	if (gil_there[tgid]) {
		fake_gils[tgid].start = 0x7000 + tgid;
		fake_gils[tgid].end = 0x7000 + tgid + 1;
	}
}

static void world_step(struct world *w)
{
	uint32_t cpu = choose(w->n_cpus);
	struct task *t;

	pass(w);
	switch (choose(8)) {
	case 0:
		say_gil(w);
		return;
	case 1:
	case 2:
	case 3:
		t = any(w, PLACE_BLOCKED);
		if (t)
			do_wake(w, t);
		return;
	default:
		if (w->cpu[cpu])
			step_running(w, cpu);
		else if ((t = any(w, PLACE_QUEUE)))
			do_switch(w, cpu, t, false, 0);
	}
}

/* --- what must have come out --- */

static void same_account(struct world *w, uint32_t session)
{
	const struct hw_wall_account *a = &fake_accounts[session];
	const struct model_session *s = &w->model.sessions[session];
	struct model_account m = model_recompute(&w->model, session);
	uint64_t wall = 0, width = 0;

	same(w, a->begin, s->begin);
	same(w, a->since, m.until);
	same(w, a->switches, s->switches);
	same(w, a->threads, s->threads);
	same(w, a->charged_ns, s->charged);
	same(w, a->peak, m.peak);
	for (int i = 0; i < HW_THREAD_STATES; i++)
		same(w, a->n[i], m.n[i]);
	for (int i = 0; i < HW_WALL_CLASSES; i++) {
		same(w, a->wall_ns[i], m.wall[i]);
		same(w, a->thread_ns[i], s->lived[i]);
		wall += a->wall_ns[i];
	}
	for (int i = 0; i < HW_WALL_WIDTHS; i++) {
		same(w, a->width_ns[i], m.width[i]);
		width += a->width_ns[i];
	}
	same(w, wall, a->since - a->begin); /* each instant is in one class, and only one */
	same(w, width, a->since - a->begin);
}

/* All blocked time of @t was asked a stack for, but for what is less than a period. */
static void same_blocked(struct world *w, struct task *t)
{
	const struct thread *k = thread_of(&t->k);

	if (!k || !t->model.known || w->luck.locks || !off_period_ns ||
	    (threads_in_table && t->place == PLACE_DEAD))
		return;
	same(w, t->due_waited + k->waited.due_ns + k->waited.credit_ns,
	     t->credit_waited + t->model.waited);
	same(w, t->due_starved + k->starved.due_ns + k->starved.credit_ns,
	     t->credit_starved + t->model.starved);
}

static const struct task *listed_task;

static void fake_list(const struct hw_thread_status *status)
{
	const struct task *t = listed_task;
	uint8_t rule = HW_WALL_OTHER;

	same(&world, status->session, t->model.session);
	same(&world, status->tid, t->k.pid);
	same(&world, status->pid, t->k.tgid);
	same(&world, status->state, t->model.state);
	same(&world, status->since, t->model.since);
	if (t->model.state == HW_THREAD_WAITING) {
		if (t->place != PLACE_BLOCKED)
			return; /* that it woke was not told, and its call is another by now */
		rule = t->model.at_gil			       ? HW_WALL_GIL
		       : t->wait->is.told < HW_WALL_CLASSES    ? t->wait->is.told
		       : t->wait->is.fallback == HW_WALL_LOCK ? HW_CALL_FUTEX
							       : HW_CALL_READY;
	}
	same(&world, status->rule, rule);
}

/* What the iterator lists, thread by thread. */
static void same_list(struct world *w, struct task *t)
{
	struct bpf_iter_meta meta = { 0 };
	struct bpf_iter__task ctx = { .meta = &meta, .task = &t->k };

	if (threads_in_table && t->place == PLACE_DEAD)
		return; /* another may have its number */
	listed_task = t;
	fake.listed = 0;
	list_threads(&ctx);
	same(w, fake.listed, t->enrolled && t->model.state < HW_THREAD_STATES);
}

/* Where nothing is lost, what is known is what is so. */
static void same_truth(struct world *w, struct task *t)
{
	static const uint8_t states[] = {
		[PLACE_QUEUE] = HW_THREAD_RUNNABLE, [PLACE_CPU] = HW_THREAD_RUNNING,
		[PLACE_BLOCKED] = HW_THREAD_WAITING, [PLACE_DEAD] = HW_THREAD_STATES,
	};

	if (w->luck.lost || w->luck.locks || !t->enrolled)
		return;
	same(w, t->model.state, t->early ? HW_THREAD_WAITING : states[t->place]);
}

/* How many of each process wait for its GIL. Where an end is not told, its number may be another's. */
static void same_gils(struct world *w)
{
	static uint32_t waiting[FAKE_IDS];

	if (w->luck.lost)
		return;
	memset(waiting, 0, sizeof(waiting));
	for (uint32_t i = 0; i < w->n; i++)
		waiting[w->tasks[i]->k.tgid] += w->tasks[i]->model.at_gil;
	for (uint32_t i = 0; i < w->n; i++)
		if (gil_there[w->tasks[i]->k.tgid])
			same(w, fake_gils[w->tasks[i]->k.tgid].waiting,
			     waiting[w->tasks[i]->k.tgid]);
}

static void world_judge(struct world *w)
{
	same(w, sessions_used, w->model.n_sessions);
	for (uint32_t i = 0; i < sessions_max; i++)
		same_account(w, i);
	for (uint32_t i = 0; i < w->n; i++) {
		same_blocked(w, w->tasks[i]);
		same_list(w, w->tasks[i]);
		same_truth(w, w->tasks[i]);
	}
	same_gils(w);
	if (!w->luck.locks)
		same(w, strays, w->strays);
}

static void world_end(struct world *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		free(w->tasks[i]->k.bpf_storage);
		free(w->tasks[i]->k.thread_pid);
		free(w->tasks[i]->model.spans);
		free(w->tasks[i]);
	}
	free(w->tasks);
	model_done(&w->model);
	*w = (struct world){ 0 };
}

#endif
