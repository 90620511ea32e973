/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/sampler.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/array.h"
#include "base/io.h"
#include "base/log.h"
#include "event/perf.h"
#include "kernel/callbacks.h"
#include "kernel/features.h"
#include "kernel/libbpf_log.h"
#include "kernel/user_regs.h"
#include "kernel/nofault.h"
#include "proc/arch.h"
#include "proc/task.h"
#include "sample.skel.h"

#define RING_MIN (4U << 20)
#define RING_MAX (64U << 20)

/* A perf event with its program. */
struct attached {
	struct bpf_link *link;
	int fd; /* of the perf event; the link's */
	size_t event;
};

struct hw_sampler {
	const struct hw_recorder_opts *opts;
	struct sample_bpf *skel;
	bool takes_lock; /* see avoid_lock() */
	struct attached *attached;
	size_t n_attached, cap_attached;
};

/* Where an event is opened. */
struct event_place {
	pid_t tid; /* -1: any */
	int cpu;   /* -1: any */
	int group; /* descriptor of the leader of its group there; -1: it leads, or is alone */
};

/* Room for a second of samples of 2 KB each from every CPU and event, a power of two. */
static uint32_t ring_size(const struct hw_recorder_opts *opts)
{
	uint64_t rate = opts->frequency_hz ? opts->frequency_hz : 10000;
	uint64_t want = rate * opts->events->count * (uint64_t)libbpf_num_possible_cpus() * 2048;
	uint32_t size = RING_MIN;

	while (size < want && size < RING_MAX)
		size *= 2;
	return size;
}

static struct bpf_program *event_program(struct hw_sampler *s, size_t event)
{
	char name[16];

	snprintf(name, sizeof(name), "event_%zu", event);
	return bpf_object__find_program_by_name(s->skel->obj, name);
}


/* What the programs are to know of page faults, and the tracepoints that tell their kind; without
 * these the kind is not known. */
static void prepare_faults(struct hw_sampler *s)
{
	uint32_t events = 0, addr_events = 0;

	for (size_t i = 0; i < s->opts->events->count; i++) {
		const struct hw_event *event = &s->opts->events->items[i];

		events |= (uint32_t)hw_event_is_fault(event) << i;
		addr_events |= (uint32_t)!!(event->attr.sample_type & PERF_SAMPLE_ADDR) << i;
	}
	s->skel->rodata->addr_events = addr_events;
	s->skel->rodata->fault_events = events;
	s->skel->rodata->faults_per_s = (uint32_t)s->opts->faults_per_s;
	bpf_program__set_autoload(s->skel->progs.user_faults,
				  events && hw_feature_tracepoint("page_fault_user"));
	bpf_program__set_autoload(s->skel->progs.kernel_faults,
				  events && hw_feature_tracepoint("page_fault_kernel"));
}

bool hw_sampler_can_off_cpu(void)
{
	return hw_feature_tracepoint("sched_exit_tp");
}

/* Makes the programs share @maps with those that watch the scheduler. */
static int prepare_waits(struct hw_sampler *s, const struct hw_waits_maps *maps)
{
	int r;

	s->skel->rodata->off_event = (uint32_t)s->opts->events->count;
	s->skel->rodata->watch_gils = maps != NULL;
	bpf_program__set_autoload(s->skel->progs.resumed, maps && s->opts->off_cpu);
	if (!maps)
		return 0;
	r = bpf_map__reuse_fd(s->skel->maps.dues, maps->dues);
	return r ? r : bpf_map__reuse_fd(s->skel->maps.gils, maps->gils);
}

static int attach_program(struct bpf_program *prog, struct bpf_link **ret)
{
	if (!bpf_program__autoload(prog))
		return 0;
	*ret = bpf_program__attach(prog);
	return *ret ? 0 : -errno;
}

static bool sampler_may_call(enum bpf_func_id id)
{
	return hw_feature_helper(BPF_PROG_TYPE_PERF_EVENT, id);
}

/* Opens the skeleton, without what this kernel lacks and the programs can do without. */
static int open_skeleton(struct hw_sampler *s)
{
	bool storage = sampler_may_call(BPF_FUNC_task_storage_get);
	int r;

	hw_libbpf_log();
	r = sampler_may_call(BPF_FUNC_find_vma) ? 0 : hw_callbacks_drop();
	if (r < 0)
		return r;
	s->skel = sample_bpf__open();
	if (!s->skel)
		return -errno;
	s->skel->rodata->task_storage = storage;
	hw_user_regs_prepare(s->skel->progs.find_regs, BPF_PROG_TYPE_PERF_EVENT);
	if (!hw_feature_sparse_hash()) { /* then they take all their memory at once, some 4 MB */
		bpf_map__set_map_flags(s->skel->maps.proc_maps, 0);
		bpf_map__set_map_flags(s->skel->maps.files, 0);
	}
	return bpf_map__set_autocreate(storage ? s->skel->maps.faults_begun_by_tid :
						 s->skel->maps.faults_begun, false);
}

