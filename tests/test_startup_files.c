/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "unwind/startup_files.h"

static char dir[64], program[128], script[128];

/* A directory that PATH names, with a program in it: this one. */
static void setup(void)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	ck_assert_int_gt(n, 0);
	self[n] = 0;
	strcpy(dir, "/tmp/hwprof-test-startup-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(program, sizeof(program), "%s/snake3", dir);
	snprintf(script, sizeof(script), "%s/script", dir);
	ck_assert_int_eq(symlink(self, program), 0);
	setenv("PATH", dir, 1);
}

static void teardown(void)
{
	unlink(program);
	unlink(script);
	rmdir(dir);
}

static void write_script(const char *first_line)
{
	FILE *f = fopen(script, "we");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "%s\nprint(1)\n", first_line);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(script, 0755), 0);
}

struct found {
	char first[4096];
	size_t n;
};

static void take_path(void *ctx, const char *path)
{
	struct found *found = ctx;

	if (!found->n++)
		snprintf(found->first, sizeof(found->first), "%s", path);
}

static struct found files_of(char *name)
{
	char *argv[] = { name, NULL };
	struct found found = { .n = 0 };

	hw_startup_files_visit(argv, take_path, &found);
	return found;
}

START_TEST(a_program_needs_its_linker_and_libraries)
{
	struct found found = files_of((char *)"snake3");

	ck_assert_str_eq(found.first, program);
	ck_assert_uint_ge(found.n, 3); /* the program, ld.so, libc */
}
END_TEST

static const char *const by_env[] = {
	"#!/usr/bin/env snake3",
	"#! /usr/bin/env  snake3 -u",
	"#!/usr/bin/env -S snake3 -u",
	"#!/usr/bin/env -Ssnake3 -u",
	"#!/usr/bin/env --split-string=snake3",
	"#!/usr/bin/env -S -i LANG=C snake3",
	"#!/usr/bin/env -S -u LANG snake3",
	"#!/usr/bin/env -vS snake3",
};

START_TEST(a_script_is_run_by_the_program_that_env_is_told)
{
	write_script(by_env[_i]);
	ck_assert_str_eq(files_of(script).first, program);
}
END_TEST

static const char *const without[] = { "#!", "#! ", "#!/no/such/program", "#!/usr/bin/env no-snake" };

START_TEST(a_script_that_names_no_program_needs_nothing)
{
	write_script(without[_i]);
	ck_assert_uint_eq(files_of(script).n, 0);
}
END_TEST

START_TEST(env_that_is_told_no_program_is_the_program)
{
	write_script("#!/usr/bin/env -S -u");
	ck_assert_str_eq(files_of(script).first, "/usr/bin/env");
}
END_TEST

START_TEST(a_script_may_be_run_by_a_program_with_a_path)
{
	char line[256];

	snprintf(line, sizeof(line), "#!%s -u", program);
	write_script(line);
	ck_assert_str_eq(files_of(script).first, program);
}
END_TEST

START_TEST(the_program_itself_is_told_by_its_real_path)
{
	hw_autofree char *path = NULL;
	char *argv[] = { (char *)"snake3", NULL };

	ck_assert_int_eq(hw_startup_files_program(argv, &path), 0);
	ck_assert_str_ne(path, program);
	ck_assert_int_eq(access(path, X_OK), 0);
	argv[0] = (char *)"no-such-program";
	ck_assert_int_lt(hw_startup_files_program(argv, &path), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("startup_files");
	TCase *t = tcase_create("startup_files");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_program_needs_its_linker_and_libraries);
	tcase_add_loop_test(t, a_script_is_run_by_the_program_that_env_is_told, 0,
			    sizeof(by_env) / sizeof(by_env[0]));
	tcase_add_loop_test(t, a_script_that_names_no_program_needs_nothing, 0,
			    sizeof(without) / sizeof(without[0]));
	tcase_add_test(t, env_that_is_told_no_program_is_the_program);
	tcase_add_test(t, a_script_may_be_run_by_a_program_with_a_path);
	tcase_add_test(t, the_program_itself_is_told_by_its_real_path);
	suite_add_tcase(s, t);
	return run_suite(s);
}
