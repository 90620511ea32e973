/* SPDX-License-Identifier: Apache-2.0 */
#include "session/meters.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "event/core.h"
#include "event/perf.h"
#include "sched/waits.h"
#include "session/recorder.h"
#include "session/recording.h"

#define USAGE_PERIOD_NS	  500000000u
#define ACCOUNT_PERIOD_NS 50000000u /* of hw_waits_tick() */

/* --- counters --- */

static int counters_open(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_counters_part *c = self;
	const struct hw_measure_subject *s = c->subject;
	size_t n = s->n_pids && !s->all_cpus ? s->n_pids : 1;

	c->sets = calloc(n, sizeof(struct hw_counters *));
	if (!c->sets)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct hw_counters_opts opts = {
			.pid = s->all_cpus ? 0 : s->n_pids ? s->pids[i] : m->pid,
			.all_cpus = s->all_cpus,
			.enable_on_exec = !hw_measure_is_attached(s),
		};
		int r = hw_counters_open(c->events, &opts, &c->sets[c->n]);

		c->n += r >= 0;
		if (r < 0)
			c->error = r;
	}
	*why = (struct hw_failure){ .what = HW_FAILED_PROCESS, .pid = m->pid };
	return !c->n && c->error == -ESRCH ? -ESRCH : 0;
}

/* Adds what event @i counted in one more process. */
static void add_count_beside(struct hw_count *sum, const struct hw_count *more)
{
	double enabled_s = sum->enabled_s + more->enabled_s;

	if (enabled_s > 0)
		sum->running_pct = (sum->running_pct * sum->enabled_s +
				    more->running_pct * more->enabled_s) / enabled_s;
	sum->enabled_s = enabled_s;
	sum->value += more->value;
	sum->user_only |= more->user_only;
	if (more->status != HW_COUNTER_OK) {
		sum->status = more->status;
		sum->error = more->error;
	}
}

static void read_counts(const struct hw_counters_part *c, struct hw_count *counts)
{
	for (size_t i = 0; i < c->events->count; i++) {
		int r = c->n ? 0 : c->error;

		counts[i] = (struct hw_count){ .running_pct = 100 };
		for (size_t set = 0; set < c->n && r >= 0; set++) {
			struct hw_count count;

			r = hw_counters_read(c->sets[set], i, &count);
			if (r >= 0 && c->n == 1)
				counts[i] = count;
			else if (r >= 0)
				add_count_beside(&counts[i], &count);
		}
		if (r < 0)
			counts[i] = (struct hw_count){ .status = hw_counter_status_of(r),
						       .error = r };
	}
}

static int counters_stop(void *self, struct hw_measured *m, struct hw_failure *why)
{
	(void)why;
	read_counts(self, m->counts);
	return 0;
}

static void counters_close(void *self)
{
	struct hw_counters_part *c = self;

	for (size_t i = 0; i < c->n; i++)
		hw_counters_free(c->sets[i]);
	free(c->sets);
	c->sets = NULL;
	c->n = 0;
}

struct hw_session_part hw_counters_part(struct hw_counters_part *self)
{
	static const struct hw_session_part_ops ops = {
		.open = counters_open,
		.stop = counters_stop,
		.close = counters_close,
	};

	return (struct hw_session_part){ .ops = &ops, .self = self };
}

/* --- intervals --- */

static int interval_begin(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_interval_part *p = self;

	(void)m;
	(void)why;
	read_counts(p->counters, p->before);
	return 0;
}

/* Scaled totals may shrink a little when the scale changes: a growth is never negative. */
static int interval_tick(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_interval_part *p = self;
	struct hw_count now[HW_EVENTS_MAX], grown[HW_EVENTS_MAX];

	(void)why;
	read_counts(p->counters, now);
	for (size_t i = 0; i < p->counters->events->count; i++) {
		grown[i] = now[i];
		grown[i].value -= p->before[i].value;
		if (grown[i].value < 0)
			grown[i].value = 0;
		p->before[i] = now[i];
	}
	p->tell(p->ctx, &(struct hw_interval){ (double)(m->now_ns - m->begin_ns) / 1e9, grown });
	return 0;
}

