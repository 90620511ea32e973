/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "session/describe.h"
#include "kernel/refusal.h"
#include "event/perf_rights.h"

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	ck_assert_int_eq(syscall(SYS_capset, &header, none), 0);
}

static const int errors[] = { -EPERM, -EACCES, -ENOENT, -EOPNOTSUPP, -ENOSYS,
			      -EINVAL, -EMFILE, -ENOMEM, -E2BIG };

START_TEST(every_refusal_is_one_line_with_a_cause_and_a_remedy)
{
	hw_autofree char *why = hw_bpf_explain(errors[_i]);
	const char *remedy = strstr(why, "; ");

	ck_assert_ptr_nonnull(remedy);
	ck_assert_uint_gt(strlen(remedy), 10);
	ck_assert_ptr_null(strchr(why, '\n'));
}
END_TEST

START_TEST(without_capabilities_these_are_what_lacks)
{
	hw_autofree char *why = NULL;

	drop_capabilities();
	ck_assert_int_lt(hw_bpf_probe(), 0);
	why = hw_bpf_explain(-EPERM);
	ck_assert_ptr_nonnull(strstr(why, "EPERM"));
	ck_assert_ptr_nonnull(strstr(why, "lacks CAP_BPF and CAP_PERFMON"));
	ck_assert_ptr_nonnull(strstr(why, hw_perf_rights_remedy()));
}
END_TEST

/* 10 ms on a counter, of 10,000 periods of which @samples became samples. */
static uint64_t missing_of(uint64_t samples, uint64_t lost, uint64_t running_ns, bool *ret_doubt)
{
	struct hw_session_event event = { .name = (char *)"cycles", .period = 1000,
					  .counted = 10000000, .samples = samples,
					  .enabled_ns = running_ns, .running_ns = running_ns };
	struct hw_session s = { .events = &event, .n_events = 1,
				.doubts = calloc(1, sizeof(*s.doubts)) };
	uint64_t missing;

	ck_assert_int_eq(hw_describe_throttled(&s, lost, &missing), 0);
	*ret_doubt = s.doubts && s.doubts[0] && strstr(s.doubts[0], "cycles was throttled: about");
	for (char **doubt = s.doubts; doubt && *doubt; doubt++)
		free(*doubt);
	free(s.doubts);
	return missing;
}

START_TEST(samples_that_the_kernel_kept_back_are_told)
{
	bool doubt;

	ck_assert_uint_eq(missing_of(2000, 0, 10000000, &doubt), 8000);
	ck_assert(doubt);
	ck_assert_uint_eq(missing_of(2000, 1000, 10000000, &doubt), 7000);
}
END_TEST

START_TEST(samples_are_not_throttled_when_they_are_whole_lost_or_slow)
{
	bool doubt;

	ck_assert_uint_eq(missing_of(9900, 0, 10000000, &doubt), 0);
	ck_assert(!doubt);
	ck_assert_uint_eq(missing_of(2000, 8000, 10000000, &doubt), 0);
	ck_assert_uint_eq(missing_of(2000, 0, 1000000000000, &doubt), 0); /* 10 a second */
	ck_assert_uint_eq(missing_of(2000, 0, 0, &doubt), 0);
	ck_assert(!doubt);
}
END_TEST

START_TEST(the_scheduler_that_cannot_be_watched_is_a_doubt)
{
	struct hw_session s = { .doubts = calloc(1, sizeof(*s.doubts)) };

	ck_assert_int_eq(hw_describe_wall_unknown(&s, -EMFILE), 0);
	ck_assert_ptr_nonnull(strstr(s.doubts[0], "the wall budget is estimated: no more open files"));
	free(s.doubts[0]);
	free(s.doubts);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("refusal");
	TCase *t = tcase_create("refusal");

	tcase_add_loop_test(t, every_refusal_is_one_line_with_a_cause_and_a_remedy, 0,
			    sizeof(errors) / sizeof(errors[0]));
	tcase_add_test(t, without_capabilities_these_are_what_lacks);
	tcase_add_test(t, samples_that_the_kernel_kept_back_are_told);
	tcase_add_test(t, samples_are_not_throttled_when_they_are_whole_lost_or_slow);
	tcase_add_test(t, the_scheduler_that_cannot_be_watched_is_a_doubt);
	suite_add_tcase(s, t);
	return run_suite(s);
}
