/* SPDX-License-Identifier: Apache-2.0
 * What doctor concludes from the answers of machines that are not this one. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

#include "doctor/checks.h"

/* A good machine, and what each test changes of it. */
static struct hw_answers answers;
static struct hw_check checks[HW_CHECKS];

static void setup(void)
{
	answers = (struct hw_answers){
		.release = "6.18.0",
		.has_pmu = true,
		.paranoid = 2,
		.max_rate_hz = { .value = 100000 },
		.mlock_kb = { .value = 516 },
		.open_files = 1024,
		.open_files_max = 1 << 20,
		.can_load_any = true,
		.has_blocked_stacks = true,
		.is_admin = true,
		.has_ptrace = true,
		.rights_remedy = "become root",
		.filter_remedy = "lift the filter",
		.kernel_remedy = "show addresses",
		.lockdown_error = -ENOENT,
		.shows_kernel = true,
		.tracefs = "/sys/kernel/tracing",
		.has_debug_files = true,
	};
}

static const struct hw_check *check(const char *name)
{
	hw_checks_judge(&answers, checks);
	for (size_t i = 0; i < HW_CHECKS; i++)
		if (!strcmp(checks[i].name, name))
			return &checks[i];
	ck_abort_msg("there is no check %s", name);
}

static void expect(const char *name, enum hw_check_status status, const char *value, const char *fix)
{
	const struct hw_check *c = check(name);

	ck_assert_int_eq(c->status, status);
	ck_assert_str_eq(c->value, value);
	ck_assert_str_eq(c->fix, fix);
}

static struct hw_trial refused(const char *why)
{
	return (struct hw_trial){ .error = -EACCES, .why = (char *)why };
}

START_TEST(a_good_machine_lacks_nothing)
{
	hw_checks_judge(&answers, checks);
	for (size_t i = 0; i < HW_CHECKS; i++) {
		ck_assert_msg(checks[i].status == HW_CHECK_OK, "%s: %s", checks[i].name, checks[i].value);
		ck_assert_str_eq(checks[i].fix, "");
	}
	ck_assert_ptr_null(hw_checks_obstacle(checks));
}
END_TEST

START_TEST(a_refusal_gives_its_cause_and_its_remedy)
{
	answers.sampler = refused("bpf(2) is refused (EPERM); ask root; twice");
	expect("BPF", HW_CHECK_MISSING, "bpf(2) is refused (EPERM)", "ask root; twice");
	ck_assert_str_eq(hw_checks_obstacle(checks)->name, "BPF");
	answers.sampler = refused(NULL);
	expect("BPF", HW_CHECK_MISSING, "refused", "HWPROF_DEBUG=1 hwprof doctor tells more");
	answers.waits = refused("no memory; use less");
	expect("scheduler", HW_CHECK_LIMITED, "the wall budget is estimated: no memory", "use less");
}
END_TEST

START_TEST(without_a_pmu_the_way_to_one_depends_on_the_machine)
{
	answers.cycles = refused("cycles is refused; ask root");
	expect("hardware PMU", HW_CHECK_MISSING, "cycles is refused", "ask root");
	answers.has_pmu = false;
	expect("hardware PMU", HW_CHECK_MISSING, "none; record samples by the CPU clock instead",
	       "switch the PMU on in the firmware, or run outside of the sandbox");
	answers.is_virtual = true;
	ck_assert_ptr_nonnull(strstr(check("hardware PMU")->fix, "pmu=on"));
	/* Not even the clock: then it is no matter of a PMU. */
	answers.cpu_clock = refused("no perf_event_open(2); use another kernel");
	expect("hardware PMU", HW_CHECK_MISSING, "cycles is refused", "ask root");
	expect("software events", HW_CHECK_MISSING, "no perf_event_open(2)", "use another kernel");
	ck_assert_str_eq(hw_checks_obstacle(checks)->name, "software events");
}
END_TEST

static const struct {
	int level;
	bool perfmon, clock_refused;
	enum hw_check_status status;
	const char *value;
} levels[] = {
	{ -1, false, false, HW_CHECK_OK, "-1" },
	{ 1, false, false, HW_CHECK_OK, "1" },
	{ 2, false, false, HW_CHECK_LIMITED, "2: user mode of one's own processes only" },
	{ 3, false, true, HW_CHECK_MISSING, "3 (Debian, Ubuntu): users may count nothing" },
	{ 4, true, true, HW_CHECK_MISSING,
	  "4 (Debian, Ubuntu): nothing may be counted without CAP_SYS_ADMIN" },
	{ 4, true, false, HW_CHECK_OK, "4, which does not bind this user" },
	{ 2, true, false, HW_CHECK_OK, "2, which does not bind this user" },
};

START_TEST(perf_event_paranoid_binds_who_lacks_rights)
{
	answers.is_admin = false;
	answers.paranoid = levels[_i].level;
	answers.has_perfmon = levels[_i].perfmon;
	answers.cpu_clock.error = levels[_i].clock_refused ? -EACCES : 0;
	ck_assert_int_eq(check("perf_event_paranoid")->status, levels[_i].status);
	ck_assert_str_eq(check("perf_event_paranoid")->value, levels[_i].value);
}
END_TEST

START_TEST(capabilities_are_told_by_name)
{
	answers.has_ptrace = false;
	expect("capabilities", HW_CHECK_LIMITED, "has CAP_SYS_ADMIN; lacks CAP_SYS_PTRACE", "become root");
	answers.is_admin = false;
	answers.has_bpf = true;
	expect("capabilities", HW_CHECK_LIMITED, "has CAP_BPF; lacks CAP_PERFMON CAP_SYS_PTRACE",
	       "become root");
	answers.has_bpf = false;
	expect("capabilities", HW_CHECK_MISSING, "lacks CAP_BPF CAP_PERFMON CAP_SYS_PTRACE", "become root");
}
END_TEST

