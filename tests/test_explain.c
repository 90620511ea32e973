/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "event/explain.h"
#include "event/perf.h"

static const struct {
	int error;
	enum hw_counter_status status;
	const char *says;
} errors[] = {
	{ -ENOENT, HW_COUNTER_NOT_SUPPORTED, "" },
	{ -EOPNOTSUPP, HW_COUNTER_NOT_SUPPORTED, "" },
	{ -ENODEV, HW_COUNTER_NOT_SUPPORTED, "" },
	{ -EACCES, HW_COUNTER_NOT_PERMITTED, "CAP_PERFMON" },
	{ -EPERM, HW_COUNTER_NOT_PERMITTED, "CAP_PERFMON" },
	{ -EMFILE, HW_COUNTER_NOT_SUPPORTED, "ulimit" },
	{ -EBUSY, HW_COUNTER_NOT_SUPPORTED, "nmi_watchdog" },
	{ -EINVAL, HW_COUNTER_NOT_SUPPORTED, "form" },
	{ -ENOSPC, HW_COUNTER_NOT_SUPPORTED, "group" },
	{ -ENOSYS, HW_COUNTER_NOT_SUPPORTED, "" },
	{ -ENOTTY, HW_COUNTER_NOT_SUPPORTED, "ioctl" },
};

START_TEST(every_refusal_is_one_line_that_names_the_event)
{
	struct hw_event event = { .name = (char *)"cycles",
				  .attr = { .type = PERF_TYPE_HARDWARE } };
	hw_autofree char *why = hw_event_explain(&event, errors[_i].error);

	ck_assert_int_eq(hw_counter_status_of(errors[_i].error), errors[_i].status);
	ck_assert_ptr_nonnull(strstr(why, "cycles"));
	ck_assert_ptr_nonnull(strstr(why, errors[_i].says));
	ck_assert_ptr_null(strchr(why, '\n'));
}
END_TEST

START_TEST(a_rate_beyond_the_limit_of_the_kernel_is_told)
{
	struct hw_event event = { .name = (char *)"cpu-clock",
				  .attr = { .type = PERF_TYPE_SOFTWARE, .freq = 1,
					    .sample_freq = UINT64_MAX } };
	hw_autofree char *why = hw_event_explain(&event, -EINVAL);

	if (!access("/proc/sys/kernel/perf_event_max_sample_rate", R_OK))
		ck_assert_ptr_nonnull(strstr(why, "perf_event_max_sample_rate"));
}
END_TEST

START_TEST(precision_is_named_when_the_kernel_refuses_it)
{
	struct hw_event event = { .name = (char *)"cycles:ppp",
				  .attr = { .type = PERF_TYPE_HARDWARE, .precise_ip = 3 } };
	hw_autofree char *why = hw_event_explain(&event, -EINVAL);

	ck_assert_ptr_nonnull(strstr(why, ":p"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explain");
	TCase *t = tcase_create("explain");

	tcase_add_loop_test(t, every_refusal_is_one_line_that_names_the_event, 0,
			    (int)(sizeof(errors) / sizeof(errors[0])));
	tcase_add_test(t, a_rate_beyond_the_limit_of_the_kernel_is_told);
	tcase_add_test(t, precision_is_named_when_the_kernel_refuses_it);
	suite_add_tcase(s, t);
	return run_suite(s);
}
