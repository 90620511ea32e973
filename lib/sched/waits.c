/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/waits.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "sched/calls.h"
#include "sched/gil_watch.h"
#include "sched/off_rate.h"
#include "sched/reading.h"
#include "sched/thread_states.h"
#include "kernel/features.h"
#include "kernel/libbpf_log.h"
#include "kernel/user_regs.h"
#include "sched/timeline.h"
#include "proc/machine.h"
#include "wait.skel.h"

#define TABLE_THREADS_MAX (1u << 16) /* where no memory comes with a task: 10 MB, taken at once */

struct hw_waits {
	struct wait_bpf *skel;
	struct bpf_link *join, *list; /* the iterators */
	struct hw_gil_watch *gils;
	struct hw_timeline timeline;
	bool begun;
	pid_t pid;		     /* the first one added */
	double steal_s, throttled_s; /* when the session began */
	double throttled_now_s;	     /* at the last look */
	struct hw_off_rate off_rate;
};

int hw_waits_maps_create(struct hw_waits_maps *ret)
{
	*ret = (struct hw_waits_maps){ .gils = -1 };
	ret->dues = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "dues", sizeof(uint32_t),
				   sizeof(struct hw_due), 1, NULL);
	if (ret->dues >= 0)
		ret->gils = bpf_map_create(BPF_MAP_TYPE_LRU_HASH, "gils", sizeof(uint32_t),
					   sizeof(struct hw_gil), HW_GILS_MAX, NULL);
	if (ret->gils >= 0)
		return 0;
	hw_waits_maps_done(ret);
	return -errno;
}

void hw_waits_maps_done(struct hw_waits_maps *maps)
{
	int error = errno;

	if (maps->dues >= 0)
		close(maps->dues);
	if (maps->gils >= 0)
		close(maps->gils);
	*maps = (struct hw_waits_maps){ -1, -1 };
	errno = error;
}

static bool waits_may_call(enum bpf_func_id id)
{
	return hw_feature_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, id);
}

/* Replaces what this kernel lacks. */
static void do_without(struct hw_waits *w)
{
	bool storage = waits_may_call(BPF_FUNC_task_storage_get), locks = waits_may_call(BPF_FUNC_spin_lock);

	w->skel->rodata->threads_in_table = !storage;
	w->skel->rodata->locks_in_table = !locks;
	if (!storage) {
		bpf_map__set_type(w->skel->maps.threads, BPF_MAP_TYPE_HASH);
		bpf_map__set_map_flags(w->skel->maps.threads, 0);
		bpf_map__set_max_entries(w->skel->maps.threads, TABLE_THREADS_MAX);
	}
	bpf_map__set_autocreate(w->skel->maps.locks, !locks);
	hw_user_regs_prepare(w->skel->progs.find_regs, BPF_PROG_TYPE_RAW_TRACEPOINT);
}

static int load_wait_skel(struct hw_waits *w, const struct hw_waits_opts *opts)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);
	uint32_t sessions = opts->processes ? opts->processes + 1 : 1;
	int r;

	hw_libbpf_log();
	w->skel = wait_bpf__open();
	if (!w->skel)
		return -errno;
	do_without(w);
	w->skel->rodata->by_process = opts->processes != 0;
	w->skel->rodata->sessions_max = sessions;
	w->skel->rodata->ignored_pid = (uint32_t)getpid();
	w->skel->bss->sessions_used = opts->processes != 0; /* 0 is for those without room */
	w->skel->bss->off_period_ns = opts->off_period_ns;
	hw_calls_rules((uint8_t *)w->skel->rodata->calls);
	r = bpf_map__set_max_entries(w->skel->maps.accounts, sessions);
	if (!r && w->skel->rodata->locks_in_table)
		r = bpf_map__set_max_entries(w->skel->maps.locks, sessions);
	if (!r && opts->maps)
		r = bpf_map__reuse_fd(w->skel->maps.dues, opts->maps->dues);
	if (!r && opts->maps)
		r = bpf_map__reuse_fd(w->skel->maps.gils, opts->maps->gils);
	if (!r)
		r = wait_bpf__load(w->skel);
	if (!r)
		r = bpf_prog_test_run_opts(bpf_program__fd(w->skel->progs.find_pidns), &run);
	if (!r)
		r = hw_user_regs_find(w->skel->progs.find_regs, &w->skel->bss->regs_at);
	return r;
}

/* Without the kernel's addresses what poll(2) and its kin waited for is "other". */
static void find_wakers(struct hw_waits *w)
{
	int n = hw_calls_find_wakers((struct hw_waker *)w->skel->bss->wakers);

	if (n <= 0)
		log_debug("functions of the kernel that end waits: %s",
			  n < 0 ? strerror(-n) : "hidden by kernel.kptr_restrict");
}

