/* SPDX-License-Identifier: Apache-2.0
 * lib/proc/cgroup.h: folders that look like cgroups. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "proc/cgroup.h"

static char dir[64];

static void make_dir(void)
{
	strcpy(dir, "/tmp/hwprof-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* A group @name below the folder with the lines @procs. */
static void make_group(const char *name, const char *procs)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
	strcat(path, "/cgroup.procs");
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(procs, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(the_groups_below_belong_to_it)
{
	pid_t *pids = NULL;

	make_group("", "30\n7\n");
	make_group("a", "12\n7\n");
	make_group("a/b", "5\n");
	make_group("c", "");
	ck_assert_int_eq(hw_cgroup_processes(dir, &pids), 4);
	ck_assert_int_eq(pids[0], 5);
	ck_assert_int_eq(pids[1], 7);
	ck_assert_int_eq(pids[2], 12);
	ck_assert_int_eq(pids[3], 30);
	free(pids);
}
END_TEST

START_TEST(what_is_no_process_is_left_out)
{
	pid_t *pids = NULL;

	make_group("", "0\n-4\n8\nnonsense\n9\n");
	ck_assert_int_eq(hw_cgroup_processes(dir, &pids), 1);
	ck_assert_int_eq(pids[0], 8);
	free(pids);
}
END_TEST

START_TEST(an_empty_group_has_none)
{
	pid_t *pids = NULL;

	make_group("", "");
	ck_assert_int_eq(hw_cgroup_processes(dir, &pids), 0);
	free(pids);
}
END_TEST

START_TEST(too_many_are_cut)
{
	size_t size = 70000 * 8;
	char *text = malloc(size), *at = text;
	pid_t *pids = NULL;

	ck_assert_ptr_nonnull(text);
	for (int i = 1; i <= 70000; i++)
		at += sprintf(at, "%d\n", i);
	make_group("", text);
	ck_assert_int_eq(hw_cgroup_processes(dir, &pids), 65536);
	free(pids);
	free(text);
}
END_TEST

START_TEST(a_folder_without_the_file_is_no_group)
{
	pid_t *pids = NULL;
	char *found = NULL;

	ck_assert_int_eq(hw_cgroup_find(dir, &found), -ENOENT);
	ck_assert_int_eq(hw_cgroup_processes(dir, &pids), -ENOENT);
	make_group("", "");
	ck_assert_int_eq(hw_cgroup_find(dir, &found), 0);
	ck_assert_str_eq(found, dir);
	free(found);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cgroup");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_test(tc, the_groups_below_belong_to_it);
	tcase_add_test(tc, what_is_no_process_is_left_out);
	tcase_add_test(tc, an_empty_group_has_none);
	tcase_add_test(tc, too_many_are_cut);
	tcase_add_test(tc, a_folder_without_the_file_is_no_group);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
