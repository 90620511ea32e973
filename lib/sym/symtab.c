/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/symtab.h"

#include <errno.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>

#include "base/array.h"
#include "base/intern.h"
#include "base/log.h"
#include "base/sorted.h"
#include "sym/demangle.h"

#define NO_PARENT UINT32_MAX

struct symtab_function {
	uint64_t start;
	const char *name;    /* as in the file; the readable form once is_readable */
	uint32_t size_bytes; /* 0 until that of an unsized symbol is settled */
	uint32_t parent;     /* the nearest earlier function around this one, or NO_PARENT */
	uint8_t rank;	     /* the better of two symbols at one address has more */
	bool is_readable;
};

_Static_assert(sizeof(struct symtab_function) <= 32, "glibc sorts larger elements twice as slowly");

struct code_range {
	uint64_t start, end;
};

struct hw_symtab {
	struct symtab_function *functions; /* by address, one per address */
	size_t n_functions, cap_functions;
	struct code_range *code; /* the executable sections, by address */
	size_t n_code, cap_code;
	struct hw_intern *names; /* readable forms that differ from what the file says */
};

/* Bits of struct symtab_function.rank, the weightiest first. */
enum {
	RANK_FUNCTION = 1 << 4,
	RANK_SIZED = 1 << 3,
	RANK_GLOBAL = 1 << 2,
	RANK_WEAK = 1 << 1,
	RANK_PLAIN_NAME = 1 << 0,
};

/* One symbol table section with its strings. */
struct elf_symbols {
	Elf_Data *data;
	size_t count;
	const char *strings;
	size_t strings_size;
};

/* The last byte of the strings must be a zero, so that every name in them ends: elf_strptr()
 * would look for that zero anew for each symbol. */
static bool read_strings(Elf *elf, size_t section, struct elf_symbols *s)
{
	Elf_Data *data = elf_getdata(elf_getscn(elf, section), NULL);

	if (!data || !data->d_buf || !data->d_size)
		return false;
	s->strings = data->d_buf;
	s->strings_size = data->d_size;
	return s->strings[s->strings_size - 1] == '\0';
}

/* Opens the first section of @type (there is one at the most in a sound file). */
static bool open_symtab(Elf *elf, uint32_t type, struct elf_symbols *ret)
{
	struct elf_symbols s = { 0 };
	size_t entry_size = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == type)
			break;
	if (!scn || !entry_size)
		return false;
	if (shdr.sh_size / entry_size > HW_SYMTAB_MAX) {
		log_debug("symbol table of %llu bytes ignored", (unsigned long long)shdr.sh_size);
		return false;
	}
	s.data = elf_getdata(scn, NULL);
	if (!s.data || !read_strings(elf, shdr.sh_link, &s))
		return false;
	s.count = s.data->d_size / entry_size;
	*ret = s;
	return true;
}

/* The name of the @i-th symbol, or NULL when it is undefined, absolute or has none. */
static const char *symbol_at(const struct elf_symbols *s, size_t i, GElf_Sym *ret)
{
	if (!gelf_getsym(s->data, (int)i, ret) || ret->st_name >= s->strings_size ||
	    ret->st_shndx == SHN_UNDEF || ret->st_shndx == SHN_ABS)
		return NULL;
	return s->strings[ret->st_name] ? s->strings + ret->st_name : NULL;
}

static int compare_code_ranges(const void *a, const void *b)
{
	const struct code_range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static int read_code_sections(struct hw_symtab *t, Elf *elf)
{
	const uint64_t want = SHF_ALLOC | SHF_EXECINSTR;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn))) {
		struct code_range range;
		int r;

		if (!gelf_getshdr(scn, &shdr) || (shdr.sh_flags & want) != want ||
		    __builtin_add_overflow(shdr.sh_addr, shdr.sh_size, &range.end))
			continue;
		range.start = shdr.sh_addr;
		r = hw_reserve(t->code, t->cap_code, t->n_code + 1);
		if (r < 0)
			return r;
		t->code[t->n_code++] = range;
	}
	if (t->n_code)
		qsort(t->code, t->n_code, sizeof(*t->code), compare_code_ranges);
	return 0;
}

