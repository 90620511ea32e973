/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "sched/calls.h"

static const struct {
	int number;
	uint8_t rule;
} expected[] = {
	{ SYS_read, HW_CALL_FILE },
	{ SYS_recvfrom, HW_CALL_FILE },
	{ SYS_fsync, HW_WALL_DISK },
	{ SYS_openat, HW_WALL_DISK },
	{ SYS_ppoll, HW_CALL_READY },
	{ SYS_epoll_pwait, HW_CALL_READY },
	{ SYS_nanosleep, HW_WALL_SLEEP },
	{ SYS_clock_nanosleep, HW_WALL_SLEEP },
	{ SYS_futex, HW_CALL_FUTEX },
	{ SYS_flock, HW_WALL_LOCK },
	{ SYS_wait4, HW_WALL_CHILD },
	{ SYS_getpid, HW_WALL_OTHER }, /* does not wait */
	{ HW_CALLS_MAX - 1, HW_WALL_OTHER },
#ifdef SYS_poll
	{ SYS_poll, HW_CALL_READY },
	{ SYS_open, HW_WALL_DISK },
	{ SYS_vfork, HW_WALL_CHILD },
#endif
};

START_TEST(system_calls_have_the_rules_of_this_architecture)
{
	uint8_t rules[HW_CALLS_MAX];

	hw_calls_rules(rules);
	ck_assert_uint_eq(rules[expected[_i].number], expected[_i].rule);
}
END_TEST

START_TEST(each_rule_is_a_class_or_a_way_to_find_one)
{
	uint8_t rules[HW_CALLS_MAX];

	hw_calls_rules(rules);
	for (int i = 0; i < HW_CALLS_MAX; i++)
		ck_assert_uint_le(rules[i], HW_CALL_FUTEX);
}
END_TEST

static int parse(const char *text, struct hw_waker *ret)
{
	hw_autofclose FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, strlen(text), f), strlen(text));
	rewind(f);
	return hw_calls_parse_wakers(f, ret);
}

static const char typical[] = "0000000000000000 A fixed_percpu_data\n"
			      "ffffffff81000000 T _stext\n"
			      "ffffffff81000100 t pipe_write\n"
			      "ffffffff81000100 t alias_of_pipe_write\n"
			      "ffffffff81000180 t next_one\n"
			      "ffffffff81000200 T futex_wake\n"
			      "ffffffff81000300 T tcp_v4_rcv\n" /* right behind: ends the former */
			      "ffffffff81000340 T tcp_v4_rcv_not\n"
			      "ffffffff81000400 t hrtimer_wakeup\n"
			      "ffffffff81000480 D some_data\n"
			      "ffffffffc0201000 t futex_wake\t[module]\n"
			      "ffffffffc0201100 t other\t[module]\n";

static const struct hw_waker found[] = {
	{ 0xffffffff81000100, 0xffffffff81000180, HW_WALL_PIPE, 0 },
	{ 0xffffffff81000200, 0xffffffff81000300, HW_WALL_LOCK, 0 },
	{ 0xffffffff81000300, 0xffffffff81000340, HW_WALL_NETWORK, 0 },
	{ 0xffffffff81000400, 0xffffffff81000480, HW_WALL_SLEEP, 0 },
};

#define N_FOUND (sizeof(found) / sizeof(found[0]))

START_TEST(functions_that_end_waits_are_found_up_to_their_ends)
{
	struct hw_waker wakers[HW_WAKERS_MAX];

	ck_assert_int_eq(parse(typical, wakers), N_FOUND);
	ck_assert_mem_eq(wakers, found, sizeof(found));
	for (size_t i = N_FOUND; i < HW_WAKERS_MAX; i++)
		ck_assert_uint_eq(wakers[i].start, UINT64_MAX);
}
END_TEST

