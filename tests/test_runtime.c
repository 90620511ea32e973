/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>

#include "py/runtime.h"
#include "sym/module.h"

static const struct {
	uint32_t version;
	bool supported;
} versions[] = {
	{ 0x030600f0, true },  { 0x030a0df0, true }, /* from our tables */
	{ 0x030b02f0, true },  { 0x030c07f0, true }, /* the patch level does not matter */
	{ 0x030d00f0, true },  { 0x030f02f0, true }, /* they describe themselves */
	{ 0x031000a0, false }, /* 3.16: not before it was tried */
	{ 0x030504f0, false }, { 0x020712f0, false }, { 0, false },
};

START_TEST(versions_are_supported_by_name)
{
	ck_assert_int_eq(hw_py_version_supported(versions[_i].version), versions[_i].supported);
}
END_TEST

START_TEST(code_of_the_eval_function_is_known_by_its_parts)
{
	const struct hw_py_runtime rt = { .eval = { { 0x1000, 0x100 }, { 0x500, 0x10 } } };
	const struct hw_py_runtime none = { 0 };

	ck_assert(hw_py_runtime_is_eval(&rt, 0x1000));
	ck_assert(hw_py_runtime_is_eval(&rt, 0x10ff));
	ck_assert(hw_py_runtime_is_eval(&rt, 0x50f));
	ck_assert(!hw_py_runtime_is_eval(&rt, 0x1100));
	ck_assert(!hw_py_runtime_is_eval(&rt, 0xfff));
	ck_assert(!hw_py_runtime_is_eval(&none, 0));
}
END_TEST

START_TEST(an_ordinary_program_is_no_cpython)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_py_runtime rt = { .version = 7 };

	ck_assert_int_eq(hw_module_open("/proc/self/exe", "self", &m), 0);
	ck_assert_int_eq(hw_py_runtime_find(m, &rt), 0);
	ck_assert_uint_eq(rt.version, 7);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("runtime");
	TCase *t = tcase_create("runtime");

	tcase_add_loop_test(t, versions_are_supported_by_name, 0,
			    sizeof(versions) / sizeof(versions[0]));
	tcase_add_test(t, code_of_the_eval_function_is_known_by_its_parts);
	tcase_add_test(t, an_ordinary_program_is_no_cpython);
	suite_add_tcase(s, t);
	return run_suite(s);
}