static const struct code_range *code_section(const struct hw_symtab *t, uint64_t vaddr)
{
	size_t n = hw_lower_bound(i, t->n_code, t->code[i].start <= vaddr);

	return n && vaddr < t->code[n - 1].end ? &t->code[n - 1] : NULL;
}

static uint8_t rank_of_symbol(const GElf_Sym *sym, const char *name)
{
	uint8_t rank = 0;

	if (GELF_ST_TYPE(sym->st_info) != STT_NOTYPE)
		rank |= RANK_FUNCTION;
	if (sym->st_size)
		rank |= RANK_SIZED;
	if (GELF_ST_BIND(sym->st_info) == STB_WEAK)
		rank |= RANK_WEAK;
	else if (GELF_ST_BIND(sym->st_info) != STB_LOCAL)
		rank |= RANK_GLOBAL;
	if (name[0] != '_')
		rank |= RANK_PLAIN_NAME;
	return rank;
}

/* Labels of the assembler (".L12") and the marks between code and data on Arm ("$x") are no
 * names for people. */
static bool may_name_code(const GElf_Sym *sym, const char *name)
{
	int type = GELF_ST_TYPE(sym->st_info);

	if (type == STT_NOTYPE)
		return name[0] != '$' && strncmp(name, ".L", 2) != 0;
	return type == STT_FUNC || type == STT_GNU_IFUNC;
}

