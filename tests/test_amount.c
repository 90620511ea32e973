/* SPDX-License-Identifier: Apache-2.0 */
#include "base/amount.h"

#include <math.h>

#include "fixture.h"

static const struct {
	double value;
	const char *unit, *want;
} amounts[] = {
	{ 0, "ns", "0 s" },	     { 1234, "ns", "1.23 us" }, { 12.3e6, "ns", "12.3 ms" },
	{ 999.4e6, "ns", "999 ms" }, { 1e9, "ns", "1.00 s" },	{ 3723e9, "ns", "3723.00 s" },
	{ 99999, "", "99999" },	     { 123456, "", "123 k" },	{ 1.5e9, "", "1.50 G" },
};

START_TEST(amounts_have_units)
{
	char buf[HW_AMOUNT_SIZE];

	ck_assert_str_eq(hw_amount(buf, amounts[_i].value, amounts[_i].unit), amounts[_i].want);
}
END_TEST

static const struct {
	double value;
	int places;
	const char *text;
} numbers[] = {
	{ 0, 0, "0" },
	{ 7, 0, "7" },
	{ 999, 0, "999" },
	{ 1000, 0, "1,000" },
	{ -1000, 0, "-1,000" },
	{ -999999, 0, "-999,999" },
	{ 1234567, 0, "1,234,567" },
	{ 999.6, 0, "1,000" },
	{ 1234.5678, 2, "1,234.57" },
	{ 0.125, 9, "0.125000000" },
	{ 1e30, 0, "1e+30" },
	{ NAN, 0, "nan" },
	{ -999999999999999872., 12, "-999,999,999,999,999,872.000000000" },
};

START_TEST(digits_come_in_threes)
{
	char buf[HW_GROUPED_SIZE];

	ck_assert_str_eq(hw_grouped(buf, numbers[_i].value, numbers[_i].places), numbers[_i].text);
}
END_TEST

static const struct {
	double bytes;
	int places;
	const char *want;
} sizes[] = {
	{ 0, 1, "0 B" },	 { 999, 1, "999 B" },	  { 1000, 1, "1.0 kB" },
	{ 1000, 2, "1.00 kB" },	 { 9.996e3, 2, "10.0 kB" }, { 72.6e3, 1, "72.6 kB" },
	{ 99.95e6, 1, "100 MB" }, { 999.5e6, 2, "1.00 GB" }, { 5e21, 2, "5000 EB" },
};

START_TEST(bytes_have_no_more_places_than_asked)
{
	char buf[HW_AMOUNT_SIZE];

	ck_assert_str_eq(hw_amount_bytes(buf, sizes[_i].bytes, sizes[_i].places), sizes[_i].want);
	if (sizes[_i].places == 2)
		ck_assert_str_eq(hw_amount(buf, sizes[_i].bytes, "B"), sizes[_i].want);
}
END_TEST

START_TEST(powers_of_1024_have_names_of_their_own)
{
	char buf[HW_AMOUNT_SIZE];

	ck_assert_str_eq(hw_amount_kib(buf, 1024), "1.0 KiB");
	ck_assert_str_eq(hw_amount_kib(buf, 3145728), "3.0 MiB");
	ck_assert_str_eq(hw_amount_kib(buf, 0x1p60), "1048576.0 TiB");
}
END_TEST

static const struct {
	double seconds;
	const char *want;
} times[] = {
	{ 0, "0 us" },	      { 12e-6, "12 us" },  { 0.000995, "0.995 ms" }, { 0.02, "20 ms" },
	{ 0.01234, "12.3 ms" }, { 0.9949, "995 ms" }, { 0.995, "0.99 s" },	 { 9.949, "9.95 s" },
	{ 9.95, "9.9 s" },    { 12.34, "12.3 s" }, { 99.5, "100 s" },	 { 3600, "3600 s" },
};

START_TEST(times_in_sentences_are_short)
{
	char buf[HW_AMOUNT_SIZE];

	ck_assert_str_eq(hw_amount_seconds(buf, times[_i].seconds), times[_i].want);
}
END_TEST

#define N_ROWS(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

int main(void)
{
	Suite *s = suite_create("amount");
	TCase *t = tcase_create("amount");

	tcase_add_loop_test(t, amounts_have_units, 0, N_ROWS(amounts));
	tcase_add_loop_test(t, digits_come_in_threes, 0, N_ROWS(numbers));
	tcase_add_loop_test(t, bytes_have_no_more_places_than_asked, 0, N_ROWS(sizes));
	tcase_add_test(t, powers_of_1024_have_names_of_their_own);
	tcase_add_loop_test(t, times_in_sentences_are_short, 0, N_ROWS(times));
	suite_add_tcase(s, t);
	return run_suite(s);
}
