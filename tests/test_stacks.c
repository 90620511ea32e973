/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdlib.h>

#include "bound/stacks.h"
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

#define LOOP	 PY("loop", "a.py", 1, 2)
#define B(trait) HW_TRAIT_BIT(HW_TRAIT_##trait)

static const struct {
	struct build_frame frames[6];
	enum hw_slice want;
} stacks[] = {
	{ { { 0 } }, HW_SLICES },
	{ { LOOP }, HW_SLICE_USER },
	{ { EVAL("eval"), LOOP }, HW_SLICE_USER },
	/* user code above a kernel frame cannot be, but is not the kernel's time */
	{ { C("handler", "/bin/x"), KERNEL("vfs_read") }, HW_SLICE_USER },
	{ { KERNEL("clear_page_erms"), KERNEL("do_anonymous_page"), KERNEL("handle_mm_fault"),
	    KERNEL("asm_exc_page_fault"), LOOP },
	  HW_SLICE_FAULTS },
	{ { KERNEL("asm_exc_page_fault"), C("memset", "libc.so.6") }, HW_SLICE_FAULTS },
	{ { KERNEL("do_translation_fault"), LOOP }, HW_SLICE_FAULTS },
	{ { KERNEL("copy_page_to_iter"), KERNEL("filemap_read"), KERNEL("vfs_read"), LOOP },
	  HW_SLICE_KERNEL_IO },
	{ { KERNEL("ext4_file_read_iter"), KERNEL("handle_mm_fault"), LOOP }, HW_SLICE_FAULTS },
	{ { KERNEL("tcp_sendmsg_locked"), KERNEL("__sys_sendto"), LOOP }, HW_SLICE_KERNEL_IO },
	{ { KERNEL("memcg_charge"), KERNEL("do_sys_openat2"), LOOP }, HW_SLICE_KERNEL_IO },
	{ { KERNEL("schedule"), KERNEL("__x64_sys_sched_yield"), LOOP }, HW_SLICE_KERNEL },
	{ { KERNEL("do_mmap"), LOOP }, HW_SLICE_KERNEL },
};

START_TEST(a_stack_has_its_class)
{
	hw_autofree struct hw_stack_kind *kinds = NULL;

	build_samples(profile, 1, stacks[_i].frames);
	ck_assert_int_eq(hw_stack_kinds(profile, &kinds), 0);
	ck_assert_uint_eq(kinds[0].slice, stacks[_i].want);
}
END_TEST

static const struct {
	struct build_frame frames[6];
	unsigned int traits;
} of_stacks[] = {
	{ { { 0 } }, 0 },
	{ { LOOP }, B(INTERPRETER) },
	{ { EVAL("long_add"), LOOP }, B(INTERPRETER) },
	{ { C("dot", "numpy.so"), EVAL("call"), LOOP }, 0 },
	{ { EVAL("visit_decref"), EVAL("gc_collect_main"), LOOP }, B(INTERPRETER) | B(COLLECTOR) },
	/* the same name in other code is nobody's collector */
	{ { C("gc_collect_main", "libx.so"), LOOP }, 0 },
	{ { KERNEL("clear_page"), EVAL("list_resize"), LOOP }, B(INTERPRETER) | B(LIST) },
	{ { EVAL("eval"), PY("_find_and_load", "<frozen importlib._bootstrap>", 1, 2), LOOP },
	  B(INTERPRETER) | B(IMPORT) },
	{ { KERNEL("ext4_sync_file"), KERNEL("vfs_fsync_range"), C("fsync", "libc.so.6"), LOOP },
	  B(SYNC) },
	{ { C("__connect", "libc.so.6"), LOOP }, 0 },
	{ { KERNEL("__sys_connect"), C("__connect", "libc.so.6"), LOOP }, B(CONNECT) },
	{ { KERNEL("do_sys_openat2"), C("open64", "libc.so.6"), LOOP }, B(NAMES) },
	{ { KERNEL("unmap_vmas"), KERNEL("__vm_munmap"), C("munmap", "libc.so.6") }, B(MAP) },
	{ { KERNEL("copy_process"), KERNEL("kernel_clone"), C("fork", "libc.so.6") }, B(SPAWN) },
	{ { KERNEL("do_sched_yield"), KERNEL("__x64_sys_sched_yield"), C("spin", "/bin/x") },
	  B(YIELD) },
};

START_TEST(a_stack_has_its_traits)
{
	hw_auto(hw_profile_free) struct hw_profile *p = build_profile("cpu-clock", "ns");
	hw_autofree struct hw_stack_kind *kinds = NULL;

	build_samples(p, 1, of_stacks[_i].frames);
	ck_assert_int_eq(hw_stack_kinds(p, &kinds), 0);
	ck_assert_uint_eq(kinds[0].traits, of_stacks[_i].traits);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stacks");
	TCase *t = tcase_create("stacks");

	tcase_add_checked_fixture(t, make_profile, free_profile);
	tcase_add_loop_test(t, a_stack_has_its_class, 0, (int)(sizeof(stacks) / sizeof(stacks[0])));
	tcase_add_loop_test(t, a_stack_has_its_traits, 0,
			    (int)(sizeof(of_stacks) / sizeof(of_stacks[0])));
	suite_add_tcase(s, t);
	return run_suite(s);
}
