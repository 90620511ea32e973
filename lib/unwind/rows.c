/* SPDX-License-Identifier: Apache-2.0 */
#include "unwind/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/sorted.h"

_Static_assert(sizeof(union hw_rows_any) == HW_PAGE_SIZE, "pages of one size");

struct rows_builder {
	struct hw_rows *rows;
	size_t cap_pages;
	/* Of the last leaf: its rules, and where a rule is when it is where its hash says. */
	unsigned int n_rules;
	__u8 likely[256];
	bool uses_bx; /* some rule finds the CFA by rbx */
};

/* Adds an empty page. The pages may move. */
static int add_rows_page(struct rows_builder *b, union hw_rows_any **ret)
{
	struct hw_rows *rows = b->rows;
	int r;

	if (rows->n_pages == HW_ROWS_PAGES_MAX)
		return -E2BIG;
	r = hw_reserve(rows->pages, b->cap_pages, rows->n_pages + 1);
	if (r < 0)
		return r;
	*ret = &rows->pages[rows->n_pages++];
	memset(*ret, 0, sizeof(**ret));
	return 0;
}

static unsigned int hash_rule(const struct hw_unwind_rule *rule)
{
	__u32 words[4], h = 0;

	memcpy(words, rule, sizeof(words));
	for (unsigned int i = 0; i < 4; i++)
		h = (h ^ words[i]) * 0x9e3779b1;
	return h >> 24;
}

/* The index of @rule in @leaf, where it is put unless it is there; HW_PAGE_RULES: no room. */
static unsigned int rule_index(struct rows_builder *b, struct hw_rows_page *leaf,
			       const struct hw_unwind_rule *rule)
{
	__u8 *likely = &b->likely[hash_rule(rule)];
	unsigned int i = *likely < b->n_rules ? *likely : 0;

	if (b->n_rules && !memcmp(&leaf->rules[i], rule, sizeof(*rule)))
		return i;
	for (i = 0; i < b->n_rules; i++)
		if (!memcmp(&leaf->rules[i], rule, sizeof(*rule)))
			break;
	if (i == HW_PAGE_RULES)
		return i;
	if (i == b->n_rules)
		leaf->rules[b->n_rules++] = *rule;
	*likely = (__u8)i;
	return i;
}

/* Puts the row into the last leaf; false when it does not fit. */
static bool put_unwind_row(struct rows_builder *b, uint32_t rel, const struct hw_unwind_rule *rule)
{
	struct hw_rows_page *leaf = &b->rows->pages[b->rows->n_pages - 1].leaf;
	unsigned int i;

	if (leaf->n_rows == HW_PAGE_ROWS || rel - leaf->base > UINT16_MAX)
		return false;
	i = rule_index(b, leaf, rule);
	if (i == HW_PAGE_RULES)
		return false;
	leaf->at[leaf->n_rows] = (__u16)(rel - leaf->base);
	leaf->rule[leaf->n_rows++] = (__u8)i;
	return true;
}

static int add_unwind_row(void *ctx, uint64_t vaddr, const struct hw_unwind_rule *rule)
{
	struct rows_builder *b = ctx;
	uint64_t rel = vaddr - b->rows->base;
	union hw_rows_any *page;
	int r;

	b->uses_bx |= (rule->cfa == HW_CFA_REG || rule->cfa == HW_CFA_DEREF) &&
		      rule->cfa_reg == REG_BX;
	if (vaddr < b->rows->base || rel > UINT32_MAX)
		return -E2BIG;
	if (b->rows->n_pages && put_unwind_row(b, (uint32_t)rel, rule))
		return 0;
	r = add_rows_page(b, &page);
	if (r < 0)
		return r;
	page->leaf.base = (__u32)rel;
	b->n_rules = 0;
	put_unwind_row(b, (uint32_t)rel, rule);
	return 0;
}

/* The rel of the first row below a page, of @level inner pages. */
static uint32_t first_rel(const union hw_rows_any *page, unsigned int level)
{
	return level ? page->dir.at[0] : page->leaf.base;
}

/* Adds the pages above [@first, @end), which have @level inner pages themselves. */
static int add_level(struct rows_builder *b, uint32_t first, uint32_t end, unsigned int level)
{
	for (uint32_t child = first; child < end;) {
		union hw_rows_any *page;
		int r = add_rows_page(b, &page);

		if (r < 0)
			return r;
		while (child < end && page->dir.n < HW_PAGE_CHILDREN) {
			page->dir.at[page->dir.n] = first_rel(&b->rows->pages[child], level);
			page->dir.child[page->dir.n++] = child++;
		}
	}
	return 0;
}

static int finish(struct rows_builder *b)
{
	struct hw_rows *rows = b->rows;
	uint32_t first = 0, end = rows->n_pages;

	while (end - first > 1) {
		int r = add_level(b, first, end, rows->levels);

		if (r < 0)
			return r;
		rows->levels++;
		first = end;
		end = rows->n_pages;
	}
	rows->root = first;
	return 0;
}

