/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "session/recorder.h"
#include "session/signals.h"
#include "session/workload.h"
#include "kernel/refusal.h"
#include "capture/sampler.h"
#include "cmd.h"
#include "event/explain.h"
#include "event/perf_rights.h"
#include "event/metrics.h"
#include "event/perf.h"
#include "event/precise.h"
#include "wire/sample.h"

#define DOUBTS_MAX (4 + HW_RECORD_EVENTS_MAX)
#define STAT_WORKS "; `hwprof stat` still tells what bounds a command"

/* What is known to be doubtful before the recording begins. */
struct doubts {
	char *text[DOUBTS_MAX + 1];
	size_t n;
};

static void doubts_done(struct doubts *d)
{
	for (size_t i = 0; i < d->n; i++)
		free(d->text[i]);
}
HW_DEFINE_AUTO_DONE(struct doubts, doubts_done)

/* What is counted beside the samples; all zeros: nothing. */
struct counting {
	const struct hw_core *core;
	struct hw_events events;
	struct hw_counters *counters;
};

static void counting_done(struct counting *c)
{
	hw_counters_free(c->counters);
	hw_events_done(&c->events);
}
HW_DEFINE_AUTO_DONE(struct counting, counting_done)

static void add_doubt(struct doubts *d, char *text)
{
	if (text && d->n < DOUBTS_MAX)
		d->text[d->n++] = text;
	else
		free(text);
}

/* Whether the first of @events can be sampled here; if not, *ret_why tells why (free(3) it; may stay NULL). */
static bool can_sample(const struct hw_events *events, char **ret_why)
{
	int r = hw_event_probe(&events->items[0]);

	if (r < 0)
		*ret_why = hw_event_explain(&events->items[0], r);
	return r >= 0;
}

/* The default event: cycles where they can be sampled, else the CPU clock, and why. -ENOTSUP, with the
 * reason printed, when there is neither. */
static int default_event(struct hw_record_args *args, struct doubts *doubts)
{
	hw_auto(hw_events_done) struct hw_events cycles = { 0 };
	hw_autofree char *why = NULL, *why_not = NULL;
	char *text;
	int r = hw_events_parse(&cycles, "cycles", &why);

	if (r >= 0 && can_sample(&cycles, &why)) {
		args->events = cycles;
		cycles = (struct hw_events){ 0 };
		return 0;
	}
	r = hw_events_parse(&args->events, "cpu-clock", &(char *){ NULL });
	if (r < 0)
		return log_error_errno(r, "no event can be sampled here");
	if (!can_sample(&args->events, &why_not)) {
		log_error("cannot sample: %s" STAT_WORKS, why_not ? why_not : "no event works here");
		return -ENOTSUP;
	}
	if (!args->quiet)
		log_info("sampling cpu-clock: %s", why ? why : "cycles are not known here");
	if (asprintf(&text, "sampled cpu-clock: %s", why ? why : "cycles are not known here") >= 0)
		add_doubt(doubts, text);
	return 0;
}

/* Asks of the events no more precision than the CPU has, and says where that is less. */
static void settle_precise(struct hw_record_args *args, struct doubts *doubts)
{
	for (size_t i = 0; i < args->events.count; i++) {
		struct hw_event *event = &args->events.items[i];
		unsigned int asked = event->attr.precise_ip;
		char *text;

		if (hw_event_settle_precise(event) < 0 || event->attr.precise_ip == asked)
			continue;
		text = hw_event_explain_skid(event, asked);
		if (text && !args->quiet)
			log_warn("%s", text);
		add_doubt(doubts, text);
	}
}

/* Why the events that tell of mappings and forks were refused, or the memory for their records. */
static char *explain_sideband(int error)
{
	struct hw_event event = { .name = (char *)"the record of mappings and forks",
				  .leader = -1,
				  .attr = { .size = sizeof(event.attr),
					    .type = PERF_TYPE_SOFTWARE,
					    .config = PERF_COUNT_SW_DUMMY,
					    .exclude_kernel = 1 } };

	if (error == -EPERM && hw_event_probe(&event) == 0)
		return strdup("the memory for records of mappings and forks is refused (EPERM); raise "
			      "kernel.perf_event_mlock_kb with sysctl, or give hwprof CAP_IPC_LOCK");
	return hw_event_explain(&event, error);
}

