/* SPDX-License-Identifier: Apache-2.0
 * (What is found of real interpreters: tests/e2e/doctor.sh.) */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/pythons.h"

START_TEST(a_version_is_told_as_people_write_it)
{
	char text[HW_PYTHON_VERSION_SIZE];
	struct hw_python python = { .version = 0x030b07f0 };

	ck_assert_str_eq(hw_python_version(&python, text), "3.11.7");
	python.version = 0;
	ck_assert_str_eq(hw_python_version(&python, text), "before 3.6");
	python.version = 0xffffffff; /* a file may say anything */
	ck_assert_str_eq(hw_python_version(&python, text), "255.255.255");
}
END_TEST

/* Names prove nothing: neither a script nor a program without CPython is one. */
START_TEST(what_is_only_called_python_is_left_out)
{
	hw_auto(hw_pythons_done) struct hw_pythons found = { 0 };
	char dir[] = "/tmp/hwprof-test-pythons-XXXXXX", script[64], program[64], self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	FILE *f;

	ck_assert_int_gt(n, 0);
	self[n] = 0;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(script, sizeof(script), "%s/python3.6", dir);
	snprintf(program, sizeof(program), "%s/python3", dir);
	f = fopen(script, "we");
	ck_assert_ptr_nonnull(f);
	fputs("#!/bin/sh\n", f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(symlink(self, program), 0);
	setenv("PATH", dir, 1);
	setenv("PYENV_ROOT", dir, 1);
	ck_assert_int_eq(hw_pythons_find(&found), 0);
	for (size_t i = 0; i < found.count; i++)
		ck_assert_msg(strncmp(found.items[i].path, dir, strlen(dir)), "%s", found.items[i].path);
	unlink(script);
	unlink(program);
	rmdir(dir);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pythons");
	TCase *t = tcase_create("pythons");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_version_is_told_as_people_write_it);
	tcase_add_test(t, what_is_only_called_python_is_left_out);
	suite_add_tcase(s, t);
	return run_suite(s);
}