static int build_rows(struct hw_module *m, bool track_bx, struct hw_rows **ret, bool *ret_uses_bx)
{
	hw_auto(hw_rows_free) struct hw_rows *rows = calloc(1, sizeof(*rows));
	struct rows_builder b = { .rows = rows };
	int r;

	if (!rows)
		return -ENOMEM;
	rows->base = hw_module_base(m);
	r = hw_cfi_read(m, track_bx, add_unwind_row, &b);
	if (r == 0)
		r = finish(&b);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(rows);
	*ret_uses_bx = b.uses_bx;
	return 0;
}

/* In the dynamic linker, where it binds lazily, a frame is found by rbx, which then has to be known
 * in callers. Elsewhere that would only cost. */
int hw_rows_build(struct hw_module *m, struct hw_rows **ret)
{
	bool uses_bx;
	int r = build_rows(m, false, ret, &uses_bx);

	if (r < 0 || !uses_bx)
		return r;
	hw_rows_free(*ret);
	return build_rows(m, true, ret, &uses_bx);
}

struct hw_rows *hw_rows_free(struct hw_rows *rows)
{
	if (!rows)
		return NULL;
	free(rows->pages);
	free(rows);
	return NULL;
}

static bool is_valid_rule(const struct hw_unwind_rule *rule)
{
	return rule->cfa <= HW_CFA_OTHER && rule->fp <= HW_SAVED_OTHER &&
	       rule->ra <= HW_SAVED_OTHER;
}

static bool is_valid_leaf(const struct hw_rows_page *leaf)
{
	if (!leaf->n_rows || leaf->n_rows > HW_PAGE_ROWS || leaf->at[0])
		return false;
	for (unsigned int i = 0; i < leaf->n_rows; i++) {
		if (i && leaf->at[i] <= leaf->at[i - 1])
			return false;
		if (leaf->rule[i] >= HW_PAGE_RULES || !is_valid_rule(&leaf->rules[leaf->rule[i]]))
			return false;
	}
	return true;
}

/* Whether pages [@first, @end), of @level inner pages, have for their children the @n_below pages
 * before @first. */
static bool is_valid_level(const struct hw_rows *rows, uint32_t first, uint32_t end,
			   unsigned int level, uint32_t n_below)
{
	uint32_t child = first - n_below;

	for (uint32_t i = first; i < end; i++) {
		const struct hw_rows_dir *dir = &rows->pages[i].dir;

		for (uint32_t c = 0; c < dir->n; c++, child++)
			if (dir->child[c] != child ||
			    dir->at[c] != first_rel(&rows->pages[child], level - 1))
				return false;
	}
	return true;
}

/* Adds up the children of pages [@first, @end); 0 when a page has too many, or none. */
static uint32_t count_children(const struct hw_rows *rows, uint32_t first, uint32_t end)
{
	uint32_t n = 0;

	for (uint32_t i = first; i < end; i++) {
		uint32_t more = rows->pages[i].dir.n;

		if (!more || more > HW_PAGE_CHILDREN || more > first - n)
			return 0;
		n += more;
	}
	return n;
}

static bool are_valid_leaves(const struct hw_rows *rows, uint32_t n_leaves)
{
	for (uint32_t i = 0; i < n_leaves; i++) {
		const struct hw_rows_page *leaf = &rows->pages[i].leaf;
		const struct hw_rows_page *before = i ? &rows->pages[i - 1].leaf : NULL;

		if (!is_valid_leaf(leaf))
			return false;
		if (before && (uint64_t)before->base + before->at[before->n_rows - 1] >= leaf->base)
			return false;
	}
	return true;
}

bool hw_rows_is_valid(const struct hw_rows *rows)
{
	uint32_t first = rows->root, end = rows->n_pages;

	if (!rows->n_pages)
		return !rows->root && !rows->levels;
	if (rows->n_pages > HW_ROWS_PAGES_MAX || rows->levels > HW_ROWS_LEVELS_MAX ||
	    first != end - 1)
		return false;
	for (unsigned int level = rows->levels; level; level--) {
		uint32_t n = count_children(rows, first, end);

		if (!n || !is_valid_level(rows, first, end, level, n))
			return false;
		end = first;
		first -= n;
	}
	return first == 0 && are_valid_leaves(rows, end);
}

/* The first row of a page is at its base, which is not above @rel: there is one before the bound. */
static struct hw_unwind_rule find_in_leaf(const struct hw_rows_page *leaf, uint32_t rel)
{
	size_t n = hw_lower_bound(i, leaf->n_rows, leaf->at[i] <= rel - leaf->base);

	return leaf->rules[leaf->rule[n - 1]];
}

struct hw_unwind_rule hw_rows_find(const struct hw_rows *rows, uint64_t vaddr)
{
	const struct hw_unwind_rule none = { .cfa = HW_CFA_NONE };
	const union hw_rows_any *page;
	uint64_t rel = vaddr - rows->base;

	if (!rows->n_pages || vaddr < rows->base || rel > UINT32_MAX)
		return none;
	page = &rows->pages[rows->root];
	if (rel < first_rel(page, rows->levels))
		return none;
	for (unsigned int level = rows->levels; level; level--) {
		size_t n = hw_lower_bound(i, page->dir.n, page->dir.at[i] <= rel);

		page = &rows->pages[page->dir.child[n - 1]];
	}
	return find_in_leaf(&page->leaf, (uint32_t)rel);
}