static int open_failed(const struct hw_record_args *args, int r,
		       const struct hw_recorder_error *error)
{
	struct hw_event event = args->events.items[error->event];
	hw_autofree char *why = NULL;

	/* As it was asked for: a union. */
	event.attr.freq = args->frequency_hz != 0;
	event.attr.sample_period = args->frequency_hz ? args->frequency_hz : args->period;

	if (r == -ESRCH && error->step != HW_STEP_BPF) {
		log_error("process %d has ended", args->pid);
		return HW_EXIT_OURS;
	}
	switch (error->step) {
	case HW_STEP_BPF:
		why = hw_bpf_explain(r);
		log_error("cannot record: %s" STAT_WORKS, why ? why : strerror(-r));
		break;
	case HW_STEP_EVENT:
		why = hw_event_explain(&event, r);
		log_error("cannot sample: %s" STAT_WORKS, why ? why : strerror(-r));
		break;
	case HW_STEP_SIDEBAND:
		why = explain_sideband(r);
		log_error("cannot record: %s" STAT_WORKS, why ? why : strerror(-r));
		break;
	case HW_STEP_FILE:
		log_error("cannot write %s: %s; choose another file with -o", args->path,
			  strerror(-r));
		break;
	case HW_STEP_OTHER:
		log_error("cannot record: %s", strerror(-r));
		break;
	}
	return HW_EXIT_OURS;
}

/* A recording without what was meant to be in it does not begin without words. */
static void tell_unwatched(const struct hw_record_args *args, const struct hw_recorder *rec)
{
	int r = hw_recorder_waits_error(rec);
	hw_autofree char *why = r < 0 && !args->quiet ? hw_bpf_explain(r) : NULL;

	if (why)
		log_warn("the wall budget will be an estimate, and blocked time has no stacks: %s", why);
	if (args->stacks && !args->quiet && !hw_perf_rights_shows_kernel())
		log_warn("kernel frames will have no names; %s", hw_perf_rights_kernel_remedy());
}

static void print_rate(const struct hw_record_args *args, FILE *f)
{
	size_t faults = 0;

	for (size_t i = 0; args->faults_per_s && i < args->events.count; i++)
		faults += hw_event_is_fault(&args->events.items[i]);
	if (faults)
		fprintf(f, "of page faults each, up to %" PRIu64 " a second and CPU%s",
			args->faults_per_s, faults < args->events.count ? "; " : "");
	if (faults && faults == args->events.count)
		return;
	if (args->frequency_hz)
		fprintf(f, "%" PRIu64 " Hz", args->frequency_hz);
	else
		fprintf(f, "one per %" PRIu64, args->period);
}

static void print_summary(const struct hw_record_args *args,
			  const struct hw_recorder_totals *totals)
{
	hw_autofree char *text = NULL;
	size_t size;
	struct stat st = { 0 };
	hw_autofclose FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	fprintf(f, "%" PRIu64 " samples of ", totals->samples);
	for (size_t i = 0; i < args->events.count; i++)
		fprintf(f, "%s%s", i ? ", " : "", args->events.items[i].name);
	fputs(" (", f);
	print_rate(args, f);
	fputs(")", f);
	if (totals->blocked)
		fprintf(f, " and %" PRIu64 " of blocked time", totals->blocked);
	if (totals->lost)
		fprintf(f, ", %" PRIu64 " lost", totals->lost);
	if (totals->missing)
		fprintf(f, ", about %" PRIu64 " throttled by kernel.perf_event_max_sample_rate",
			totals->missing);
	stat(args->path, &st);
	fprintf(f, " in %s (%.1f KB); see `hwprof report`", args->path, (double)st.st_size / 1e3);
	if (fflush(f) == 0)
		log_info("%s", text);
	if (!totals->samples)
		log_warn("no sample was taken: the command used too little of what was sampled; "
			 "a higher -F, or a smaller -c, takes more");
}

