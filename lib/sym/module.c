/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/arch.h"
#include "sym/module.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/array.h"
#include "proc/maps.h"
#include "sym/debug_file.h"
#include "sym/fde.h"
#include "sym/inlines.h"
#include "sym/internal.h"
#include "sym/lines.h"
#include "sym/plt.h"
#include "sym/symtab.h"

/* What a hostile file may make us read. */
#define SEGMENTS_MAX	1024
#define BUILD_ID_MAX	64
#define MEMORY_MAX_BYTES (64u << 20) /* of a module that is in memory */

struct module_segment {
	uint64_t file_off, file_size;
	uint64_t vaddr, mem_size;
	bool is_code;
};

struct hw_module {
	char *name;
	char *root; /* where its process sees "/": what stands before the name in the path, or "" */
	char build_id[2 * BUILD_ID_MAX + 1];
	struct module_segment *segments;
	size_t n_segments, cap_segments;
	struct hw_elf_file program;
	Elf *elf;	   /* of program */
	const char *image; /* all of the file, mapped by libelf */
	struct stat file;  /* all zeros: there is none */
	struct hw_debuginfod *servers; /* borrowed; NULL: none is asked */

	struct hw_elf_file separate; /* debug file; NULL also before it was looked for */
	bool was_looked_for, was_asked_for;
	struct hw_elf_file mini;   /* the symbols in .gnu_debugdata, when there is no other file */
	struct hw_elf_file common; /* what dwz(1) moved out of the debug file */
	Dwarf *dwarf, *common_dwarf;
	bool dwarf_was_read;

	struct hw_symtab *symtab; /* NULL before the first search, as are the next four */
	struct hw_plt *plt;
	struct hw_lines *lines; /* NULL also without debugging information */
	struct hw_inlines *inlines;
	struct hw_fde_table fdes;
};

/* Keeps the PT_LOAD segments, which must lie in the file and below 2^64. */
static int read_segments(struct hw_module *m)
{
	size_t image_size, n;

	m->image = elf_rawfile(m->elf, &image_size);
	if (!m->image || elf_getphdrnum(m->elf, &n))
		return -EBADMSG;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr phdr;
		uint64_t end;
		int r;

		if (!gelf_getphdr(m->elf, (int)i, &phdr))
			return -EBADMSG;
		if (phdr.p_type != PT_LOAD)
			continue;
		if (phdr.p_offset > image_size || phdr.p_filesz > image_size - phdr.p_offset ||
		    phdr.p_filesz > phdr.p_memsz || m->n_segments == SEGMENTS_MAX ||
		    __builtin_add_overflow(phdr.p_vaddr, phdr.p_memsz, &end))
			return -EBADMSG;
		r = hw_reserve(m->segments, m->cap_segments, m->n_segments + 1);
		if (r < 0)
			return r;
		m->segments[m->n_segments++] = (struct module_segment){
			.file_off = phdr.p_offset,
			.file_size = phdr.p_filesz,
			.vaddr = phdr.p_vaddr,
			.mem_size = phdr.p_memsz,
			.is_code = phdr.p_flags & PF_X,
		};
	}
	return m->n_segments ? 0 : -EBADMSG;
}

static void read_build_id(struct hw_module *m)
{
	const void *bits;
	ssize_t n = dwelf_elf_gnu_build_id(m->elf, &bits);

	for (ssize_t i = 0; n <= BUILD_ID_MAX && i < n; i++)
		snprintf(m->build_id + 2 * i, 3, "%02x", ((const uint8_t *)bits)[i]);
}

/* What stands before @name in @path. */
static char *root_of(const char *path, const char *name)
{
	size_t path_size = strlen(path), name_size = strlen(name);

	if (path_size <= name_size || strcmp(path + path_size - name_size, name))
		return strdup("");
	return strndup(path, path_size - name_size);
}