static int open_waits(struct hw_waits *w, const struct hw_waits_opts *opts)
{
	int r = load_wait_skel(w, opts);

	if (r < 0)
		return r;
	find_wakers(w);
	r = hw_gil_watch_new(bpf_map__fd(w->skel->maps.gil_requests), bpf_map__fd(w->skel->maps.gils),
			     opts->binaries, &w->gils);
	if (r < 0)
		return r;
	w->join = bpf_program__attach_iter(w->skel->progs.join_tasks, NULL);
	w->list = w->join ? bpf_program__attach_iter(w->skel->progs.list_threads, NULL) : NULL;
	if (!w->list)
		return -errno;
	bpf_program__set_autoattach(w->skel->progs.join_tasks, false);
	bpf_program__set_autoattach(w->skel->progs.list_threads, false);
	return wait_bpf__attach(w->skel);
}

int hw_waits_open(const struct hw_waits_opts *opts, struct hw_waits **ret)
{
	hw_auto(hw_waits_free) struct hw_waits *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->timeline = HW_TIMELINE_INIT;
	w->off_rate.least_ns = opts->off_period_ns;
	r = open_waits(w, opts);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(w);
	return 0;
}

struct hw_waits *hw_waits_free(struct hw_waits *w)
{
	if (!w)
		return NULL;
	bpf_link__destroy(w->join);
	bpf_link__destroy(w->list);
	hw_gil_watch_free(w->gils);
	wait_bpf__destroy(w->skel);
	hw_timeline_done(&w->timeline);
	free(w);
	return NULL;
}

static void begin_session(struct hw_waits *w, pid_t pid)
{
	w->begun = true;
	w->pid = pid;
	w->steal_s = hw_machine_steal_s();
	w->throttled_s = w->throttled_now_s = hw_machine_throttled_s(pid);
}

int hw_waits_add(struct hw_waits *w, pid_t pid)
{
	hw_autoclose int fd = -1;
	char none[64];
	ssize_t n;

	if (!w->begun)
		begin_session(w, pid);
	w->skel->bss->wanted_pid = (uint32_t)pid;
	fd = bpf_iter_create(bpf_link__fd(w->join));
	if (fd < 0)
		return -errno;
	while ((n = read(fd, none, sizeof(none))) > 0 || (n < 0 && errno == EAGAIN))
		;
	return n < 0 ? -errno : 0;
}

static bool read_account(struct hw_waits *w, uint32_t session, struct hw_wall_account *ret)
{
	return !bpf_map_lookup_elem_flags(bpf_map__fd(w->skel->maps.accounts), &session, ret,
					  BPF_F_LOCK);
}

static void adapt_period(struct hw_waits *w, uint64_t now)
{
	__u64 *period = &w->skel->bss->off_period_ns;

	*period = hw_off_rate_next(&w->off_rate, now, w->skel->bss->off_samples, *period);
}

/* While the process is there to say in which cgroup it is. */
static void look_at_quota(struct hw_waits *w)
{
	double throttled_s = hw_machine_throttled_s(w->pid);

	if (throttled_s > w->throttled_now_s)
		w->throttled_now_s = throttled_s;
}

int hw_waits_tick(struct hw_waits *w, uint64_t rss_bytes)
{
	uint64_t now = hw_clock_ns();
	double seconds[HW_WALL_CLASSES];
	struct hw_wall_account a;

	adapt_period(w, now);
	look_at_quota(w);
	if (!read_account(w, 0, &a) || !a.begin)
		return 0;
	hw_reading_settle(&a, now);
	for (int class = 0; class < HW_WALL_CLASSES; class ++)
		seconds[class] = (double)a.wall_ns[class] / 1e9;
	return hw_timeline_add(&w->timeline, (double)(now - a.begin) / 1e9, seconds, rss_bytes,
			       false);
}

static bool read_settled(struct hw_waits *w, struct hw_wall_account *ret, uint64_t *ret_now)
{
	uint64_t now = hw_clock_ns();

	if (!read_account(w, 0, ret) || !ret->begin || now <= ret->begin)
		return false;
	hw_reading_settle(ret, now);
	*ret_now = now;
	return true;
}

static void fill_reasons(const struct hw_waits *w, struct hw_wall *wall)
{
	wall->steal_s = hw_machine_steal_s() - w->steal_s;
	wall->throttled_s = w->throttled_now_s - w->throttled_s;
}

void hw_waits_read(struct hw_waits *w, struct hw_wall *ret)
{
	struct hw_wall_account a = { 0 };
	uint64_t now;

	*ret = (struct hw_wall){ 0 };
	if (!read_settled(w, &a, &now))
		return;
	hw_reading_wall(&a, (double)(now - a.begin) / 1e9, HW_WALL_OTHER, ret);
	fill_reasons(w, ret);
}

static int read_thread_states(struct hw_waits *w, struct hw_thread_states *ret)
{
	hw_autoclose int fd = bpf_iter_create(bpf_link__fd(w->list));

	return fd < 0 ? -errno : hw_thread_states_read(fd, ret);
}