/* What an attached process used meanwhile. It may be gone: then its last figures are not known,
 * and only the wall time is filled in. */
static struct hw_usage attached_usage(pid_t pid, const struct hw_usage *before, double wall_s)
{
	struct hw_usage now = { 0 };

	if (pid && !hw_usage_of_process(pid, &now))
		now = hw_usage_diff(before, &now);
	now.wall_s = wall_s;
	return now;
}

static void recording_stopped(const struct hw_record_args *args, int r)
{
	log_error("recording into %s stopped: %s; what was flushed before is readable", args->path,
		  strerror(-r));
}

/* Opens the counters for the memory stalls of this core, in user mode, where a PMU has them: so few
 * that the sampled events keep theirs. Without them the verdict has the samples alone. */
static void begin_counting(struct counting *c, const struct hw_record_args *args, pid_t pid)
{
	const struct hw_counters_opts opts = {
		.pid = pid,
		.all_cpus = args->all_cpus,
		.enable_on_exec = args->argv && !args->all_cpus && !args->pid,
	};
	struct hw_core_id id;
	int r;

	if (!hw_perf_has_pmu())
		return;
	c->core = hw_core_here(&id);
	r = hw_metric_set_add(hw_core_set(c->core, "memory"), true, &c->events);
	if (!r)
		r = hw_counters_open(&c->events, &opts, &c->counters);
	if (r < 0)
		log_debug("memory stalls are not counted: %s", strerror(-r));
}

static void end_counting(const struct counting *c, struct hw_recorder *rec)
{
	struct hw_session_count counts[HW_EVENTS_MAX];
	int r = 0;

	if (!c->counters)
		return;
	for (size_t i = 0; i < c->events.count; i++) {
		struct hw_count count = { 0 };

		if (hw_counters_read(c->counters, i, &count) < 0 || count.status != HW_COUNTER_OK)
			count = (struct hw_count){ 0 };
		counts[i] = (struct hw_session_count){ .name = c->events.items[i].name,
						       .value = count.value,
						       .running_pct = count.running_pct };
	}
	r = hw_recorder_set_counts(rec, c->core->name, counts, c->events.count);
	if (r < 0)
		log_debug("the counts of memory stalls are left out: %s", strerror(-r));
}

static int finish(const struct hw_record_args *args, struct hw_recorder *rec,
		  const struct counting *counting, const struct hw_usage *usage, int status)
{
	struct hw_recorder_totals totals;
	int r;

	end_counting(counting, rec);
	r = hw_recorder_finish(rec, usage, status, &totals);
	if (r < 0)
		log_error("cannot write %s: %s", args->path, strerror(-r));
	else if (!args->quiet)
		print_summary(args, &totals);
	return r;
}

/* Records until the process ends or we are interrupted. Returns the exit status. */
static int run_attached(const struct hw_record_args *args, struct hw_recorder *rec,
			const struct counting *counting, struct hw_signals *signals)
{
	double start = hw_clock_s();
	struct hw_usage before = { 0 }, usage;
	int r;

	if (args->pid)
		hw_usage_of_process(args->pid, &before);
	hw_recorder_begin(rec);
	r = hw_recorder_run(rec, signals, NULL);
	if (r < 0) {
		recording_stopped(args, r);
		return HW_EXIT_OURS;
	}
	usage = attached_usage(args->pid, &before, hw_clock_s() - start);
	return finish(args, rec, counting, &usage, -1) < 0 ? HW_EXIT_OURS : 0;
}

/* Starts the command and records until it ends. Returns the exit status: its own, unless hwprof
 * failed and the command did not. */
static int run_command(const struct hw_record_args *args, struct hw_recorder *rec,
		       const struct counting *counting, struct hw_signals *signals,
		       struct hw_workload *w)
{
	struct hw_usage usage;
	int status, r, recorded;