struct hw_session_part hw_interval_part(struct hw_interval_part *self)
{
	static const struct hw_session_part_ops ops = {
		.begin = interval_begin,
		.tick = interval_tick,
		.stop = interval_tick,
	};

	return (struct hw_session_part){ .ops = &ops, .self = self, .period_ns = self->period_ns };
}

/* --- what was used meanwhile --- */

static int usage_open(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_usage_part *u = self;
	size_t n = u->subject->all_cpus ? 1 : u->subject->n_pids;

	(void)m;
	(void)why;
	u->first = calloc(n, sizeof(*u->first));
	u->last = calloc(n, sizeof(*u->last));
	u->n = n;
	return u->first && u->last ? 0 : -ENOMEM;
}

static int read_usage_of(const struct hw_measure_subject *s, size_t i, struct hw_usage *ret)
{
	return s->all_cpus ? hw_usage_of_machine(ret) : hw_usage_of_process(s->pids[i], ret);
}

/* One of several may have gone meanwhile. */
static int usage_begin(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_usage_part *u = self;
	size_t there = 0;
	int r = 0;

	(void)m;
	for (size_t i = 0; i < u->n; i++) {
		r = read_usage_of(u->subject, i, &u->first[i]);
		u->last[i] = u->first[i];
		there += r >= 0;
		if (r == -ESRCH)
			*why = (struct hw_failure){ .what = HW_FAILED_PROCESS,
						    .pid = u->subject->pids[i] };
		else if (r < 0)
			return why->what = HW_FAILED_USAGE, r;
	}
	return there ? 0 : r;
}

/* Of one that has gone what was read last stands. */
static int usage_tick(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_usage_part *u = self;

	(void)m;
	(void)why;
	for (size_t i = 0; i < u->n; i++)
		u->gone |= read_usage_of(u->subject, i, &u->last[i]) < 0;
	return 0;
}

static int usage_end(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_usage_part *u = self;

	(void)why;
	if (u->to_the_end && u->gone)
		return 0;
	m->usage = hw_usage_diff(&u->first[0], &u->last[0]);
	for (size_t i = 1; i < u->n; i++) {
		struct hw_usage more = hw_usage_diff(&u->first[i], &u->last[i]);

		hw_usage_add_beside(&m->usage, &more);
	}
	return 0;
}

static void usage_close(void *self)
{
	struct hw_usage_part *u = self;

	free(u->first);
	free(u->last);
	u->first = u->last = NULL;
}

struct hw_session_part hw_usage_part(struct hw_usage_part *self)
{
	static const struct hw_session_part_ops ops = {
		.open = usage_open,
		.begin = usage_begin,
		.tick = usage_tick,
		.stop = usage_tick,
		.end = usage_end,
		.close = usage_close,
	};

	return (struct hw_session_part){ .ops = &ops, .self = self, .period_ns = USAGE_PERIOD_NS };
}

/* --- the scheduler's account --- */

static int account_open(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_account_part *a = self;
	const struct hw_waits_opts opts = { 0 };

	(void)m;
	why->what = HW_FAILED_SCHEDULER;
	return hw_waits_open(&opts, &a->waits);
}

static int account_begin(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_account_part *a = self;
	const struct hw_measure_subject *s = a->subject;
	int r = s->n_pids ? 0 : hw_waits_add(a->waits, m->pid);

	why->what = HW_FAILED_SCHEDULER;
	for (size_t i = 0; i < s->n_pids && r >= 0; i++)
		r = hw_waits_add(a->waits, s->pids[i]);
	return r;
}

static int account_tick(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_account_part *a = self;

	(void)m;
	(void)why;
	hw_waits_tick(a->waits, 0); /* without memory for its timeline the account still holds */
	return 0;
}