START_TEST(a_filter_is_told_by_what_is_refused)
{
	answers.is_filtered = true;
	expect("seccomp", HW_CHECK_OK, "a filter that lets perf_event_open(2) and bpf(2) through", "");
	answers.can_load_any = false;
	expect("seccomp", HW_CHECK_LIMITED,
	       "a filter is on hwprof, and bpf(2) is refused: by it, or for want of rights",
	       "lift the filter");
	answers.cpu_clock.error = -EPERM;
	expect("seccomp", HW_CHECK_LIMITED,
	       "a filter is on hwprof, and perf_event_open(2) and bpf(2) are refused: by it, or for want "
	       "of rights", "lift the filter");
	answers.can_load_any = true;
	expect("seccomp", HW_CHECK_LIMITED,
	       "a filter is on hwprof, and perf_event_open(2) is refused: by it, or for want of rights",
	       "lift the filter");
}
END_TEST

START_TEST(what_a_kernel_does_not_have_is_not_shown)
{
	answers.ptrace_scope.error = -ENOENT;
	expect("lockdown", HW_CHECK_OK, "", "");
	expect("ptrace_scope", HW_CHECK_OK, "", "");
	answers.lockdown_error = 0;
	answers.lockdown = HW_LOCKDOWN_CONFIDENTIALITY;
	ck_assert_int_eq(check("lockdown")->status, HW_CHECK_LIMITED);
	answers.lockdown = HW_LOCKDOWN_INTEGRITY;
	expect("lockdown", HW_CHECK_OK, "integrity", "");
}
END_TEST

START_TEST(settings_that_are_too_low_are_told_with_what_they_are)
{
	answers.max_rate_hz.value = 2000;
	answers.mlock_kb.value = 64;
	answers.open_files_max = 1024;
	expect("perf_event_max_sample_rate", HW_CHECK_LIMITED, "2000 Hz",
	       "sysctl kernel.perf_event_max_sample_rate=100000");
	expect("perf_event_mlock_kb", HW_CHECK_LIMITED, "64 KiB per CPU",
	       "sysctl kernel.perf_event_mlock_kb=516");
	ck_assert_int_eq(check("open files")->status, HW_CHECK_LIMITED);
	answers.has_ipc_lock = true;
	answers.open_files_max = UINT64_MAX;
	ck_assert_int_eq(check("perf_event_mlock_kb")->status, HW_CHECK_OK);
	expect("open files", HW_CHECK_OK, "1024, can be raised to unlimited", "");
	answers.mlock_kb.error = -ENOENT;
	ck_assert_str_eq(check("perf_event_mlock_kb")->value, "cannot be read");
}
END_TEST

START_TEST(ptrace_scope_binds_who_lacks_the_right)
{
	answers.ptrace_scope.value = 1;
	expect("ptrace_scope", HW_CHECK_OK, "1", "");
	answers.has_ptrace = false;
	expect("ptrace_scope", HW_CHECK_LIMITED, "1: Python names of running processes cannot be read",
	       "sysctl kernel.yama.ptrace_scope=0, or run hwprof as root");
	answers.has_ptrace = true;
	answers.ptrace_scope.value = 3;
	expect("ptrace_scope", HW_CHECK_LIMITED, "3: Python names of all processes cannot be read",
	       "boot without kernel.yama.ptrace_scope=3, which only that undoes");
}
END_TEST

START_TEST(a_container_is_told_by_its_sign_and_limited_by_its_namespaces)
{
	expect("container", HW_CHECK_OK, "no", "");
	answers.container_sign = "by /.dockerenv";
	expect("container", HW_CHECK_OK, "yes, by /.dockerenv", "");
	answers.has_own_users = true;
	ck_assert_str_eq(check("container")->value, "yes, by /.dockerenv; root is not root of the machine");
	answers.has_own_pids = true;
	expect("container", HW_CHECK_LIMITED, "yes, by /.dockerenv; only its own processes can be seen",
	       "start the container with --pid=host");
}
END_TEST

START_TEST(the_machine_is_asked_and_lets_go)
{
	struct hw_answers a;

	hw_answers_ask(&a);
	hw_checks_judge(&a, checks);
	for (size_t i = 0; i < HW_CHECKS; i++)
		ck_assert(checks[i].status == HW_CHECK_OK || checks[i].fix[0]);
	hw_answers_done(&a);
	ck_assert_ptr_null(a.cycles.why);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("checks");
	TCase *t = tcase_create("checks");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_good_machine_lacks_nothing);
	tcase_add_test(t, a_refusal_gives_its_cause_and_its_remedy);
	tcase_add_test(t, without_a_pmu_the_way_to_one_depends_on_the_machine);
	tcase_add_loop_test(t, perf_event_paranoid_binds_who_lacks_rights, 0,
			    sizeof(levels) / sizeof(levels[0]));
	tcase_add_test(t, capabilities_are_told_by_name);
	tcase_add_test(t, a_filter_is_told_by_what_is_refused);
	tcase_add_test(t, what_a_kernel_does_not_have_is_not_shown);
	tcase_add_test(t, settings_that_are_too_low_are_told_with_what_they_are);
	tcase_add_test(t, ptrace_scope_binds_who_lacks_the_right);
	tcase_add_test(t, a_container_is_told_by_its_sign_and_limited_by_its_namespaces);
	tcase_add_test(t, the_machine_is_asked_and_lets_go);
	suite_add_tcase(s, t);
	return run_suite(s);
}
