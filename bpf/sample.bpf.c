/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * One perf event in, one struct hw_raw_sample out: who ran, its native, Python and kernel frames.
 * Symbolizes nothing and knows no Python version; user space puts the offsets in py_procs. */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "shared.h"

#define read_user(dst, size, addr) bpf_probe_read_user(dst, size, (const void *)(addr))

#include "native.bpf.h"
#include "python.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL"; /* the helpers want a GPL-compatible one */

#define YOUNG_NS      (250 * 1000000ULL)
#define WAKE_EVERY_NS 1000000ULL
#define RETRY_NS      10000000ULL

const volatile __u32 whole_stacks; /* 0: only the innermost frame of each part */
const volatile __u32 ignored_pid;  /* hwprof itself, in the pid namespace of hwprof */

__u32 pidns_level; /* of hwprof; set by find_pidns before anything is sampled */
__u64 lost;	   /* samples that found the ring full */
__u64 outside;	   /* samples of tasks that hwprof's pid namespace does not see */
__u64 last_wake_ns;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22); /* the loader sets it */
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32); /* pid */
	__type(value, struct hw_py_proc);
	__uint(max_entries, 8192);
} py_procs SEC(".maps");

/* The thread state of each thread, so that the lists are walked once per thread. A thread that
 * has none (tstate 0) is looked for again after RETRY_NS. */
struct py_thread {
	__u64 thread_id; /* a tid may be reused */
	__u64 tstate;
	__u64 looked_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64); /* pid << 32 | tid */
	__type(value, struct py_thread);
	__uint(max_entries, 16384);
} py_threads SEC(".maps");

/* Room to work in, and the sample as it is sent: the frames follow its head. perf_event programs
 * do not nest on a CPU (kernel/events/core.c, bpf_overflow_handler(): bpf_prog_active), so one per
 * CPU is enough; values of a per-CPU map may not be this large. */
struct scratch {
	struct native_walk native;
	struct python_walk python;
	struct hw_raw_sample sample;
	__u8 frames[HW_NATIVE_MAX * sizeof(struct hw_raw_native) +
		    HW_PYTHON_MAX * sizeof(struct hw_raw_python) + (HW_KERNEL_MAX + 1) * 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct scratch);
	__uint(max_entries, 1); /* CPUs; the loader sets it */
} scratches SEC(".maps");

static __always_inline struct scratch *get_scratch(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&scratches, &cpu);
}

/* The number of @pid in the pid namespace of hwprof; 0 when it has none there. */
static __always_inline __u32 number_of(struct pid *pid)
{
	__u64 upid = (__u64)pid + bpf_core_field_offset(struct pid, numbers) +
		     (__u64)pidns_level * bpf_core_type_size(struct upid); /* ours is smaller */
	int nr = 0;

	if (pidns_level > BPF_CORE_READ(pid, level))
		return 0;
	bpf_probe_read_kernel(&nr, sizeof(nr),
			      (void *)(upid + bpf_core_field_offset(struct upid, nr)));
	return nr;
}

static __always_inline __u64 thread_pointer(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return BPF_CORE_READ(task, thread.fsbase);
#else
	return BPF_CORE_READ(task, thread.uw.tp_value);
#endif
}

static __always_inline struct hw_raw_native *native_room(struct scratch *s)
{
	return (struct hw_raw_native *)s->frames;
}

static __always_inline __u32 native_bytes(const struct scratch *s)
{
	__u32 n = s->native.n;

	return (n > HW_NATIVE_MAX ? HW_NATIVE_MAX : n) * sizeof(struct hw_raw_native);
}

/* Behind the native frames, which are stored first. */
static __always_inline struct hw_raw_python *python_room(struct scratch *s)
{
	return (struct hw_raw_python *)(s->frames + native_bytes(s));
}

static __always_inline __u32 python_bytes(const struct scratch *s)
{
	__u32 n = s->python.n;

	return (n > HW_PYTHON_MAX ? HW_PYTHON_MAX : n) * sizeof(struct hw_raw_python);
}

static long native_cb(__u32 i, void *ctx)
{
	struct scratch *s = get_scratch();

	return s ? native_step(&s->native, native_room(s)) : 1;
}

static long python_cb(__u32 i, void *ctx)
{
	struct scratch *s = get_scratch();

	return s ? python_step(&s->python, python_room(s)) : 1;
}

static long find_thread_cb(__u32 i, void *ctx)
{
	struct scratch *s = get_scratch();

	return s ? find_thread_step(&s->python) : 1;
}

static void walk_native(struct scratch *s, struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	__u64 pc, sp, fp;

	if (bpf_probe_read_kernel(&pc, sizeof(pc), (void *)&PT_REGS_IP(regs)) ||
	    bpf_probe_read_kernel(&sp, sizeof(sp), (void *)&PT_REGS_SP(regs)) ||
	    bpf_probe_read_kernel(&fp, sizeof(fp), (void *)&PT_REGS_FP(regs)))
		return;
	native_init(&s->native, pc, sp, fp, whole_stacks ? HW_NATIVE_MAX : 1);
	bpf_loop(HW_NATIVE_MAX + 1, native_cb, NULL, 0);
}

