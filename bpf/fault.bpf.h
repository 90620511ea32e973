/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * Page faults: the address, what kind of fault it was, and which of many are sampled.
 *
 * The events minor-faults and major-faults come when the kernel has dealt with the fault
 * (mm/memory.c, mm_account_fault()); page-faults would come before, when nobody knows yet whether
 * it reads from disk. So page-faults is opened as both of them. Whether the page was there and is
 * only not writable is in the error code of the CPU, which only the tracepoints
 * exceptions:page_fault_* show (arch/x86/mm/fault.c). Where there are none, as on arm64, that is
 * not known. */
#ifndef HW_BPF_FAULT_H
#define HW_BPF_FAULT_H

/* arch/x86/include/asm/trap_pf.h */
#define PF_PROT	 1UL /* the page was there, but did not allow this */
#define PF_WRITE 2UL

#define SW_FAULTS_MAJOR 6 /* PERF_COUNT_SW_PAGE_FAULTS_MAJ, include/uapi/linux/perf_event.h */

#define SECOND_NS	 1000000000ULL
#define FAULT_LEVELS_MAX 20

const volatile __u32 fault_events;  /* a bit for each event of the recording that is page faults */
const volatile __u32 faults_per_s;  /* samples of them on each CPU, at the most; 0: no limit */

/* A sample stands for 2^fault_level faults. It never falls: see is_chosen(). */
__u32 fault_level;

const volatile __u32 task_storage; /* the kernel has it: Linux 5.12 */

struct fault_begun {
	__u64 addr;
	__u64 error;
};

/* One of the two, the other is not made. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u32); /* thread, in the first pid namespace */
	__type(value, struct fault_begun);
	__uint(max_entries, 16384);
} faults_begun_by_tid SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct fault_begun);
} faults_begun SEC(".maps");

/* How many faults this CPU has sampled at one level since when. */
struct fault_count {
	__u64 since_ns;
	__u32 level, n;
};

static __always_inline int remember_fault(__u64 addr, __u64 error)
{
	struct fault_begun now = { addr, error }, *begun;
	struct task_struct *task = current_task();
	__u32 tid = bpf_get_current_pid_tgid();

	if (!task_storage) {
		bpf_map_update_elem(&faults_begun_by_tid, &tid, &now, BPF_ANY);
		return 0;
	}
	begun = bpf_task_storage_get(&faults_begun, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (begun)
		*begun = now;
	return 0;
}

SEC("?tp_btf/page_fault_user")
int BPF_PROG(user_faults, unsigned long addr, struct pt_regs *regs, unsigned long error)
{
	return remember_fault(addr, error);
}

/* The kernel touches memory of the program: read(2) into a fresh buffer. */
SEC("?tp_btf/page_fault_kernel")
int BPF_PROG(kernel_faults, unsigned long addr, struct pt_regs *regs, unsigned long error)
{
	return remember_fault(addr, error);
}

/* Whether the perf event that runs us is major-faults. */
static __always_inline int is_major(struct bpf_perf_event_data *ctx)
{
	void *event = NULL;
	__u64 config = 0, at;

	at = bpf_core_field_offset(struct bpf_perf_event_data_kern, event);
	bpf_probe_read_kernel(&event, sizeof(event), (void *)ctx + at);
	at = bpf_core_field_offset(struct perf_event, attr.config);
	bpf_probe_read_kernel(&config, sizeof(config), event + at);
	return config == SW_FAULTS_MAJOR;
}

static __always_inline struct fault_begun *begun_fault(struct task_struct *task)
{
	__u32 tid = bpf_get_current_pid_tgid();

	if (!task_storage)
		return bpf_map_lookup_elem(&faults_begun_by_tid, &tid);
	return bpf_task_storage_get(&faults_begun, task, 0, 0);
}

static __always_inline __u8 kind_of_fault(struct task_struct *task, __u64 addr)
{
	struct fault_begun *begun = begun_fault(task);

	if (!begun || begun->addr != addr)
		return HW_FAULT_UNKNOWN;
	if (!(begun->error & PF_PROT))
		return HW_FAULT_ABSENT;
	return begun->error & PF_WRITE ? HW_FAULT_COPY : HW_FAULT_UNKNOWN;
}

/* Faults are chosen by their page: at level L one page of 2^L, all faults of a page or none. The
 * pages of a level are among those of the level below, and levels only rise. So a page that is met
 * for the first time stands for 2^L pages, and a fault on a page that was met before is known as
 * one: neither could be told from faults taken at random. */
static __always_inline int is_chosen(struct task_struct *task, __u64 addr, __u32 level)
{
	__u64 page = addr >> page_shift, hash;

	hash = (page ^ (__u64)FOLLOW(task, tgid) << 40) * 0x9e3779b97f4a7c15ULL;
	hash ^= hash >> 32;
	return !(hash & ((1ULL << level) - 1));
}

/* Raises the level when this CPU has had its samples for a second. Should two CPUs do so at once it
 * rises by two, which is coarser than it need be, and no more: an exchange that lets only one of them
 * is a thing of Linux 5.12. */
static __always_inline void count_fault(struct fault_count *count, __u64 now, __u32 level)
{
	if (count->level != level || now - count->since_ns > SECOND_NS) {
		count->since_ns = now;
		count->level = level;
		count->n = 0;
	}
	if (++count->n >= faults_per_s && level < FAULT_LEVELS_MAX)
		__sync_fetch_and_add(&fault_level, 1);
}

/* Fills in what is particular to a page fault. Returns 0 when there is to be no sample of it.
 * Faults that read from disk are few, and cost much: there is one of each. */
static __always_inline int see_fault(struct bpf_perf_event_data *ctx, struct task_struct *task,
				     struct hw_raw_sample *sample, struct fault_count *count)
{
	__u32 level = fault_level > FAULT_LEVELS_MAX ? FAULT_LEVELS_MAX : fault_level;

	sample->addr = ctx->addr;
	if (is_major(ctx)) {
		sample->fault = HW_FAULT_MAJOR;
		return 1;
	}
	if (faults_per_s) {
		if (!is_chosen(task, sample->addr, level))
			return 0;
		sample->period <<= level;
		count_fault(count, sample->time_ns, level);
	}
	sample->fault = kind_of_fault(task, sample->addr);
	return 1;
}

#endif