/* Of a process attached to the usage has another part: no children, and clock ticks. */
static int account_end(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_account_part *a = self;
	const struct hw_usage *same = hw_measure_is_attached(a->subject) ? NULL : &m->usage;

	why->what = HW_FAILED_SCHEDULER;
	if (hw_waits_end(a->waits, m->usage.wall_s, &m->wall) < 0 || !m->wall.known)
		return 0;
	if (!hw_waits_believable(a->waits, &m->wall, same, &m->wall_doubt))
		hw_wall_done(&m->wall);
	return 0;
}

static void account_close(void *self)
{
	struct hw_account_part *a = self;

	a->waits = hw_waits_free(a->waits);
}

struct hw_session_part hw_account_part(struct hw_account_part *self)
{
	static const struct hw_session_part_ops ops = {
		.open = account_open,
		.begin = account_begin,
		.tick = account_tick,
		.end = account_end,
		.close = account_close,
	};

	return (struct hw_session_part){ .ops = &ops,
				 .self = self,
				 .period_ns = ACCOUNT_PERIOD_NS,
				 .optional = self->refused };
}

/* --- the recorder --- */

static int recorder_open(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_recorder_part *p = self;
	const struct hw_recording *rec = p->recording;
	const struct hw_measure_subject *s = p->subject;
	const struct hw_recorder_opts opts = {
		.events = &rec->events,
		.frequency_hz = rec->frequency_hz,
		.period = rec->period,
		.faults_per_s = rec->faults_per_s,
		.stacks = rec->stacks,
		.off_cpu = !rec->no_off_cpu,
		.unwind_bytes = (rec->unwind_mb ? rec->unwind_mb : HW_DEFAULT_UNWIND_MB) << 20,
		.pid = s->all_cpus ? 0 : m->pid,
		.all_cpus = s->all_cpus,
		.enable_on_exec = s->argv && !hw_measure_is_attached(s),
		.argv = s->argv,
		.path = rec->path,
		.doubts = (char *const *)rec->doubts,
	};
	int r = s->n_pids > 1 ? -E2BIG : hw_recorder_open(&opts, &p->recorder, why);

	if (r >= 0 && hw_recorder_waits_error(p->recorder) < 0)
		m->no_wall = (struct hw_failure){ .what = HW_FAILED_SCHEDULER,
						  .error = hw_recorder_waits_error(p->recorder) };
	return r;
}

static int recorder_begin(void *self, struct hw_measured *m, struct hw_failure *why)
{
	(void)m;
	(void)why;
	hw_recorder_begin(((struct hw_recorder_part *)self)->recorder);
	return 0;
}

static int recorder_tick(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_recorder_part *p = self;

	(void)m;
	*why = (struct hw_failure){ .what = HW_FAILED_RECORDING, .object = p->recording->path };
	return hw_recorder_tick(p->recorder);
}

static int recorder_end(void *self, struct hw_measured *m, struct hw_failure *why)
{
	struct hw_recorder_part *p = self;
	const struct hw_recording *rec = p->recording;

	*why = (struct hw_failure){ .what = HW_FAILED_FILE, .object = rec->path };
	if (!p->subject->argv)
		m->usage.wall_s = m->wall_s;
	if (rec->beside.count &&
	    hw_recorder_set_counts(p->recorder, rec->core->name, &rec->beside, m->counts) < 0)
		log_debug("the counts of memory stalls are left out");
	return hw_recorder_finish(p->recorder, &m->usage, m->exit_status, &m->recorded);
}

static void recorder_close(void *self)
{
	struct hw_recorder_part *p = self;

	p->recorder = hw_recorder_free(p->recorder);
}

struct hw_session_part hw_recorder_part(struct hw_recorder_part *self)
{
	static const struct hw_session_part_ops ops = {
		.open = recorder_open,
		.begin = recorder_begin,
		.tick = recorder_tick,
		.stop = recorder_tick,
		.end = recorder_end,
		.close = recorder_close,
	};

	return (struct hw_session_part){ .ops = &ops,
					 .self = self,
					 .period_ns = HW_RECORDER_PERIOD_NS };
}
