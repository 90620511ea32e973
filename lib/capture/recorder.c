/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/recorder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/array.h"
#include "base/log.h"
#include "capture/intake.h"
#include "capture/process.h"
#include "capture/resolve.h"
#include "capture/sideband.h"
#include "proc/task.h"
#include "profile/file.h"
#include "sample.skel.h"
#include "shared.h"

#define FLUSH_NS   500000000ULL /* the promise is at most a second */
#define POLL_MS	   50		/* between two rounds of symbolizing */
#define RING_MIN   (4U << 20)
#define RING_MAX   (64U << 20)

struct hw_recorder {
	struct hw_recorder_opts opts;
	struct sample_bpf *skel;
	struct bpf_link **links; /* one per perf event; each owns its descriptor */
	size_t n_links, cap_links;
	struct hw_sideband *sideband;
	struct hw_intake *intake;
	int pidfd; /* of a process attached to: readable when it has ended; else -1 */
	struct hw_processes *processes;
	struct hw_resolver *resolver;
	struct hw_profile *profile;
	struct hw_profile_writer *writer;
	uint64_t samples, dropped, side_lost, flushed_ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

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

static struct bpf_program *event_program(struct hw_recorder *rec, size_t event)
{
	char name[16];

	snprintf(name, sizeof(name), "event_%zu", event);
	return bpf_object__find_program_by_name(rec->skel->obj, name);
}

static int load_bpf(struct hw_recorder *rec)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	int r;

	libbpf_set_print(debug_libbpf);
	rec->skel = sample_bpf__open();
	if (!rec->skel)
		return -errno;
	for (size_t i = rec->opts.events->count; i < HW_RECORD_EVENTS_MAX; i++)
		bpf_program__set_autoload(event_program(rec, i), false);
	rec->skel->rodata->whole_stacks = rec->opts.stacks;
	rec->skel->rodata->ignored_pid = (uint32_t)getpid();
	r = bpf_map__set_max_entries(rec->skel->maps.scratches,
				     (uint32_t)libbpf_num_possible_cpus());
	if (!r)
		r = bpf_map__set_max_entries(rec->skel->maps.samples, ring_size(&rec->opts));
	if (!r)
		r = sample_bpf__load(rec->skel);
	if (!r)
		r = bpf_prog_test_run_opts(bpf_program__fd(rec->skel->progs.find_pidns), &run);
	if (r)
		return r;
	rec->skel->links.forked = bpf_program__attach(rec->skel->progs.forked);
	return rec->skel->links.forked ? 0 : -errno;
}

static void publish_python(void *ctx, int32_t pid, const struct hw_py_proc *proc)
{
	struct hw_recorder *rec = ctx;
	int fd = bpf_map__fd(rec->skel->maps.py_procs);
	uint32_t key = (uint32_t)pid;

	if (!proc)
		bpf_map_delete_elem(fd, &key);
	else if (bpf_map_update_elem(fd, &key, proc, BPF_ANY) < 0)
		log_debug("pid %d: its CPython found no room in py_procs: %s", pid,
			  strerror(errno));
}