static bool is_program(Elf *elf)
{
	GElf_Ehdr ehdr;

	return gelf_getehdr(elf, &ehdr) && (ehdr.e_type == ET_EXEC || ehdr.e_type == ET_DYN);
}

/* A module of @file, which it takes over, also on failure. */
static int module_new(struct hw_elf_file *file, const char *path, const char *name,
		      struct hw_module **ret)
{
	hw_auto(hw_module_free) struct hw_module *m = calloc(1, sizeof(*m));
	int r;

	if (!m) {
		hw_elf_file_done(file);
		return -ENOMEM;
	}
	m->program = *file;
	m->elf = file->elf;
	m->separate = m->mini = m->common = HW_ELF_FILE_NONE;
	m->name = strdup(name);
	m->root = root_of(path, name);
	if (!m->name || !m->root)
		return -ENOMEM;
	if (!is_program(m->elf))
		return -EBADMSG;
	if (m->program.fd >= 0 && fstat(m->program.fd, &m->file))
		return -errno;
	r = read_segments(m);
	if (r < 0)
		return r;
	read_build_id(m);
	*ret = hw_take_ptr(m);
	return 0;
}

int hw_module_open(const char *path, const char *name, struct hw_module **ret)
{
	struct hw_elf_file file;
	int r = hw_elf_file_open(path, &file);

	return r < 0 ? r : module_new(&file, path, name, ret);
}

int hw_module_open_memory(const void *bytes, size_t size, const char *name, struct hw_module **ret)
{
	struct hw_elf_file file;
	void *copy;
	int r;

	if (size > MEMORY_MAX_BYTES)
		return -EFBIG;
	copy = malloc(size + 1); /* never NULL for 0 bytes */
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	r = hw_elf_file_memory(copy, size, &file);
	return r < 0 ? r : module_new(&file, "", name, ret);
}

int hw_module_again(const struct hw_module *m, struct hw_module **ret)
{
	hw_auto(hw_module_free) struct hw_module *again = calloc(1, sizeof(*again));
	int r;

	if (!again)
		return -ENOMEM;
	again->program = again->separate = again->mini = again->common = HW_ELF_FILE_NONE;
	r = hw_elf_file_again(&m->program, &again->program);
	if (r < 0)
		return r;
	again->elf = again->program.elf;
	again->name = strdup(m->name);
	again->root = strdup(m->root);
	if (!again->name || !again->root)
		return -ENOMEM;
	again->file = m->file;
	memcpy(again->build_id, m->build_id, sizeof(again->build_id));
	r = read_segments(again);
	if (r < 0)
		return r;
	*ret = hw_take_ptr(again);
	return 0;
}

int hw_module_open_vdso(struct hw_module **ret)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	uint64_t start = getauxval(AT_SYSINFO_EHDR);
	const struct hw_map *map;
	int r;

	if (!start)
		return -ENOENT;
	r = hw_maps_read(getpid(), &maps);
	if (r < 0)
		return r;
	map = hw_maps_find(maps, start);
	if (!map || map->start != start)
		return -ENOENT;
	return hw_module_open_memory((const void *)(uintptr_t)start, map->end - start, "[vdso]",
				     ret);
}

void hw_module_set_debuginfod(struct hw_module *m, struct hw_debuginfod *servers)
{
	m->servers = servers;
}

struct hw_module *hw_module_free(struct hw_module *m)
{
	if (!m)
		return NULL;
	hw_inlines_free(m->inlines);
	hw_lines_free(m->lines);
	hw_plt_free(m->plt);
	hw_symtab_free(m->symtab);
	dwarf_end(m->dwarf);
	dwarf_end(m->common_dwarf);
	hw_elf_file_done(&m->common);
	hw_elf_file_done(&m->mini);
	hw_elf_file_done(&m->separate);
	hw_elf_file_done(&m->program);
	free(m->segments);
	free(m->root);
	free(m->name);
	free(m);
	return NULL;
}