/* Finds the thread state: from the cache, else by walking the interpreter's lists. */
static int find_thread(struct scratch *s, struct task_struct *task, __u64 now)
{
	struct python_walk *w = &s->python;
	__u64 key = (__u64)s->sample.pid << 32 | s->sample.tid;
	struct py_thread *known = bpf_map_lookup_elem(&py_threads, &key);
	struct py_thread fresh = {};

	w->thread_id = thread_pointer(task);
	if (known && known->thread_id == w->thread_id) {
		w->tstate = known->tstate;
		if (thread_holds(w))
			return 1;
		if (!known->tstate && now - known->looked_ns < RETRY_NS)
			return 0;
	}
	w->tstate = 0;
	if (read_link(w->proc.runtime + w->proc.interpreters_head, &w->interp))
		w->interp = 0;
	bpf_loop(HW_PY_THREADS_MAX, find_thread_cb, NULL, 0);
	if (!thread_holds(w))
		w->tstate = 0;
	fresh.thread_id = w->thread_id;
	fresh.tstate = w->tstate;
	fresh.looked_ns = now;
	bpf_map_update_elem(&py_threads, &key, &fresh, BPF_ANY);
	return w->tstate != 0;
}

static void walk_python(struct scratch *s, struct task_struct *task, __u64 now)
{
	struct python_walk *w = &s->python;
	struct hw_py_proc *proc = bpf_map_lookup_elem(&py_procs, &s->sample.pid);

	w->n = 0;
	w->last_code = 0;
	w->end = HW_END_NONE;
	w->limit = whole_stacks ? HW_PYTHON_MAX : 1;
	if (!proc)
		return;
	w->proc = *proc;
	if (!find_thread(s, task, now)) {
		w->end = HW_END_NO_THREAD;
		return;
	}
	if (!first_frame(w))
		bpf_loop(HW_PYTHON_MAX + 1, python_cb, NULL, 0);
}

/* Adds the kernel frames and sends the sample. */
static void send_sample(struct scratch *s, void *ctx, __u64 flags)
{
	__u32 limit = (whole_stacks ? HW_KERNEL_MAX : 1) * sizeof(__u64);
	__u32 bytes = native_bytes(s) + python_bytes(s);
	long kernel_bytes = bpf_get_stack(ctx, s->frames + bytes, limit, 0);

	s->sample.n_kernel = 0;
	if (kernel_bytes > 0 && kernel_bytes <= HW_KERNEL_MAX * 8) {
		s->sample.n_kernel = (__u32)kernel_bytes / 8;
		bytes += kernel_bytes;
	}
	s->sample.n_native = s->native.n;
	s->sample.n_python = s->python.n;
	s->sample.native_end = s->native.end;
	s->sample.python_end = s->python.end;
	if (bytes > sizeof(s->frames))
		return;
	if (bpf_ringbuf_output(&samples, &s->sample, sizeof(s->sample) + bytes, flags))
		__sync_fetch_and_add(&lost, 1);
}

/* User space is woken for the samples of a young process, whose memory may be gone soon, and when
 * the ring fills; else it comes by itself. */
static __u64 wake_flags(struct task_struct *task, __u64 now)
{
	__u64 started = BPF_CORE_READ(task, group_leader, start_time);

	if (now - last_wake_ns < WAKE_EVERY_NS)
		return BPF_RB_NO_WAKEUP;
	if (now - started > YOUNG_NS && bpf_ringbuf_query(&samples, BPF_RB_AVAIL_DATA) <
						bpf_ringbuf_query(&samples, BPF_RB_RING_SIZE) / 4)
		return BPF_RB_NO_WAKEUP;
	last_wake_ns = now;
	return BPF_RB_FORCE_WAKEUP;
}

static int take_sample(struct bpf_perf_event_data *ctx, __u16 event)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *s = get_scratch();
	__u64 now = bpf_ktime_get_ns();
	int user_task = !(task->flags & PF_KTHREAD);

	if (!s || !task->pid)
		return 0; /* the idle task */
	s->sample.pid = number_of(BPF_CORE_READ(task, group_leader, thread_pid));
	s->sample.tid = number_of(BPF_CORE_READ(task, thread_pid));
	if (!s->sample.pid) {
		__sync_fetch_and_add(&outside, 1);
		return 0;
	}
	if (s->sample.pid == ignored_pid)
		return 0;
	s->sample.time_ns = now;
	s->sample.period = ctx->sample_period;
	s->sample.cpu = bpf_get_smp_processor_id();
	s->sample.event = event;
	bpf_get_current_comm(s->sample.comm, sizeof(s->sample.comm));
	s->native.n = s->python.n = 0;
	s->native.end = s->python.end = HW_END_NONE;
	if (user_task) {
		walk_native(s, task);
		walk_python(s, task, now);
	}
	send_sample(s, ctx, wake_flags(task, now));
	return 0;
}

/* Events opened with inherit lose their bpf_cookie in the children, so each event has a program
 * of its own. */
#define EVENT_PROGRAM(n)                                       \
	SEC("perf_event")                                      \
	int event_##n(struct bpf_perf_event_data *ctx)         \
	{                                                      \
		return take_sample(ctx, n);                    \
	}

EVENT_PROGRAM(0)
EVENT_PROGRAM(1)
EVENT_PROGRAM(2)
EVENT_PROGRAM(3)
EVENT_PROGRAM(4)
EVENT_PROGRAM(5)
EVENT_PROGRAM(6)
EVENT_PROGRAM(7)

/* A forked child has its parent's interpreter at the same place, from its first instruction. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(forked, struct task_struct *parent, struct task_struct *child)
{
	struct hw_py_proc *proc;
	__u32 from, to;

	if (child->pid != child->tgid)
		return 0; /* a thread */
	from = number_of(BPF_CORE_READ(parent, group_leader, thread_pid));
	to = number_of(BPF_CORE_READ(child, thread_pid));
	proc = bpf_map_lookup_elem(&py_procs, &from);
	if (proc && to)
		bpf_map_update_elem(&py_procs, &to, proc, BPF_ANY);
	return 0;
}

/* Run once by the loader in hwprof's own context. */
SEC("raw_tp")
int find_pidns(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	pidns_level = BPF_CORE_READ(task, thread_pid, level);
	return 0;
}
