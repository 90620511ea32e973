/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * One perf event in, one struct hw_raw_sample out: who ran, its native, Python and kernel frames.
 * Symbolizes nothing and knows no Python version; user space puts the offsets in py_procs. */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "wire/python.h"
#include "wire/rows.h"
#include "wire/sample.h"

#define read_user(dst, size, addr) bpf_probe_read_user(dst, size, (const void *)(addr))

static int map_slow(__u64 addr, struct hw_mapping *ret);
struct native_walk;
static int locate(struct native_walk *w, __u64 at);
static long step_rarely(struct native_walk *w, struct hw_raw_native *out);
static void code_met(__u64 addr, __u32 ident, const __u64 words[4]);

/* The bits of a code address that are its address; the others may hold a signature of it. */
const volatile __u64 code_bits = ~0ULL;
const volatile __u32 page_shift = 12; /* of the size of a page */

#include "maps.bpf.h"
#include "pidns.bpf.h"
#include "codes.bpf.h"
#include "tables.bpf.h"
#include "vma.bpf.h"
#include "native.bpf.h"
#include "python.bpf.h"
#include "fault.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL"; /* the helpers want a GPL-compatible one */

#define YOUNG_NS      (250 * 1000000ULL)
#define WAKE_EVERY_NS 1000000ULL
#define RETRY_NS      10000000ULL
#define SEEN_VMAS     8

const volatile __u32 whole_stacks; /* 0: only the innermost frame of each part */
const volatile __u32 ignored_pid;  /* hwprof itself, in the pid namespace of hwprof */
const volatile __u32 n_cpus;	   /* that are possible */
const volatile __u32 off_event;	   /* number of the event that is blocked time */
const volatile __u32 watch_gils;   /* whether gils is kept */
const volatile __u32 addr_events;  /* a bit for each event whose samples bring a data address */

__u64 lost;	   /* samples that found the ring full */
__u64 outside;	   /* samples of tasks that hwprof's pid namespace does not see */
__u64 last_wake_ns;
__u32 reads_lock;  /* to read user memory takes a lock of the kernel: lib/kernel/nofault.h */

/* Run by the loader: whether this kernel is newer than the reads that took a lock, by its scheduler,
 * EEVDF of Linux 6.6. (A field and not a type: for a type that the kernel has not libbpf 1.1 looks
 * into the BTF of all modules, which is for CAP_SYS_ADMIN only.) */
SEC("raw_tp")
int has_eevdf(void *ctx)
{
	return bpf_core_field_exists(struct sched_entity, vlag);
}

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22); /* the loader sets it */
} samples SEC(".maps");

/* The thread state of each thread, so that the lists are walked once per thread. A thread that
 * has none (tstate 0) is looked for again after RETRY_NS, in a young process at once. */
struct py_thread {
	__u64 thread_pointer; /* a tid may be reused */
	__u64 tstate;
	__u64 only_interp; /* struct python_walk; then */
	__u64 looked_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64); /* pid << 32 | tid */
	__type(value, struct py_thread);
	__uint(max_entries, 16384);
} py_threads SEC(".maps");

struct seen_vma {
	__u64 mm;      /* address space, another after exec ... */
	__u64 started; /* ... of a process that started then: that of a dead one may come again */
	struct hw_mapping map;
};

/* Room to work in, and the sample as it is sent: the frames follow its head. perf_event programs
 * do not nest on a CPU (kernel/events/core.c, bpf_overflow_handler(): bpf_prog_active), but they
 * may interrupt the one that runs after a switch: each CPU has room for both, at its number and at
 * n_cpus above that. Values of a per-CPU map may not be this large. */
struct scratch {
	__u32 switched; /* of the first: the other one is in use now */
	struct seen_vma vmas[SEEN_VMAS]; /* what the kernel said of mappings, the last ones */
	__u32 next_vma;
	struct native_walk native;
	struct python_walk python;
	struct codes codes;
	struct fault_count faults;
	struct hw_raw_sample sample;
	__u8 frames[HW_NATIVE_MAX * sizeof(struct hw_raw_native) +
		    HW_PYTHON_MAX * sizeof(struct hw_raw_python) + (HW_KERNEL_MAX + 1) * 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct scratch);
	__uint(max_entries, 1); /* twice the CPUs; the loader sets it */
} scratches SEC(".maps");

static __always_inline struct scratch *first_scratch(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&scratches, &cpu);
}

static __always_inline struct scratch *get_scratch(void)
{
	struct scratch *s = first_scratch();
	__u32 other;

	if (!s || !s->switched)
		return s;
	other = bpf_get_smp_processor_id() + n_cpus;
	return bpf_map_lookup_elem(&scratches, &other);
}

static __always_inline __u64 thread_pointer(struct task_struct *task)
{
	return FOLLOW(task, THREAD_POINTER);
}

