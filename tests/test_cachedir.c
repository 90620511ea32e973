/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cachedir.h"
#include "base/cleanup.h"

static char dir[64];

static void setup(void)
{
	strcpy(dir, "/tmp/hwprof-test-cachedir-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void check_cache_dir(const char *want)
{
	hw_autofree char *got = NULL;

	ck_assert_int_eq(hw_cache_dir(&got), 0);
	ck_assert_str_eq(got, want);
}

START_TEST(the_directory_is_in_a_place_of_the_users_own)
{
	hw_autofree char *got = NULL;
	char want[160];

	snprintf(want, sizeof(want), "%s/hwprof/unwind", dir);
	setenv("XDG_CACHE_HOME", dir, 1);
	check_cache_dir(want);
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", dir, 1);
	snprintf(want, sizeof(want), "%s/.cache/hwprof/unwind", dir);
	check_cache_dir(want);
	setenv("XDG_CACHE_HOME", "relative", 1); /* which the specification says to ignore */
	check_cache_dir(want);
	setenv("HOME", "/no/such", 1);
	if (geteuid() == 0)
		check_cache_dir("/var/cache/hwprof");
	else
		ck_assert_int_eq(hw_cache_dir(&got), -ENOENT);
}
END_TEST

START_TEST(what_is_not_there_is_made_below_what_is)
{
	hw_autoclose int fd = -1;
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/hwprof/unwind", dir);
	ck_assert_int_eq(hw_cache_dir_open(path), -ENOENT);
	fd = hw_cache_dir_make(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	snprintf(path, sizeof(path), "%s/a/b/c", dir); /* two levels, no more */
	ck_assert_int_eq(hw_cache_dir_make(path), -ENOENT);
}
END_TEST

START_TEST(a_directory_that_others_may_write_to_is_refused)
{
	char link[80];

	ck_assert_int_eq(chmod(dir, 0770), 0);
	ck_assert_int_eq(hw_cache_dir_make(dir), -EPERM);
	ck_assert_int_eq(chmod(dir, 0702), 0);
	ck_assert_int_eq(hw_cache_dir_open(dir), -EPERM);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(close(hw_cache_dir_open(dir)), 0);
	snprintf(link, sizeof(link), "%s/link", dir);
	ck_assert_int_eq(symlink(dir, link), 0);
	ck_assert_int_lt(hw_cache_dir_open(link), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cachedir");
	TCase *t = tcase_create("cachedir");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_directory_is_in_a_place_of_the_users_own);
	tcase_add_test(t, what_is_not_there_is_made_below_what_is);
	tcase_add_test(t, a_directory_that_others_may_write_to_is_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
