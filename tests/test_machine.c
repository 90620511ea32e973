/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proc/machine.h"

static char root[] = "/tmp/hwprof-test-XXXXXX";

static const char *const dirs[] = { "/a", "/a/b", "/a/b/c", "/cpu", "/cpu/job", "/odd", "/dir",
				    "/dir/cpu.stat" };

#define N_DIRS (sizeof(dirs) / sizeof(dirs[0]))

static const struct {
	const char *path, *text;
} files[] = {
	{ "/a/cpu.stat", "usage_usec 17\nnr_throttled 3\nthrottled_usec 1500000\n" },
	{ "/a/b/cpu.stat", "usage_usec 9\nthrottled_usec 250000\nnr_bursts 0\n" },
	{ "/a/b/c/cpu.stat", "usage_usec 9\n" }, /* the controller is not enabled here */
	{ "/cpu/job/cpu.stat", "nr_periods 4\nnr_throttled 2\nthrottled_time 750000000\n" },
	{ "/odd/cpu.stat", "throttled_usec\nthrottled_usec x\n\nnot_throttled_usec 9000000\n" },
};

#define N_FILES (sizeof(files) / sizeof(files[0]))

static void make_groups(void)
{
	char path[128];

	strcpy(root, "/tmp/hwprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	for (size_t i = 0; i < N_DIRS; i++) {
		snprintf(path, sizeof(path), "%s%s", root, dirs[i]);
		ck_assert_int_eq(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < N_FILES; i++) {
		hw_autofclose FILE *f = NULL;

		snprintf(path, sizeof(path), "%s%s", root, files[i].path);
		f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs(files[i].text, f), 0);
	}
}

static void remove_groups(void)
{
	char path[128];

	for (size_t i = 0; i < N_FILES; i++) {
		snprintf(path, sizeof(path), "%s%s", root, files[i].path);
		unlink(path);
	}
	for (size_t i = N_DIRS; i--;) {
		snprintf(path, sizeof(path), "%s%s", root, dirs[i]);
		rmdir(path);
	}
	ck_assert_int_eq(rmdir(root), 0);
}

static const struct {
	const char *groups; /* /proc/PID/cgroup */
	double throttled_s;
} processes[] = {
	{ "0::/a\n", 1.5 },
	{ "0::/a/b\n", 1.5 },	/* the largest on the way */
	{ "0::/a/b/c\n", 1.5 },
	{ "0::/a/b/gone\n", 1.5 },
	{ "0::/\n", 0 },
	{ "0::/odd\n", 0 },
	{ "0::/dir\n", 0 },	/* no file */
	{ "4:cpu,cpuacct:/job\n0::/\n", 0.75 },
	{ "4:cpuset:/job\n3:cpuacct:/job\n", 0 },
	{ "4:cpu:/job\n0::/a/b\n", 1.5 },
	{ "0::/a", 1.5 },	/* cut */
	{ "0:\n:\n\n0\nnonsense", 0 },
	{ "", 0 },
};

START_TEST(time_without_quota_is_the_largest_of_its_groups)
{
	const char *text = processes[_i].groups;
	hw_autofclose FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, strlen(text), f), strlen(text));
	rewind(f);
	ck_assert_double_eq(hw_machine_parse_throttled_s(f, root), processes[_i].throttled_s);
}
END_TEST

START_TEST(a_path_without_end_is_no_group)
{
	hw_autofclose FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	fputs("0::/a/", f);
	for (int i = 0; i < 20000; i++)
		fputc(i % 100 ? 'x' : '/', f);
	fputs("\n0::/a\n", f);
	rewind(f);
	ck_assert_double_eq(hw_machine_parse_throttled_s(f, root), 1.5);
}
END_TEST

START_TEST(figures_of_this_machine_are_sane_and_only_grow)
{
	double steal_s = hw_machine_steal_s(), throttled_s = hw_machine_throttled_s(0);

	ck_assert_double_ge(steal_s, 0);
	ck_assert_double_ge(throttled_s, 0);
	ck_assert_double_ge(hw_machine_steal_s(), steal_s);
	ck_assert_double_ge(hw_machine_throttled_s(getpid()), throttled_s);
	ck_assert_double_eq(hw_machine_throttled_s(INT32_MAX), 0); /* nobody has that number */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("machine");
	TCase *t = tcase_create("machine");

	tcase_add_checked_fixture(t, make_groups, remove_groups);
	tcase_add_loop_test(t, time_without_quota_is_the_largest_of_its_groups, 0,
			    (int)(sizeof(processes) / sizeof(processes[0])));
	tcase_add_test(t, a_path_without_end_is_no_group);
	tcase_add_test(t, figures_of_this_machine_are_sane_and_only_grow);
	suite_add_tcase(s, t);
	return run_suite(s);
}
