/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "bound/traits.h"
#include "profile_builder.h"

#define LOOP	 PY("loop", "a.py", 1, 2)
#define B(trait) HW_TRAIT_BIT(HW_TRAIT_##trait)

static const struct {
	struct build_frame frames[6];
	unsigned int traits;
} stacks[] = {
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
	hw_autofree uint16_t *traits = NULL;

	build_samples(p, 1, stacks[_i].frames);
	ck_assert_int_eq(hw_traits_of_stacks(p, &traits), 0);
	ck_assert_uint_eq(traits[0], stacks[_i].traits);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traits");
	TCase *t = tcase_create("traits");

	tcase_add_loop_test(t, a_stack_has_its_traits, 0,
			    (int)(sizeof(stacks) / sizeof(stacks[0])));
	suite_add_tcase(s, t);
	return run_suite(s);
}
