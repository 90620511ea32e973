/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "event/explain.h"
#include "event/perf_rights.h"
#include "event/perf.h"

static void parse(struct hw_events *events, const char *spec)
{
	hw_autofree char *bad = NULL;

	ck_assert_int_eq(hw_events_parse(events, spec, &bad), 0);
}

static int probe(const char *spec)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };

	parse(&events, spec);
	return hw_event_probe(&events.items[0]);
}

/* Counting needs perf_event_open(2), which a container or kernel.perf_event_paranoid may refuse. */
static bool can_count(const char *test)
{
	int r = probe("task-clock");

	if (r < 0)
		unjudged(test, "task-clock does not count here: %s", strerror(-r));
	return r == 0;
}

static void burn(double seconds)
{
	struct timespec start, now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while ((double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9 <
	       seconds);
}

static void *burn_thread(void *arg)
{
	burn(*(double *)arg);
	return NULL;
}

static double count_ns(const struct hw_counters *c, size_t i)
{
	struct hw_count count;

	ck_assert_int_eq(hw_counters_read(c, i, &count), 0);
	ck_assert_int_eq(count.status, HW_COUNTER_OK);
	ck_assert_int_eq(count.error, 0);
	return count.value;
}

START_TEST(the_time_of_threads_and_children_is_counted)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_counters_free) struct hw_counters *c = NULL;
	struct hw_counters_opts opts = { .pid = getpid() };
	double seconds = 0.05, before, after;
	pthread_t thread;
	pid_t child;

	if (!can_count(__func__))
		return;
	parse(&events, "task-clock");
	ck_assert_int_eq(hw_counters_open(&events, &opts, &c), 0);
	before = count_ns(c, 0);
	burn(seconds);
	ck_assert_int_eq(pthread_create(&thread, NULL, burn_thread, &seconds), 0);
	pthread_join(thread, NULL);
	child = fork();
	if (!child) {
		burn(seconds);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	after = count_ns(c, 0);
	/* CPU clocks, so a busy machine does not stretch them; starting a thread and a child
	 * under a sanitizer or valgrind costs time of its own. */
	ck_assert_double_ge(after - before, 3 * seconds * 1e9 * 0.99);
	ck_assert_double_lt(after - before, 3 * seconds * 1e9 + 2e9);
}
END_TEST

/* Says that it runs, and waits until it may burn. */
static void *wait_and_burn(void *arg)
{
	pthread_barrier_t *barrier = arg;

	pthread_barrier_wait(barrier);
	pthread_barrier_wait(barrier);
	burn(0.05);
	return NULL;
}

START_TEST(a_thread_that_runs_already_is_counted)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_counters_free) struct hw_counters *c = NULL;
	struct hw_counters_opts opts = { .pid = getpid() };
	pthread_barrier_t barrier;
	pthread_t thread;

	if (!can_count(__func__))
		return;
	parse(&events, "task-clock");
	pthread_barrier_init(&barrier, NULL, 2);
	ck_assert_int_eq(pthread_create(&thread, NULL, wait_and_burn, &barrier), 0);
	pthread_barrier_wait(&barrier);
	ck_assert_int_eq(hw_counters_open(&events, &opts, &c), 0);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&barrier);
	ck_assert_double_ge(count_ns(c, 0), 0.05e9 * 0.99);
}
END_TEST

START_TEST(nothing_is_counted_before_exec)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_counters_free) struct hw_counters *c = NULL;
	struct hw_count count;
	int gate[2];
	pid_t child;

	if (!can_count(__func__))
		return;
	parse(&events, "{task-clock,page-faults}:u,dummy");
	ck_assert_int_eq(pipe(gate), 0);
	child = fork();
	if (!child) {
		char byte;

		burn(0.02);
		if (read(gate[0], &byte, 1) == 1)
			execl("/bin/true", "true", NULL);
		_exit(1);
	}
	ck_assert_int_eq(hw_counters_open(&events,
					  &(struct hw_counters_opts){ .pid = child,
								      .enable_on_exec = true },
					  &c), 0);
	ck_assert_int_eq(hw_counters_read(c, 0, &count), 0);
	ck_assert_double_eq(count.value, 0);
	ck_assert_double_eq(count.running_pct, 100);
	ck_assert_int_eq(write(gate[1], "x", 1), 1);
	waitpid(child, NULL, 0);
	ck_assert_int_eq(hw_counters_read(c, 0, &count), 0);
	ck_assert_double_gt(count.value, 0);
	ck_assert(!count.user_only); /* as asked, not as refused */
	ck_assert_int_eq(hw_counters_read(c, 1, &count), 0);
	ck_assert_double_gt(count.value, 10); /* a dynamic program faults in its pages */
	close(gate[0]);
	close(gate[1]);
}
END_TEST

START_TEST(a_refused_event_keeps_its_status_beside_those_that_count)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_counters_free) struct hw_counters *c = NULL;
	hw_autofree char *why = NULL;
	struct hw_counters_opts opts = { .pid = getpid() };
	struct hw_count count;

	if (!can_count(__func__))
		return;
	parse(&events, "dummy,{r1,task-clock}");
	events.items[1].attr.type = 0x7fffffff; /* no PMU has this type */
	ck_assert_int_eq(hw_counters_open(&events, &opts, &c), 0);
	ck_assert_int_eq(hw_counters_read(c, 1, &count), 0);
	ck_assert_int_eq(count.status, HW_COUNTER_NOT_SUPPORTED);
	ck_assert_int_lt(count.error, 0);
	ck_assert_double_eq(count.value, 0);
	why = hw_event_explain(&events.items[1], count.error);
	ck_assert_ptr_nonnull(strstr(why, "r1"));
	burn(0.001);
	ck_assert_double_gt(count_ns(c, 2), 0);
}
END_TEST