/* A mapping that user space has not told of yet. The kernel answers once per interrupt, so what it
 * says is kept for the next ones. */
static int map_slow(__u64 addr, struct hw_mapping *ret)
{
	struct task_struct *task = current_task();
	struct scratch *s = get_scratch();
	__u64 mm = (__u64)FOLLOW(task, mm), started = FOLLOW(task, group_leader, start_time);
	__u32 i;

	if (!s)
		return 0;
	for (i = 0; i < SEEN_VMAS; i++)
		if (s->vmas[i].mm == mm && s->vmas[i].started == started &&
		    addr >= s->vmas[i].map.start && addr < s->vmas[i].map.end) {
			*ret = s->vmas[i].map;
			return 1;
		}
	if (!ask_kernel(task, addr, ret))
		return 0;
	i = s->next_vma++ % SEEN_VMAS;
	s->vmas[i].mm = mm;
	s->vmas[i].started = started;
	s->vmas[i].map = *ret;
	return 1;
}

/* Sends the code object @addr, once: a sample that is being walked names it. */
static void code_met(__u64 addr, __u32 ident, const __u64 words[4])
{
	struct scratch *s = get_scratch();

	if (!s || !is_new_code(&s->codes, addr, ident))
		return;
	s->codes.raw.pid = s->sample.pid;
	s->codes.raw.time_ns = s->sample.time_ns;
	read_code(&s->codes, addr, ident, words);
	bpf_ringbuf_output(&samples, &s->codes.raw, sizeof(s->codes.raw), BPF_RB_NO_WAKEUP);
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

/* Functions that are not static are verified once each, for any argument, and not along each path
 * that leads to them. */
__noinline int locate_code(__u64 at)
{
	struct scratch *s = get_scratch();

	return s ? (int)native_locate(&s->native, at) : PLACE_UNMAPPED;
}

static int locate(struct native_walk *w, __u64 at)
{
	return locate_code(at);
}

__noinline int one_rare(void)
{
	struct scratch *s = get_scratch();

	return s ? native_rarely(&s->native, native_room(s)) : 1;
}

static long step_rarely(struct native_walk *w, struct hw_raw_native *out)
{
	return one_rare();
}

/* Loops. The verifier goes through every turn of one, so they are made of rounds of steps, and each
 * level is verified once by itself. They run as fast as bpf_loop(), which Linux 5.17 brought.
 * @name calls @step until that returns nonzero, then it returns 1; @times at the most, then 0. */
#define UP_TO(times, name, step)                      \
	__noinline int name(void)                     \
	{                                             \
		__u32 i;                              \
                                                      \
		_Pragma("clang loop unroll(disable)") \
		for (i = 0; i < (times); i++)         \
			if (step())                   \
				return 1;             \
		return 0;                             \
	}

#define ROUND	      64
#define ROUNDS(steps) (((steps) + ROUND - 1) / ROUND)

__noinline int one_native(void)
{
	struct scratch *s = get_scratch();

	return s ? native_step(&s->native, native_room(s)) : 1;
}
UP_TO(ROUND, some_native, one_native)
UP_TO(ROUNDS(HW_NATIVE_MAX + 1), all_native, some_native)

__noinline int one_python(void)
{
	struct scratch *s = get_scratch();

	return s ? python_step(&s->python, python_room(s)) : 1;
}
UP_TO(ROUND, some_python, one_python)
UP_TO(ROUNDS(HW_PYTHON_MAX + HW_PY_THREADS_MAX), all_python, some_python)

__noinline int one_thread(void)
{
	struct scratch *s = get_scratch();

	return s ? find_thread_step(&s->python) : 1;
}
UP_TO(ROUND, some_threads, one_thread)
UP_TO(ROUNDS(HW_PY_THREADS_MAX), all_threads, some_threads)

static void walk_native(struct scratch *s, struct task_struct *task)
{
	if (bpf_probe_read_kernel(s->native.regs, sizeof(s->native.regs), user_regs_of(task)))
		return;
	native_init(&s->native, s->sample.pid, whole_stacks ? HW_NATIVE_MAX : 1);
	all_native();
}

static __always_inline int is_young(struct task_struct *task, __u64 now)
{
	return now - FOLLOW(task, group_leader, start_time) < YOUNG_NS;
}

/* Finds the thread state: from the cache, else by walking the interpreter's lists. */
static __noinline int find_thread(struct scratch *s, struct task_struct *task, __u64 now)
{
	struct python_walk *w = &s->python;
	__u64 key = (__u64)s->sample.pid << 32 | s->sample.tid;
	struct py_thread *known = bpf_map_lookup_elem(&py_threads, &key);
	struct py_thread fresh = {};

	find_thread_begin(w);
	if (known && known->thread_pointer == w->thread_pointer) {
		if (thread_holds(w, known->tstate, known->only_interp))
			return 1;
		if (!known->tstate && now - known->looked_ns < RETRY_NS && !is_young(task, now))
			return 0;
	}
	w->found = 0;
	all_threads();
	if (!w->found)
		w->tstate = 0; /* the loop ended elsewhere */
	fresh.thread_pointer = w->thread_pointer;
	fresh.tstate = w->tstate;
	fresh.only_interp = w->only_interp;
	fresh.looked_ns = now;
	bpf_map_update_elem(&py_threads, &key, &fresh, BPF_ANY);
	return w->tstate != 0;
}

static void walk_python(struct scratch *s, struct task_struct *task, __u64 now)
{
	struct python_walk *w = &s->python;
	struct hw_py_proc *proc = bpf_map_lookup_elem(&py_procs, &s->sample.pid);

	if (!proc)
		return;
	python_init(w, proc, thread_pointer(task), whole_stacks ? HW_PYTHON_MAX : 1);
	if (!find_thread(s, task, now)) {
		w->end = HW_END_NO_THREAD;
		return;
	}
	if (!first_frame(w))
		all_python();
}

/* Adds the registers of interrupted user code behind @bytes of frames: they tell which data it was
 * about to use. In place of kernel frames, so there is room. */
static int add_regs(struct scratch *s, __u32 bytes)
{
	struct task_struct *task = current_task();

	if (bytes > sizeof(s->frames) - HW_SAMPLE_REGS * sizeof(__u64))
		return 0;
	return !bpf_probe_read_kernel(s->frames + bytes, HW_SAMPLE_REGS * sizeof(__u64),
				      user_regs_of(task));
}

/* Adds the kernel frames, or the registers, and sends the sample. */
static void send_sample(struct scratch *s, void *ctx, __u64 flags)
{
	__u32 limit = (whole_stacks ? HW_KERNEL_MAX : 1) * sizeof(__u64);
	__u64 bytes = native_bytes(s) + python_bytes(s);
	long kernel_bytes = bpf_get_stack(ctx, s->frames + bytes, limit, 0);

	s->sample.native_end = s->native.end;
	s->sample.python_end = s->python.end;
	s->sample.n_kernel = s->sample.n_regs = 0;
	if (kernel_bytes > 0 && kernel_bytes <= HW_KERNEL_MAX * 8) {
		s->sample.n_kernel = (__u32)kernel_bytes / 8;
		bytes += kernel_bytes;
	} else if (s->sample.native_end != HW_END_NONE && add_regs(s, bytes)) {
		s->sample.n_regs = HW_SAMPLE_REGS;
		bytes += HW_SAMPLE_REGS * sizeof(__u64);
	}
	s->sample.n_native = s->native.n;
	s->sample.n_python = s->python.n;
	IN_64_BITS(bytes);
	if (bytes > sizeof(s->frames))
		return;
	if (bpf_ringbuf_output(&samples, &s->sample, sizeof(s->sample) + bytes, flags))
		__sync_fetch_and_add(&lost, 1);
}

/* User space is woken for the samples of a young process, whose memory may be gone soon, and when
 * the ring fills; else it comes by itself. */
static __u64 wake_flags(struct task_struct *task, __u64 now)
{
	if (now - last_wake_ns < WAKE_EVERY_NS)
		return BPF_RB_NO_WAKEUP;
	if (!is_young(task, now) && bpf_ringbuf_query(&samples, BPF_RB_AVAIL_DATA) <
					    bpf_ringbuf_query(&samples, BPF_RB_RING_SIZE) / 4)
		return BPF_RB_NO_WAKEUP;
	last_wake_ns = now;
	return BPF_RB_FORCE_WAKEUP;
}

/* Fills the head of the sample with who runs. Returns whether it is to be taken. */
static __always_inline int begin_sample(struct scratch *s, struct task_struct *task, __u16 event)
{
	if (!FOLLOW(task, pid))
		return 0; /* the idle task */
	s->sample.pid = number_of(FOLLOW(task, group_leader, thread_pid));
	s->sample.tid = number_of(FOLLOW(task, thread_pid));
	if (!s->sample.pid) {
		__sync_fetch_and_add(&outside, 1);
		return 0;
	}
	s->sample.kind = HW_RAW_SAMPLE;
	s->sample.time_ns = bpf_ktime_get_ns();
	s->sample.cpu = bpf_get_smp_processor_id();
	s->sample.event = event;
	s->sample.addr = 0;
	s->sample.fault = HW_FAULT_UNKNOWN;
	s->sample.wait = 0;
	s->sample.gil_wanted = 0;
	bpf_get_current_comm(s->sample.comm, sizeof(s->sample.comm));
	s->native.n = s->python.n = 0;
	s->native.end = s->python.end = HW_END_NONE;
	return s->sample.pid != ignored_pid;
}

/* The frame where the thread entered the kernel, without a read of user memory. */
static __always_inline void walk_none(struct scratch *s, struct task_struct *task)
{
	if (bpf_probe_read_kernel(s->native.regs, sizeof(s->native.regs), user_regs_of(task)))
		return;
	native_init(&s->native, s->sample.pid, 1);
	one_native();
}

static __always_inline void walk(struct scratch *s, struct task_struct *task, int in_user)
{
	if (FOLLOW(task, flags) & PF_KTHREAD)
		return;
	if (reads_lock && !in_user) {
		walk_none(s, task);
		return;
	}
	walk_native(s, task);
	walk_python(s, task, s->sample.time_ns);
}

static __always_inline int gil_is_wanted(struct task_struct *task)
{
	__u32 tgid = FOLLOW(task, tgid);
	struct hw_gil *gil = watch_gils ? bpf_map_lookup_elem(&gils, &tgid) : NULL;

	return gil && gil->waiting;
}

static __always_inline int interrupted(struct bpf_perf_event_data *ctx, __u16 event)
{
	struct task_struct *task = current_task();
	struct scratch *s = get_scratch();

	if (!s || !begin_sample(s, task, event))
		return 0;
	s->sample.period = ctx->sample_period;
	if (addr_events >> event & 1)
		s->sample.addr = ctx->addr;
	if (fault_events >> event & 1 && !see_fault(ctx, task, &s->sample, &s->faults))
		return 0;
	s->sample.gil_wanted = gil_is_wanted(task);
	walk(s, task, IN_USER((struct kernel_regs *)&ctx->regs));
	send_sample(s, ctx, wake_flags(task, s->sample.time_ns));
	return 0;
}

static int take_sample(struct bpf_perf_event_data *ctx, __u16 event)
{
	struct scratch *first = first_scratch();
	__u32 switched;

	if (!first)
		return 0;
	switched = first->switched;
	first->switched = 0;
	interrupted(ctx, event);
	first->switched = switched;
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

static void send_blocked(struct scratch *s, void *ctx, __u64 ns, __u32 cause)
{
	s->sample.period = ns;
	s->sample.wait = cause;
	send_sample(s, ctx, wake_flags(current_task(), s->sample.time_ns));
}

static __always_inline void resumes(void *ctx, const struct hw_due *due)
{
	struct task_struct *task = current_task();
	struct scratch *s = get_scratch();

	if (!s || (__u32)FOLLOW(task, pid) != due->tid || !begin_sample(s, task, off_event))
		return;
	walk(s, task, 0);
	if (due->waited_ns)
		send_blocked(s, ctx, due->waited_ns, due->cause);
	if (due->starved_ns)
		send_blocked(s, ctx, due->starved_ns, HW_WALL_STARVED);
}

/* A thread goes on after it was blocked: its stack is as it was all that time. Called at the end of
 * each switch, in the context of the thread switched to, not to be preempted. Linux 6.16. */
SEC("?tp_btf/sched_exit_tp")
int resumed(void *ctx)
{
	struct hw_due *due = bpf_map_lookup_elem(&dues, &(__u32){ 0 });
	struct scratch *first;

	if (!due || (!due->waited_ns && !due->starved_ns))
		return 0;
	first = first_scratch();
	if (!first)
		return 0;
	first->switched = 1;
	resumes(ctx, due);
	first->switched = 0;
	due->waited_ns = due->starved_ns = 0;
	return 0;
}

/* A forked child has its parent's interpreter and mappings at the same place, from its first
 * instruction. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(forked, struct task_struct *parent, struct task_struct *child)
{
	struct hw_proc_maps *maps;
	struct hw_py_proc *proc;
	__u32 from, to;

	if (child->pid != child->tgid)
		return 0; /* a thread */
	from = number_of(parent->group_leader->thread_pid);
	to = number_of(child->thread_pid);
	proc = bpf_map_lookup_elem(&py_procs, &from);
	if (proc && to)
		bpf_map_update_elem(&py_procs, &to, proc, BPF_ANY);
	maps = bpf_map_lookup_elem(&proc_maps, &from);
	if (maps && to)
		bpf_map_update_elem(&proc_maps, &to, maps, BPF_ANY);
	return 0;
}

/* What the process has mapped is about to go. (sched_process_exec comes too late: by then user
 * space may have told of the new mappings.) Linux 6.10; without, user space does it a moment
 * later. */
SEC("?tp_btf/sched_prepare_exec")
int BPF_PROG(executes, struct task_struct *task)
{
	__u32 pid = number_of(task->group_leader->thread_pid);

	bpf_map_delete_elem(&proc_maps, &pid);
	bpf_map_delete_elem(&py_procs, &pid);
	return 0;
}
