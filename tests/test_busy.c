/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>

#include "bound/busy.h"
#include "profile_builder.h"

static struct hw_profile *profile;

static void make_profile(void)
{
	profile = build_profile("cpu-clock", "ns");
}

static void free_profile(void)
{
	profile = hw_profile_free(profile);
}

#define LOOP PY("loop", "a.py", 1, 2)

static const struct {
	struct build_frame frames[6];
	enum hw_busy_class want;
} stacks[] = {
	{ { { 0 } }, HW_BUSY_NONE },
	{ { LOOP }, HW_BUSY_USER },
	{ { EVAL("eval"), LOOP }, HW_BUSY_USER },
	/* user code above a kernel frame cannot be, but is not the kernel's time */
	{ { C("handler", "/bin/x"), KERNEL("vfs_read") }, HW_BUSY_USER },
	{ { KERNEL("clear_page_erms"), KERNEL("do_anonymous_page"), KERNEL("handle_mm_fault"),
	    KERNEL("asm_exc_page_fault"), LOOP },
	  HW_BUSY_FAULT },
	{ { KERNEL("asm_exc_page_fault"), C("memset", "libc.so.6") }, HW_BUSY_FAULT },
	{ { KERNEL("do_translation_fault"), LOOP }, HW_BUSY_FAULT },
	{ { KERNEL("copy_page_to_iter"), KERNEL("filemap_read"), KERNEL("vfs_read"), LOOP },
	  HW_BUSY_IO },
	{ { KERNEL("ext4_file_read_iter"), KERNEL("handle_mm_fault"), LOOP }, HW_BUSY_FAULT },
	{ { KERNEL("tcp_sendmsg_locked"), KERNEL("__sys_sendto"), LOOP }, HW_BUSY_IO },
	{ { KERNEL("memcg_charge"), KERNEL("do_sys_openat2"), LOOP }, HW_BUSY_IO },
	{ { KERNEL("schedule"), KERNEL("__x64_sys_sched_yield"), LOOP }, HW_BUSY_KERNEL },
	{ { KERNEL("do_mmap"), LOOP }, HW_BUSY_KERNEL },
};

START_TEST(a_stack_has_its_class)
{
	hw_autofree uint8_t *classes = NULL;

	build_samples(profile, 1, stacks[_i].frames);
	ck_assert_int_eq(hw_bound_classify_stacks(profile, &classes), 0);
	ck_assert_uint_eq(classes[0], stacks[_i].want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("busy");
	TCase *t = tcase_create("busy");

	tcase_add_checked_fixture(t, make_profile, free_profile);
	tcase_add_loop_test(t, a_stack_has_its_class, 0, (int)(sizeof(stacks) / sizeof(stacks[0])));
	suite_add_tcase(s, t);
	return run_suite(s);
}
