/* SPDX-License-Identifier: Apache-2.0
 * Text in columns that line up. One description of the columns serves the heading and every row; a
 * row is put cell by cell, from the left, and nothing is kept of it.
 *
 *	struct hw_grid g = { f, style, columns, 3 };
 *
 *	hw_grid_head(&g, HW_COLOR_BOLD);
 *	hw_grid_figure(&g, "%d", pid);
 *	hw_grid_text(&g, HW_COLOR_NONE, command);
 *	hw_grid_end(&g);	a cell that was not put is empty
 *
 * No line ends in blanks. Errors of the file are for the caller to look at. */
#ifndef HW_REPORT_GRID_H
#define HW_REPORT_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "report/style.h"

struct hw_grid_column {
	const char *title;
	size_t gap;	  /* blanks before it */
	size_t width;	  /* what it takes; a longer cell moves what follows it, unless it is cut */
	size_t max;	  /* cells are cut to it; 0: they are not */
	bool rest;	  /* cells are cut to what the width of the style leaves, @max at the least */
	bool right;	  /* aligned so */
	enum hw_cut cut;  /* where */
};

struct hw_grid {
	FILE *f;
	const struct hw_style *style;
	const struct hw_grid_column *columns;
	size_t n;
	/* the state of the row that is being put; all zeros between rows */
	size_t next;	   /* column */
	size_t at, blanks; /* how far the line got; blanks to come before any more of it */
};

void hw_grid_head(struct hw_grid *g, enum hw_color color); /* the titles, whole */

/* Puts the next cell. Text is cleaned as by hw_put(). */
void hw_grid_text(struct hw_grid *g, enum hw_color color, const char *text);

/* As printf(3), at most 63 bytes. */
void hw_grid_figure(struct hw_grid *g, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void hw_grid_end(struct hw_grid *g); /* ends the line */

/* Makes @c as wide as @text needs, up to @most columns. */
void hw_grid_fit(struct hw_grid_column *c, const char *text, size_t most);

#endif
