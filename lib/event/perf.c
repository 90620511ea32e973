/* SPDX-License-Identifier: Apache-2.0 */
#include "event/perf.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "base/io.h"
#include "event/cpus.h"
#include "event/pmu.h"
#include "proc/task.h"

/* One place to count: a thread on whatever CPU, or a CPU with whatever thread. */
struct target {
	pid_t tid; /* -1: any */
	int cpu;   /* -1: any */
};

struct counter {
	int error; /* negative errno of the refusal, 0 */
	bool user_only;
};

struct hw_counters {
	const struct hw_events *events;
	struct counter *counters; /* one per event */
	struct target *targets;
	size_t n_targets;
	int *fds; /* that of event e at target t is [e * n_targets + t]; -1: none */
};

int hw_perf_event_open(struct perf_event_attr *attr, pid_t tid, int cpu, int group_fd)
{
	long fd;

	do
		fd = syscall(SYS_perf_event_open, attr, tid, cpu, group_fd, PERF_FLAG_FD_CLOEXEC);
	while (fd < 0 && errno == EMFILE && hw_raise_fd_limit() == 0);
	return fd < 0 ? -errno : (int)fd;
}

/* The kernel raises these from its own code: with exclude_kernel it drops every one of them
 * (perf_exclude_event() in kernel/events/core.c), and the count is a false 0. */
static bool happens_in_kernel(const struct perf_event_attr *attr)
{
	if (attr->type == PERF_TYPE_TRACEPOINT)
		return true;
	return attr->type == PERF_TYPE_SOFTWARE &&
	       (attr->config == PERF_COUNT_SW_CONTEXT_SWITCHES ||
		attr->config == PERF_COUNT_SW_CPU_MIGRATIONS ||
		attr->config == PERF_COUNT_SW_CGROUP_SWITCHES);
}

/* Opens @attr at @target; sets its exclude_kernel when only that makes it possible. Returns the
 * descriptor or a negative errno. */
static int open_at(struct perf_event_attr *attr, struct target target, int group_fd)
{
	int fd = hw_perf_event_open(attr, target.tid, target.cpu, group_fd);

	if ((fd == -EACCES || fd == -EPERM) && !attr->exclude_kernel && !attr->exclude_user &&
	    !happens_in_kernel(attr)) {
		int refusal = fd;

		attr->exclude_kernel = 1;
		fd = hw_perf_event_open(attr, target.tid, target.cpu, group_fd);
		if (fd < 0)
			attr->exclude_kernel = 0;
		/* EINVAL: a PMU that cannot tell modes apart, so the permission is what lacks. */
		if (fd == -EACCES || fd == -EPERM || fd == -EINVAL)
			fd = refusal;
	}
	return fd;
}

static bool is_dynamic(const struct perf_event_attr *attr)
{
	return attr->type >= PERF_TYPE_MAX;
}

/* The CPUs on which an event of the whole machine is to be opened: 0 for all. */
static int event_cpus(const struct perf_event_attr *attr, int **ret_cpus)
{
	hw_autoclose int devices_fd = is_dynamic(attr) ? hw_pmu_devices_open() : -1;

	return devices_fd < 0 ? 0 : hw_pmu_cpus(devices_fd, attr->type, ret_cpus);
}

static bool contains(const int *cpus, int n, int cpu)
{
	for (int i = 0; i < n; i++)
		if (cpus[i] == cpu)
			return true;
	return false;
}

static void close_event(struct hw_counters *c, size_t event)
{
	for (size_t t = 0; t < c->n_targets; t++) {
		int *fd = &c->fds[event * c->n_targets + t];

		if (*fd >= 0)
			close(hw_take_fd(fd));
	}
}

/* Opens event @e at each target. Returns how many there are, or the negative errno that refused
 * it: a count over some of the threads or CPUs would pass for the whole. */
static int open_targets(struct hw_counters *c, size_t e, const struct hw_counters_opts *opts)
{
	const struct hw_event *event = &c->events->items[e];
	struct perf_event_attr attr = event->attr;
	hw_autofree int *cpus = NULL;
	int n_cpus = opts->all_cpus ? event_cpus(&attr, &cpus) : 0, opened = 0;

	if (n_cpus < 0)
		return n_cpus;
	attr.inherit = !opts->all_cpus;
	attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	for (size_t t = 0; t < c->n_targets; t++) {
		struct target target = c->targets[t];
		int group_fd = event->leader < 0 || (size_t)event->leader == e ?
				       -1 :
				       c->fds[(size_t)event->leader * c->n_targets + t];
		int fd;

		if (n_cpus && !contains(cpus, n_cpus, target.cpu))
			continue;
		/* The members of a group follow its leader. */
		attr.disabled = attr.enable_on_exec = opts->enable_on_exec && group_fd < 0;
		fd = open_at(&attr, target, group_fd);
		if (fd == -ESRCH)
			continue; /* the thread has ended */
		if (fd < 0)
			return fd;
		c->fds[e * c->n_targets + t] = fd;
		opened++;
	}
	c->counters[e].user_only = attr.exclude_kernel && !event->attr.exclude_kernel;
	return opened;
}

static int open_events(struct hw_counters *c, const struct hw_counters_opts *opts)
{
	for (size_t e = 0; e < c->events->count; e++) {
		int r = open_targets(c, e, opts);

		if (r == -EMFILE || r == -ENOMEM) /* nothing of this event: the next fares no better */
			return r;
		if (r == 0 && !opts->all_cpus)
			return -ESRCH;
		if (r <= 0) { /* 0: none of its CPUs is online */
			close_event(c, e);
			c->counters[e].error = r < 0 ? r : -ENODEV;
		}
	}
	return 0;
}

