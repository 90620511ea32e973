/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "event/role.h"

#define ALL (HW_MODE_USER | HW_MODE_KERNEL | HW_MODE_HYPERVISOR)

static const struct {
	const char *name;
	enum hw_event_role role;
	unsigned int modes;
} cases[] = {
	{ "cycles", HW_ROLE_CYCLES, ALL },
	{ "cpu-cycles:u", HW_ROLE_CYCLES, HW_MODE_USER },
	{ "cycles:ukpp", HW_ROLE_CYCLES, HW_MODE_USER | HW_MODE_KERNEL },
	{ "cycles:pp", HW_ROLE_CYCLES, ALL },
	{ "inst_retired", HW_ROLE_INSTRUCTIONS, ALL },
	{ "arm_n1::INST_RETIRED:k", HW_ROLE_INSTRUCTIONS, HW_MODE_KERNEL },
	{ "skl::INST_RETIRED:ANY_P", HW_ROLE_INSTRUCTIONS, ALL },
	{ "INST_RETIRED:ANY:u", HW_ROLE_INSTRUCTIONS, HW_MODE_USER },
	{ "MEM_LOAD_RETIRED:L3_MISS:pp", HW_ROLE_CACHE_MISSES, ALL },
	{ "LLC-load-misses", HW_ROLE_CACHE_MISSES, ALL },
	{ "branches", HW_ROLE_BRANCHES, ALL },
	{ "branch-misses", HW_ROLE_OTHER, ALL },
	{ "cycles-not", HW_ROLE_OTHER, ALL },
	{ "cycle", HW_ROLE_OTHER, ALL },
	{ "cycles:", HW_ROLE_OTHER, ALL },
	{ "instructions:wrong", HW_ROLE_OTHER, ALL },
	{ "x::", HW_ROLE_OTHER, ALL },
	{ "::u", HW_ROLE_OTHER, HW_MODE_USER },
	{ "", HW_ROLE_OTHER, ALL },
};

START_TEST(a_name_tells_its_role_and_its_modes)
{
	unsigned int modes = 0;

	ck_assert_msg(hw_event_role_of(cases[_i].name, &modes) == cases[_i].role, "role of '%s'",
		      cases[_i].name);
	ck_assert_msg(modes == cases[_i].modes, "modes of '%s': %u", cases[_i].name, modes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("role");
	TCase *t = tcase_create("role");

	tcase_add_loop_test(t, a_name_tells_its_role_and_its_modes, 0,
			    sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	return run_suite(s);
}
