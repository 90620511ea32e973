/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <string.h>

#include "kernel/features.h"
#include "kernel/nofault.h"
#include "kernel/refusal.h"

/* Without the right to load programs every feature is missing. */
static bool can_load(const char *test)
{
	int r = hw_bpf_probe();

	if (r < 0)
		unjudged(test, "bpf(2) is refused here: %s", strerror(-r));
	return r >= 0;
}

START_TEST(a_helper_of_old_is_there_and_one_that_nobody_has_is_not)
{
	if (!can_load(__func__))
		return;
	ck_assert(hw_feature_helper(BPF_PROG_TYPE_PERF_EVENT, BPF_FUNC_map_lookup_elem));
	ck_assert(!hw_feature_helper(BPF_PROG_TYPE_PERF_EVENT, (enum bpf_func_id)100000));
}
END_TEST

START_TEST(a_helper_is_asked_for_by_type_of_program)
{
	if (!can_load(__func__))
		return;
	ck_assert(hw_feature_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_skb_load_bytes));
	ck_assert(!hw_feature_helper(BPF_PROG_TYPE_PERF_EVENT, BPF_FUNC_skb_load_bytes));
}
END_TEST

START_TEST(a_tracepoint_is_there_by_its_name)
{
	if (!can_load(__func__))
		return;
	ck_assert(hw_feature_tracepoint("sched_switch"));
	ck_assert(!hw_feature_tracepoint("sched_no_such_thing"));
}
END_TEST

/* Which of the two is the kernel's affair. It is to say so, or why it cannot be seen. */
START_TEST(whether_a_read_takes_the_lock_is_seen_or_refused)
{
	int r = hw_nofault_takes_lock();

	ck_assert_int_le(r, 1);
	if (!can_load(__func__))
		ck_assert_int_lt(r, 0);
	else if (r < 0)
		unjudged(__func__, "kprobes cannot be used here: %s", strerror(-r));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("features");
	TCase *t = tcase_create("features");

	tcase_add_test(t, a_helper_of_old_is_there_and_one_that_nobody_has_is_not);
	tcase_add_test(t, a_helper_is_asked_for_by_type_of_program);
	tcase_add_test(t, a_tracepoint_is_there_by_its_name);
	tcase_add_test(t, whether_a_read_takes_the_lock_is_seen_or_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