/* On a kernel where reading user memory takes a lock, or may take it for all that can be found out,
 * stacks are walked only where an interrupt met user code: there this CPU holds no lock. */
static int avoid_lock(struct hw_sampler *s)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int r = bpf_prog_test_run_opts(bpf_program__fd(s->skel->progs.has_eevdf), &run);

	if (r < 0 || run.retval)
		return r;
	r = hw_nofault_takes_lock();
	if (r < 0)
		log_debug("what reading user memory takes cannot be seen: %s", strerror(-r));
	s->skel->bss->reads_lock = s->takes_lock = r != 0;
	return 0;
}

static int load_sampling(struct hw_sampler *s, const struct hw_waits_maps *maps)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int r;

	r = open_skeleton(s);
	if (r < 0)
		return r;
	for (size_t i = s->opts->events->count; i < HW_RECORD_EVENTS_MAX; i++)
		bpf_program__set_autoload(event_program(s, i), false);
	bpf_program__set_autoload(s->skel->progs.executes, hw_feature_tracepoint("sched_prepare_exec"));
	prepare_faults(s);
	s->skel->rodata->whole_stacks = s->opts->stacks;
	s->skel->rodata->ignored_pid = (uint32_t)getpid();
	s->skel->rodata->code_bits = hw_proc_code_bits();
	s->skel->rodata->page_shift = (uint32_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	s->skel->rodata->n_cpus = (uint32_t)libbpf_num_possible_cpus();
	r = bpf_map__set_max_entries(s->skel->maps.scratches,
				     2 * (uint32_t)libbpf_num_possible_cpus());
	if (!r)
		r = prepare_waits(s, maps);
	if (!r)
		r = bpf_map__set_max_entries(s->skel->maps.samples, ring_size(s->opts));
	if (!r)
		r = sample_bpf__load(s->skel);
	if (!r)
		r = bpf_prog_test_run_opts(bpf_program__fd(s->skel->progs.find_pidns), &run);
	if (!r)
		r = hw_user_regs_find(s->skel->progs.find_regs, &s->skel->bss->regs_at);
	if (!r)
		r = avoid_lock(s);
	if (r)
		return r;
	s->skel->links.forked = bpf_program__attach(s->skel->progs.forked);
	if (!s->skel->links.forked)
		return -errno;
	r = attach_program(s->skel->progs.executes, &s->skel->links.executes);
	if (!r)
		r = attach_program(s->skel->progs.user_faults, &s->skel->links.user_faults);
	if (!r)
		r = attach_program(s->skel->progs.kernel_faults, &s->skel->links.kernel_faults);
	if (!r)
		r = attach_program(s->skel->progs.resumed, &s->skel->links.resumed);
	return r;
}

/* Opens @attr, of an event of the recording. */
static int open_attr(const struct hw_sampler *s, struct perf_event_attr attr, bool each,
		     const struct event_place *at)
{
	const struct hw_recorder_opts *o = s->opts;

	attr.size = sizeof(attr);
	attr.disabled = 1;
	attr.enable_on_exec = o->enable_on_exec;
	if (s->takes_lock)
		attr.precise_ip = 0; /* a record of where the event was, not of where the interrupt came */
	attr.inherit = at->tid != -1;
	attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	attr.freq = !each && o->frequency_hz;
	attr.sample_period = each ? 1 : attr.freq ? o->frequency_hz : o->period; /* a union */
	return hw_perf_event_open(&attr, at->tid, at->cpu, at->group);
}

/* Opens @attr of event @i and runs the program of the event on it. Attaching enables the event:
 * with enable_on_exec that is too early. Returns the descriptor. */
static int attach_attr(struct hw_sampler *s, size_t i, const struct perf_event_attr *attr,
		       bool each, const struct event_place *at)
{
	int fd = open_attr(s, *attr, each, at);
	struct bpf_link *link;
	int r;

	if (fd < 0)
		return fd;
	r = hw_reserve(s->attached, s->cap_attached, s->n_attached + 1);
	link = r < 0 ? NULL : bpf_program__attach_perf_event(event_program(s, i), fd);
	if (!link) {
		r = r < 0 ? r : -errno;
		close(fd);
		return r;
	}
	s->attached[s->n_attached++] = (struct attached){ link, fd, i };
	if (s->opts->enable_on_exec && ioctl(fd, PERF_EVENT_IOC_DISABLE, 0) < 0)
		return -errno;
	return fd;
}

/* Page faults are opened as minor and major ones, see bpf/fault.bpf.h. Returns a descriptor. */
static int attach_event(struct hw_sampler *s, size_t i, const struct event_place *at)
{
	const struct hw_event *event = &s->opts->events->items[i];
	bool is_fault = hw_event_is_fault(event), each = is_fault && s->opts->faults_per_s;
	struct perf_event_attr attr = event->attr;
	int r;

	if (is_fault)
		attr.sample_type |= PERF_SAMPLE_ADDR;
	if (!is_fault || attr.config != PERF_COUNT_SW_PAGE_FAULTS)
		return attach_attr(s, i, &attr, each, at);
	attr.config = PERF_COUNT_SW_PAGE_FAULTS_MIN;
	r = attach_attr(s, i, &attr, each, at);
	if (r < 0)
		return r;
	attr.config = PERF_COUNT_SW_PAGE_FAULTS_MAJ;
	return attach_attr(s, i, &attr, each, at);
}

