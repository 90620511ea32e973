/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>

#include "py/runtime.h"
#include "sym/module.h"

static const struct {
	uint32_t version;
	bool supported;
} versions[] = {
	{ 0x030b02f0, true },  /* 3.11.2: from our table */
	{ 0x030c07f0, true },  /* 3.12.7: the patch level does not matter */
	{ 0x030d00f0, true },  /* 3.13.0: describes itself */
	{ 0x030a00f0, false }, /* 3.10 */
	{ 0x030e00f0, false }, /* 3.14: not before it was tried */
	{ 0x02071200, false }, /* 2.7 */
	{ 0, false },
};

START_TEST(versions_are_supported_by_name)
{
	ck_assert_int_eq(hw_py_version_supported(versions[_i].version), versions[_i].supported);
}
END_TEST

static struct hw_py_offsets sane(void)
{
	return (struct hw_py_offsets){
		.walk = { .frame_size = 80, .frame_code = 0, .frame_previous = 8,
			  .frame_instr = 56, .frame_entry = 70, .code_ident = 112 },
		.code_filename = 112, .code_name = 120, .code_qualname = 128,
		.code_linetable = 136, .code_instructions = 200, .bytes_data = 32, .str_ascii = 40,
	};
}

START_TEST(offsets_that_lead_out_of_a_frame_are_refused)
{
	struct hw_py_offsets off = sane();

	ck_assert(hw_py_offsets_sane(&off));
	off.walk.frame_size = HW_PY_FRAME_SIZE + 1;
	ck_assert(!hw_py_offsets_sane(&off));
	off = sane();
	off.walk.frame_instr = 76;
	ck_assert(!hw_py_offsets_sane(&off));
	off = sane();
	off.walk.frame_previous = 9; /* unaligned */
	ck_assert(!hw_py_offsets_sane(&off));
	off = sane();
	off.walk.frame_entry = 80;
	ck_assert(!hw_py_offsets_sane(&off));
}
END_TEST

START_TEST(identity_must_be_the_four_pointers_side_by_side)
{
	struct hw_py_offsets off = sane();

	off.code_qualname = 136;
	ck_assert(!hw_py_offsets_sane(&off));
	off = sane();
	off.walk.code_ident = 104;
	ck_assert(!hw_py_offsets_sane(&off));
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
	tcase_add_test(t, offsets_that_lead_out_of_a_frame_are_refused);
	tcase_add_test(t, identity_must_be_the_four_pointers_side_by_side);
	tcase_add_test(t, an_ordinary_program_is_no_cpython);
	suite_add_tcase(s, t);
	return run_suite(s);
}