static int open_event(const struct hw_recorder *rec, size_t i, pid_t tid, int cpu)
{
	const struct hw_recorder_opts *o = &rec->opts;
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
static int attach_event(struct hw_recorder *rec, size_t i, pid_t tid, int cpu)
{
	int fd = open_event(rec, i, tid, cpu);
	struct bpf_link *link;
	int r;

	if (fd < 0)
		return fd;
	r = hw_reserve(rec->links, rec->cap_links, rec->n_links + 1);
	link = r < 0 ? NULL : bpf_program__attach_perf_event(event_program(rec, i), fd);
	if (!link) {
		r = r < 0 ? r : -errno;
		close(fd);
		return r;
	}
	rec->links[rec->n_links++] = link;
	if (rec->opts.enable_on_exec && ioctl(fd, PERF_EVENT_IOC_DISABLE, 0) < 0)
		return -errno;
	return 0;
}

/* Every event on one thread, or on one CPU. *ret_event: the one that was refused. */
static int attach_all(struct hw_recorder *rec, pid_t tid, int cpu, size_t *ret_event)
{
	for (size_t i = 0; i < rec->opts.events->count; i++) {
		int r = attach_event(rec, i, tid, cpu);

		if (r < 0) {
			*ret_event = i;
			return r;
		}
	}
	return 0;
}

static int attach_cpus(struct hw_recorder *rec, size_t *ret_event)
{
	int n = libbpf_num_possible_cpus();

	for (int cpu = 0; cpu < n; cpu++) {
		int r = attach_all(rec, -1, cpu, ret_event);

		if (r < 0 && r != -ENODEV) /* -ENODEV: the CPU is offline */
			return r;
	}
	return 0;
}

/* Attaches to each thread there is; those created from then on inherit. One look at the list: a
 * thread found by a second one most likely has inherited already, and would be sampled twice. */
static int attach_threads(struct hw_recorder *rec, size_t *ret_event)
{
	hw_autofree pid_t *tids = NULL;
	int n = hw_task_threads(rec->opts.pid, &tids), attached = 0;

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		int r = attach_all(rec, tids[i], -1, ret_event);

		if (r < 0 && r != -ESRCH) /* -ESRCH: the thread has ended meanwhile */
			return r;
		attached += r >= 0;
	}
	return attached ? 0 : -ESRCH;
}

static int open_sideband(struct hw_recorder *rec)
{
	hw_autofree pid_t *tids = NULL;
	int n = 0, r;

	if (!rec->opts.all_cpus) {
		n = hw_task_threads(rec->opts.pid, &tids);
		if (n < 0)
			return n;
	}
	r = hw_sideband_open(tids, (size_t)n, &rec->sideband);
	if (r >= 0)
		r = hw_intake_new(bpf_map__fd(rec->skel->maps.samples), rec->sideband,
				  publish_python, rec, &rec->intake);
	return r < 0 ? r : hw_intake_start(rec->intake);
}

static char **copy_strings(char *const *strings)
{
	size_t n = 0;
	char **copy;

	while (strings && strings[n])
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++)
		copy[i] = strdup(strings[i]);
	return copy;
}

static int describe_events(struct hw_session *s, const struct hw_recorder_opts *opts)
{
	s->events = calloc(opts->events->count, sizeof(*s->events));
	if (!s->events)
		return -ENOMEM;
	s->n_events = opts->events->count;
	for (size_t i = 0; i < s->n_events; i++) {
		s->events[i].name = strdup(opts->events->items[i].name);
		s->events[i].unit = strdup(opts->events->items[i].unit);
		s->events[i].frequency_hz = opts->frequency_hz;
		s->events[i].period = opts->frequency_hz ? 0 : opts->period;
		if (!s->events[i].name || !s->events[i].unit)
			return -ENOMEM;
	}
	return 0;
}

static int describe_session(struct hw_session *s, const struct hw_recorder_opts *opts)
{
	struct utsname un;

	if (uname(&un) < 0)
		return -errno;
	s->argv = opts->argv ? copy_strings(opts->argv) : NULL;
	s->doubts = copy_strings(opts->doubts);
	s->exit_status = -1;
	s->host = strdup(un.nodename);
	s->kernel = strdup(un.release);
	s->machine = strdup(un.machine);
	s->cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	s->start_unix_s = time(NULL);
	s->stacks = opts->stacks;
	if (!s->doubts || !s->host || !s->kernel || !s->machine)
		return -ENOMEM;
	return describe_events(s, opts);
}