/* Every event on one thread, or on one CPU. *ret_event: the one that was refused. */
static int attach_all(struct hw_sampler *s, pid_t tid, int cpu, size_t *ret_event)
{
	int fds[HW_RECORD_EVENTS_MAX];

	for (size_t i = 0; i < s->opts->events->count; i++) {
		int leader = s->opts->events->items[i].leader;
		bool led = leader >= 0 && (size_t)leader < i;
		struct event_place at = { tid, cpu, led ? fds[leader] : -1 };

		fds[i] = attach_event(s, i, &at);
		if (fds[i] < 0) {
			*ret_event = i;
			return fds[i];
		}
	}
	return 0;
}

static int attach_cpus(struct hw_sampler *s, size_t *ret_event)
{
	int n = libbpf_num_possible_cpus();

	for (int cpu = 0; cpu < n; cpu++) {
		int r = attach_all(s, -1, cpu, ret_event);

		if (r < 0 && r != -ENODEV) /* -ENODEV: the CPU is offline */
			return r;
	}
	return 0;
}

/* Attaches to each thread there is; those created from then on inherit. One look at the list: a
 * thread found by a second one most likely has inherited already, and would be sampled twice. */
static int attach_threads(struct hw_sampler *s, size_t *ret_event)
{
	hw_autofree pid_t *tids = NULL;
	int n = hw_task_threads(s->opts->pid, &tids), attached = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		int r = attach_all(s, tids[i], -1, ret_event);

		if (r < 0 && r != -ESRCH) /* -ESRCH: the thread has ended meanwhile */
			return r;
		attached += r >= 0;
	}
	return attached ? 0 : -ESRCH;
}

int hw_sampler_load(const struct hw_recorder_opts *opts, const struct hw_waits_maps *maps,
		    struct hw_sampler **ret)
{
	hw_auto(hw_sampler_free) struct hw_sampler *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->opts = opts;
	hw_raise_fd_limit(); /* many threads times events times CPUs */
	r = load_sampling(s, maps);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(s);
	return 0;
}

struct hw_sampler *hw_sampler_free(struct hw_sampler *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_attached; i++)
		bpf_link__destroy(s->attached[i].link);
	free(s->attached);
	sample_bpf__destroy(s->skel);
	free(s);
	return NULL;
}

int hw_sampler_attach(struct hw_sampler *s, size_t *ret_event)
{
	return s->opts->all_cpus ? attach_cpus(s, ret_event) : attach_threads(s, ret_event);
}

struct hw_tables_fds hw_sampler_table_fds(const struct hw_sampler *s)
{
	return (struct hw_tables_fds){
		.pool = bpf_map__fd(s->skel->maps.pool),
		.chunk_0 = bpf_map__fd(s->skel->maps.chunk_0),
		.modules = bpf_map__fd(s->skel->maps.modules),
		.proc_maps = bpf_map__fd(s->skel->maps.proc_maps),
		.files = bpf_map__fd(s->skel->maps.files),
	};
}

int hw_sampler_ring_fd(const struct hw_sampler *s)
{
	return bpf_map__fd(s->skel->maps.samples);
}

int hw_sampler_count(const struct hw_sampler *s, size_t event, struct hw_sampler_count *ret)
{
	struct hw_sampler_count sum = { 0 };

	for (size_t i = 0; i < s->n_attached; i++) {
		struct hw_sampler_count one; /* as PERF_FORMAT_TOTAL_TIME_* lay it out */

		if (s->attached[i].event != event)
			continue;
		if (read(s->attached[i].fd, &one, sizeof(one)) != sizeof(one))
			return -EIO;
		sum.counted += one.counted;
		sum.enabled_ns += one.enabled_ns;
		sum.running_ns += one.running_ns;
	}
	*ret = sum;
	return 0;
}

bool hw_sampler_takes_lock(const struct hw_sampler *s)
{
	return s->takes_lock;
}

uint64_t hw_sampler_lost(const struct hw_sampler *s)
{
	return s->skel->bss->lost;
}

uint64_t hw_sampler_outside(const struct hw_sampler *s)
{
	return s->skel->bss->outside;
}

void hw_sampler_set_python(struct hw_sampler *s, int32_t pid, const struct hw_py_proc *proc)
{
	int fd = bpf_map__fd(s->skel->maps.py_procs);
	uint32_t key = (uint32_t)pid;

	if (!proc)
		bpf_map_delete_elem(fd, &key);
	else if (bpf_map_update_elem(fd, &key, proc, BPF_ANY) < 0)
		log_debug("pid %d: no room for its CPython: %s", pid, strerror(errno));
}
