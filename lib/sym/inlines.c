/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/inlines.h"

#include <dwarf.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"
#include "base/intern.h"
#include "base/sorted.h"
#include "sym/demangle.h"

/* What hostile DWARF may make us do. The largest honest units, by link-time optimization, have some
 * 500,000 entries on the level that is listed. */
#define LISTED_MAX  (8u << 20) /* entries and ranges passed while a unit is listed */
#define VISITED_MAX (1u << 20) /* entries and ranges passed while the calls of a function are */
#define NESTED_MAX  64	       /* namespaces, or blocks and inlined calls in each other */

#define NONE UINT32_MAX

/* An inlined call: its entry by its offset in .debug_info, and the call it is in, or NONE. */
struct inlined_call {
	Dwarf_Off entry;
	uint32_t parent;
};

/* Code of a call. */
struct span {
	uint64_t start, end;
	uint32_t call;	 /* grows with the depth */
	uint32_t around; /* the nearest earlier span that holds this start, or NONE */
};

struct inline_function {
	Dwarf_Off entry;
	bool is_listed;
	struct inlined_call *calls;
	size_t n_calls, cap_calls;
	struct span *spans; /* by start, the outer one first */
	size_t n_spans, cap_spans;
};

struct function_range {
	uint64_t start, end;
	uint32_t function;
};

struct unit {
	bool is_listed;
	struct inline_function *functions;
	size_t n_functions, cap_functions;
	struct function_range *ranges; /* of functions, by start */
	size_t n_ranges, cap_ranges;
};

struct hw_inlines {
	struct hw_lines *lines;
	uint64_t bias;
	struct unit *units;
	size_t n_units;
	struct hw_intern *names; /* readable forms that differ from what the file says */
};

struct hw_inlines *hw_inlines_new(struct hw_lines *lines, uint64_t bias)
{
	hw_auto(hw_inlines_free) struct hw_inlines *in = calloc(1, sizeof(*in));

	if (!in)
		return NULL;
	in->lines = lines;
	in->bias = bias;
	in->n_units = hw_lines_units(lines);
	in->units = calloc(in->n_units + 1, sizeof(*in->units));
	in->names = hw_intern_new();
	return in->units && in->names ? hw_take_ptr(in) : NULL;
}

static void free_unit(struct unit *u)
{
	for (size_t i = 0; i < u->n_functions; i++) {
		free(u->functions[i].calls);
		free(u->functions[i].spans);
	}
	free(u->functions);
	free(u->ranges);
}

struct hw_inlines *hw_inlines_free(struct hw_inlines *in)
{
	if (!in)
		return NULL;
	for (size_t i = 0; in->units && i < in->n_units; i++)
		free_unit(&in->units[i]);
	free(in->units);
	hw_intern_free(in->names);
	free(in);
	return NULL;
}

/* Adds the function @entry with its ranges; takes from *@left for each. */
static int add_inline_function(struct unit *u, Dwarf_Die *entry, size_t *left)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t next = 0;
	int r;

	r = hw_reserve(u->functions, u->cap_functions, u->n_functions + 1);
	if (r < 0)
		return r;
	while (*left && (next = dwarf_ranges(entry, next, &base, &start, &end)) > 0) {
		--*left;
		if (start >= end)
			continue;
		r = hw_reserve(u->ranges, u->cap_ranges, u->n_ranges + 1);
		if (r < 0)
			return r;
		u->ranges[u->n_ranges++] = (struct function_range){
			.start = start, .end = end, .function = (uint32_t)u->n_functions
		};
	}
	u->functions[u->n_functions++] =
		(struct inline_function){ .entry = dwarf_dieoffset(entry) };
	return 0;
}

/* Whether functions may be defined in an entry with @tag: C++ does it in namespaces, Rust in types
 * too. */
static bool holds_functions(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
	       tag == DW_TAG_enumeration_type;
}

/* A walk over entries in the order of the file, @depth entries deep. */
struct walk {
	Dwarf_Die stack[NESTED_MAX]; /* the entry at each level */
	size_t depth;		     /* how many; 0: the end */
	size_t left;		     /* entries and ranges that may still be passed */
};

