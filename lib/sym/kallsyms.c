/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/kallsyms.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"
#include "base/intern.h"
#include "base/sorted.h"

#define TEXT_MAX_BYTES (256u << 20) /* the file; a kernel with all its modules has 20 MB */

/* No function is this long: farther away is memory that nobody named. */
#define FUNCTION_MAX_BYTES (1u << 20)

struct kernel_function {
	uint64_t addr;
	uint32_t name;	 /* offset in names */
	uint16_t module; /* number in modules */
	uint8_t rank;	 /* the better of two names of one address has more */
};

struct hw_kallsyms {
	struct kernel_function *functions; /* by address, one per address */
	size_t n_functions, cap_functions;
	char *names; /* ends with zeros; the text of the file, squeezed */
	size_t names_size;
	struct hw_intern *modules; /* "[kernel]" is number 0 */
};

static int read_text(FILE *f, char **ret_text, size_t *ret_size)
{
	hw_autofree char *text = NULL;
	size_t size = 0, cap = 0;

	/* The kernel makes the text as it is read and knows no size beforehand. */
	do {
		int r = hw_reserve(text, cap, size + (1u << 20));

		if (r < 0)
			return r;
		size += fread(text + size, 1, cap - size, f);
		if (size > TEXT_MAX_BYTES)
			return -EBADMSG;
	} while (!feof(f) && !ferror(f));
	if (ferror(f))
		return -EIO;
	*ret_text = hw_take_ptr(text);
	*ret_size = size;
	return 0;
}

static const char *parse_address(const char *p, const char *end, uint64_t *ret)
{
	const char *start = p;
	uint64_t addr = 0;

	for (; p < end && p - start < 16; p++) {
		unsigned int digit = (unsigned int)*p - '0';

		if (digit > 9) {
			digit = (unsigned int)*p - 'a';
			if (digit > 5)
				break;
			digit += 10;
		}
		addr = addr << 4 | digit;
	}
	*ret = addr;
	return p > start ? p : NULL;
}

bool hw_kallsyms_parse_line(const char *p, const char *end, struct hw_kallsyms_line *ret)
{
	const char *tab;

	p = parse_address(p, end, &ret->addr);
	if (!p || end - p < 4 || p[0] != ' ' || p[2] != ' ')
		return false;
	ret->type = p[1];
	ret->name = p + 3;
	tab = memchr(ret->name, '\t', (size_t)(end - ret->name));
	ret->name_len = (size_t)((tab ? tab : end) - ret->name);
	ret->module = tab ? tab + 1 : NULL;
	ret->module_len = tab ? (size_t)(end - ret->module) : 0;
	return ret->name_len && (!tab || (ret->module_len > 2 && tab[1] == '[' && end[-1] == ']'));
}

static uint8_t rank_of_line(const struct hw_kallsyms_line *line)
{
	return (uint8_t)((line->type == 'T') << 1 | (line->name[0] != '_'));
}

static int add_kernel_function(struct hw_kallsyms *k, const struct hw_kallsyms_line *line)
{
	uint32_t module = 0;
	int r;

	if (line->module) {
		r = hw_intern_add(k->modules, line->module, line->module_len, &module);
		if (r < 0)
			return r;
		if (module > UINT16_MAX)
			return -EBADMSG;
	}
	r = hw_reserve(k->functions, k->cap_functions, k->n_functions + 1);
	if (r < 0)
		return r;
	k->functions[k->n_functions++] = (struct kernel_function){
		.addr = line->addr,
		.name = (uint32_t)k->names_size,
		.module = (uint16_t)module,
		.rank = rank_of_line(line),
	};
	/* Into the text itself: it never overtakes the line, which is longer than its name. */
	memmove(k->names + k->names_size, line->name, line->name_len);
	k->names_size += line->name_len;
	k->names[k->names_size++] = '\0';
	return 0;
}

