/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "proc/fault_cost.h"

START_TEST(a_page_fault_costs_something_plausible)
{
	double cost_s = hw_fault_cost_s();

	ck_assert_double_gt(cost_s, 20e-9);
	ck_assert_double_lt(cost_s, 1e-3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fault_cost");
	TCase *t = tcase_create("fault_cost");

	tcase_add_test(t, a_page_fault_costs_something_plausible);
	suite_add_tcase(s, t);
	return run_suite(s);
}
