/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/cfi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "sym/cfi_entry.h"
#include "sym/cfi_plt.h"
#include "sym/cfi_rule.h"
#include "sym/internal.h"

/* What a hostile file may cost; code beyond it gets HW_CFA_OTHER. libdw runs a function's
 * instructions from the start for each row, and keeps the expressions it decoded. Most files take
 * less than 200 steps (a byte each) per row, but libcufft 12, whose largest function has 15,714
 * rows and 60 KB of instructions, 1.5 billion in all, some 7 s. */
#define RANGES_MAX     (4u << 20)
#define STEPS_MAX      (1ull << 31)
#define STEPS_PER_ROW  64
#define OPERATIONS_MAX (8u << 20) /* 32 bytes each */
#define SEGMENTS_MAX   64
#define LEAVES_MAX     4096
#define LEAF_MAX_BYTES 4096
#define SOURCES_MAX    3

/* Code that belongs together: a function, or a stretch of the procedure linkage table. */
struct cfi_range {
	uint64_t start, end;
	size_t order; /* in which they were found */
	size_t program_bytes;
	const struct cfi_source *source; /* NULL: it has one rule, this: */
	struct hw_unwind_rule rule;
};

struct cfi_source {
	struct hw_cfi_section section;
	uint64_t bias; /* our addresses minus its own */
};

struct cfi_segment {
	uint64_t start, end;
};

struct cfi_reader {
	struct hw_cfi_abi abi;
	struct cfi_segment segments[SEGMENTS_MAX]; /* executable */
	size_t n_segments;
	struct cfi_source sources[SOURCES_MAX];
	size_t n_sources;
	struct cfi_range *ranges;
	size_t n_ranges, cap_ranges;

	hw_cfi_row_fn row;
	void *ctx;
	struct hw_unwind_rule last; /* given to row */
	uint64_t n_steps, n_operations;
};

static void done(struct cfi_reader *r)
{
	for (size_t i = 0; i < r->n_sources; i++)
		hw_cfi_section_close(&r->sources[i].section);
	free(r->ranges);
}
HW_DEFINE_AUTO_DONE(struct cfi_reader, done)

static int read_headers(struct cfi_reader *r, Elf *elf)
{
	GElf_Ehdr ehdr;
	size_t n;

	if (!gelf_getehdr(elf, &ehdr) || elf_getphdrnum(elf, &n))
		return -EBADMSG;
	if (ehdr.e_ident[EI_CLASS] != ELFCLASS64 || ehdr.e_ident[EI_DATA] != ELFDATA2LSB ||
	    !hw_arch_of(ehdr.e_machine))
		return -EOPNOTSUPP;
	r->abi.arch = hw_arch_of(ehdr.e_machine);
	for (size_t i = 0; i < n && r->n_segments < SEGMENTS_MAX; i++) {
		GElf_Phdr phdr;
		uint64_t end;

		if (!gelf_getphdr(elf, (int)i, &phdr) ||
		    __builtin_add_overflow(phdr.p_vaddr, phdr.p_memsz, &end))
			return -EBADMSG;
		if (phdr.p_type == PT_LOAD && phdr.p_flags & PF_X)
			r->segments[r->n_segments++] = (struct cfi_segment){ phdr.p_vaddr, end };
	}
	return 0;
}

/* Notes @range, unless it is no code of the file. */
static int add_range(struct cfi_reader *r, struct cfi_range range)
{
	size_t i = 0;
	int err;

	while (i < r->n_segments &&
	       (range.start < r->segments[i].start || range.start >= r->segments[i].end))
		i++;
	if (i == r->n_segments || !range.start || range.end <= range.start ||
	    range.end > r->segments[i].end)
		return 0;
	if (r->n_ranges == RANGES_MAX)
		return -E2BIG;
	err = hw_reserve(r->ranges, r->cap_ranges, r->n_ranges + 1);
	if (err < 0)
		return err;
	range.order = r->n_ranges;
	r->ranges[r->n_ranges++] = range;
	return 0;
}

/* Notes the functions in the section @name of @elf. A section that is not as compilers write it is
 * left out as a whole. */
static int add_section(struct cfi_reader *r, Elf *elf, const char *name, uint64_t bias)
{
	struct cfi_source *source = &r->sources[r->n_sources];
	size_t n_before = r->n_ranges;
	struct hw_cfi_fde fde;
	int err;

	err = hw_cfi_section_open(elf, name, &source->section);
	if (err < 0)
		return err == -ENOMEM ? err : 0;
	source->bias = bias;
	r->n_sources++;
	while ((err = hw_cfi_section_next(&source->section, &fde)) > 0) {
		err = add_range(r, (struct cfi_range){ .start = fde.start + bias,
						       .end = fde.end + bias,
						       .program_bytes = fde.program_bytes,
						       .source = source });
		if (err < 0)
			return err;
	}
	if (err == -EBADMSG) {
		log_debug("%s has an entry at %#llx that is not read", name,
			  (unsigned long long)source->section.next);
		r->n_ranges = n_before;
	}
	return 0;
}

static int add_plt(struct cfi_reader *r, Elf *elf)
{
	struct hw_arch_rule plt[HW_CFI_PLT_MAX];
	size_t n = hw_cfi_plt(elf, r->abi.arch, plt);

	for (size_t i = 0; i < n; i++) {
		int err = add_range(r, (struct cfi_range){ .start = plt[i].start,
							   .end = plt[i].end,
							   .rule = plt[i].rule });
		if (err < 0)
			return err;
	}
	return 0;
}