/* Goes to the first entry below the present one or, unless @down, or where it has none, to the
 * next one beside it or beside one around it. */
static void advance(struct walk *w, bool down)
{
	if (!w->left) {
		w->depth = 0;
		return;
	}
	w->left--;
	if (down && w->depth < NESTED_MAX &&
	    dwarf_child(&w->stack[w->depth - 1], &w->stack[w->depth]) == 0) {
		w->depth++;
		return;
	}
	while (w->depth && dwarf_siblingof(&w->stack[w->depth - 1], &w->stack[w->depth - 1]))
		w->depth--;
}

static int compare_function_ranges(const void *a, const void *b)
{
	const struct function_range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int list_functions(struct unit *u, Dwarf_Die *cu)
{
	struct walk w = { .left = LISTED_MAX };

	u->is_listed = true;
	if (dwarf_child(cu, &w.stack[0]) == 0)
		w.depth = 1;
	while (w.depth) {
		Dwarf_Die *die = &w.stack[w.depth - 1];
		int tag = dwarf_tag(die);

		if (tag == DW_TAG_subprogram) {
			int r = add_inline_function(u, die, &w.left);

			if (r < 0)
				return r;
		}
		advance(&w, holds_functions(tag));
	}
	if (u->n_ranges)
		qsort(u->ranges, u->n_ranges, sizeof(*u->ranges), compare_function_ranges);
	return 0;
}

/* Adds the code of the call @entry, and makes it a call inside @parent; takes from *@left for each
 * range. Returns 1, 0 when it has no code, or -ENOMEM. */
static int add_call(struct inline_function *f, Dwarf_Die *entry, uint32_t parent, size_t *left)
{
	uint32_t number = (uint32_t)f->n_calls;
	Dwarf_Addr base, start, end;
	size_t before = f->n_spans;
	ptrdiff_t next = 0;

	while (*left && (next = dwarf_ranges(entry, next, &base, &start, &end)) > 0) {
		--*left;
		if (start >= end)
			continue;
		if (hw_reserve(f->spans, f->cap_spans, f->n_spans + 1) < 0)
			return -ENOMEM;
		f->spans[f->n_spans++] =
			(struct span){ .start = start, .end = end, .call = number };
	}
	if (f->n_spans == before)
		return 0;
	if (hw_reserve(f->calls, f->cap_calls, f->n_calls + 1) < 0)
		return -ENOMEM;
	f->calls[f->n_calls++] =
		(struct inlined_call){ .entry = dwarf_dieoffset(entry), .parent = parent };
	return 1;
}

static int compare_spans(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->call > y->call) - (x->call < y->call);
}

static uint32_t nearest_span_around(const struct inline_function *f, uint32_t candidate,
				    uint64_t addr)
{
	while (candidate != NONE && addr >= f->spans[candidate].end)
		candidate = f->spans[candidate].around;
	return candidate;
}

static void sort_spans(struct inline_function *f)
{
	if (f->n_spans)
		qsort(f->spans, f->n_spans, sizeof(*f->spans), compare_spans);
	for (uint32_t i = 0; i < f->n_spans; i++)
		f->spans[i].around = nearest_span_around(f, i ? i - 1 : NONE, f->spans[i].start);
}

/* Lists the calls inlined into @f, whose entry is @entry, and into each other. */
static int list_calls(struct inline_function *f, Dwarf_Die *entry)
{
	struct walk w = { .left = VISITED_MAX };
	uint32_t inside[NESTED_MAX + 1] = { NONE }; /* the call around each level */

	f->is_listed = true;
	if (dwarf_child(entry, &w.stack[0]) == 0)
		w.depth = 1;
	while (w.depth) {
		Dwarf_Die *die = &w.stack[w.depth - 1];
		int tag = dwarf_tag(die), r = tag == DW_TAG_lexical_block;

		inside[w.depth] = inside[w.depth - 1];
		if (tag == DW_TAG_inlined_subroutine) {
			r = add_call(f, die, inside[w.depth - 1], &w.left);
			if (r < 0)
				return r;
			if (r)
				inside[w.depth] = (uint32_t)f->n_calls - 1;
		}
		advance(&w, r);
	}
	sort_spans(f);
	return 0;
}

