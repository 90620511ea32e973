/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/dirs.h"
#include "capture/sampler.h"
#include "event/event.h"
#include "event/explain.h"
#include "event/perf.h"
#include "event/tracefs.h"
#include "kernel/features.h"
#include "kernel/refusal.h"
#include "proc/machine.h"
#include "sched/waits.h"

/* A number below /proc/sys/kernel. */
static struct hw_setting ask_sysctl(const char *name)
{
	struct hw_setting s = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	s.error = hw_dir_read_u64(AT_FDCWD, path, &s.value);
	return s;
}

static bool cgroup_names_container(void)
{
	static const char *const words[] = { "docker", "kubepods", "containerd", "libpod", "lxc" };
	char text[4096];

	if (hw_dir_read(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text)) < 0)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

static void ask_machine(struct hw_answers *a)
{
	char vendor[64], product[64];
	struct utsname name;

	if (uname(&name) >= 0)
		snprintf(a->release, sizeof(a->release), "%.64s", name.release);
	a->container_sign = !access("/.dockerenv", F_OK)	? "by /.dockerenv" :
			    !access("/run/.containerenv", F_OK) ? "by /run/.containerenv" :
			    cgroup_names_container()		? "by its control group" :
								  NULL;
	a->has_own_pids = !hw_perf_rights_in_initial_ns("pid");
	a->has_own_users = !hw_perf_rights_in_initial_ns("user");
	a->is_virtual = hw_machine_is_virtual();
	if (hw_dir_read(AT_FDCWD, "/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor)) > 0 &&
	    hw_dir_read(AT_FDCWD, "/sys/class/dmi/id/product_name", product, sizeof(product)) > 0)
		snprintf(a->model, sizeof(a->model), "%s %s", vendor, product);
}

/* Whether the first event of @spec works here. */
static struct hw_trial try_event(const char *spec)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_autofree char *bad = NULL;
	struct hw_trial trial = { .error = hw_events_parse(&events, spec, &bad) };

	if (trial.error < 0)
		return trial;
	trial.error = hw_event_probe(&events.items[0]);
	if (trial.error < 0)
		trial.why = hw_event_explain(&events.items[0], trial.error);
	return trial;
}

static void ask_counting(struct hw_answers *a)
{
	a->cycles = try_event("cycles");
	a->cpu_clock = try_event("cpu-clock");
	a->context_switches = try_event("context-switches");
	a->has_pmu = hw_perf_has_pmu();
	a->paranoid_error = hw_perf_rights_paranoid(&a->paranoid);
	a->max_rate_hz = ask_sysctl("perf_event_max_sample_rate");
	a->mlock_kb = ask_sysctl("perf_event_mlock_kb");
}

/* Loads what `hwprof record -g` loads. */
static int try_sampler(bool *ret_careful)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_sampler_free) struct hw_sampler *sampler = NULL;
	hw_autofree char *bad = NULL;
	struct hw_recorder_opts opts = { .events = &events, .frequency_hz = 1, .stacks = true };
	int r = hw_events_parse(&events, "cpu-clock", &bad);

	if (r < 0)
		return r;
	r = hw_sampler_load(&opts, NULL, &sampler);
	if (r < 0)
		return r;
	*ret_careful = hw_sampler_takes_lock(sampler);
	return 0;
}

static int try_waits(void)
{
	const struct hw_waits_opts opts = { 0 };
	struct hw_waits *waits = NULL;
	int r = hw_waits_open(&opts, &waits);

	hw_waits_free(waits);
	return r;
}

static void ask_bpf(struct hw_answers *a)
{
	if (!hw_feature_btf())
		a->btf_error = -errno; /* of access(2) */
	a->sampler.error = try_sampler(&a->is_sampler_careful);
	if (a->sampler.error < 0)
		a->sampler.why = hw_bpf_explain(a->sampler.error);
	a->can_load_any = hw_bpf_probe() >= 0;
	a->waits.error = try_waits();
	if (a->waits.error < 0)
		a->waits.why = hw_bpf_explain(a->waits.error);
	a->has_blocked_stacks = hw_sampler_can_off_cpu();
}

static void ask_rights(struct hw_answers *a)
{
	a->is_admin = hw_perf_rights_capable(CAP_SYS_ADMIN);
	a->has_bpf = hw_perf_rights_capable(CAP_BPF);
	a->has_perfmon = hw_perf_rights_capable(CAP_PERFMON);
	a->has_ptrace = hw_perf_rights_capable(CAP_SYS_PTRACE);
	a->has_ipc_lock = hw_perf_rights_capable(CAP_IPC_LOCK);
	a->rights_remedy = hw_perf_rights_remedy();
	a->is_filtered = hw_perf_rights_filtered();
	a->filter_remedy = hw_perf_rights_filter_remedy();
	a->lockdown_error = hw_perf_rights_lockdown(&a->lockdown);
	a->kptr_restrict = ask_sysctl("kptr_restrict");
	a->shows_kernel = hw_perf_rights_shows_kernel();
	a->kernel_remedy = hw_perf_rights_kernel_remedy();
	a->ptrace_scope = ask_sysctl("yama/ptrace_scope");
}

static void ask_tracefs(struct hw_answers *a)
{
	hw_autoclose int fd = hw_tracefs_open();
	char link[64];

	if (fd < 0) {
		a->tracefs_error = fd;
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, a->tracefs, sizeof(a->tracefs) - 1) <= 1)
		a->tracefs[0] = 0; /* "/": mounted nowhere */
}

static void ask_limits(struct hw_answers *a)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	a->open_files = limit.rlim_cur;
	a->open_files_max = limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
}

void hw_answers_ask(struct hw_answers *ret)
{
	struct hw_answers a = { 0 };
	const char *urls = getenv("DEBUGINFOD_URLS");

	ask_machine(&a);
	ask_counting(&a);
	ask_bpf(&a);
	ask_rights(&a);
	ask_tracefs(&a);
	ask_limits(&a);
	/* lib/sym never waits for a network: what the servers have must be on the disk before. */
	a.has_debug_files = !access("/usr/lib/debug/.build-id", R_OK | X_OK);
	a.has_debug_servers = urls && *urls;
	*ret = a;
}

void hw_answers_done(struct hw_answers *a)
{
	struct hw_trial *trials[] = { &a->cycles, &a->cpu_clock, &a->context_switches, &a->sampler,
				      &a->waits };

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		free(trials[i]->why);
	*a = (struct hw_answers){ 0 };
}