START_TEST(a_scale_turns_counts_into_units)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_counters_free) struct hw_counters *c = NULL;
	struct hw_counters_opts opts = { .pid = getpid() };

	if (!can_count(__func__))
		return;
	parse(&events, "task-clock");
	events.items[0].scale = 1e-9;
	ck_assert_int_eq(hw_counters_open(&events, &opts, &c), 0);
	burn(0.05);
	ck_assert_double_ge(count_ns(c, 0), 0.0495);
	ck_assert_double_lt(count_ns(c, 0), 5);
}
END_TEST

START_TEST(a_process_that_is_gone_is_refused)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	struct hw_counters *c = (struct hw_counters *)&events;
	pid_t child = fork();

	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	parse(&events, "task-clock");
	ck_assert_int_eq(hw_counters_open(&events, &(struct hw_counters_opts){ .pid = child }, &c),
			 -ESRCH);
	ck_assert_ptr_eq(c, &events);
}
END_TEST

START_TEST(too_few_open_files_are_an_error_and_not_a_smaller_count)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	struct hw_counters *c = NULL;
	struct rlimit limit = { .rlim_cur = 8, .rlim_max = 12 };

	if (!can_count(__func__))
		return;
	for (int i = 0; i < 20; i++)
		parse(&events, "dummy");
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		unjudged(__func__, "the hard limit of open files is fixed (valgrind)");
		return;
	}
	ck_assert_int_eq(hw_counters_open(&events, &(struct hw_counters_opts){ .pid = getpid() },
					  &c), -EMFILE);
	ck_assert_int_eq(open("/dev/null", O_RDONLY | O_CLOEXEC) < 0, 0); /* none leaked */
}
END_TEST

START_TEST(the_soft_limit_of_open_files_is_raised)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_counters_free) struct hw_counters *c = NULL;
	struct rlimit limit;

	if (!can_count(__func__))
		return;
	for (int i = 0; i < 20; i++)
		parse(&events, "dummy");
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = 12;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(hw_counters_open(&events, &(struct hw_counters_opts){ .pid = getpid() },
					  &c), 0);
}
END_TEST

START_TEST(the_whole_machine_counts_more_than_one_process)
{
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_counters_free) struct hw_counters *c = NULL;
	struct hw_count count;

	parse(&events, "cpu-clock");
	ck_assert_int_eq(hw_counters_open(&events, &(struct hw_counters_opts){ .all_cpus = true },
					  &c), 0);
	burn(0.02);
	ck_assert_int_eq(hw_counters_read(c, 0, &count), 0);
	if (count.status == HW_COUNTER_OK) {
		ck_assert_double_gt(count.value, 0.02e9 * 0.99);
		return;
	}
	unjudged(__func__, "cpu-clock of all CPUs is refused: %s", strerror(-count.error));
	ck_assert_int_eq(count.status, HW_COUNTER_NOT_PERMITTED);
}
END_TEST

START_TEST(capabilities_are_those_of_the_process)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	ck_assert_int_eq(syscall(SYS_capset, &header, none), 0);
	ck_assert(!hw_perf_rights_capable(CAP_PERFMON));
	ck_assert(!hw_perf_rights_perfmon_capable());
}
END_TEST

/* Without capabilities, whatever perf_event_paranoid is here: a count is whole, marked as user
 * mode only, or refused; a false 0 is none of these. */
START_TEST(without_capabilities_a_count_is_never_a_false_zero)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	hw_auto(hw_events_done) struct hw_events events = { 0 };
	hw_auto(hw_counters_free) struct hw_counters *c = NULL;
	struct hw_count count;

	ck_assert_int_eq(syscall(SYS_capset, &header, none), 0);
	parse(&events, "context-switches,page-faults");
	ck_assert_int_eq(hw_counters_open(&events, &(struct hw_counters_opts){ .pid = getpid() },
					  &c), 0);
	for (int i = 0; i < 20; i++)
		usleep(1000);
	ck_assert_int_eq(hw_counters_read(c, 0, &count), 0);
	if (count.status == HW_COUNTER_OK)
		ck_assert_double_ge(count.value, 20);
	else
		ck_assert_int_eq(count.status, HW_COUNTER_NOT_PERMITTED);
	ck_assert(!count.user_only);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("perf");
	TCase *t = tcase_create("counters");

	tcase_add_test(t, the_time_of_threads_and_children_is_counted);
	tcase_add_test(t, a_thread_that_runs_already_is_counted);
	tcase_add_test(t, nothing_is_counted_before_exec);
	tcase_add_test(t, a_refused_event_keeps_its_status_beside_those_that_count);
	tcase_add_test(t, a_scale_turns_counts_into_units);
	tcase_add_test(t, a_process_that_is_gone_is_refused);
	tcase_add_test(t, too_few_open_files_are_an_error_and_not_a_smaller_count);
	tcase_add_test(t, the_soft_limit_of_open_files_is_raised);
	tcase_add_test(t, the_whole_machine_counts_more_than_one_process);
	tcase_add_test(t, capabilities_are_those_of_the_process);
	tcase_add_test(t, without_capabilities_a_count_is_never_a_false_zero);
	suite_add_tcase(s, t);
	return run_suite(s);
}
