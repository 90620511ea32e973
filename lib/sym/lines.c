/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/lines.h"

#include <limits.h>
#include <string.h>

#include "base/array.h"
#include "base/sorted.h"

/* Units, and address ranges, read of one file at the most; libxul, one of the largest, has 400,000
 * ranges. */
#define READ_MAX (4u << 20)

struct unit_range {
	uint64_t start, end;
	uint32_t unit;
};

struct hw_lines {
	uint64_t bias;
	Dwarf_Die *units;
	size_t n_units, cap_units;
	struct unit_range *ranges; /* by start */
	size_t n_ranges, cap_ranges;
	size_t left; /* ranges that may still be read */
};

static int compare_unit_ranges(const void *a, const void *b)
{
	const struct unit_range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int add_unit(struct hw_lines *l, Dwarf_Die *unit)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t next = 0;
	int r;

	r = hw_reserve(l->units, l->cap_units, l->n_units + 1);
	if (r < 0)
		return r;
	while (l->left && (next = dwarf_ranges(unit, next, &base, &start, &end)) > 0) {
		l->left--;
		if (start >= end)
			continue;
		r = hw_reserve(l->ranges, l->cap_ranges, l->n_ranges + 1);
		if (r < 0)
			return r;
		l->ranges[l->n_ranges++] = (struct unit_range){ .start = start,
								.end = end,
								.unit = (uint32_t)l->n_units };
	}
	l->units[l->n_units++] = *unit;
	return 0;
}

/* The units themselves are asked for their ranges: .debug_aranges, which libdw 0.188 relies on,
 * is not written by clang and rustc. */
int hw_lines_new(Dwarf *dwarf, uint64_t bias, struct hw_lines **ret)
{
	hw_auto(hw_lines_free) struct hw_lines *l = calloc(1, sizeof(*l));
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	if (!l)
		return -ENOMEM;
	l->bias = bias;
	l->left = READ_MAX;
	while (l->left && l->n_units < READ_MAX &&
	       dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &unit, NULL) == 0) {
		int r = add_unit(l, &unit);

		if (r < 0)
			return r;
	}
	if (l->n_ranges)
		qsort(l->ranges, l->n_ranges, sizeof(*l->ranges), compare_unit_ranges);
	*ret = hw_take_ptr(l);
	return 0;
}

struct hw_lines *hw_lines_free(struct hw_lines *l)
{
	if (!l)
		return NULL;
	free(l->ranges);
	free(l->units);
	free(l);
	return NULL;
}

static const struct unit_range *find_range(const struct hw_lines *l, uint64_t addr)
{
	size_t n = hw_lower_bound(i, l->n_ranges, l->ranges[i].start <= addr);

	return n && addr < l->ranges[n - 1].end ? &l->ranges[n - 1] : NULL;
}

Dwarf_Die *hw_lines_unit(struct hw_lines *l, uint64_t vaddr, uint32_t *ret_number)
{
	const struct unit_range *range = find_range(l, vaddr - l->bias);

	if (!range)
		return NULL;
	*ret_number = range->unit;
	return &l->units[range->unit];
}

size_t hw_lines_units(const struct hw_lines *l)
{
	return l->n_units;
}

int hw_lines_find(struct hw_lines *l, uint64_t vaddr, const char **ret_file, uint32_t *ret_line)
{
	uint64_t addr = vaddr - l->bias;
	const struct unit_range *range = find_range(l, addr);
	Dwarf_Line *line = range ? dwarf_getsrc_die(&l->units[range->unit], addr) : NULL;
	const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	int number;

	/* Line 0 is DWARF's word for code that no line stands for. */
	if (!file || dwarf_lineno(line, &number) || number <= 0 ||
	    strnlen(file, PATH_MAX) == PATH_MAX)
		return 0;
	*ret_file = file;
	*ret_line = (uint32_t)number;
	return 1;
}