/* The account with the waits that go on, cut to @wall_s. */
static bool read_to_end(struct hw_waits *w, double wall_s, struct hw_wall *ret)
{
	hw_auto(hw_thread_states_done) struct hw_thread_states states = { 0 };
	struct hw_wall_account a = { 0 };
	const struct hw_thread_status *threads;
	enum hw_wall_class open;
	uint64_t now;
	size_t n;
	int r;

	if (!read_settled(w, &a, &now))
		return false;
	r = read_thread_states(w, &states);
	if (r < 0)
		log_debug("what the threads wait for cannot be read: %s", strerror(-r));
	threads = hw_thread_states_of(&states, 0, &n);
	open = hw_thread_states_class(threads, n, (uint32_t)w->pid);
	hw_reading_wall(&a, (double)(now - a.begin) / 1e9, open, ret);
	hw_reading_cut(ret, wall_s, open);
	hw_thread_states_add(threads, n, a.begin + (uint64_t)(ret->wall_s * 1e9), ret->thread_s);
	fill_reasons(w, ret);
	return true;
}

int hw_waits_end(struct hw_waits *w, double wall_s, struct hw_wall *ret)
{
	struct hw_wall wall;
	int r;

	if (!read_to_end(w, wall_s, &wall))
		return 0;
	r = hw_timeline_add(&w->timeline, wall.wall_s, wall.seconds, 0, true);
	if (r < 0)
		return r;
	wall.points = hw_take_ptr(w->timeline.points);
	wall.n_points = w->timeline.n;
	w->timeline = HW_TIMELINE_INIT;
	*ret = wall;
	return 0;
}

/* Process number @session; false: there is none. */
static bool read_process_account(struct hw_waits *w, uint32_t session, const struct hw_thread_states *states,
			 struct hw_waits_process *ret)
{
	struct hw_wall_account a = { 0 };
	uint64_t end = hw_clock_ns();
	const struct hw_thread_status *threads;
	size_t n;

	if (!read_account(w, session, &a) || !a.begin || !a.pid)
		return false;
	ret->pid = (pid_t)a.pid;
	ret->alive = a.n[HW_THREAD_RUNNING] || a.n[HW_THREAD_RUNNABLE] || a.n[HW_THREAD_WAITING];
	memcpy(ret->comm, a.comm, sizeof(ret->comm));
	ret->comm[sizeof(ret->comm) - 1] = 0;
	if (!ret->alive)
		end = a.since;
	if (end <= a.begin)
		return false;
	hw_reading_settle(&a, end);
	threads = hw_thread_states_of(states, session, &n);
	hw_reading_wall(&a, (double)(end - a.begin) / 1e9, hw_thread_states_class(threads, n, a.pid),
		  &ret->wall);
	if (ret->alive)
		hw_thread_states_add(threads, n, end, ret->wall.thread_s);
	return true;
}

ssize_t hw_waits_processes(struct hw_waits *w, struct hw_waits_process **ret,
			   uint64_t *ret_left_out)
{
	uint32_t used = w->skel->bss->sessions_used, max = w->skel->rodata->sessions_max;
	hw_autofree struct hw_waits_process *list = NULL;
	hw_auto(hw_thread_states_done) struct hw_thread_states states = { 0 };
	ssize_t n = 0;
	int r = read_thread_states(w, &states);

	if (r < 0)
		return r;
	used = used < max ? used : max;
	list = calloc(used + 1ul, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (uint32_t i = 1; i < used; i++)
		n += read_process_account(w, i, &states, &list[n]);
	*ret = hw_take_ptr(list);
	*ret_left_out = w->skel->bss->without_room;
	return n;
}

pid_t hw_waits_pid(struct hw_waits *w, uint32_t number)
{
	struct hw_wall_account a;

	if (number >= w->skel->bss->sessions_used || number >= w->skel->rodata->sessions_max)
		return 0;
	return read_account(w, number, &a) ? (pid_t)a.pid : 0;
}

uint64_t hw_waits_missed(const struct hw_waits *w)
{
	uint64_t missed = w->skel->bss->strays;
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, w->skel->obj) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);

		if (!bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &size))
			missed += info.recursion_misses;
	}
	return missed;
}

bool hw_waits_believable(const struct hw_waits *w, const struct hw_wall *wall,
			 const struct hw_usage *usage, char **ret_why)
{
	uint64_t missed = hw_waits_missed(w);

	log_debug("the scheduler's account missed %llu threads or events, and has %.3f s of CPU time, "
		  "%.3f s as the kernel charged it", (unsigned long long)missed,
		  wall->thread_s[HW_WALL_BUSY], wall->charged_s);
	if (hw_wall_doubt(wall, missed, usage) == HW_WALL_BELIEVED)
		return true;
	*ret_why = hw_wall_doubt_text(wall, missed, usage);
	return false;
}