static int open_model(struct hw_recorder *rec)
{
	rec->profile = hw_profile_new();
	rec->processes = hw_processes_new();
	if (!rec->profile || !rec->processes)
		return -ENOMEM;
	rec->resolver = hw_resolver_new(rec->profile, rec->processes);
	if (!rec->resolver)
		return -ENOMEM;
	return describe_session(&rec->profile->session, &rec->opts);
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

static int open_steps(struct hw_recorder *rec, struct hw_recorder_error *error)
{
	int r;

	error->step = HW_STEP_OTHER;
	r = open_model(rec);
	if (r < 0)
		return r;
	error->step = HW_STEP_FILE;
	r = hw_profile_writer_open(rec->opts.path, &rec->writer);
	if (r < 0)
		return r;
	error->step = HW_STEP_BPF;
	r = load_bpf(rec);
	if (r < 0)
		return r;
	if (rec->opts.pid && !rec->opts.argv) {
		rec->pidfd = (int)syscall(SYS_pidfd_open, rec->opts.pid, 0);
		if (rec->pidfd < 0)
			return -errno;
	}
	error->step = HW_STEP_SIDEBAND;
	r = open_sideband(rec);
	if (r < 0)
		return r;
	error->step = HW_STEP_EVENT;
	return rec->opts.all_cpus ? attach_cpus(rec, &error->event) :
				    attach_threads(rec, &error->event);
}

int hw_recorder_open(const struct hw_recorder_opts *opts, struct hw_recorder **ret,
		     struct hw_recorder_error *ret_error)
{
	hw_auto(hw_recorder_free) struct hw_recorder *rec = NULL;
	struct hw_recorder_error error = { .step = HW_STEP_OTHER };
	int r = -ENOMEM;

	if (opts->events->count < 1 || opts->events->count > HW_RECORD_EVENTS_MAX)
		r = -E2BIG;
	else
		rec = calloc(1, sizeof(*rec));
	if (rec) {
		raise_fd_limit();
		rec->opts = *opts;
		rec->pidfd = -1;
		rec->flushed_ns = now_ns();
		r = open_steps(rec, &error);
	}
	if (r < 0) {
		*ret_error = error;
		return r;
	}
	if (!opts->enable_on_exec && opts->pid)
		hw_intake_know(rec->intake, opts->pid);
	*ret = hw_take_ptr(rec);
	return 0;
}

struct hw_recorder *hw_recorder_free(struct hw_recorder *rec)
{
	if (!rec)
		return NULL;
	for (size_t i = 0; i < rec->n_links; i++)
		bpf_link__destroy(rec->links[i]);
	free(rec->links);
	hw_intake_free(rec->intake);
	hw_sideband_free(rec->sideband);
	hw_resolver_free(rec->resolver);
	hw_processes_free(rec->processes);
	hw_profile_writer_free(rec->writer);
	hw_profile_free(rec->profile);
	sample_bpf__destroy(rec->skel);
	if (rec->pidfd >= 0)
		close(rec->pidfd);
	free(rec);
	return NULL;
}

static int apply_until(struct hw_recorder *rec, const struct hw_side_events *side, size_t *at,
		       uint64_t time_ns)
{
	for (; *at < side->count && side->items[*at].time_ns <= time_ns; (*at)++) {
		int r = hw_processes_apply(rec->processes, &side->items[*at]);

		if (r < 0)
			return r;
		rec->side_lost += side->items[*at].lost;
	}
	return 0;
}

/* Resolves everything that has come, samples and events by time. */
static int drain(struct hw_recorder *rec)
{
	hw_auto(hw_batch_done) struct hw_batch batch = { 0 };
	const struct hw_raw_sample *raw;
	size_t at = 0;
	int r = hw_intake_take(rec->intake, &batch);

	while (r >= 0 && (raw = hw_batch_next(&batch))) {
		r = apply_until(rec, &batch.side, &at, raw->time_ns);
		rec->samples++;
		rec->profile->session.events[raw->event].samples++;
		if (hw_resolver_add(rec->resolver, raw) < 0)
			rec->dropped++;
	}
	if (r >= 0)
		r = apply_until(rec, &batch.side, &at, UINT64_MAX);
	rec->dropped += batch.dropped;
	hw_processes_sweep(rec->processes);
	return r;
}

static uint64_t lost_samples(const struct hw_recorder *rec)
{
	return rec->skel->bss->lost + rec->dropped;
}

static int fill_losses(const struct hw_recorder *rec, struct hw_session *s)
{
	if (!s->losses)
		s->losses = calloc(HW_DOUBT_COUNT, sizeof(*s->losses));
	if (!s->losses)
		return -ENOMEM;
	s->n_losses = 0;
	for (int d = 0; d < HW_DOUBT_COUNT; d++) {
		uint64_t count = hw_resolver_doubts(rec->resolver, (enum hw_doubt)d);
		struct hw_session_loss *row = &s->losses[s->n_losses];

		if (!count)
			continue;
		free(row->reason);
		free(row->advice);
		row->reason = strdup(hw_doubt_reason((enum hw_doubt)d));
		row->advice = strdup(hw_doubt_advice((enum hw_doubt)d));
		row->count = count;
		s->n_losses++;
		if (!row->reason || !row->advice)
			return -ENOMEM;
	}
	return 0;
}

static int flush(struct hw_recorder *rec)
{
	struct hw_session *s = &rec->profile->session;
	int r;

	s->lost = lost_samples(rec);
	r = fill_losses(rec, s);
	if (r < 0)
		return r;
	rec->flushed_ns = now_ns();
	return hw_profile_flush(rec->writer, rec->profile);
}

int hw_recorder_run(struct hw_recorder *rec, struct hw_workload *w)
{
	struct pollfd fds[] = {
		{ .fd = hw_workload_fd(w), .events = POLLIN },
		{ .fd = rec->pidfd, .events = POLLIN }, /* poll(2) skips -1 */
	};
	int ended = 0;

	while (!ended) {
		int r = poll(fds, sizeof(fds) / sizeof(fds[0]), POLL_MS);

		if (r < 0 && errno != EINTR)
			return -errno;
		ended = hw_workload_poll(w);
		if (ended < 0)
			return ended;
		if (fds[1].revents)
			ended = 1;
		r = drain(rec);
		if (r >= 0 && now_ns() - rec->flushed_ns >= FLUSH_NS)
			r = flush(rec);
		if (r < 0)
			return r;
	}
	return 0;
}

struct refusals {
	struct hw_session *session;
	int r;
};

static void add_refusal(void *ctx, const char *path, uint32_t version)
{
	struct refusals *f = ctx;
	struct hw_session *s = f->session;
	hw_autofree char *text = NULL;
	size_t n = 0;
	char **grown;

	while (s->doubts[n])
		n++;
	if (asprintf(&text,
		     version ? "%s is CPython %u.%u, which is not read yet (%s): its Python "
			       "frames are missing, its native frames are there" :
			       "%s looks like CPython older than 3.11, which is not read yet: its "
			       "Python frames are missing, its native frames are there",
		     path, version >> 24, version >> 16 & 0xff, hw_py_versions_supported()) < 0)
		text = NULL;
	grown = text ? reallocarray(s->doubts, n + 2, sizeof(*grown)) : NULL;
	if (!grown) {
		f->r = -ENOMEM;
		return;
	}
	s->doubts = grown;
	grown[n] = hw_take_ptr(text);
	grown[n + 1] = NULL;
}

int hw_recorder_finish(struct hw_recorder *rec, const struct hw_usage *usage, int exit_status,
		       struct hw_recorder_totals *ret)
{
	struct hw_session *s = &rec->profile->session;
	struct refusals refusals = { .session = s };
	int r = drain(rec);

	if (r < 0)
		return r;
	hw_binaries_refused(hw_processes_binaries(rec->processes), add_refusal, &refusals);
	s->usage = *usage;
	s->exit_status = exit_status;
	s->complete = true;
	r = refusals.r < 0 ? refusals.r : flush(rec);
	if (r < 0)
		return r;
	*ret = (struct hw_recorder_totals){ .samples = rec->samples, .lost = lost_samples(rec) };
	return 0;
}
