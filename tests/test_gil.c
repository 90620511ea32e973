/* SPDX-License-Identifier: Apache-2.0
 * Where each CPython that can be found keeps its GIL, beside where its threads do wait. */
#include "fixture.h"

#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proc/maps.h"
#include "py/gil.h"

#define TRIES 400 /* looks at what the threads wait at */
#define PAUSE_US 10000

static const char fight[] = "import sys, threading, time\n"
			    "end = time.time() + 20\n"
			    "def count():\n"
			    "    while time.time() < end:\n"
			    "        for i in range(1000): pass\n"
			    "for i in range(3): threading.Thread(target=count, daemon=True).start()\n"
			    "count()\n";

static glob_t found; /* the interpreters */

static void find_interpreters(void)
{
	const char *root = getenv("PYENV_ROOT"), *home = getenv("HOME");
	char pattern[256];

	snprintf(pattern, sizeof(pattern), "%s%s/versions/3.*/bin/python3",
		 root ? root : home ? home : "", root ? "" : "/.pyenv");
	glob("/usr/bin/python3.[0-9]*[0-9]", 0, NULL, &found);
	glob(pattern, GLOB_APPEND, NULL, &found);
}

static pid_t start(const char *path)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid)
		return pid;
	execl(path, path, "-S", "-c", fight, NULL);
	_exit(127);
}

struct gil {
	bool python;		 /* a CPython was found in the process */
	bool known, free_threaded;
	uint64_t start, end; /* addresses in the process */
};

static void look_into(const struct hw_map *map, struct gil *ret)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_py_runtime rt = { 0 };
	uint64_t vaddr, gil, size;

	if (!map->inode || hw_module_open(map->path, map->path, &m) < 0 ||
	    hw_py_runtime_find(m, &rt) != 1 || hw_module_vaddr(m, map->file_off, &vaddr) < 0)
		return;
	ret->python = true;
	ret->free_threaded = rt.free_threaded;
	ret->known = hw_py_gil_find(m, &rt, &gil, &size) == 0;
	ret->start = ret->known ? map->start - vaddr + gil : 0;
	ret->end = ret->known ? ret->start + size : 0;
}

static struct gil find_gil(pid_t pid)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	struct gil gil = { 0 };

	if (hw_maps_read(pid, &maps) < 0)
		return gil;
	for (size_t i = 0; i < hw_maps_count(maps) && !gil.python; i++)
		look_into(hw_maps_at(maps, i), &gil);
	return gil;
}

/* Whether a thread waits at a futex within @gil now, by proc_pid_syscall(5). */
static bool waits_at(pid_t pid, const struct gil *gil)
{
	char pattern[64];
	glob_t tasks;
	bool waits = false;

	snprintf(pattern, sizeof(pattern), "/proc/%d/task/*/syscall", pid);
	if (glob(pattern, 0, NULL, &tasks))
		return false;
	for (size_t i = 0; i < tasks.gl_pathc; i++) {
		hw_autofclose FILE *f = fopen(tasks.gl_pathv[i], "r");
		unsigned long nr, addr;

		if (f && fscanf(f, "%lu %lx", &nr, &addr) == 2 && nr == SYS_futex)
			waits |= addr >= gil->start && addr < gil->end;
	}
	globfree(&tasks);
	return waits;
}

/* Looks until a thread was seen to wait there. */
static bool is_waited_at(pid_t pid, struct gil *gil)
{
	for (int i = 0; i < TRIES; i++, usleep(PAUSE_US)) {
		if (!gil->python)
			*gil = find_gil(pid);
		else if (!gil->known)
			return false;
		else if (waits_at(pid, gil))
			return true;
	}
	return false;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

START_TEST(threads_wait_for_the_gil_where_it_was_found)
{
	const char *path = found.gl_pathv[_i];
	struct gil gil = { 0 };
	pid_t pid = start(path);
	bool waited_at = is_waited_at(pid, &gil);

	end(pid);
	ck_assert_msg(gil.python, "%s: no CPython", path);
	if (gil.free_threaded) {
		ck_assert(!gil.known);
		return;
	}
	ck_assert_msg(gil.known, "%s: no GIL", path);
	ck_assert_msg(waited_at, "%s: nobody waits between %#lx and %#lx", path,
		      (unsigned long)gil.start, (unsigned long)gil.end);
}
END_TEST

START_TEST(a_free_threaded_cpython_has_none)
{
	const struct hw_py_runtime rt = { .version = 0x030d00f0, .free_threaded = true };
	uint64_t vaddr = 7, size = 7;

	ck_assert_int_eq(hw_py_gil_find(NULL, &rt, &vaddr, &size), -ENOENT);
	ck_assert_uint_eq(vaddr, 7);
}
END_TEST

START_TEST(a_program_without_its_symbols_has_none)
{
	const struct hw_py_runtime old = { .version = 0x030600f0 };
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	uint64_t vaddr, size;

	ck_assert_int_eq(hw_module_open("/proc/self/exe", "self", &m), 0);
	ck_assert_int_eq(hw_py_gil_find(m, &old, &vaddr, &size), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gil");
	TCase *t = tcase_create("gil");

	find_interpreters();
	if (!found.gl_pathc)
		unjudged("threads_wait_for_the_gil_where_it_was_found", "no CPython here");
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, threads_wait_for_the_gil_where_it_was_found, 0, (int)found.gl_pathc);
	tcase_add_test(t, a_free_threaded_cpython_has_none);
	tcase_add_test(t, a_program_without_its_symbols_has_none);
	suite_add_tcase(s, t);
	return run_suite(s);
}
