/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "target/program.h"

#define NOBODY 0x3ffffff0 /* no process has this number */
#define MADE   0x70001000ULL

static char path[64];

static void write_map(void)
{
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%llx 10 made\n", MADE);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_fork_knows_the_code_that_its_parent_made)
{
	struct hw_program *parent = hw_program_new(0, getpid(), NULL);
	struct hw_program *child = hw_program_new(1, NOBODY, parent);
	struct hw_program *grandchild = hw_program_new(2, NOBODY + 1, child);
	struct hw_symbol symbol;

	write_map();
	hw_program_unref(parent); /* its children hold it */
	hw_program_unref(child);
	ck_assert_int_eq(hw_program_jit(grandchild, MADE + 4, &symbol), 1);
	ck_assert_str_eq(symbol.name, "made");
	ck_assert_uint_eq(symbol.offset_bytes, 4);
	ck_assert_int_eq(hw_program_jit(grandchild, MADE + 0x10, &symbol), 0);
	unlink(path);
	hw_program_unref(grandchild);
}
END_TEST

START_TEST(an_exec_knows_none_of_it)
{
	struct hw_program *after = hw_program_new(1, NOBODY, NULL);
	struct hw_symbol symbol;

	write_map();
	ck_assert_int_eq(hw_program_jit(after, MADE + 4, &symbol), 0);
	unlink(path);
	hw_program_unref(after);
}
END_TEST

/* A daemon that forks and leaves, for years. */
START_TEST(a_long_line_of_forks_is_let_go_of)
{
	struct hw_program *p = NULL;
	struct hw_symbol symbol;

	for (uint32_t i = 0; i < 200000; i++) {
		struct hw_program *child = hw_program_new(i, NOBODY, p);

		ck_assert_ptr_nonnull(child);
		hw_program_unref(p);
		p = child;
	}
	ck_assert_int_eq(hw_program_jit(p, MADE, &symbol), 0);
	ck_assert_ptr_null(hw_program_unref(p));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("program");
	TCase *t = tcase_create("program");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_fork_knows_the_code_that_its_parent_made);
	tcase_add_test(t, an_exec_knows_none_of_it);
	tcase_add_test(t, a_long_line_of_forks_is_let_go_of);
	suite_add_tcase(s, t);
	return run_suite(s);
}
