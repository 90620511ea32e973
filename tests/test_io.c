/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"

#define SIZE (1 << 20) /* many times what a pipe holds */

static unsigned char byte_at(size_t i)
{
	return (unsigned char)(i * 7 + i / 251);
}

/* The other end of a pipe to which a child writes SIZE bytes at once, which come in pieces. */
static int open_writer(pid_t *ret_pid)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	*ret_pid = fork();
	if (!*ret_pid) {
		static unsigned char bytes[SIZE]; /* none is lost by _exit(2) */

		for (size_t i = 0; i < SIZE; i++)
			bytes[i] = byte_at(i);
		_exit(hw_write_all(fds[1], bytes, SIZE) == 0 ? 0 : 1);
	}
	close(fds[1]);
	return fds[0];
}

static void check_child(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(pieces_are_put_together_up_to_the_end)
{
	static unsigned char bytes[SIZE + 10]; /* the child has no heap of ours to lose, either */
	hw_autoclose int fd = -1;
	size_t n_wrong = 0;
	pid_t pid;

	fd = open_writer(&pid);
	ck_assert_int_eq(hw_read_full(fd, bytes, 5), 5);
	ck_assert_int_eq(hw_read_full(fd, bytes + 5, SIZE + 5), SIZE - 5);
	ck_assert_int_eq(hw_read_full(fd, bytes, 1), 0);
	for (size_t i = 5; i < SIZE; i++)
		n_wrong += bytes[i] != byte_at(i);
	ck_assert_uint_eq(n_wrong, 0);
	check_child(pid);
}
END_TEST

START_TEST(errors_are_returned)
{
	hw_autoclose int full = open("/dev/full", O_RDWR | O_CLOEXEC);
	char byte = 0;

	ck_assert_int_eq(hw_read_full(-1, &byte, 1), -EBADF);
	ck_assert_int_eq(hw_write_all(-1, &byte, 1), -EBADF);
	ck_assert_int_eq(hw_write_all(-1, &byte, 0), 0);
	if (full >= 0)
		ck_assert_int_eq(hw_write_all(full, &byte, 1), -ENOSPC);
}
END_TEST

START_TEST(the_limit_of_open_files_is_raised_once)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max - 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(hw_raise_fd_limit(), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert(limit.rlim_cur == limit.rlim_max);
	ck_assert_int_eq(hw_raise_fd_limit(), -EMFILE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io");
	TCase *t = tcase_create("io");

	tcase_add_test(t, pieces_are_put_together_up_to_the_end);
	tcase_add_test(t, errors_are_returned);
	tcase_add_test(t, the_limit_of_open_files_is_raised_once);
	suite_add_tcase(s, t);
	return run_suite(s);
}