/* The innermost call around @addr, or NONE. */
static uint32_t find_call(const struct inline_function *f, uint64_t addr)
{
	size_t n = hw_lower_bound(i, f->n_spans, f->spans[i].start <= addr);
	uint32_t span = nearest_span_around(f, n ? (uint32_t)n - 1 : NONE, addr);

	return span == NONE ? NONE : f->spans[span].call;
}

static struct inline_function *find_function(const struct unit *u, uint64_t addr)
{
	size_t n = hw_lower_bound(i, u->n_ranges, u->ranges[i].start <= addr);
	const struct function_range *range = n ? &u->ranges[n - 1] : NULL;

	return range && addr < range->end ? &u->functions[range->function] : NULL;
}

/* The name of what the inlined call @die is of; dwarf_attr_integrate() follows its references,
 * sixteen at the most. */
static int name_of(struct hw_inlines *in, Dwarf_Die *die, const char **ret)
{
	Dwarf_Attribute attr;
	const char *linked = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attr));
	const char *name = linked ? linked : dwarf_diename(die);
	char readable[HW_DEMANGLED_SIZE];
	uint32_t id;
	int r;

	*ret = name ? name : "[unknown]";
	if (!name || !hw_demangle(name, readable))
		return 0;
	r = hw_intern_add(in->names, readable, strlen(readable), &id);
	if (r < 0)
		return r;
	*ret = hw_intern_get(in->names, id, NULL);
	return 0;
}

static bool read_number(Dwarf_Die *die, unsigned int name, Dwarf_Word *ret)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, name, &attr) && dwarf_formudata(&attr, ret) == 0;
}

static int read_inlined_call(struct hw_inlines *in, Dwarf_Die *die, struct hw_inline *ret)
{
	struct hw_inline call = { 0 };
	Dwarf_Word file, line;
	Dwarf_Files *files;
	Dwarf_Die cu;
	size_t n;

	if (read_number(die, DW_AT_call_file, &file) && read_number(die, DW_AT_call_line, &line) &&
	    line && line <= UINT32_MAX && dwarf_diecu(die, &cu, NULL, NULL) &&
	    dwarf_getsrcfiles(&cu, &files, &n) == 0 && file < n) {
		call.call_file = dwarf_filesrc(files, file, NULL, NULL);
		if (call.call_file && strnlen(call.call_file, PATH_MAX) < PATH_MAX)
			call.call_line = (uint32_t)line;
		else
			call.call_file = NULL;
	}
	*ret = call;
	return name_of(in, die, &ret->name);
}

int hw_inlines_find(struct hw_inlines *in, uint64_t vaddr, struct hw_inline *ret, size_t max)
{
	uint64_t addr = vaddr - in->bias;
	uint32_t number, call;
	Dwarf_Die *cu = hw_lines_unit(in->lines, vaddr, &number), entry;
	struct unit *u = cu ? &in->units[number] : NULL;
	Dwarf *dwarf = cu ? dwarf_cu_getdwarf(cu->cu) : NULL;
	struct inline_function *f;
	size_t n = 0;
	int r;

	r = u && !u->is_listed ? list_functions(u, cu) : 0;
	if (r < 0)
		return r;
	f = u ? find_function(u, addr) : NULL;
	if (!f)
		return 0;
	if (!f->is_listed && dwarf_offdie(dwarf, f->entry, &entry)) {
		r = list_calls(f, &entry);
		if (r < 0)
			return r;
	}
	for (call = find_call(f, addr); call != NONE && n < max; call = f->calls[call].parent) {
		if (!dwarf_offdie(dwarf, f->calls[call].entry, &entry))
			return 0;
		r = read_inlined_call(in, &entry, &ret[n++]);
		if (r < 0)
			return r;
	}
	return (int)n;
}
