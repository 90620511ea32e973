/* SPDX-License-Identifier: Apache-2.0 */
#include "session/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "session/describe.h"
#include "capture/intake.h"
#include "target/process.h"
#include "resolve/resolve.h"
#include "capture/rss.h"
#include "capture/sampler.h"
#include "capture/sideband.h"
#include "capture/tables.h"
#include "sched/waits.h"
#include "proc/task.h"
#include "profile/file.h"
#include "wire/python.h"
#include "wire/sample.h"

#define FLUSH_NS   500000000ULL /* the promise is at most a second */

struct hw_recorder {
	struct hw_recorder_opts opts;
	struct hw_waits *waits; /* NULL: the scheduler is not watched */
	int waits_error;	/* why not; 0 when nobody asked */
	struct hw_sampler *sampler;
	struct hw_sideband *sideband;
	struct hw_tables *tables;
	struct hw_intake *intake;
	struct hw_binaries *binaries;
	struct hw_processes *processes;
	struct hw_resolver *resolver;
	struct hw_profile *profile;
	struct hw_profile_writer *writer;
	struct hw_rss rss;
	uint64_t samples, blocked, dropped, side_lost, flushed_ns;
};

static void publish_python(void *ctx, int32_t pid, const struct hw_py_proc *proc)
{
	struct hw_recorder *rec = ctx;

	hw_sampler_set_python(rec->sampler, pid, proc);
}

static int open_sideband(struct hw_recorder *rec)
{
	struct hw_tables_fds fds = hw_sampler_table_fds(rec->sampler);
	hw_autofree pid_t *tids = NULL;
	int n = 0, r;

	if (!rec->opts.all_cpus) {
		n = hw_task_threads(rec->opts.pid, &tids);
		if (n < 0)
			return n;
	}
	r = hw_sideband_open(tids, (size_t)n, &rec->sideband);
	if (r >= 0 && rec->opts.stacks)
		r = hw_tables_new(&fds, rec->opts.unwind_bytes, &rec->tables);
	if (r >= 0)
		r = hw_intake_new(hw_sampler_ring_fd(rec->sampler), rec->sideband, rec->binaries,
				  rec->processes, rec->tables, publish_python, rec, &rec->intake);
	if (r < 0)
		return r;
	if (rec->opts.enable_on_exec && rec->opts.argv && rec->tables)
		hw_intake_expect(rec->intake, rec->opts.argv);
	return hw_intake_start(rec->intake);
}

static int open_model(struct hw_recorder *rec)
{
	rec->profile = hw_profile_new();
	rec->processes = hw_processes_new(rec->binaries);
	if (!rec->profile || !rec->processes)
		return -ENOMEM;
	rec->resolver = hw_resolver_new(rec->profile);
	if (!rec->resolver)
		return -ENOMEM;
	return hw_describe_start(&rec->profile->session, &rec->opts);
}

/* The two sets of programs are loaded at once: each takes the kernel a tenth of a second. */
struct loading {
	struct hw_recorder *rec;
	struct hw_waits_maps maps;
	struct hw_waits_opts opts;
	int result;
};

static void *load_waits_beside(void *arg)
{
	struct loading *l = arg;

	l->result = hw_waits_open(&l->opts, &l->rec->waits);
	return NULL;
}

static int load_sampler(struct hw_recorder *rec, const struct hw_waits_maps *maps)
{
	return hw_sampler_load(&rec->opts, maps, &rec->sampler);
}

/* Without those that watch the scheduler the budget is estimated, and no blocked time is sampled.
 * Returns an error of hw_sampler_load(). */
static int load_programs(struct hw_recorder *rec)
{
	struct loading l = { .rec = rec };
	pthread_t thread;
	bool alone;
	int r;

	rec->opts.off_cpu &= rec->opts.stacks && !rec->opts.all_cpus && hw_sampler_can_off_cpu();
	l.opts.binaries = rec->binaries;
	l.opts.off_period_ns = rec->opts.off_cpu ? HW_OFF_PERIOD_NS : 0;
	/* A whole machine always has something that runs. */
	if (!rec->opts.all_cpus)
		rec->waits_error = hw_waits_maps_create(&l.maps);
	if (rec->opts.all_cpus || rec->waits_error < 0) {
		rec->opts.off_cpu = false;
		return load_sampler(rec, NULL);
	}
	l.opts.maps = &l.maps;
	alone = pthread_create(&thread, NULL, load_waits_beside, &l) != 0;
	if (alone)
		load_waits_beside(&l);
	r = load_sampler(rec, &l.maps);
	if (!alone)
		pthread_join(thread, NULL);
	hw_waits_maps_done(&l.maps);
	if (l.result < 0) {
		rec->waits_error = l.result;
		rec->opts.off_cpu = false;
	}
	return r;
}