const char *hw_module_name(const struct hw_module *m)
{
	return m->name;
}

const char *hw_module_build_id(const struct hw_module *m)
{
	return m->build_id;
}

bool hw_module_file(const struct hw_module *m, uint32_t *ret_dev, uint64_t *ret_inode)
{
	/* As the kernel has it in super_block.s_dev (MKDEV() in include/linux/kdev_t.h), where
	 * bpf/vma.bpf.h reads it; stat(2) spreads the bits otherwise. */
	*ret_dev = major(m->file.st_dev) << 20 | minor(m->file.st_dev);
	*ret_inode = m->file.st_ino;
	return m->file.st_ino != 0;
}

bool hw_module_stat(const struct hw_module *m, struct stat *ret)
{
	*ret = m->file;
	return m->file.st_ino != 0;
}

int hw_module_fd(const struct hw_module *m)
{
	return m->program.fd;
}

uint64_t hw_module_base(const struct hw_module *m)
{
	uint64_t base = UINT64_MAX;

	for (size_t i = 0; i < m->n_segments; i++)
		if (m->segments[i].vaddr < base)
			base = m->segments[i].vaddr;
	return base;
}

int hw_module_text(const struct hw_module *m, uint64_t *ret_file_off, uint64_t *ret_vaddr)
{
	for (size_t i = 0; i < m->n_segments; i++)
		if (m->segments[i].is_code) {
			*ret_file_off = m->segments[i].file_off;
			*ret_vaddr = m->segments[i].vaddr;
			return 0;
		}
	return -ENOENT;
}

/* A mapping starts at a whole page, so its first bytes may belong to the segment before. */
static bool holds_page_of(const struct module_segment *s, uint64_t file_off)
{
	uint64_t slack = s->file_off & ((uint64_t)sysconf(_SC_PAGESIZE) - 1);

	return file_off >= s->file_off - slack && file_off < s->file_off + s->file_size &&
	       s->vaddr >= slack;
}

int hw_module_vaddr(const struct hw_module *m, uint64_t file_off, uint64_t *ret_vaddr)
{
	const struct module_segment *found = NULL;

	/* Code first: a page at a border belongs to two segments, and who asks was executing. */
	for (size_t i = 0; i < m->n_segments && !found; i++)
		if (m->segments[i].is_code && holds_page_of(&m->segments[i], file_off))
			found = &m->segments[i];
	for (size_t i = 0; i < m->n_segments && !found; i++)
		if (file_off >= m->segments[i].file_off &&
		    file_off - m->segments[i].file_off < m->segments[i].file_size)
			found = &m->segments[i];
	if (!found)
		return -ENOENT;
	*ret_vaddr = found->vaddr + (file_off - found->file_off);
	return 0;
}

int hw_module_section(const struct hw_module *m, const char *section, uint64_t *ret_vaddr,
		      uint64_t *ret_size)
{
	GElf_Shdr shdr;

	if (!hw_elf_section(m->elf, section, &shdr))
		return -ENOENT;
	*ret_vaddr = shdr.sh_addr;
	*ret_size = shdr.sh_size;
	return 0;
}

static const struct module_segment *segment_at(const struct hw_module *m, uint64_t vaddr)
{
	for (size_t i = 0; i < m->n_segments; i++)
		if (vaddr >= m->segments[i].vaddr &&
		    vaddr - m->segments[i].vaddr < m->segments[i].mem_size)
			return &m->segments[i];
	return NULL;
}

bool hw_module_follows_call(const struct hw_module *m, uint64_t vaddr)
{
	unsigned char code[HW_ARCH_CALL_MAX];
	const struct hw_arch *arch;
	GElf_Ehdr ehdr;

	arch = gelf_getehdr(m->elf, &ehdr) ? hw_arch_of(ehdr.e_machine) : NULL;
	return arch && vaddr >= sizeof(code) &&
	       hw_module_read(m, vaddr - sizeof(code), code, sizeof(code)) == 0 &&
	       arch->ends_in_call(code);
}