	hw_recorder_begin(rec);
	r = hw_workload_start(w);
	if (r < 0) {
		log_error("cannot run %s: %s", args->argv[0], strerror(-r));
		return hw_workload_exit_of_exec_error(r);
	}
	recorded = hw_recorder_run(rec, signals, w);
	if (recorded < 0)
		recording_stopped(args, recorded);
	r = hw_workload_reap(w, &usage, &status);
	if (r < 0) {
		log_error_errno(r, "cannot wait for %s", args->argv[0]);
		return HW_EXIT_OURS;
	}
	if (recorded >= 0)
		recorded = finish(args, rec, counting, &usage, status);
	return recorded < 0 && !status ? HW_EXIT_OURS : status;
}

static int spawn(const struct hw_record_args *args, struct hw_signals **ret_signals,
		 struct hw_workload **ret)
{
	int r = hw_signals_new(!args->argv, ret_signals);

	if (r >= 0 && args->argv)
		r = hw_workload_spawn(&(struct hw_workload_opts){ .argv = args->argv,
								  .signals = *ret_signals },
				      ret);
	if (r < 0)
		log_error_errno(r, "cannot start");
	return r;
}

int hw_record(struct hw_record_args *args)
{
	hw_auto(doubts_done) struct doubts doubts = { 0 };
	hw_auto(counting_done) struct counting counting = { 0 };
	hw_auto(hw_signals_free) struct hw_signals *signals = NULL;
	hw_auto(hw_workload_free) struct hw_workload *w = NULL;
	hw_auto(hw_recorder_free) struct hw_recorder *rec = NULL;
	struct hw_recorder_error error;
	struct hw_recorder_opts opts;
	int r = 0;

	if (!args->events.count)
		r = default_event(args, &doubts);
	if (r < 0)
		return HW_EXIT_OURS;
	settle_precise(args, &doubts);
	if (!args->frequency_hz && !args->period) {
		args->frequency_hz = HW_DEFAULT_HZ;
		args->faults_per_s = HW_DEFAULT_FAULTS_PER_S;
	}
	if (spawn(args, &signals, &w) < 0)
		return HW_EXIT_OURS;
	opts = (struct hw_recorder_opts){
		.events = &args->events,
		.frequency_hz = args->frequency_hz,
		.period = args->period,
		.faults_per_s = args->faults_per_s,
		.stacks = args->stacks,
		.off_cpu = !args->no_off_cpu,
		.unwind_bytes = (args->unwind_mb ? args->unwind_mb : HW_DEFAULT_UNWIND_MB) << 20,
		.duration_ns = args->duration_ns,
		.pid = args->all_cpus ? 0 : args->pid ? args->pid : w ? hw_workload_pid(w) : 0,
		.all_cpus = args->all_cpus,
		.enable_on_exec = args->argv && !args->all_cpus && !args->pid,
		.argv = args->argv,
		.path = args->path,
		.doubts = doubts.text,
	};
	if (args->off_cpu && !hw_sampler_can_off_cpu()) {
		log_error("--off-cpu: this kernel does not let a thread take its stack when it goes on; "
			  "it needs the tracepoint sched_exit_tp, Linux 6.16");
		return HW_EXIT_OURS;
	}
	r = hw_recorder_open(&opts, &rec, &error);
	if (r < 0)
		return open_failed(args, r, &error);
	tell_unwatched(args, rec);
	begin_counting(&counting, args, opts.pid);
	return args->argv ? run_command(args, rec, &counting, signals, w)
			  : run_attached(args, rec, &counting, signals);
}

static int record_to(struct hw_record_args *args, int *ret_status)
{
	struct stat st;

	args->stacks = args->quiet = true;
	*ret_status = hw_record(args);
	hw_events_done(&args->events);
	return stat(args->path, &st) < 0 ? -1 : 0;
}

int hw_record_to(const char *path, char *const argv[], int *ret_status)
{
	struct hw_record_args args = { .path = path, .argv = (char **)argv };

	return record_to(&args, ret_status);
}

int hw_record_process_to(const char *path, pid_t pid, uint64_t duration_ns, int *ret_status)
{
	struct hw_record_args args = { .path = path, .pid = pid, .duration_ns = duration_ns };

	return record_to(&args, ret_status);
}