static uint32_t size_within(const struct code_range *code, uint64_t start, uint64_t size)
{
	if (size > code->end - start)
		size = code->end - start;
	return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static int add_functions(struct hw_symtab *t, Elf *elf, uint32_t type, uint64_t bias)
{
	struct elf_symbols symbols;
	GElf_Sym sym;

	if (!open_symtab(elf, type, &symbols))
		return 0;
	for (size_t i = 0; i < symbols.count; i++) {
		const char *name = symbol_at(&symbols, i, &sym);
		const struct code_range *code;
		uint64_t start;
		int r;

		if (!name || !may_name_code(&sym, name))
			continue;
		start = sym.st_value + bias;
		code = code_section(t, start);
		if (!code)
			continue;
		r = hw_reserve(t->functions, t->cap_functions, t->n_functions + 1);
		if (r < 0)
			return r;
		t->functions[t->n_functions++] = (struct symtab_function){
			.start = start,
			.name = name,
			.size_bytes = size_within(code, start, sym.st_size),
			.rank = rank_of_symbol(&sym, name),
		};
	}
	return 0;
}

/* By address, the best symbol of an address first; the last resort makes it the same one
 * whatever the order in the file. */
static int compare_functions(const void *a, const void *b)
{
	const struct symtab_function *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return strcmp(x->name, y->name);
}

static uint32_t nearest_around(const struct hw_symtab *t, size_t candidate, uint64_t vaddr)
{
	uint32_t i = candidate < t->n_functions ? (uint32_t)candidate : NO_PARENT;

	while (i != NO_PARENT && vaddr - t->functions[i].start >= t->functions[i].size_bytes)
		i = t->functions[i].parent;
	return i;
}

/* Keeps one symbol per address and links each to the function around it. A label or a symbol
 * without a size inside a function is a place in it, not another function. */
static void drop_symtab_aliases(struct hw_symtab *t)
{
	const uint8_t firm = RANK_FUNCTION | RANK_SIZED;
	size_t n = t->n_functions;

	t->n_functions = 0;
	for (size_t i = 0; i < n; i++) {
		struct symtab_function f = t->functions[i];
		size_t last = t->n_functions - 1;

		if (t->n_functions && t->functions[last].start == f.start)
			continue;
		f.parent = nearest_around(t, last, f.start);
		if ((f.rank & firm) != firm && f.parent != NO_PARENT)
			continue;
		t->functions[t->n_functions++] = f;
	}
}

/* After the functions around others are known, so that one without a size is never such: it then
 * reaches as far as nothing else starts, for the search begins at the nearest start. */
static void settle_sizes(struct hw_symtab *t)
{
	for (size_t i = 0; i < t->n_functions; i++) {
		struct symtab_function *f = &t->functions[i];

		if (!f->size_bytes)
			f->size_bytes =
				size_within(code_section(t, f->start), f->start, UINT64_MAX);
	}
}

int hw_symtab_new(Elf *elf, Elf *debug, uint64_t debug_bias, struct hw_symtab **ret)
{
	hw_auto(hw_symtab_free) struct hw_symtab *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	t->names = hw_intern_new();
	if (!t->names)
		return -ENOMEM;
	r = read_code_sections(t, elf);
	if (r < 0)
		return r;
	r = add_functions(t, elf, SHT_SYMTAB, 0);
	if (r < 0)
		return r;
	r = add_functions(t, elf, SHT_DYNSYM, 0);
	if (r < 0)
		return r;
	r = debug ? add_functions(t, debug, SHT_SYMTAB, debug_bias) : 0;
	if (r < 0)
		return r;
	if (t->n_functions)
		qsort(t->functions, t->n_functions, sizeof(*t->functions), compare_functions);
	drop_symtab_aliases(t);
	settle_sizes(t);
	*ret = hw_take_ptr(t);
	return 0;
}

struct hw_symtab *hw_symtab_free(struct hw_symtab *t)
{
	if (!t)
		return NULL;
	hw_intern_free(t->names);
	free(t->functions);
	free(t->code);
	free(t);
	return NULL;
}

/* Settles the name for people at its first use: few functions of a file are ever asked for. */
static int make_readable(struct hw_symtab *t, struct symtab_function *f)
{
	char name[HW_DEMANGLED_SIZE];
	uint32_t id;
	int r;

	if (hw_demangle(f->name, name)) {
		r = hw_intern_add(t->names, name, strlen(name), &id);
		if (r < 0)
			return r;
		f->name = hw_intern_get(t->names, id, NULL);
	}
	f->is_readable = true;
	return 0;
}

int hw_symtab_find(struct hw_symtab *t, uint64_t vaddr, const char **ret_name, uint64_t *ret_start)
{
	size_t n = hw_lower_bound(at, t->n_functions, t->functions[at].start <= vaddr);
	uint32_t i = nearest_around(t, n - 1, vaddr);

	if (i == NO_PARENT)
		return 0;
	if (!t->functions[i].is_readable) {
		int r = make_readable(t, &t->functions[i]);

		if (r < 0)
			return r;
	}
	*ret_name = t->functions[i].name;
	*ret_start = t->functions[i].start;
	return 1;
}

static int lookup_in(Elf *elf, uint32_t type, const char *name, GElf_Sym *ret)
{
	size_t len = strlen(name);
	struct elf_symbols symbols;
	GElf_Sym sym;

	if (!open_symtab(elf, type, &symbols))
		return -ENOENT;
	for (size_t i = 0; i < symbols.count; i++) {
		const char *have = symbol_at(&symbols, i, &sym);
		int kind = GELF_ST_TYPE(sym.st_info);

		if (!have || strncmp(have, name, len) || (have[len] && have[len] != '@'))
			continue;
		if (kind != STT_NOTYPE && kind != STT_OBJECT && kind != STT_FUNC &&
		    kind != STT_GNU_IFUNC)
			continue; /* the value of a thread-local one is no address */
		*ret = sym;
		return 0;
	}
	return -ENOENT;
}

static int lookup(Elf *elf, uint32_t type, const char *name, uint64_t *ret_vaddr,
		  uint64_t *ret_size)
{
	GElf_Sym sym;
	int r = lookup_in(elf, type, name, &sym);

	if (r < 0)
		return r;
	*ret_vaddr = sym.st_value;
	*ret_size = sym.st_size;
	return 0;
}

int hw_symtab_lookup(Elf *elf, const char *name, uint64_t *ret_vaddr, uint64_t *ret_size)
{
	int r = lookup(elf, SHT_DYNSYM, name, ret_vaddr, ret_size);

	return r < 0 ? lookup(elf, SHT_SYMTAB, name, ret_vaddr, ret_size) : r;
}

int hw_symtab_export(Elf *elf, const char *name, uint64_t *ret_vaddr, uint64_t *ret_size)
{
	return lookup(elf, SHT_DYNSYM, name, ret_vaddr, ret_size);
}
