/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/sampler.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/array.h"
#include "base/log.h"
#include "capture/libbpf_log.h"
#include "capture/tracepoint.h"
#include "proc/task.h"
#include "sample.skel.h"

#define RING_MIN (4U << 20)
#define RING_MAX (64U << 20)

struct hw_sampler {
	const struct hw_recorder_opts *opts;
	struct sample_bpf *skel;
	struct bpf_link **links; /* one per perf event; each owns its descriptor */
	size_t n_links, cap_links;
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
	unsigned long page_bytes = (unsigned long)sysconf(_SC_PAGESIZE);
	uint32_t events = 0;

	for (size_t i = 0; i < s->opts->events->count; i++)
		events |= (uint32_t)hw_event_is_fault(&s->opts->events->items[i]) << i;
	s->skel->rodata->fault_events = events;
	s->skel->rodata->faults_per_s = (uint32_t)s->opts->faults_per_s;
	s->skel->rodata->fault_page_shift = (uint32_t)__builtin_ctzl(page_bytes);
	bpf_program__set_autoload(s->skel->progs.user_faults,
				  events && hw_tracepoint_exists("page_fault_user"));
	bpf_program__set_autoload(s->skel->progs.kernel_faults,
				  events && hw_tracepoint_exists("page_fault_kernel"));
}

bool hw_sampler_can_off_cpu(void)
{
	return hw_tracepoint_exists("sched_exit_tp");
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

static int load(struct hw_sampler *s, const struct hw_waits_maps *maps)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int r;

	hw_libbpf_log();
	s->skel = sample_bpf__open();
	if (!s->skel)
		return -errno;
	for (size_t i = s->opts->events->count; i < HW_RECORD_EVENTS_MAX; i++)
		bpf_program__set_autoload(event_program(s, i), false);
	bpf_program__set_autoload(s->skel->progs.executes, hw_tracepoint_exists("sched_prepare_exec"));
	prepare_faults(s);
	s->skel->rodata->whole_stacks = s->opts->stacks;
	s->skel->rodata->ignored_pid = (uint32_t)getpid();
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
static int open_attr(const struct hw_sampler *s, struct perf_event_attr attr, bool each, pid_t tid,
		     int cpu)
{
	const struct hw_recorder_opts *o = s->opts;
	int fd;

	attr.size = sizeof(attr);
	attr.disabled = 1;
	attr.enable_on_exec = o->enable_on_exec;
	attr.inherit = tid != -1;
	attr.freq = !each && o->frequency_hz;
	attr.sample_period = each ? 1 : attr.freq ? o->frequency_hz : o->period; /* a union */
	fd = (int)syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Opens @attr of event @i and runs the program of the event on it. Attaching enables the event:
 * with enable_on_exec that is too early. */
static int attach_attr(struct hw_sampler *s, size_t i, const struct perf_event_attr *attr,
		       bool each, pid_t tid, int cpu)
{
	int fd = open_attr(s, *attr, each, tid, cpu);
	struct bpf_link *link;
	int r;

	if (fd < 0)
		return fd;
	r = hw_reserve(s->links, s->cap_links, s->n_links + 1);
	link = r < 0 ? NULL : bpf_program__attach_perf_event(event_program(s, i), fd);
	if (!link) {
		r = r < 0 ? r : -errno;
		close(fd);
		return r;
	}
	s->links[s->n_links++] = link;
	if (s->opts->enable_on_exec && ioctl(fd, PERF_EVENT_IOC_DISABLE, 0) < 0)
		return -errno;
	return 0;
}

/* Page faults are opened as minor and major ones, see bpf/fault.bpf.h. */
static int attach_event(struct hw_sampler *s, size_t i, pid_t tid, int cpu)
{
	const struct hw_event *event = &s->opts->events->items[i];
	bool is_fault = hw_event_is_fault(event), each = is_fault && s->opts->faults_per_s;
	struct perf_event_attr attr = event->attr;
	int r;

	if (is_fault)
		attr.sample_type |= PERF_SAMPLE_ADDR;
	if (!is_fault || attr.config != PERF_COUNT_SW_PAGE_FAULTS)
		return attach_attr(s, i, &attr, each, tid, cpu);
	attr.config = PERF_COUNT_SW_PAGE_FAULTS_MIN;
	r = attach_attr(s, i, &attr, each, tid, cpu);
	if (r < 0)
		return r;
	attr.config = PERF_COUNT_SW_PAGE_FAULTS_MAJ;
	return attach_attr(s, i, &attr, each, tid, cpu);
}

/* Every event on one thread, or on one CPU. *ret_event: the one that was refused. */
static int attach_all(struct hw_sampler *s, pid_t tid, int cpu, size_t *ret_event)
{
	for (size_t i = 0; i < s->opts->events->count; i++) {
		int r = attach_event(s, i, tid, cpu);

		if (r < 0) {
			*ret_event = i;
			return r;
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

/* Many threads times events times CPUs. */
static void raise_fd_limit(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		return;
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}

int hw_sampler_load(const struct hw_recorder_opts *opts, const struct hw_waits_maps *maps,
		    struct hw_sampler **ret)
{
	hw_auto(hw_sampler_free) struct hw_sampler *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->opts = opts;
	raise_fd_limit();
	r = load(s, maps);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(s);
	return 0;
}

struct hw_sampler *hw_sampler_free(struct hw_sampler *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_links; i++)
		bpf_link__destroy(s->links[i]);
	free(s->links);
	sample_bpf__destroy(s->skel);
	free(s);
	return NULL;
}

int hw_sampler_attach(struct hw_sampler *s, size_t *ret_event)
{
	return s->opts->all_cpus ? attach_cpus(s, ret_event) : attach_threads(s, ret_event);
}

struct hw_table_fds hw_sampler_table_fds(const struct hw_sampler *s)
{
	return (struct hw_table_fds){
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