/* The threads of the process, or the CPUs of the machine.
 *
 * The threads are listed once. One that starts later inherits the counters of the thread that
 * starts it, and nothing tells whether it was started before or after those were opened: another
 * look would count many twice to catch the few that slip through. The main thread, which starts
 * most, is listed first. */
static int find_targets(struct hw_counters *c, const struct hw_counters_opts *opts)
{
	hw_autofree int *ids = NULL; /* CPU numbers or thread ids */
	int n = opts->all_cpus ? hw_cpus_online(&ids) : hw_task_threads(opts->pid, &ids);

	if (n < 0)
		return n;
	c->targets = calloc((size_t)n, sizeof(*c->targets));
	if (!c->targets)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		c->targets[i] = opts->all_cpus ? (struct target){ .tid = -1, .cpu = ids[i] } :
						 (struct target){ .tid = ids[i], .cpu = -1 };
	c->n_targets = (size_t)n;
	return 0;
}

int hw_counters_open(const struct hw_events *events, const struct hw_counters_opts *opts,
		     struct hw_counters **ret)
{
	hw_auto(hw_counters_free) struct hw_counters *c = calloc(1, sizeof(*c));
	size_t n_fds;
	int r;

	if (!c)
		return -ENOMEM;
	c->events = events;
	r = find_targets(c, opts);
	if (r < 0)
		return r;
	n_fds = events->count * c->n_targets; /* HW_EVENTS_MAX times the threads of a process */
	c->counters = calloc(events->count + 1, sizeof(*c->counters));
	c->fds = calloc(n_fds + 1, sizeof(*c->fds));
	if (!c->counters || !c->fds)
		return -ENOMEM;
	for (size_t i = 0; i < n_fds; i++)
		c->fds[i] = -1;
	r = open_events(c, opts);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(c);
	return 0;
}

struct hw_counters *hw_counters_free(struct hw_counters *c)
{
	if (!c)
		return NULL;
	for (size_t e = 0; c->fds && e < c->events->count; e++)
		close_event(c, e);
	free(c->fds);
	free(c->counters);
	free(c->targets);
	free(c);
	return NULL;
}

int hw_counters_read(const struct hw_counters *c, size_t i, struct hw_count *ret)
{
	const struct counter *counter = &c->counters[i];
	double value = 0, enabled = 0, running = 0;

	for (size_t t = 0; t < c->n_targets && !counter->error; t++) {
		/* As PERF_FORMAT_TOTAL_TIME_* lay it out, perf_event_open(2). */
		struct {
			uint64_t value, enabled_ns, running_ns;
		} raw;
		int fd = c->fds[i * c->n_targets + t];

		if (fd < 0)
			continue;
		if (read(fd, &raw, sizeof(raw)) != sizeof(raw))
			return -EIO;
		/* Scaled one by one: threads shared the counters with others to different degrees. One
		 * that never was on a counter says nothing. */
		if (raw.running_ns)
			value += (double)raw.value * (double)raw.enabled_ns /
				 (double)raw.running_ns;
		enabled += (double)raw.enabled_ns;
		running += (double)raw.running_ns;
	}
	*ret = (struct hw_count){
		.status = hw_counter_status_of(counter->error),
		.value = value * c->events->items[i].scale,
		.running_pct = enabled > 0 ? 100 * running / enabled : 100,
		.enabled_s = enabled / 1e9,
		.error = counter->error,
		.user_only = counter->user_only,
	};
	return 0;
}

enum hw_counter_status hw_counter_status_of(int error)
{
	switch (error) {
	case 0:
		return HW_COUNTER_OK;
	case -EACCES:
	case -EPERM:
		return HW_COUNTER_NOT_PERMITTED;
	default:
		return HW_COUNTER_NOT_SUPPORTED;
	}
}

const char *hw_counter_status_name(enum hw_counter_status status)
{
	static const char *const names[] = {
		[HW_COUNTER_OK] = "ok",
		[HW_COUNTER_NOT_SUPPORTED] = "not-supported",
		[HW_COUNTER_NOT_PERMITTED] = "not-permitted",
		[HW_COUNTER_NOT_BELIEVED] = "not-believed",
	};

	return names[status];
}

int hw_event_probe(const struct hw_event *event)
{
	struct perf_event_attr attr = event->attr;
	hw_autofree int *cpus = NULL;
	int fd;

	attr.disabled = 1;
	fd = open_at(&attr, (struct target){ .tid = 0, .cpu = -1 }, -1);
	if (fd == -EINVAL && event_cpus(&attr, &cpus) > 0)
		fd = open_at(&attr, (struct target){ .tid = -1, .cpu = cpus[0] }, -1);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

bool hw_perf_has_pmu(void)
{
	struct hw_event cycles = { .attr = { .size = sizeof(cycles.attr),
					     .type = PERF_TYPE_HARDWARE,
					     .config = PERF_COUNT_HW_CPU_CYCLES } };
	hw_autoclose int devices_fd = -1;
	int r = hw_event_probe(&cycles);

	if (hw_counter_status_of(r) != HW_COUNTER_NOT_PERMITTED)
		return r == 0;
	/* Permission is checked before the PMU is looked for. */
	devices_fd = hw_pmu_devices_open();
	return devices_fd >= 0 && hw_pmu_has_core(devices_fd);
}
