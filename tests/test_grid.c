/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/grid.h"

static const struct hw_grid_column columns[] = {
	{ .title = "N", .width = 3, .right = true },
	{ .title = "NAME", .gap = 2, .width = 6, .max = 6 },
	{ .title = "SOFT", .gap = 1, .width = 4 },
	{ .title = "WHERE", .gap = 2, .rest = true, .max = 5, .cut = HW_CUT_LEFT },
};

static struct hw_style style;
static struct hw_grid grid;
static char *text;
static size_t size;

static void begin(void)
{
	style = (struct hw_style){ .utf8 = true };
	grid = (struct hw_grid){ open_memstream(&text, &size), &style, columns, 4 };
	ck_assert_ptr_nonnull(grid.f);
}

static void end(void)
{
	free(text);
	text = NULL;
}

static void row(const char *n, const char *name, const char *soft, const char *where)
{
	hw_grid_text(&grid, HW_COLOR_NONE, n);
	hw_grid_text(&grid, HW_COLOR_GREEN, name);
	hw_grid_text(&grid, HW_COLOR_NONE, soft);
	hw_grid_text(&grid, HW_COLOR_NONE, where);
	hw_grid_end(&grid);
}

static void printed(const char *wanted)
{
	fclose(grid.f);
	ck_assert_str_eq(text, wanted);
}

START_TEST(rows_line_up_under_their_heads)
{
	hw_grid_head(&grid, HW_COLOR_BOLD);
	row("1", "ab", "c", "d");
	hw_grid_figure(&grid, "%d", 22);
	hw_grid_text(&grid, HW_COLOR_NONE, "\xc3\xa9t\xc3\xa9");
	hw_grid_figure(&grid, "%.1f", 0.5);
	hw_grid_text(&grid, HW_COLOR_NONE, "/a/long/way.py:12");
	hw_grid_end(&grid);
	printed("  N  NAME   SOFT  WHERE\n"
		"  1  ab     c     d\n"
		" 22  \xc3\xa9t\xc3\xa9    0.5   /a/long/way.py:12\n");
}
END_TEST

START_TEST(a_cell_is_cut_or_moves_what_follows)
{
	row("4444", "abcdefg", "longer", "x");
	printed("4444  abc... longer  x\n");
}
END_TEST

START_TEST(no_line_ends_in_blanks)
{
	row("1", "ab", "", "");
	row("", "", "", "");
	hw_grid_text(&grid, HW_COLOR_NONE, "2");
	hw_grid_end(&grid);
	row("", "", "", "end");
	printed("  1  ab\n\n  2\n                  end\n");
}
END_TEST

START_TEST(the_last_takes_what_a_terminal_has_left)
{
	style.width = 26;
	hw_grid_head(&grid, HW_COLOR_BOLD);
	row("1", "ab", "c", "12345678");
	row("1", "ab", "c", "123456789");
	row("1", "ab", "cdefgh", "123456789");
	style.width = 10; /* what is least may run over */
	hw_grid_head(&grid, HW_COLOR_BOLD);
	row("1", "ab", "c", "123456789");
	printed("  N  NAME   SOFT  WHERE\n"
		"  1  ab     c     12345678\n"
		"  1  ab     c     ...56789\n"
		"  1  ab     cdefgh  ...789\n"
		"  N  NAME   SOFT  WHERE\n"
		"  1  ab     c     ...89\n");
}
END_TEST

START_TEST(colour_is_of_the_text_and_not_of_the_blanks)
{
	style.color = true;
	hw_grid_head(&grid, HW_COLOR_BOLD);
	row("1", "ab", "c", "");
	row("1", "", "c", "");
	printed("\033[1m  N  NAME   SOFT  WHERE\033[0m\n"
		"  1  \033[32mab\033[0m     c\n"
		"  1         c\n");
}
END_TEST

START_TEST(what_could_command_a_terminal_is_replaced)
{
	style.utf8 = false;
	row("1", "a\033b", "\xc3\xa9", "c\nd");
	printed("  1  a?b    ?     c?d\n");
}
END_TEST

START_TEST(a_column_grows_to_what_it_is_shown_and_no_further)
{
	struct hw_grid_column c = { .title = "T", .width = 2 };

	hw_grid_fit(&c, "a", SIZE_MAX);
	ck_assert_uint_eq(c.width, 2);
	hw_grid_fit(&c, "\xc3\xa9t\xc3\xa9s", SIZE_MAX);
	ck_assert_uint_eq(c.width, 4);
	hw_grid_fit(&c, "abcdefgh", 6);
	ck_assert_uint_eq(c.width, 6);
	hw_grid_fit(&c, "abcdefgh", 3);
	ck_assert_uint_eq(c.width, 6);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grid");
	TCase *t = tcase_create("grid");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, rows_line_up_under_their_heads);
	tcase_add_test(t, a_cell_is_cut_or_moves_what_follows);
	tcase_add_test(t, no_line_ends_in_blanks);
	tcase_add_test(t, the_last_takes_what_a_terminal_has_left);
	tcase_add_test(t, colour_is_of_the_text_and_not_of_the_blanks);
	tcase_add_test(t, what_could_command_a_terminal_is_replaced);
	tcase_add_test(t, a_column_grows_to_what_it_is_shown_and_no_further);
	suite_add_tcase(s, t);
	return run_suite(s);
}
