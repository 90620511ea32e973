/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "session/failure.h"

static const struct {
	struct hw_failure f;
	const char *text;
} failures[] = {
	{ { .what = HW_FAILED_RUN, .error = -ENOENT, .object = "prog" },
	  "cannot run 'prog': No such file or directory; check the name and $PATH" },
	{ { .what = HW_FAILED_RUN, .error = -ENOENT, .object = "./prog" },
	  "cannot run './prog': No such file or directory; check the path, and the interpreter in its "
	  "first line" },
	{ { .what = HW_FAILED_RUN, .error = -EACCES, .object = "notes" },
	  "cannot run 'notes': Permission denied; make it executable with chmod +x, or name its "
	  "interpreter before it" },
	{ { .what = HW_FAILED_RUN, .error = -ENOEXEC, .object = "x" },
	  "cannot run 'x': Exec format error; it is no program for this machine" },
	{ { .what = HW_FAILED_RUN, .error = -E2BIG, .object = "x" },
	  "cannot run 'x': Argument list too long" },
	{ { .what = HW_FAILED_FORK, .error = -EAGAIN },
	  "cannot start a process: Resource temporarily unavailable; see `ulimit -u`" },
	{ { .what = HW_FAILED_PROCESS, .error = -ESRCH, .pid = 77 },
	  "process 77 has ended: nothing to measure" },
	{ { .what = HW_FAILED_USAGE, .error = -ENOENT },
	  "cannot read what has been used so far: No such file or directory; is /proc mounted?" },
	{ { .what = HW_FAILED_REAP, .error = -ECHILD, .object = "prog" },
	  "cannot wait for prog: No child processes" },
	{ { .what = HW_FAILED_OTHER, .error = -ENOMEM }, "cannot measure: Cannot allocate memory" },
};

START_TEST(each_failure_has_its_words)
{
	hw_autofree char *text = hw_failure_text(&failures[_i].f);

	ck_assert_str_eq(text, failures[_i].text);
}
END_TEST

START_TEST(what_bpf_refuses_is_explained_as_everywhere)
{
	const struct hw_failure f = { .what = HW_FAILED_SCHEDULER, .error = -EMFILE };
	hw_autofree char *text = hw_failure_text(&f), *cause = hw_failure_cause(&f);

	ck_assert_str_eq(cause, "no more open files for the maps of BPF; raise the limit with "
				"`ulimit -Hn`");
	ck_assert_ptr_nonnull(strstr(text, "the scheduler cannot be watched: no more open files"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("failure");
	TCase *t = tcase_create("failure");

	tcase_add_loop_test(t, each_failure_has_its_words, 0, sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(t, what_bpf_refuses_is_explained_as_everywhere);
	suite_add_tcase(s, t);
	return run_suite(s);
}