/* Notes the function @sym, if by its code it is a leaf. */
static int add_leaf(struct cfi_reader *r, struct hw_module *m, const GElf_Sym *sym)
{
	struct cfi_range range = { .start = sym->st_value, .end = sym->st_value + sym->st_size };
	unsigned char code[LEAF_MAX_BYTES];

	if (GELF_ST_TYPE(sym->st_info) != STT_FUNC || sym->st_shndx == SHN_UNDEF ||
	    sym->st_size > sizeof(code) ||
	    hw_module_read(m, sym->st_value, code, sym->st_size) < 0 ||
	    !r->abi.arch->leaf_by_code(code, sym->st_size, &range.rule))
		return 0;
	return add_range(r, range);
}

/* Of a file without any call frame information, as some vDSOs are: the leaf functions it exports. */
static int add_leaves(struct cfi_reader *r, struct hw_module *m, Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	GElf_Sym sym;
	int err = 0;

	if (r->n_ranges || !r->abi.arch->leaf_by_code)
		return 0;
	while ((scn = elf_nextscn(elf, scn)) && err == 0) {
		Elf_Data *data = gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_DYNSYM ?
					 elf_getdata(scn, NULL) : NULL;

		for (int i = 0; data && err == 0 && i < LEAVES_MAX && gelf_getsym(data, i, &sym); i++)
			err = add_leaf(r, m, &sym);
	}
	return err;
}

/* Whether most code has no call frame information so far. */
static bool is_mostly_bare(const struct cfi_reader *r)
{
	uint64_t known = 0, all = 0;

	for (size_t i = 0; i < r->n_ranges; i++)
		known += r->ranges[i].end - r->ranges[i].start;
	for (size_t i = 0; i < r->n_segments; i++)
		all += r->segments[i].end - r->segments[i].start;
	return known < all / 2;
}

static int compare_cfi_ranges(const void *left, const void *right)
{
	const struct cfi_range *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int give(struct cfi_reader *r, uint64_t vaddr, const struct hw_unwind_rule *rule)
{
	if (!memcmp(&r->last, rule, sizeof(*rule)))
		return 0;
	r->last = *rule;
	return r->row(r->ctx, vaddr, rule);
}

/* Reads the row that holds for @vaddr, with its end as linked. What libdw cannot make sense of is
 * taken for code without rows. */
static struct hw_cfi_row read_row(struct cfi_reader *r, const struct cfi_range *range,
				  uint64_t vaddr)
{
	struct hw_cfi_row row = { .rule.cfa = HW_CFA_NONE, .end = range->end };
	uint64_t bias = range->source->bias;
	Dwarf_Frame *frame;

	if (dwarf_cfi_addrframe(range->source->section.cfi, vaddr - bias, &frame))
		return row;
	row = hw_cfi_rule(frame, &r->abi);
	free(frame);
	row.end += bias;
	if (row.end <= vaddr || row.end > range->end)
		row.end = range->end;
	return row;
}

/* Gives the rows of @range from @vaddr on. */
static int give_range(struct cfi_reader *r, const struct cfi_range *range, uint64_t vaddr)
{
	const struct hw_cfi_row too_costly = { .rule.cfa = HW_CFA_OTHER, .end = range->end };

	if (!range->source)
		return give(r, vaddr, &range->rule);
	while (vaddr < range->end) {
		struct hw_cfi_row row = too_costly;
		int err;

		if (r->n_steps < STEPS_MAX && r->n_operations < OPERATIONS_MAX)
			row = read_row(r, range, vaddr);
		/* Half of them, as rows are somewhere in the middle. */
		r->n_steps += STEPS_PER_ROW + range->program_bytes / 2;
		r->n_operations += row.n_operations;
		err = give(r, vaddr, &row.rule);
		if (err < 0)
			return err;
		vaddr = row.end;
	}
	return 0;
}

static int give_rows(struct cfi_reader *r)
{
	static const struct hw_unwind_rule none = { .cfa = HW_CFA_NONE };
	uint64_t at = 0; /* all before it is given */
	int err;

	if (!r->n_ranges)
		return 0;
	qsort(r->ranges, r->n_ranges, sizeof(*r->ranges), compare_cfi_ranges);
	for (size_t i = 0; i < r->n_ranges; i++) {
		const struct cfi_range *range = &r->ranges[i];

		if (range->end <= at)
			continue;
		if (range->start > at) {
			err = give(r, at, &none);
			if (err < 0)
				return err;
			at = range->start;
		}
		err = give_range(r, range, at);
		if (err < 0)
			return err;
		at = range->end;
	}
	return give(r, at, &none);
}

static int add_separate(struct cfi_reader *r, struct hw_module *m)
{
	uint64_t bias;
	Dwarf *dwarf = is_mostly_bare(r) ? hw_module_debug(m, &bias) : NULL;

	/* That of the file itself was passed over when compressed, which it is no more. */
	return dwarf ? add_section(r, dwarf_getelf(dwarf), ".debug_frame", bias) : 0;
}

int hw_cfi_read(struct hw_module *m, bool track_bx, hw_cfi_row_fn row, void *ctx)
{
	hw_auto(done) struct cfi_reader r = { .row = row, .ctx = ctx };
	Elf *elf = hw_module_elf(m);
	int err;

	err = read_headers(&r, elf);
	r.abi.track_bx = track_bx && err == 0 && r.abi.arch->bx;
	if (err == 0)
		err = add_section(&r, elf, ".eh_frame", 0);
	if (err == 0)
		err = add_section(&r, elf, ".debug_frame", 0);
	if (err == 0)
		err = add_separate(&r, m);
	if (err == 0)
		err = add_leaves(&r, m, elf);
	if (err == 0)
		err = add_plt(&r, elf);
	return err < 0 ? err : give_rows(&r);
}