/* @why says what is being opened, should it be refused. */
static int open_recorder(struct hw_recorder *rec, struct hw_failure *why)
{
	size_t event = 0;
	int r;

	rec->binaries = hw_binaries_new();
	if (!rec->binaries || hw_binaries_use_debuginfod(rec->binaries) < 0)
		return -ENOMEM;
	why->what = HW_FAILED_PROGRAMS;
	r = load_programs(rec);
	if (r < 0)
		return r;
	why->what = HW_FAILED_OTHER;
	r = open_model(rec);
	if (r < 0)
		return r;
	*why = (struct hw_failure){ .what = HW_FAILED_FILE, .object = rec->opts.path };
	r = hw_profile_writer_open(rec->opts.path, &rec->writer);
	if (r < 0)
		return r;
	why->what = HW_FAILED_SIDEBAND;
	r = open_sideband(rec);
	if (r < 0)
		return r;
	r = hw_sampler_attach(rec->sampler, &event);
	if (r >= 0)
		return 0;
	why->what = HW_FAILED_EVENT;
	why->event = rec->opts.events->items[event];
	/* A union: as it was asked for, for the words about a rate that is too high. */
	why->event.attr.freq = rec->opts.frequency_hz != 0;
	why->event.attr.sample_period = rec->opts.frequency_hz ? rec->opts.frequency_hz
							       : rec->opts.period;
	return r;
}

int hw_recorder_open(const struct hw_recorder_opts *opts, struct hw_recorder **ret,
		     struct hw_failure *ret_why)
{
	hw_auto(hw_recorder_free) struct hw_recorder *rec = NULL;
	struct hw_failure why = { .what = HW_FAILED_OTHER };
	int r = -ENOMEM;

