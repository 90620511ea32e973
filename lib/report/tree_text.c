/* SPDX-License-Identifier: Apache-2.0 */
#include "report/tree_text.h"

#include <errno.h>
#include <string.h>

#include "base/amount.h"
#include "base/array.h"
#include "profile/time_kinds.h"
#include "view/location.h"

struct printer {
	FILE *f;
	const struct hw_tree *t;
	const struct hw_tree_opts *opts;
	char *prefix; /* what stands before the names of the present level */
	size_t prefix_size, prefix_cap;
	size_t n_lines, n_pruned;
};

static const char *glyph(const struct printer *pr, const char *utf8, const char *ascii)
{
	return pr->opts->style.utf8 ? utf8 : ascii;
}

static void print_node_figures(const struct printer *pr, const struct hw_tree_node *n)
{
	const struct hw_table *functions = &pr->t->functions;
	double amount = functions->by_period ? (double)n->total.period : (double)n->total.samples;
	char buf[HW_AMOUNT_SIZE];

	fprintf(pr->f, "%7.1f  %9s  %6.1f  ", 100 * hw_table_share(functions, &n->total),
		hw_amount(buf, amount, functions->by_period ? pr->opts->unit : ""),
		100 * hw_table_share(functions, &n->self));
}

/* Name and place in @left columns (0: no limit), the place only where enough are left. */
static void print_name(const struct printer *pr, const struct hw_row *row, size_t left)
{
	const struct hw_style *style = &pr->opts->style;
	hw_autofree char *where = hw_location(row, HW_BY_FUNCTION, true);
	size_t used = hw_columns(row->name) + 2;

	fputs(hw_style_color(style, hw_row_color(row)), pr->f);
	hw_put(pr->f, style, row->name, left, 0, HW_CUT_RIGHT);
	fputs(hw_style_color(style, HW_COLOR_NONE), pr->f);
	if (where && where[0] && (!left || left >= used + 8)) {
		fprintf(pr->f, "  %s", hw_style_color(style, HW_COLOR_DIM));
		hw_put(pr->f, style, where, left ? left - used : 0, 0, HW_CUT_LEFT);
		fputs(hw_style_color(style, HW_COLOR_NONE), pr->f);
	}
	fputc('\n', pr->f);
}

/* What is waited for, as a call of its own. */
static void print_wait(const struct printer *pr, enum hw_wall_class wait, size_t left)
{
	char name[64] = "[starved]";

	if (wait != HW_WALL_STARVED)
		snprintf(name, sizeof(name), "[waits: %s]", hw_wall_class_name(wait));
	hw_put(pr->f, &pr->opts->style, name, left, 0, HW_CUT_RIGHT);
	fputc('\n', pr->f);
}

static void print_line(struct printer *pr, uint32_t node, const char *mark)
{
	const struct hw_tree_node *n = &pr->t->nodes[node];
	size_t used = 28 + hw_columns(pr->prefix) + hw_columns(mark), width = pr->opts->style.width;
	size_t left = width > used + 12 ? width - used : 12;

	pr->n_lines++;
	if (pr->opts->max_lines && pr->n_lines > pr->opts->max_lines)
		return;
	print_node_figures(pr, n);
	fprintf(pr->f, "%s%s", pr->prefix, mark);
	if (n->row != HW_NO_ROW)
		print_name(pr, &pr->t->functions.rows[n->row], width ? left : 0);
	else
		print_wait(pr, n->wait, width ? left : 0);
}

/* Appends @text to the prefix; the caller cuts it back. */
static int extend_prefix(struct printer *pr, const char *text)
{
	size_t size = strlen(text);
	int r = hw_reserve(pr->prefix, pr->prefix_cap, pr->prefix_size + size + 1);

	if (r < 0)
		return r;
	memcpy(pr->prefix + pr->prefix_size, text, size + 1);
	pr->prefix_size += size;
	return 0;
}

static int print_below(struct printer *pr, uint32_t node);

/* One of several children, and what is below it. */
static int print_branch(struct printer *pr, uint32_t node, bool last)
{
	size_t size = pr->prefix_size;
	int r;

	print_line(pr, node, last ? glyph(pr, "└─ ", "`- ") : glyph(pr, "├─ ", "|- "));
	r = extend_prefix(pr, last ? "   " : glyph(pr, "│  ", "|  "));
	if (r >= 0)
		r = print_below(pr, node);
	pr->prefix_size = size;
	pr->prefix[size] = 0;
	return r;
}

/* How many children of @node are large enough; they come first. */
static size_t count_shown(struct printer *pr, uint32_t node)
{
	const struct hw_tree *t = pr->t;
	size_t n = 0;

	for (uint32_t c = t->nodes[node].first_child; c; c = t->nodes[c].next_sibling) {
		if (hw_table_share(&t->functions, &t->nodes[c].total) >= pr->opts->min_share)
			n++;
		else
			pr->n_pruned++;
	}
	return n;
}

/* Recurses at a fork only; a stack, and so the tree, has HW_PROFILE_STACK_MAX levels at most. */
static int print_below(struct printer *pr, uint32_t node)
{
	size_t n = count_shown(pr, node);
	uint32_t child = pr->t->nodes[node].first_child;
	int r = 0;

	while (n == 1) {
		print_line(pr, child, "");
		n = count_shown(pr, child);
		child = pr->t->nodes[child].first_child;
	}
	for (; r >= 0 && n; n--) {
		r = print_branch(pr, child, n == 1);
		child = pr->t->nodes[child].next_sibling;
	}
	return r;
}

int hw_tree_print(FILE *f, const struct hw_tree *t, const struct hw_tree_opts *opts)
{
	struct printer pr = { .f = f, .t = t, .opts = opts };
	int r = extend_prefix(&pr, "");

	fprintf(f, "%s%s%s\n", hw_style_color(&opts->style, HW_COLOR_BOLD),
		"TOTAL %      TOTAL  SELF %  CALL TREE",
		hw_style_color(&opts->style, HW_COLOR_NONE));
	if (r >= 0)
		r = print_below(&pr, 0);
	free(pr.prefix);
	if (opts->max_lines && pr.n_lines > opts->max_lines)
		fprintf(f, "... and %zu more lines (-n 0 shows all)\n",
			pr.n_lines - opts->max_lines);
	if (pr.n_pruned)
		fprintf(f,
			"%zu calls below %.3g %% each, with all that they call, are left out "
			"(-n 0 shows all)\n",
			pr.n_pruned, 100 * opts->min_share);
	return r;
}
