/* SPDX-License-Identifier: Apache-2.0 */
#include "event/formula.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "fixture.h"

/* a is 6, b.c_1 is 4, zero is 0; nothing else is known. */
static double look_up(void *ctx, const char *name, size_t len)
{
	(*(int *)ctx)++;
	if (len == 1 && name[0] == 'a')
		return 6;
	if (len == 5 && !strncmp(name, "b.c_1", 5))
		return 4;
	return len == 4 && !strncmp(name, "zero", 4) ? 0 : NAN;
}

static double value_of(const char *text)
{
	int lookups = 0;
	double value = -1e9;

	ck_assert_msg(hw_formula_eval(text, look_up, &lookups, &value) == 0, "%s", text);
	return value;
}

START_TEST(formulas_follow_the_usual_precedence)
{
	ck_assert_double_eq_tol(value_of("1 + 2 * 3"), 7, 1e-12);
	ck_assert_double_eq_tol(value_of("(1 + 2) * 3"), 9, 1e-12);
	ck_assert_double_eq_tol(value_of("8 / 2 / 2"), 2, 1e-12);
	ck_assert_double_eq_tol(value_of("8 - 2 - 2"), 4, 1e-12);
	ck_assert_double_eq_tol(value_of("2 - -3"), 5, 1e-12);
	ck_assert_double_eq_tol(value_of("100 * a / (b.c_1 + 8)"), 50, 1e-12);
	ck_assert_double_eq_tol(value_of("max(0, b.c_1 - a)"), 0, 1e-12);
	ck_assert_double_eq_tol(value_of(" min( a,b.c_1 ) "), 4, 1e-12);
	ck_assert_double_eq_tol(value_of("a / 1e9"), 6e-9, 1e-15);
	ck_assert(isnan(value_of("a-a")));
	ck_assert_double_eq_tol(value_of("a - a"), 0, 1e-15);
}
END_TEST

START_TEST(what_is_not_known_stays_so)
{
	ck_assert(isnan(value_of("a / zero")));
	ck_assert(isnan(value_of("1 + nobody")));
	ck_assert(isnan(value_of("max(0, nobody)")));
	ck_assert(isnan(value_of("min(nobody, 0)")));
	ck_assert_double_eq(value_of("3 + zero * nobody"), 3);
}
END_TEST

START_TEST(malformed_formulas_are_refused)
{
	static const char *const bad[] = { "",	    "1 +",    "(1",	"1)",	    "1 2", "a b",
					   "max(1)", "max(1,", "* 2",	"1 // 2",   "%",   "min(1, 2",
					   "0x10 $" };
	char deep[400] = "";

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		double value = 7;
		int lookups = 0;

		ck_assert_msg(hw_formula_eval(bad[i], look_up, &lookups, &value) == -EINVAL, "%s",
			      bad[i]);
		ck_assert_double_eq(value, 7);
	}
	memset(deep, '(', 100);
	strcpy(deep + 100, "1");
	ck_assert_int_eq(hw_formula_eval(deep, look_up, &(int){ 0 }, &(double){ 0 }), -EINVAL);
	memset(deep, '-', 300);
	strcpy(deep + 300, "1");
	ck_assert_int_eq(hw_formula_eval(deep, look_up, &(int){ 0 }, &(double){ 0 }), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("formula");
	TCase *t = tcase_create("formula");

	tcase_add_test(t, formulas_follow_the_usual_precedence);
	tcase_add_test(t, what_is_not_known_stays_so);
	tcase_add_test(t, malformed_formulas_are_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