	if (opts->events->count < 1 || opts->events->count > HW_RECORD_EVENTS_MAX)
		r = -E2BIG;
	else
		rec = calloc(1, sizeof(*rec));
	if (rec) {
		rec->opts = *opts;
		rec->flushed_ns = hw_clock_ns();
		r = open_recorder(rec, &why);
	}
	if (r == -ESRCH && why.what != HW_FAILED_PROGRAMS)
		why = (struct hw_failure){ .what = HW_FAILED_PROCESS, .pid = opts->pid };
	if (r < 0) {
		why.error = r;
		*ret_why = why;
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
	hw_intake_free(rec->intake);
	hw_waits_free(rec->waits);
	hw_tables_free(rec->tables);
	hw_sideband_free(rec->sideband);
	hw_resolver_free(rec->resolver);
	hw_rss_done(&rec->rss);
	hw_processes_free(rec->processes);
	hw_binaries_free(rec->binaries);
	hw_profile_writer_free(rec->writer);
	hw_profile_free(rec->profile);
	hw_sampler_free(rec->sampler);
	free(rec);
	return NULL;
}

/* Resolves everything that has come. */
static int drain_samples(struct hw_recorder *rec)
{
	hw_auto(hw_batch_done) struct hw_batch batch = { 0 };
	struct hw_taken_sample taken;
	int r = hw_intake_take(rec->intake, &batch);

	while (r >= 0 && hw_batch_next(&batch, &taken)) {
		const struct hw_raw_sample *raw = taken.raw;

		rec->samples += !raw->wait;
		rec->blocked += raw->wait != 0;
		rec->profile->session.events[raw->event].samples++;
		if (hw_resolver_add(rec->resolver, &taken) < 0)
			rec->dropped++;
	}
	rec->dropped += batch.dropped;
	rec->side_lost += batch.side_lost;
	return r;
}

static uint64_t lost_samples(const struct hw_recorder *rec)
{
	return hw_sampler_lost(rec->sampler) + rec->dropped;
}

static int flush_profile(struct hw_recorder *rec)
{
	struct hw_session *s = &rec->profile->session;
	int r;

	s->lost = lost_samples(rec);
	s->peak_rss_bytes = rec->rss.peak_bytes;
	s->peak_rss_ns = rec->rss.peak_ns;
	s->peak_rss_pid = rec->rss.peak_pid;
	if (rec->waits && !s->complete)
		hw_waits_read(rec->waits, &s->wall);
	r = hw_describe_losses(s, rec->resolver);
	if (r < 0)
		return r;
	rec->flushed_ns = hw_clock_ns();
	return hw_profile_flush(rec->writer, rec->profile);
}

void hw_recorder_begin(struct hw_recorder *rec)
{
	int r = rec->waits ? hw_waits_add(rec->waits, rec->opts.pid) : 0;

	rec->profile->session.start_ns = hw_clock_ns();
	if (r < 0)
		rec->waits_error = r;
}

int hw_recorder_waits_error(const struct hw_recorder *rec)
{
	return rec->waits_error;
}

int hw_recorder_tick(struct hw_recorder *rec)
{
	int r = drain_samples(rec);

	hw_rss_look(&rec->rss, rec->processes);
	if (r >= 0 && rec->waits)
		r = hw_waits_tick(rec->waits, rec->rss.bytes);
	if (r >= 0 && hw_clock_ns() - rec->flushed_ns >= FLUSH_NS)
		r = flush_profile(rec);
	return r;
}

/* The wall budget as it is stored; what cannot be believed is left out, and that is said. */
static int end_waits(struct hw_recorder *rec, const struct hw_usage *usage)
{
	struct hw_session *s = &rec->profile->session;
	hw_autofree char *why = NULL;
	int r = rec->waits ? hw_waits_end(rec->waits, usage->wall_s, &s->wall) : 0;

	if (r < 0 || !s->wall.known)
		return r;
	if (hw_waits_believable(rec->waits, &s->wall, rec->opts.argv ? usage : NULL, &why))
		return 0;
	return hw_describe_wall_lost(s, why);
}

/* What the events counted is the measure of what their samples stand for. */
static void keep_counts(struct hw_recorder *rec)
{
	for (size_t i = 0; i < rec->opts.events->count; i++) {
		struct hw_session_event *event = &rec->profile->session.events[i];
		struct hw_sampler_count count = { 0 };

		if (hw_sampler_count(rec->sampler, i, &count) < 0)
			log_debug("the count of %s cannot be read", event->name);
		/* Of a whole machine it has the idle time and hwprof in it, the samples have
		 * not. */
		event->counted = rec->opts.all_cpus ? 0 : count.counted;
		event->enabled_ns = count.enabled_ns;
		event->running_ns = count.running_ns;
	}
}

int hw_recorder_set_counts(struct hw_recorder *rec, const char *core,
			   const struct hw_events *events, const struct hw_count *counts)
{
	struct hw_session *s = &rec->profile->session;

	s->core = strdup(core);
	s->counts = calloc(events->count + 1, sizeof(*s->counts));
	if (!s->core || !s->counts)
		return -ENOMEM;
	for (size_t i = 0; i < events->count; i++) {
		struct hw_session_count *count = &s->counts[i];

		count->name = strdup(events->items[i].name);
		if (counts[i].status == HW_COUNTER_OK) {
			count->value = counts[i].value;
			count->running_pct = counts[i].running_pct;
		}
		s->n_counts++;
		if (!count->name)
			return -ENOMEM;
	}
	return 0;
}

int hw_recorder_finish(struct hw_recorder *rec, const struct hw_usage *usage, int exit_status,
		       struct hw_recorder_totals *ret)
{
	struct hw_session *s = &rec->profile->session;
	uint64_t missing = 0;
	int r = drain_samples(rec);

	if (r < 0)
		return r;
	keep_counts(rec);
	r = end_waits(rec, usage);
	if (r < 0)
		return r;
	s->usage = *usage;
	s->exit_status = exit_status;
	s->complete = true;
	r = hw_describe_refused(s, rec->binaries);
	if (r >= 0 && rec->waits_error < 0)
		r = hw_describe_wall_unknown(s, rec->waits_error);
	if (r >= 0 && rec->opts.stacks && hw_sampler_takes_lock(rec->sampler))
		r = hw_describe_takes_lock(s);
	if (r >= 0)
		r = hw_describe_throttled(s, lost_samples(rec), &missing);
	if (r >= 0)
		r = hw_describe_left_out(s, rec->side_lost, hw_sampler_outside(rec->sampler),
					 hw_tables_left_out(rec->tables));
	if (r >= 0)
		r = flush_profile(rec);
	if (r < 0)
		return r;
	*ret = (struct hw_recorder_totals){
		.missing = missing,
		.samples = rec->samples,
		.blocked = rec->blocked,
		.lost = lost_samples(rec),
	};
	return 0;
}
