/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/sampler.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/array.h"
#include "base/log.h"
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

static int debug_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	hw_autofree char *text = NULL;

	(void)level;
	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		return 0;
	}
	text[strcspn(text, "\n")] = 0;
	log_debug("%s", text);
	return 0;
}

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

static bool has_tracepoint(const char *name)
{
	return libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP) > 0;
}

static int load(struct hw_sampler *s)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int r;

	libbpf_set_print(debug_libbpf);
	s->skel = sample_bpf__open();
	if (!s->skel)
		return -errno;
	for (size_t i = s->opts->events->count; i < HW_RECORD_EVENTS_MAX; i++)
		bpf_program__set_autoload(event_program(s, i), false);
	bpf_program__set_autoload(s->skel->progs.executes, has_tracepoint("sched_prepare_exec"));
	s->skel->rodata->whole_stacks = s->opts->stacks;
	s->skel->rodata->ignored_pid = (uint32_t)getpid();
	r = bpf_map__set_max_entries(s->skel->maps.scratches,
				     (uint32_t)libbpf_num_possible_cpus());
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
	if (!bpf_program__autoload(s->skel->progs.executes))
		return 0;
	s->skel->links.executes = bpf_program__attach(s->skel->progs.executes);
	return s->skel->links.executes ? 0 : -errno;
}

static int open_event(const struct hw_sampler *s, size_t i, pid_t tid, int cpu)
{
	const struct hw_recorder_opts *o = s->opts;
	struct perf_event_attr attr = o->events->items[i].attr;
	int fd;

	attr.size = sizeof(attr);
	attr.disabled = 1;
	attr.enable_on_exec = o->enable_on_exec;
	attr.inherit = tid != -1;
	attr.freq = o->frequency_hz != 0;
	attr.sample_period = o->frequency_hz ? o->frequency_hz : o->period; /* a union */
	fd = (int)syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Opens event @i and runs its BPF program on it. Attaching enables the event: with enable_on_exec
 * that is too early. */
static int attach_event(struct hw_sampler *s, size_t i, pid_t tid, int cpu)
{
	int fd = open_event(s, i, tid, cpu);
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

int hw_sampler_load(const struct hw_recorder_opts *opts, struct hw_sampler **ret)
{
	hw_auto(hw_sampler_free) struct hw_sampler *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->opts = opts;
	raise_fd_limit();
	r = load(s);
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
