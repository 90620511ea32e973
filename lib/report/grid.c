/* SPDX-License-Identifier: Apache-2.0 */
#include "report/grid.h"

#include <assert.h>
#include <stdarg.h>

/* The columns that @text of @c may take at column @at of the line; 0: all it needs. */
static size_t cell_max(const struct hw_grid *g, const struct hw_grid_column *c, size_t at)
{
	if (!c->rest)
		return c->max;
	if (!g->style->width)
		return 0;
	return g->style->width > at + c->max ? g->style->width - at : c->max;
}

/* Blanks are owed until something follows them: so no line ends in one. */
static void put_cell(struct hw_grid *g, enum hw_color color, const char *text, bool whole)
{
	const struct hw_grid_column *c = &g->columns[g->next++];
	size_t columns = hw_columns(text), before = 0, after = 0, max;

	assert(g->next <= g->n);
	g->blanks += c->gap;
	max = whole ? 0 : cell_max(g, c, g->at + g->blanks);
	if (max && columns > max)
		columns = max;
	if (columns < c->width)
		*(c->right ? &before : &after) = c->width - columns;
	g->blanks += before;
	if (columns) {
		fprintf(g->f, "%*s", (int)g->blanks, "");
		if (color != HW_COLOR_NONE)
			fputs(hw_style_color(g->style, color), g->f);
		hw_put(g->f, g->style, text, max, 0, c->cut);
		if (color != HW_COLOR_NONE)
			fputs(hw_style_color(g->style, HW_COLOR_NONE), g->f);
		g->at += g->blanks + columns;
		g->blanks = 0;
	}
	g->blanks += after;
}

void hw_grid_text(struct hw_grid *g, enum hw_color color, const char *text)
{
	put_cell(g, color, text, false);
}

void hw_grid_figure(struct hw_grid *g, const char *format, ...)
{
	char text[64];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	hw_grid_text(g, HW_COLOR_NONE, text);
}

void hw_grid_end(struct hw_grid *g)
{
	fputc('\n', g->f);
	g->next = g->at = g->blanks = 0;
}

void hw_grid_head(struct hw_grid *g, enum hw_color color)
{
	fputs(hw_style_color(g->style, color), g->f);
	for (size_t i = 0; i < g->n; i++)
		put_cell(g, HW_COLOR_NONE, g->columns[i].title, true);
	fputs(hw_style_color(g->style, HW_COLOR_NONE), g->f);
	hw_grid_end(g);
}

void hw_grid_fit(struct hw_grid_column *c, const char *text, size_t most)
{
	size_t columns = hw_columns(text);

	if (columns > most)
		columns = most;
	if (columns > c->width)
		c->width = columns;
}
