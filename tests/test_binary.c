/* SPDX-License-Identifier: Apache-2.0
 * The files that other processes have mapped, also when their names lead elsewhere by now. */
#include "fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "target/binary.h"

static char folder[32], program[64];

/* Copies the file @from to @to, which is a new file then. */
static void copy(const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "cp --remove-destination %s %s", from, to);
	ck_assert_int_eq(system(command), 0);
}

static void setup(void)
{
	strcpy(folder, "/tmp/test_binary.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(program, sizeof(program), "%s/program", folder);
	copy("/bin/sleep", program);
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* Runs the program, in its own mount namespace when there are other @mounts; returns when it has
 * mapped itself. */
static pid_t start(void (*mounts)(void))
{
	int pipefd[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe2(pipefd, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		if (mounts)
			mounts();
		execl(program, program, "60", NULL);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	close(pipefd[1]);
	ck_assert_int_eq(read(pipefd[0], &byte, 1), 0); /* closed by exec */
	close(pipefd[0]);
	return pid;
}

static void stop(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

/* The build-id of the file that the first code mapping of @pid shows; "" when it cannot be had. */
static void read_build_id(pid_t pid, char ret[130])
{
	hw_auto(hw_binaries_free) struct hw_binaries *set = hw_binaries_new();
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	const struct hw_binary *b;

	ck_assert_int_eq(hw_maps_read(pid, &maps), 0);
	ck_assert_uint_gt(hw_maps_count(maps), 0);
	ck_assert_ptr_nonnull(strstr(hw_maps_at(maps, 0)->path, program));
	b = hw_binaries_get(set, pid, hw_maps_at(maps, 0));
	snprintf(ret, 130, "%s", b ? hw_module_build_id(b->module) : "");
}

static void build_id_of(const char *path, char ret[130])
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;

	ck_assert_int_eq(hw_module_open(path, path, &m), 0);
	snprintf(ret, 130, "%s", hw_module_build_id(m));
	ck_assert_str_ne(ret, "");
}

static void delete_it(void)
{
	ck_assert_int_eq(unlink(program), 0);
}

static void replace_it(void)
{
	copy("/bin/cat", program);
}

static void leave_it(void)
{
}

static void (*const events[])(void) = { leave_it, delete_it, replace_it };

START_TEST(a_mapped_file_is_found_though_its_name_leads_elsewhere)
{
	char got[130], want[130];
	pid_t pid = start(NULL);

	build_id_of("/bin/sleep", want);
	events[_i]();
	read_build_id(pid, got);
	stop(pid);
	if (_i && !*got && geteuid() != 0) {
		unjudged(__func__, "map_files needs privilege");
		return;
	}
	ck_assert_str_eq(got, want);
}
END_TEST

/* The program lies in a file system that only the child sees. */
static void mount_over(void)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", folder, "tmpfs", 0, NULL))
		_exit(126);
	copy("/bin/sleep", program);
}

START_TEST(a_file_of_another_mount_namespace_is_found)
{
	char got[130], want[130];
	pid_t pid;

	if (geteuid() != 0) {
		unjudged(__func__, "a mount namespace needs root");
		return;
	}
	copy("/bin/cat", program); /* what the same name means here */
	build_id_of("/bin/sleep", want);
	pid = start(mount_over);
	if (waitpid(pid, NULL, WNOHANG) == pid) {
		unjudged(__func__, "no mount namespace may be made here");
		return;
	}
	read_build_id(pid, got);
	stop(pid);
	ck_assert_str_eq(got, want);
}
END_TEST

START_TEST(every_process_shows_the_vdso_of_this_one)
{
	hw_auto(hw_binaries_free) struct hw_binaries *set = hw_binaries_new();
	const uint64_t start_addr = getauxval(AT_SYSINFO_EHDR);
	const struct hw_map map = { .start = start_addr,
				    .end = start_addr + 8192,
				    .path = (char *)"[vdso]" };
	const struct hw_map low = { .start = 0xf7f00000, .end = 0xf7f02000, .path = map.path };
	const struct hw_binary *b = hw_binaries_get(set, 1, &map);

	if (!start_addr) {
		unjudged(__func__, "this kernel maps no vDSO");
		return;
	}
	ck_assert_ptr_nonnull(b);
	ck_assert_str_eq(hw_module_name(b->module), "[vdso]");
	ck_assert_ptr_eq(hw_binaries_get(set, 2, &map), b);
	ck_assert_ptr_null(hw_binaries_get(set, 1, &low));
}
END_TEST

static struct hw_map map_of(char *path)
{
	return (struct hw_map){ .start = 0x10000, .end = 0x20000, .path = path };
}

START_TEST(a_file_is_opened_once_and_has_a_handle_for_each_use)
{
	hw_auto(hw_binaries_free) struct hw_binaries *set = hw_binaries_new();
	const struct hw_map map = map_of(program);
	struct hw_binary *b = hw_binaries_get(set, getpid(), &map);
	struct hw_module *names, *rows;

	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_eq(hw_binaries_get(set, getppid(), &map), b);
	ck_assert_ptr_eq(hw_binaries_at(set, program), b);
	names = hw_binary_handle(b, HW_BINARY_NAMES);
	rows = hw_binary_handle(b, HW_BINARY_ROWS);
	ck_assert_ptr_nonnull(names);
	ck_assert_ptr_nonnull(rows);
	ck_assert(names != rows && names != b->module && rows != b->module);
	ck_assert_ptr_eq(hw_binary_handle(b, HW_BINARY_NAMES), names);
	ck_assert_str_eq(hw_module_build_id(names), hw_module_build_id(b->module));
	ck_assert_str_eq(hw_module_name(rows), program);
	/* Its name may lead elsewhere by now: a handle is of the file that was opened. */
	delete_it();
	hw_binary_put_handle(b, HW_BINARY_ROWS);
	rows = hw_binary_handle(b, HW_BINARY_ROWS);
	ck_assert_ptr_nonnull(rows);
	ck_assert_str_eq(hw_module_build_id(rows), hw_module_build_id(names));
}
END_TEST

#define THREADS 4

static void *open_all(void *arg)
{
	static const char *const paths[] = { "/bin/sleep", "/bin/cat", "/bin/ls", "/bin/sh",
					     "/bin/mv",	   "/bin/cp",  "/bin/rm", "/bin/ln" };
	struct hw_binary *sleep = NULL;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct hw_map map = map_of((char *)paths[i]);
		struct hw_binary *b = hw_binaries_get(arg, getpid(), &map);

		sleep = i ? sleep : b;
	}
	return sleep;
}

START_TEST(any_thread_may_open_files)
{
	hw_auto(hw_binaries_free) struct hw_binaries *set = hw_binaries_new();
	pthread_t threads[THREADS];
	void *found[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, open_all, set), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], &found[i]);
	ck_assert_ptr_nonnull(found[0]);
	for (int i = 1; i < THREADS; i++)
		ck_assert_ptr_eq(found[i], found[0]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("binary");
	TCase *c = tcase_create("binary");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, a_mapped_file_is_found_though_its_name_leads_elsewhere, 0, 3);
	tcase_add_test(c, a_file_of_another_mount_namespace_is_found);
	tcase_add_test(c, every_process_shows_the_vdso_of_this_one);
	tcase_add_test(c, a_file_is_opened_once_and_has_a_handle_for_each_use);
	tcase_add_test(c, any_thread_may_open_files);
	suite_add_tcase(s, c);
	return run_suite(s);
}