/* Turns the @size bytes of text in k->names into functions and names. */
static int parse_text(struct hw_kallsyms *k, size_t size)
{
	const char *end = k->names + size;
	bool any_address = false;

	if (!size || memchr(k->names, '\0', size))
		return -EBADMSG;
	for (const char *p = k->names; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct hw_kallsyms_line line;
		int r;

		if (!newline || !hw_kallsyms_parse_line(p, newline, &line))
			return -EBADMSG;
		p = newline + 1;
		any_address |= line.addr != 0;
		if (!strchr("tTwW", line.type))
			continue;
		r = add_kernel_function(k, &line);
		if (r < 0)
			return r;
	}
	return any_address ? 0 : -EPERM;
}

static int compare_kernel_functions(const void *a, const void *b)
{
	const struct kernel_function *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

/* The kernel proper comes sorted, its modules (which lie above it) do not: only what follows the
 * lowest address that is out of order needs sorting. */
static void sort(struct hw_kallsyms *k)
{
	struct kernel_function *f = k->functions;
	size_t n = k->n_functions, sorted = 1, low = 0;
	uint64_t lowest = UINT64_MAX;

	while (sorted < n && f[sorted - 1].addr <= f[sorted].addr)
		sorted++;
	if (sorted >= n)
		return;
	for (size_t i = sorted; i < n; i++)
		if (f[i].addr < lowest)
			lowest = f[i].addr;
	while (low < sorted && f[low].addr <= lowest)
		low++;
	qsort(f + low, n - low, sizeof(*f), compare_kernel_functions);
}

/* Keeps the best name of each address; among equals the first. */
static void drop_kernel_aliases(struct hw_kallsyms *k)
{
	struct kernel_function *f = k->functions;
	size_t n = 0;

	for (size_t i = 0; i < k->n_functions; i++) {
		if (!n || f[n - 1].addr != f[i].addr)
			f[n++] = f[i];
		else if (f[n - 1].rank < f[i].rank)
			f[n - 1] = f[i];
	}
	k->n_functions = n;
}

/* Gives back what the text and the growth of the arrays took beyond need. */
static void shrink(struct hw_kallsyms *k)
{
	void *names = realloc(k->names, k->names_size + 1);
	void *functions = realloc(k->functions, (k->n_functions + 1) * sizeof(*k->functions));

	if (names)
		k->names = names;
	if (functions)
		k->functions = functions;
}

int hw_kallsyms_parse(FILE *f, struct hw_kallsyms **ret)
{
	hw_auto(hw_kallsyms_free) struct hw_kallsyms *k = calloc(1, sizeof(*k));
	uint32_t kernel;
	size_t size;
	int r;

	if (!k)
		return -ENOMEM;
	k->modules = hw_intern_new();
	if (!k->modules)
		return -ENOMEM;
	r = hw_intern_add(k->modules, "[kernel]", strlen("[kernel]"), &kernel);
	if (r < 0)
		return r;
	r = read_text(f, &k->names, &size);
	if (r < 0)
		return r;
	r = parse_text(k, size);
	if (r < 0)
		return r;
	sort(k);
	drop_kernel_aliases(k);
	shrink(k);
	*ret = hw_take_ptr(k);
	return 0;
}

int hw_kallsyms_read(struct hw_kallsyms **ret)
{
	hw_autofclose FILE *f = fopen("/proc/kallsyms", "re");

	return f ? hw_kallsyms_parse(f, ret) : -errno;
}

struct hw_kallsyms *hw_kallsyms_free(struct hw_kallsyms *k)
{
	if (!k)
		return NULL;
	hw_intern_free(k->modules);
	free(k->functions);
	free(k->names);
	free(k);
	return NULL;
}

int hw_kallsyms_find(const struct hw_kallsyms *k, uint64_t addr, struct hw_symbol *ret,
		     const char **ret_module)
{
	size_t n = hw_lower_bound(i, k->n_functions, k->functions[i].addr <= addr);
	const struct kernel_function *f = n ? &k->functions[n - 1] : NULL;

	if (!f || addr - f->addr >= FUNCTION_MAX_BYTES) {
		*ret = (struct hw_symbol){ .name = "[unknown]", .offset_bytes = addr };
		*ret_module = "[kernel]";
		return 0;
	}
	*ret = (struct hw_symbol){
		.name = k->names + f->name,
		.start = f->addr,
		.offset_bytes = addr - f->addr,
	};
	*ret_module = hw_intern_get(k->modules, f->module, NULL);
	return 1;
}
