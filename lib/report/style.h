/* SPDX-License-Identifier: Apache-2.0
 * How text for people looks where it goes: width, colour, cut names. */
#ifndef HW_REPORT_STYLE_H
#define HW_REPORT_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "view/table.h"

struct hw_style {
	unsigned int width; /* columns; 0: no limit */
	bool color;
	bool utf8; /* else only ASCII is printed */
};

/* The style for @fd: limits and colour only on a terminal, no colour with NO_COLOR (no-color.org)
 * or TERM=dumb, $COLUMNS before the terminal's own width. The character set is that of the
 * locale, so call setlocale(3) before. */
struct hw_style hw_style_of(int fd);

enum hw_color { HW_COLOR_NONE, HW_COLOR_BOLD, HW_COLOR_DIM, HW_COLOR_GREEN, HW_COLOR_YELLOW,
		HW_COLOR_RED };

/* The escape sequence that turns @color on (NONE: all off); "" without colour. */
const char *hw_style_color(const struct hw_style *s, enum hw_color color);

enum hw_cut {
	HW_CUT_RIGHT, /* "some_long_na..." */
	HW_CUT_LEFT,  /* ".../file.py:12" */
};

/* How many columns @text takes. */
size_t hw_columns(const char *text);

/* Prints @text in at most @max columns (0: all of it), cut with "..." where it is longer, and
 * fills up with spaces to @pad columns. Text comes from other processes and files: its control
 * characters, which could command the terminal, become '?'. */
void hw_put(FILE *f, const struct hw_style *s, const char *text, size_t max, size_t pad,
	    enum hw_cut cut);

/* The standard error of the share @share found in @n independent samples: sqrt(p (1 - p) / n). */
double hw_standard_error(double share, uint64_t n);

/* The colour of a row: Python and kernel code are told from the rest. */
enum hw_color hw_row_color(const struct hw_row *row);

#endif
