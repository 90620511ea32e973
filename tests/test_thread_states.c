/* SPDX-License-Identifier: Apache-2.0
 * lib/sched/thread_states.h: from a list of threads to the class of a wait that goes on. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sched/thread_states.h"
#include "fixture.h"

#define PID 1000000000 /* beyond what a kernel gives: nothing is found in /proc */

static struct hw_thread_status thread(uint32_t session, uint32_t tid, uint8_t state, uint8_t rule,
			      uint64_t since)
{
	return (struct hw_thread_status){
		.session = session,
		.pid = PID,
		.tid = tid,
		.state = state,
		.rule = rule,
		.since = since,
	};
}

static struct hw_thread_status waits(uint32_t tid, uint8_t rule, uint64_t since)
{
	return thread(0, tid, HW_THREAD_WAITING, rule, since);
}

/* Reads back what an iterator would have handed out. */
static struct hw_thread_states read_list(const struct hw_thread_status *threads, size_t n)
{
	struct hw_thread_states d = { 0 };
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(threads, sizeof(*threads), n, f), n);
	ck_assert_int_eq(fflush(f), 0);
	rewind(f);
	ck_assert_int_eq(hw_thread_states_read(fileno(f), &d), 0);
	fclose(f);
	return d;
}

START_TEST(the_list_is_by_session)
{
	struct hw_thread_status list[1001];
	struct hw_thread_states d;
	size_t n;

	for (uint32_t i = 0; i < 1000; i++)
		list[i] = thread(i % 7 * 2, PID + i, HW_THREAD_WAITING, HW_WALL_DISK, i);
	list[1000] = thread(UINT32_MAX, PID, HW_THREAD_RUNNING, HW_WALL_OTHER, 1);
	d = read_list(list, 1001);
	ck_assert_uint_eq(d.n, 1001);
	hw_thread_states_of(&d, 2, &n);
	ck_assert_uint_eq(n, 143);
	ck_assert_uint_eq(hw_thread_states_of(&d, 12, &n)[0].session, 12);
	ck_assert_uint_eq(n, 142);
	hw_thread_states_of(&d, 3, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_uint_eq(hw_thread_states_of(&d, UINT32_MAX, &n)->state, HW_THREAD_RUNNING);
	ck_assert_uint_eq(n, 1);
	hw_thread_states_done(&d);
}
END_TEST

START_TEST(an_empty_list_is_one)
{
	struct hw_thread_states d = read_list(&(struct hw_thread_status){ 0 }, 0);
	size_t n;

	ck_assert_uint_eq(d.n, 0);
	hw_thread_states_of(&d, 0, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(hw_thread_states_class(d.items, 0, PID), HW_WALL_OTHER);
	hw_thread_states_done(&d);
}
END_TEST

START_TEST(every_rule_becomes_a_class)
{
	const struct hw_thread_status list[] = {
		waits(PID, HW_CALL_READY, 1), /* a thread that has gone */
		waits(PID + 1, HW_CALL_FUTEX, 1),
		waits(PID + 2, HW_CALL_FILE, 1),
		waits(PID + 3, 255, 1),
		waits(PID + 4, HW_WALL_GIL, 1),
	};
	static const uint8_t wanted[] = { HW_WALL_OTHER, HW_WALL_LOCK, HW_WALL_OTHER, HW_WALL_OTHER,
					  HW_WALL_GIL };
	struct hw_thread_states d = read_list(list, 5);

	for (size_t i = 0; i < d.n; i++)
		ck_assert_uint_eq(d.items[i].rule, wanted[i]);
	hw_thread_states_done(&d);
}
END_TEST

START_TEST(the_main_thread_tells)
{
	const struct hw_thread_status list[] = {
		waits(PID + 1, HW_WALL_SLEEP, 900),
		waits(PID, HW_WALL_NETWORK, 1),
		waits(PID + 2, HW_WALL_PIPE, 950),
	};

	ck_assert_int_eq(hw_thread_states_class(list, 3, PID), HW_WALL_NETWORK);
	ck_assert_int_eq(hw_thread_states_class(list, 3, PID + 7), HW_WALL_PIPE); /* the last to begin */
}
END_TEST

START_TEST(a_main_thread_that_joins_leaves_it_to_the_others)
{
	const struct hw_thread_status list[] = {
		waits(PID, HW_WALL_LOCK, 1),
		waits(PID + 1, HW_WALL_NETWORK, 2),
		waits(PID + 2, HW_WALL_LOCK, 3),
	};

	ck_assert_int_eq(hw_thread_states_class(list, 3, PID), HW_WALL_NETWORK);
	ck_assert_int_eq(hw_thread_states_class(list, 1, PID), HW_WALL_LOCK);
}
END_TEST

START_TEST(who_runs_does_not_wait)
{
	const struct hw_thread_status list[] = {
		thread(0, PID, HW_THREAD_RUNNABLE, HW_WALL_DISK, 1),
		waits(PID + 1, HW_WALL_CHILD, 3),
	};

	ck_assert_int_eq(hw_thread_states_class(list, 2, PID), HW_WALL_CHILD);
	ck_assert_int_eq(hw_thread_states_class(list, 1, PID), HW_WALL_OTHER);
}
END_TEST

START_TEST(the_time_of_each_thread_is_added)
{
	const struct hw_thread_status list[] = {
		thread(0, PID, HW_THREAD_RUNNABLE, HW_WALL_OTHER, 1000000000),
		thread(0, PID + 1, HW_THREAD_RUNNING, HW_WALL_OTHER, 2500000000),
		waits(PID + 2, HW_WALL_LOCK, 0),
		waits(PID + 3, HW_WALL_LOCK, 2000000000),
		waits(PID + 4, HW_WALL_DISK, 9000000000), /* began after now */
	};
	double seconds[HW_WALL_CLASSES] = { [HW_WALL_LOCK] = 10 };

	hw_thread_states_add(list, 5, 3000000000, seconds);
	ck_assert_double_eq_tol(seconds[HW_WALL_STARVED], 2, 1e-9);
	ck_assert_double_eq_tol(seconds[HW_WALL_BUSY], 0.5, 1e-9);
	ck_assert_double_eq_tol(seconds[HW_WALL_LOCK], 14, 1e-9);
	ck_assert_double_eq_tol(seconds[HW_WALL_DISK], 0, 1e-9);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("doing");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, the_list_is_by_session);
	tcase_add_test(tc, an_empty_list_is_one);
	tcase_add_test(tc, every_rule_becomes_a_class);
	tcase_add_test(tc, the_main_thread_tells);
	tcase_add_test(tc, a_main_thread_that_joins_leaves_it_to_the_others);
	tcase_add_test(tc, who_runs_does_not_wait);
	tcase_add_test(tc, the_time_of_each_thread_is_added);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