int hw_module_read(const struct hw_module *m, uint64_t vaddr, void *buf, size_t size)
{
	char *out = buf;

	while (size) {
		const struct module_segment *s = segment_at(m, vaddr);
		uint64_t at, n, in_file;

		if (!s)
			return -EFAULT;
		at = vaddr - s->vaddr;
		n = s->mem_size - at < size ? s->mem_size - at : size;
		in_file = at < s->file_size ? s->file_size - at : 0;
		if (in_file > n)
			in_file = n;
		memcpy(out, m->image + s->file_off + at, in_file);
		memset(out + in_file, 0, n - in_file);
		out += n;
		vaddr += n;
		size -= n;
	}
	return 0;
}

Elf *hw_module_elf(const struct hw_module *m)
{
	return m->elf;
}

static bool has_debug_info(const struct hw_module *m)
{
	GElf_Shdr shdr;

	return hw_elf_section(m->elf, ".debug_info", &shdr);
}

/* The separate debug file, or NULL; servers are asked for it when @may_ask. */
static Elf *find_separate(struct hw_module *m, bool may_ask)
{
	if (!m->was_looked_for && !has_debug_info(m))
		hw_debug_file_find(m->elf, m->name, m->root, &m->separate);
	m->was_looked_for = true;
	if (may_ask && m->servers && !m->was_asked_for && !m->separate.elf && !has_debug_info(m)) {
		m->was_asked_for = true;
		hw_debug_file_fetch(m->elf, m->servers, &m->separate);
	}
	return m->separate.elf;
}

/* The debug file on this machine, with what its addresses are below those of @m; or NULL. */
static Elf *separate_elf(struct hw_module *m, uint64_t *ret_bias)
{
	Elf *elf = find_separate(m, false);

	*ret_bias = elf ? hw_elf_base(m->elf) - hw_elf_base(elf) : 0;
	return elf;
}

/* Opens what @debug shares with others: 0, also when there is none, or -EBADMSG. */
static int read_common(struct hw_module *m, const struct hw_elf_file *debug)
{
	int r = hw_debug_file_common(debug, &m->common);

	if (r)
		return r < 0 ? r : 0;
	m->common_dwarf = dwarf_begin_elf(m->common.elf, DWARF_C_READ, NULL);
	return m->common_dwarf ? 0 : -EBADMSG;
}

Dwarf *hw_module_debug(struct hw_module *m, uint64_t *ret_bias)
{
	Elf *separate = separate_elf(m, ret_bias);
	const struct hw_elf_file *debug = separate ? &m->separate : &m->program;

	if (m->dwarf_was_read)
		return m->dwarf;
	m->dwarf_was_read = true;
	if ((!separate && !has_debug_info(m)) || !hw_debug_file_readable(debug->elf) ||
	    read_common(m, debug) < 0)
		return NULL;
	m->dwarf = dwarf_begin_elf(debug->elf, DWARF_C_READ, NULL);
	if (m->dwarf && m->common_dwarf)
		dwarf_setalt(m->dwarf, m->common_dwarf);
	return m->dwarf;
}

/* For struct hw_mem: the file as it is loaded, by its own addresses. */
static int read_image(void *ctx, uint64_t vaddr, void *buf, size_t size)
{
	return hw_module_read(ctx, vaddr, buf, size);
}

