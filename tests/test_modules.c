/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sym/modules.h"

/* A directory of its own for each test, with a copy of this program in it. */
static char dir[64], copy[80], other[80];

/* Writes @copy; it keeps its inode when it is there already. */
static void write_copy(void)
{
	hw_autoclose int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	hw_autoclose int out = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	struct stat st;
	ssize_t n = 1;

	ck_assert_int_ge(in, 0);
	ck_assert_int_ge(out, 0);
	ck_assert_int_eq(fstat(in, &st), 0);
	for (off_t at = 0; at < st.st_size && n > 0;)
		n = sendfile(out, in, &at, (size_t)(st.st_size - at));
	ck_assert_int_gt(n, 0);
}

static void set_up(void)
{
	snprintf(dir, sizeof(dir), "/tmp/hwprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(copy, sizeof(copy), "%s/copy", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	write_copy();
}

static void tear_down(void)
{
	unlink(copy);
	unlink(other);
	rmdir(dir);
}

START_TEST(one_file_is_opened_once_whatever_its_path)
{
	hw_auto(hw_modules_free) struct hw_modules *c = hw_modules_new();
	struct hw_module *a, *b, *d;

	ck_assert_int_eq(link(copy, other), 0);
	ck_assert_int_eq(hw_modules_get(c, copy, "first", &a), 0);
	ck_assert_int_eq(hw_modules_get(c, copy, "again", &b), 0);
	ck_assert_int_eq(hw_modules_get(c, other, "link", &d), 0);
	ck_assert_ptr_eq(a, b);
	ck_assert_ptr_eq(a, d);
	ck_assert_str_eq(hw_module_name(a), "first");
}
END_TEST

START_TEST(different_files_are_different_modules)
{
	hw_auto(hw_modules_free) struct hw_modules *c = hw_modules_new();
	struct hw_module *a, *b;

	ck_assert_int_eq(hw_modules_get(c, copy, "copy", &a), 0);
	ck_assert_int_eq(hw_modules_get(c, "/proc/self/exe", "self", &b), 0);
	ck_assert_ptr_ne(a, b);
	ck_assert_str_eq(hw_module_name(a), "copy");
	ck_assert_str_eq(hw_module_name(b), "self");
}
END_TEST

START_TEST(a_file_that_changed_is_another_module)
{
	struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	hw_auto(hw_modules_free) struct hw_modules *c = hw_modules_new();
	struct hw_module *a, *b;

	ck_assert_int_eq(utimensat(AT_FDCWD, copy, times, 0), 0);
	ck_assert_int_eq(hw_modules_get(c, copy, "old", &a), 0);
	times[1].tv_nsec = 1;
	ck_assert_int_eq(utimensat(AT_FDCWD, copy, times, 0), 0);
	ck_assert_int_eq(hw_modules_get(c, copy, "new", &b), 0);
	ck_assert_ptr_ne(a, b);
	ck_assert_str_eq(hw_module_name(a), "old");
}
END_TEST

/* As package managers do it: another inode under the old name, with the old time. */
START_TEST(a_file_renamed_over_another_is_another_module)
{
	const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	hw_auto(hw_modules_free) struct hw_modules *c = hw_modules_new();
	struct hw_module *a, *b;

	ck_assert_int_eq(rename(copy, other), 0);
	write_copy();
	ck_assert_int_eq(utimensat(AT_FDCWD, copy, times, 0), 0);
	ck_assert_int_eq(utimensat(AT_FDCWD, other, times, 0), 0);
	ck_assert_int_eq(hw_modules_get(c, copy, "old", &a), 0);
	ck_assert_int_eq(rename(other, copy), 0);
	ck_assert_int_eq(hw_modules_get(c, copy, "new", &b), 0);
	ck_assert_ptr_ne(a, b);
	ck_assert_str_eq(hw_module_name(b), "new");
}
END_TEST

START_TEST(a_missing_file_stays_missing_under_its_path)
{
	hw_auto(hw_modules_free) struct hw_modules *c = hw_modules_new();
	struct hw_module *m = (struct hw_module *)dir;

	ck_assert_int_eq(hw_modules_get(c, other, "x", &m), -ENOENT);
	ck_assert_int_eq(rename(copy, other), 0);
	ck_assert_int_eq(hw_modules_get(c, other, "x", &m), -ENOENT);
	ck_assert_ptr_eq(m, dir);
}
END_TEST

START_TEST(a_broken_file_stays_broken_under_its_path)
{
	hw_auto(hw_modules_free) struct hw_modules *c = hw_modules_new();
	struct hw_module *m;

	ck_assert_int_eq(truncate(copy, 100), 0);
	ck_assert_int_eq(hw_modules_get(c, copy, "x", &m), -EBADMSG);
	write_copy();
	ck_assert_int_eq(hw_modules_get(c, copy, "x", &m), -EBADMSG);
	ck_assert_int_eq(link(copy, other), 0);
	ck_assert_int_eq(hw_modules_get(c, other, "x", &m), 0);
}
END_TEST

START_TEST(want_of_descriptors_is_not_remembered)
{
	hw_auto(hw_modules_free) struct hw_modules *c = hw_modules_new();
	struct hw_module *m;
	struct rlimit few;
	int fds[64], n = 0;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &few), 0);
	few.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (n < 64 && (fds[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		n++;
	ck_assert_int_lt(n, 64);
	ck_assert_int_eq(hw_modules_get(c, copy, "x", &m), -EMFILE);
	while (n)
		close(fds[--n]);
	ck_assert_int_eq(hw_modules_get(c, copy, "x", &m), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("modules");
	TCase *t = tcase_create("modules");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, one_file_is_opened_once_whatever_its_path);
	tcase_add_test(t, different_files_are_different_modules);
	tcase_add_test(t, a_file_that_changed_is_another_module);
	tcase_add_test(t, a_file_renamed_over_another_is_another_module);
	tcase_add_test(t, a_missing_file_stays_missing_under_its_path);
	tcase_add_test(t, a_broken_file_stays_broken_under_its_path);
	tcase_add_test(t, want_of_descriptors_is_not_remembered);
	suite_add_tcase(s, t);
	return run_suite(s);
}