START_TEST(they_are_sorted_by_address)
{
	struct hw_waker wakers[HW_WAKERS_MAX];

	ck_assert_int_eq(parse("ffffffff81000400 t hrtimer_wakeup\n"
			       "ffffffff81000500 t x\n"
			       "ffffffff81000100 t pipe_write\n"
			       "ffffffff81000200 t y\n",
			       wakers),
			 2);
	ck_assert_uint_eq(wakers[0].start, 0xffffffff81000100);
	ck_assert_uint_eq(wakers[0].end, 0xffffffff81000200);
	ck_assert_uint_eq(wakers[1].start, 0xffffffff81000400);
	ck_assert_uint_eq(wakers[1].end, 0xffffffff81000500);
}
END_TEST

/* What a compiler splits off a function or makes of it keeps its name up to a dot. */
START_TEST(parts_and_clones_of_functions_are_found)
{
	struct hw_waker wakers[HW_WAKERS_MAX];

	ck_assert_int_eq(parse("ffffffff81000100 t pipe_write.isra.0\n"
			       "ffffffff81000200 t x\n"
			       "ffffffff81000300 t pipe_write.cold\n"
			       "ffffffff81000400 t y\n"
			       "ffffffff81000500 t .pipe_write\n",
			       wakers),
			 2);
	ck_assert_uint_eq(wakers[0].end, 0xffffffff81000200);
	ck_assert_uint_eq(wakers[1].start, 0xffffffff81000300);
}
END_TEST

static const char *const without[] = {
	"",
	"\n\n",
	"0000000000000000 t pipe_write\n0000000000000000 T futex_wake\n", /* kernel.kptr_restrict */
	"ffffffff81000100 pipe_write\n",
	"ffffffff81000100 tt pipe_write\n",
	"ffffffff81000100",
	"ffffffff81000100 t",
	"t pipe_write\n",
	"ffffffff81000100 t pipe_write2\n",
	"ffffffff81000100 t pipe_write\t[module]\n",
};

START_TEST(what_is_no_function_of_the_kernel_is_none)
{
	struct hw_waker wakers[HW_WAKERS_MAX];

	ck_assert_int_eq(parse(without[_i], wakers), 0);
	ck_assert_uint_eq(wakers[0].start, UINT64_MAX);
}
END_TEST

START_TEST(long_lines_and_too_many_functions_do_no_harm)
{
	struct hw_waker wakers[HW_WAKERS_MAX];
	size_t size = 1 << 16, at;
	hw_autofree char *text = malloc(size);

	ck_assert_ptr_nonnull(text);
	at = (size_t)sprintf(text, "ffffffff80000000 t ");
	memset(text + at, 'x', 20000);
	at += 20000;
	text[at++] = '\n';
	for (unsigned int i = 0; i < 2 * HW_WAKERS_MAX; i++)
		at += (size_t)snprintf(text + at, size - at,
				       "ffffffff81%06x t pipe_write\nffffffff81%06x t x\n", i * 32,
				       i * 32 + 16);
	ck_assert_int_eq(parse(text, wakers), HW_WAKERS_MAX);
	for (unsigned int i = 0; i < HW_WAKERS_MAX; i++) {
		ck_assert_uint_eq(wakers[i].start, 0xffffffff81000000 + i * 32);
		ck_assert_uint_eq(wakers[i].end, wakers[i].start + 16);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("calls");
	TCase *t = tcase_create("calls");

	tcase_add_loop_test(t, system_calls_have_the_rules_of_this_architecture, 0,
			    (int)(sizeof(expected) / sizeof(expected[0])));
	tcase_add_test(t, each_rule_is_a_class_or_a_way_to_find_one);
	tcase_add_test(t, functions_that_end_waits_are_found_up_to_their_ends);
	tcase_add_test(t, they_are_sorted_by_address);
	tcase_add_test(t, parts_and_clones_of_functions_are_found);
	tcase_add_loop_test(t, what_is_no_function_of_the_kernel_is_none, 0,
			    (int)(sizeof(without) / sizeof(without[0])));
	tcase_add_test(t, long_lines_and_too_many_functions_do_no_harm);
	suite_add_tcase(s, t);
	return run_suite(s);
}
