/* SPDX-License-Identifier: Apache-2.0 */
#include "session/describe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "kernel/refusal.h"
#include "base/dirs.h"

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

/* Appends an event; there is room. */
static struct hw_session_event *describe_event(struct hw_session *s, const char *name,
					       const char *unit)
{
	struct hw_session_event *event = &s->events[s->n_events];

	event->name = strdup(name);
	event->unit = strdup(unit);
	if (event->name || event->unit)
		s->n_events++; /* what is there is the session's */
	return event->name && event->unit ? event : NULL;
}

static int describe_events(struct hw_session *s, const struct hw_recorder_opts *opts)
{
	s->events = calloc(opts->events->count + 1, sizeof(*s->events));
	if (!s->events)
		return -ENOMEM;
	for (size_t i = 0; i < opts->events->count; i++) {
		const struct hw_event *opened = &opts->events->items[i];
		bool each = opts->faults_per_s && hw_event_is_fault(opened);
		struct hw_session_event *event = describe_event(s, opened->name, opened->unit);

		if (!event)
			return -ENOMEM;
		event->frequency_hz = each ? 0 : opts->frequency_hz;
		event->period = each ? 1 : opts->frequency_hz ? 0 : opts->period;
		event->precise = opened->attr.precise_ip;
		event->addresses = opened->attr.sample_type & PERF_SAMPLE_ADDR;
		event->group = (uint32_t)(opened->leader + 1);
	}
	if (opts->off_cpu) {
		struct hw_session_event *event = describe_event(s, HW_EVENT_OFF_CPU, "ns");

		if (!event)
			return -ENOMEM;
		event->period = HW_OFF_PERIOD_NS;
	}
	return 0;
}

int hw_describe_start(struct hw_session *s, const struct hw_recorder_opts *opts)
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
	s->start_ns = hw_clock_ns();
	s->page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
	s->stacks = opts->stacks;
	if (!s->doubts || !s->host || !s->kernel || !s->machine)
		return -ENOMEM;
	return describe_events(s, opts);
}

int hw_describe_losses(struct hw_session *s, const struct hw_resolver *rs)
{
	if (!s->losses)
		s->losses = calloc(HW_DOUBT_COUNT, sizeof(*s->losses));
	if (!s->losses)
		return -ENOMEM;
	s->n_losses = 0;
	for (int d = 0; d < HW_DOUBT_COUNT; d++) {
		uint64_t count = hw_resolver_doubts(rs, (enum hw_doubt)d);
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

/* Adds the sentence @text, which it takes over; NULL is want of memory. */
static int add_doubt(struct hw_session *s, char *text)
{
	size_t n = 0;
	char **grown;

	while (s->doubts[n])
		n++;
	grown = text ? reallocarray(s->doubts, n + 2, sizeof(*grown)) : NULL;
	if (!grown) {
		free(text);
		return -ENOMEM;
	}
	s->doubts = grown;
	grown[n] = text;
	grown[n + 1] = NULL;
	return 0;
}

struct refusals {
	struct hw_session *session;
	int r;
};

static void add_refusal(void *ctx, const struct hw_binary *b)
{
	struct refusals *f = ctx;
	uint32_t version = b->runtime.version;
	char what[32] = "CPython older than 3.6", versions[HW_PY_VERSIONS_SIZE];

	if (version)
		snprintf(what, sizeof(what), "CPython %u.%u", version >> 24, version >> 16 & 0xff);
	if (add_doubt(f->session, hw_text("%s is %s, which is not read (%s are): its Python frames are "
					  "missing, its native frames are there",
					  hw_module_name(b->module), what,
					  hw_py_versions_supported(versions))) < 0)
		f->r = -ENOMEM;
}

int hw_describe_refused(struct hw_session *s, struct hw_binaries *binaries)
{
	struct refusals refusals = { .session = s };

	hw_binaries_refused(binaries, add_refusal, &refusals);
	return refusals.r;
}

int hw_describe_wall_lost(struct hw_session *s, const char *why)
{
	hw_wall_done(&s->wall);
	return why ? add_doubt(s, hw_text("the wall budget is estimated: %s", why)) : -ENOMEM;
}

/* The samples that @event is short of, when its rate was beyond @max_hz; else 0. A twentieth may be
 * what threads left of their last periods. */
static uint64_t throttled(const struct hw_session_event *event, uint64_t lost, uint64_t max_hz)
{
	uint64_t due = event->period ? event->counted / event->period : 0;
	double hz = event->running_ns ? (double)due / ((double)event->running_ns / 1e9) : 0;

	if (hz <= (double)max_hz || event->samples + lost >= due - due / 20)
		return 0;
	return due - event->samples - lost;
}

int hw_describe_throttled(struct hw_session *s, uint64_t lost, uint64_t *ret_missing)
{
	uint64_t max_hz;

	*ret_missing = 0;
	if (hw_dir_read_u64(AT_FDCWD, "/proc/sys/kernel/perf_event_max_sample_rate", &max_hz) < 0)
		return 0;
	for (size_t i = 0; i < s->n_events; i++) {
		const struct hw_session_event *event = &s->events[i];
		uint64_t missing = throttled(event, lost, max_hz);

		if (!missing)
			continue;
		*ret_missing += missing;
		if (add_doubt(s, hw_text("%s was throttled: about %.0f %% of its samples are missing, as "
					 "they were to come faster than "
					 "kernel.perf_event_max_sample_rate (%" PRIu64 " a second); use a "
					 "larger -c",
					 event->name,
					 100 * (double)missing / (double)(missing + event->samples),
					 max_hz)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int hw_describe_wall_unknown(struct hw_session *s, int error)
{
	hw_autofree char *why = hw_bpf_explain(error);

	return add_doubt(s, hw_text("the wall budget is estimated: %s", why ? why : strerror(-error)));
}

int hw_describe_takes_lock(struct hw_session *s)
{
	return add_doubt(s, strdup("samples of kernel code bring no callers in user code: this kernel "
				   "reads user memory in interrupts at the risk of a deadlock (commit "
				   "d319f344561d mends it), or that could not be found out; upgrade it"));
}

/* Adds "@count @what" unless there are none. */
static int add_counted_doubt(struct hw_session *s, uint64_t count, const char *what)
{
	return count ? add_doubt(s, hw_text("%" PRIu64 " %s", count, what)) : 0;
}

int hw_describe_left_out(struct hw_session *s, uint64_t side_lost, uint64_t outside,
			 uint64_t files)
{
	int r = add_counted_doubt(s, side_lost, "records of mappings and forks were lost: some frames may "
					"have no name");

	if (r >= 0)
		r = add_counted_doubt(s, files, "files had no room for their unwind rows: native callers in "
					"them may be missing; raise --unwind-memory");
	if (r < 0)
		return r;
	return add_counted_doubt(s, outside, "samples were left out: of processes that this pid namespace "
				     "does not see");
}
