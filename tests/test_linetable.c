/* SPDX-License-Identifier: Apache-2.0
 * Line tables of each layout, by hand. (Those of the whole standard library are compared with what
 * CPython says by tests/e2e/python_lines.sh.) */
#include "fixture.h"

#include <string.h>

#include "py/code.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NONE	     HW_PY_NO_COLUMN

enum { BEGIN = 0x10000 };

static uint64_t begins[] = { BEGIN, 0x20000 };

static struct hw_py_code code_with(enum hw_py_lines lines, const uint8_t *table, size_t size)
{
	return (struct hw_py_code){ .first_line = 100, .lines = (uint8_t)lines,
				    .linetable = (uint8_t *)table,
				    .linetable_size = (uint32_t)size, .begins = begins,
				    .n_begins = COUNT(begins) };
}

/* From byte 0 line 100; from 6, in two steps, line 400; from 10 line 397. */
static const uint8_t lnotab[] = { 6, 127, 0, 127, 0, 46, 4, 0xfd };

static const struct {
	int64_t byte;
	uint32_t line;
} lnotab_lines[] = { { -1, 100 }, { 0, 100 }, { 4, 100 }, { 6, 400 }, { 8, 400 }, { 10, 397 },
		     { 5000, 397 } };

START_TEST(lnotab_counts_bytes_and_lines)
{
	struct hw_py_code code = code_with(HW_PY_LINES_LNOTAB, lnotab, sizeof(lnotab));
	struct hw_py_position pos =
		hw_py_code_position(&code, (uint64_t)lnotab_lines[_i].byte, 0);

	ck_assert_uint_eq(pos.line, lnotab_lines[_i].line);
	ck_assert_uint_eq(pos.end_line, lnotab_lines[_i].line);
	ck_assert_uint_eq(pos.column, NONE);
}
END_TEST

/* Bytes 0-3 line 101, 4-7 none, 8-9 line 101, 10-11 line 99. */
static const uint8_t pairs[] = { 4, 1, 4, 0x80, 2, 0, 2, 0xfe };

static const struct {
	int64_t unit;
	uint32_t line;
} pairs_lines[] = { { -1, 100 }, { 0, 101 }, { 1, 101 }, { 2, 0 }, { 3, 0 }, { 4, 101 }, { 5, 99 },
		    { 6, 0 }, { INT64_MAX, 0 } };

START_TEST(pairs_have_ranges_without_a_line)
{
	struct hw_py_code code = code_with(HW_PY_LINES_PAIRS, pairs, sizeof(pairs));

	ck_assert_uint_eq(hw_py_code_position(&code, (uint64_t)pairs_lines[_i].unit, 0).line,
			  pairs_lines[_i].line);
}
END_TEST

/* Short: two units, columns 2 * 8 + 3 and 5 further; one line + 1, columns 4 and 9; none; no
 * columns, - 5; long, + 70, ends 2 lines on, column 99, no end column; long without columns. */
static const uint8_t locations[] = {
	0x80 | 2 << 3 | 1, 3 << 4 | 5,		     /* */
	0x80 | 11 << 3,	   4,	       9,	     /* */
	0x80 | 15 << 3,				     /* */
	0x80 | 13 << 3,	   5 << 1 | 1,		     /* */
	0x80 | 14 << 3,	   64 | 12,    2, 2, 64 | 36, 1, 0, /* 140 = 12 + 2 * 64; 100 = 36 + 64 */
	0x80 | 14 << 3,	   0,	       0, 0, 0,
};

static const struct {
	int64_t unit;
	struct hw_py_position pos;
} locations_positions[] = {
	{ -1, { 100, 100, NONE, NONE } }, { 0, { 100, 100, 19, 24 } },
	{ 1, { 100, 100, 19, 24 } },	  { 2, { 101, 101, 4, 9 } },
	{ 3, { 0, 0, NONE, NONE } },	  { 4, { 96, 96, NONE, NONE } },
	{ 5, { 166, 168, 99, NONE } },	  { 6, { 166, 166, NONE, NONE } },
	{ 7, { 0, 0, NONE, NONE } },
};

START_TEST(locations_have_lines_and_columns)
{
	struct hw_py_code code = code_with(HW_PY_LINES_LOCATIONS, locations, sizeof(locations));

	for (uint16_t copy = 0; copy < COUNT(begins); copy++) {
		uint64_t instr = begins[copy] + 2 * (uint64_t)locations_positions[_i].unit;
		struct hw_py_position pos = hw_py_code_position(&code, instr, copy);

		ck_assert_mem_eq(&pos, &locations_positions[_i].pos, sizeof(pos));
	}
}
END_TEST

START_TEST(what_is_in_no_known_copy_has_no_line)
{
	struct hw_py_code code = code_with(HW_PY_LINES_LOCATIONS, locations, sizeof(locations));

	ck_assert_uint_eq(hw_py_code_position(&code, UINT64_MAX, 0).line, 0);
	ck_assert_uint_eq(hw_py_code_position(&code, BEGIN, 2).line, 0);
	ck_assert_uint_eq(hw_py_code_position(&code, BEGIN, UINT16_MAX).line, 0);
}
END_TEST

START_TEST(any_bytes_make_a_line_table_without_harm)
{
	unsigned char bytes[64];
	uint32_t seed = 1;

	for (int round = 0; round < 20000; round++) {
		struct hw_py_code code;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (unsigned char)(seed >> 24);
		}
		code = code_with(seed % 3, bytes, seed % (sizeof(bytes) + 1));
		hw_py_code_position(&code, seed >> 8, 0);
		hw_py_code_position(&code, BEGIN + seed % 64, 0);
		hw_py_code_position(&code, seed % 64, 0);
		hw_py_code_position(&code, UINT64_MAX - seed, 0);
	}
}
END_TEST

START_TEST(an_empty_table_says_nothing_wrong)
{
	struct hw_py_code code = code_with(HW_PY_LINES_LOCATIONS, locations, 0);

	ck_assert_uint_eq(hw_py_code_position(&code, BEGIN, 0).line, 0);
	code = code_with(HW_PY_LINES_PAIRS, pairs, 0);
	ck_assert_uint_eq(hw_py_code_position(&code, 0, 0).line, 0);
	code = code_with(HW_PY_LINES_LNOTAB, lnotab, 0);
	ck_assert_uint_eq(hw_py_code_position(&code, 0, 0).line, 100);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("linetable");
	TCase *t = tcase_create("linetable");

	tcase_add_loop_test(t, lnotab_counts_bytes_and_lines, 0, COUNT(lnotab_lines));
	tcase_add_loop_test(t, pairs_have_ranges_without_a_line, 0, COUNT(pairs_lines));
	tcase_add_loop_test(t, locations_have_lines_and_columns, 0, COUNT(locations_positions));
	tcase_add_test(t, what_is_in_no_known_copy_has_no_line);
	tcase_add_test(t, any_bytes_make_a_line_table_without_harm);
	tcase_add_test(t, an_empty_table_says_nothing_wrong);
	suite_add_tcase(s, t);
	return run_suite(s);
}