/* Reads the names of functions, once; the files may hold none. */
static int load_symbols(struct hw_module *m)
{
	const struct hw_mem image = { .read = read_image, .ctx = m };
	uint64_t bias, vaddr, size;
	Elf *split;
	int r = 0;

	if (m->plt)
		return 0;
	find_separate(m, true);
	split = separate_elf(m, &bias);
	if (!split && !m->mini.elf && hw_debug_file_mini(m->elf, &m->mini) == 0)
		split = m->mini.elf;
	if (!m->symtab)
		r = hw_symtab_new(m->elf, split, bias, &m->symtab);
	if (r < 0)
		return r;
	m->plt = hw_plt_new(m->elf, m->symtab);
	if (!m->plt)
		return -ENOMEM;
	if (hw_module_section(m, ".eh_frame_hdr", &vaddr, &size) == 0)
		m->fdes = hw_fde_table_of(&image, vaddr, size);
	return 0;
}

/* Reads where lines and inlined calls are, once; the files may hold neither. After the symbols. */
static int load_lines(struct hw_module *m)
{
	uint64_t bias;
	Dwarf *dwarf;
	int r;

	if (m->lines || m->dwarf_was_read)
		return 0;
	dwarf = hw_module_debug(m, &bias);
	if (!dwarf)
		return 0;
	r = hw_lines_new(dwarf, bias, &m->lines);
	if (r < 0)
		return r;
	m->inlines = hw_inlines_new(m->lines, bias);
	return m->inlines ? 0 : -ENOMEM;
}

int hw_module_lookup(struct hw_module *m, const char *symbol, uint64_t *ret_vaddr,
		     uint64_t *ret_size)
{
	uint64_t bias;
	Elf *separate;
	int r;

	r = hw_symtab_lookup(m->elf, symbol, ret_vaddr, ret_size);
	if (r == 0)
		return 0;
	separate = separate_elf(m, &bias);
	if (!separate)
		return -ENOENT;
	r = hw_symtab_lookup(separate, symbol, ret_vaddr, ret_size);
	if (r == 0)
		*ret_vaddr += bias;
	return r;
}

int hw_module_export(const struct hw_module *m, const char *symbol, uint64_t *ret_vaddr,
		     uint64_t *ret_size)
{
	return hw_symtab_export(m->elf, symbol, ret_vaddr, ret_size);
}

int hw_module_find(struct hw_module *m, uint64_t vaddr, struct hw_symbol *ret)
{
	const struct hw_mem image = { .read = read_image, .ctx = m };
	struct hw_symbol symbol = { .name = "[unknown]" };
	int found;
	int r;

	r = load_symbols(m);
	if (r < 0)
		return r;
	r = load_lines(m);
	if (r < 0)
		return r;
	found = hw_symtab_find(m->symtab, vaddr, &symbol.name, &symbol.start);
	if (found == 0)
		found = hw_plt_find(m->plt, vaddr, &symbol.name, &symbol.start);
	if (found < 0)
		return found;
	/* Without a name, the start still tells one function from another. */
	if (!found)
		hw_fde_start(&image, &m->fdes, vaddr, &symbol.start);
	if (m->lines)
		hw_lines_find(m->lines, vaddr, &symbol.file, &symbol.line);
	symbol.offset_bytes = vaddr - symbol.start;
	*ret = symbol;
	return found;
}

int hw_module_inlines(struct hw_module *m, uint64_t vaddr, struct hw_symbol *ret, size_t max)
{
	struct hw_inline calls[HW_INLINES_MAX];
	struct hw_symbol function;
	int n = 0, left_out = 0, found;

	found = hw_module_find(m, vaddr, &function);
	if (found < 0)
		return found;
	if (m->inlines)
		n = hw_inlines_find(m->inlines, vaddr, calls, HW_INLINES_MAX);
	if (n < 0)
		return n;
	if ((size_t)n >= max)
		left_out = n + 1 - (int)max;
	/* Each stands where the next inner one was called. */
	for (int i = left_out; i <= n; i++) {
		struct hw_symbol *s = &ret[i - left_out];

		*s = function;
		if (i < n)
			s->name = calls[i].name;
		if (i > 0) {
			s->file = calls[i - 1].call_file;
			s->line = calls[i - 1].call_line;
		}
	}
	return n + 1 - left_out;
}
