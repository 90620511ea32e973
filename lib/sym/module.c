/* SPDX-License-Identifier: Apache-2.0 */
#include "sym/module.h"

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "sym/fde.h"
#include "sym/lines.h"
#include "sym/symtab.h"

/* What a hostile file may make us read. */
#define FILE_MAX_BYTES	   (4ull << 30)
#define INFLATED_MAX_BYTES (2ull << 30) /* debug sections, uncompressed, together */
#define SEGMENTS_MAX	   1024
#define BUILD_ID_MAX	   64

struct segment {
	uint64_t file_off, file_size;
	uint64_t vaddr, mem_size;
	bool is_code;
};

struct hw_module {
	char *name;
	char build_id[2 * BUILD_ID_MAX + 1];
	struct segment *segments;
	size_t n_segments, cap_segments;

	Dwfl *dwfl; /* holds this one module; owns the next three and the debugging information */
	Dwfl_Module *dwfl_module;
	Elf *elf;
	const char *image; /* the whole file, mapped by libelf */

	struct hw_symtab *symtab; /* NULL before the first search, as are the next two */
	struct hw_lines *lines;	  /* NULL also without debugging information */
	struct hw_fde_table fdes;
};

static int dwfl_error(const char *what, const char *name)
{
	log_debug("%s of %s: %s", what, name, dwfl_errmsg(-1));
	return -EBADMSG;
}

/* The header of section @scn and its name; NULL when it has none that can be read. */
static const char *section_name(Elf *elf, Elf_Scn *scn, GElf_Shdr *ret)
{
	size_t names;

	if (!gelf_getshdr(scn, ret) || elf_getshdrstrndx(elf, &names))
		return NULL;
	return elf_strptr(elf, names, ret->sh_name);
}

/* Whether the debug sections of @elf may be given to libdw, which inflates every compressed one
 * at once. The old form (.zdebug_info, not written since binutils 2.26) is not read. */
static bool may_read_debug(Elf *elf)
{
	uint64_t inflated = 0;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(elf, scn))) {
		const char *name = section_name(elf, scn, &shdr);
		GElf_Chdr chdr;

		if (name && !strncmp(name, ".zdebug_", strlen(".zdebug_")))
			return false;
		if (!name || !(shdr.sh_flags & SHF_COMPRESSED))
			continue;
		if (!gelf_getchdr(scn, &chdr) ||
		    __builtin_add_overflow(inflated, chdr.ch_size, &inflated) ||
		    inflated > INFLATED_MAX_BYTES)
			return false;
	}
	return true;
}

/* Opens a regular file of a size that may be read; a FIFO must not block us. */
static int open_regular(const char *path, int *ret_fd)
{
	hw_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	if ((uint64_t)st.st_size > FILE_MAX_BYTES)
		return -EFBIG;
	*ret_fd = hw_take_fd(&fd);
	return 0;
}

/* Whether libdw may read the separate debug file @fd and, unless @build_id is NULL, it has that. */
static bool is_usable_debug_file(int fd, const unsigned char *build_id, int build_id_size)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	const void *bits;
	bool ok = elf && elf_kind(elf) == ELF_K_ELF && may_read_debug(elf);

	if (ok && build_id)
		ok = dwelf_elf_gnu_build_id(elf, &bits) == build_id_size &&
		     !memcmp(bits, build_id, (size_t)build_id_size);
	elf_end(elf);
	return ok;
}

/* Looks for the file named by .gnu_debuglink where GDB does. Only an equal build-id proves it the
 * right one: the checksum in the link would have us read it all. Returns a descriptor or -1. */
static int find_by_link(Dwfl_Module *module, const char *name, const char *link, char **ret_path)
{
	static const char *const places[][2] = {
		{ "", "" },
		{ "", "/.debug" },
		{ "/usr/lib/debug", "" },
	};
	const char *slash = strrchr(name, '/');
	const unsigned char *build_id;
	GElf_Addr vaddr;
	int size = dwfl_module_build_id(module, &build_id, &vaddr);

	if (size <= 0 || !slash || strchr(link, '/'))
		return -1;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		hw_autofree char *path = NULL;
		hw_autoclose int fd = -1;

		if (asprintf(&path, "%s%.*s%s/%s", places[i][0], (int)(slash - name), name,
			     places[i][1], link) < 0) {
			path = NULL;
			return -1;
		}
		if (open_regular(path, &fd) < 0 || !is_usable_debug_file(fd, build_id, size))
			continue;
		*ret_path = hw_take_ptr(path);
		return hw_take_fd(&fd);
	}
	return -1;
}

/* Called by libdwfl for a separate debug file, and for what dwz split off that (no @link then).
 * In place of dwfl_standard_find_debuginfo(), which ends by asking debuginfod servers: a lookup
 * must not wait for a network, and libdebuginfod takes 10 ms to load even when none is set.
 * dwfl_build_id_find_debuginfo() looks in /usr/lib/debug/.build-id and nowhere else. */
static int find_debuginfo(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base,
			  const char *file, const char *link, GElf_Word crc, char **ret_path)
{
	hw_autoclose int fd =
		dwfl_build_id_find_debuginfo(module, user, name, base, file, link, crc, ret_path);

	if (fd >= 0 && is_usable_debug_file(fd, NULL, 0)) {
		fcntl(fd, F_SETFD, FD_CLOEXEC); /* libdwfl does not; no command may inherit it */
		return hw_take_fd(&fd);
	}
	if (fd >= 0) {
		free(*ret_path);
		*ret_path = NULL;
	}
	return link && *link ? find_by_link(module, name, link, ret_path) : -1;
}

/* Asked before libdwfl gets the file: that would inflate a compressed one, whatever comes out,
 * and relocate an object file. */
static bool is_program(int fd)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	GElf_Ehdr ehdr;
	bool ok = elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &ehdr) &&
		  (ehdr.e_type == ET_EXEC || ehdr.e_type == ET_DYN);

	elf_end(elf);
	return ok;
}

static int load_elf(struct hw_module *m, int *fd)
{
	static const Dwfl_Callbacks callbacks = { .find_debuginfo = find_debuginfo };
	GElf_Addr bias;

	m->dwfl = dwfl_begin(&callbacks);
	if (!m->dwfl)
		return -ENOMEM;
	/* Base 0 plus the linked addresses: what libdwfl calls an address is our vaddr. */
	m->dwfl_module = dwfl_report_elf(m->dwfl, m->name, m->name, *fd, 0, true);
	if (!m->dwfl_module)
		return dwfl_error("ELF headers", m->name);
	*fd = -1; /* libdwfl's from now on */
	if (dwfl_report_end(m->dwfl, NULL, NULL))
		return dwfl_error("segments", m->name);
	m->elf = dwfl_module_getelf(m->dwfl_module, &bias);
	if (!m->elf || bias)
		return dwfl_error("addresses", m->name);
	return 0;
}

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
		m->segments[m->n_segments++] = (struct segment){
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

int hw_module_open(const char *path, const char *name, struct hw_module **ret)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	hw_autoclose int fd = -1;
	int r;

	r = open_regular(path, &fd);
	if (r < 0)
		return r;
	elf_version(EV_CURRENT);
	if (!is_program(fd))
		return -EBADMSG;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->name = strdup(name);
	if (!m->name)
		return -ENOMEM;
	r = load_elf(m, &fd);
	if (r < 0)
		return r;
	r = read_segments(m);
	if (r < 0)
		return r;
	read_build_id(m);
	*ret = hw_take_ptr(m);
	return 0;
}

struct hw_module *hw_module_free(struct hw_module *m)
{
	if (!m)
		return NULL;
	hw_lines_free(m->lines);
	hw_symtab_free(m->symtab);
	dwfl_end(m->dwfl);
	free(m->segments);
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

/* A mapping starts at a whole page, so its first bytes may belong to the segment before. */
static bool holds_page_of(const struct segment *s, uint64_t file_off)
{
	uint64_t slack = s->file_off & ((uint64_t)sysconf(_SC_PAGESIZE) - 1);

	return file_off >= s->file_off - slack && file_off < s->file_off + s->file_size &&
	       s->vaddr >= slack;
}

int hw_module_vaddr(const struct hw_module *m, uint64_t file_off, uint64_t *ret_vaddr)
{
	const struct segment *found = NULL;

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
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(m->elf, scn))) {
		const char *name = section_name(m->elf, scn, &shdr);

		if (!name || strcmp(name, section))
			continue;
		*ret_vaddr = shdr.sh_addr;
		*ret_size = shdr.sh_size;
		return 0;
	}
	return -ENOENT;
}

static const struct segment *segment_at(const struct hw_module *m, uint64_t vaddr)
{
	for (size_t i = 0; i < m->n_segments; i++)
		if (vaddr >= m->segments[i].vaddr &&
		    vaddr - m->segments[i].vaddr < m->segments[i].mem_size)
			return &m->segments[i];
	return NULL;
}

int hw_module_read(const struct hw_module *m, uint64_t vaddr, void *buf, size_t size)
{
	char *out = buf;

	while (size) {
		const struct segment *s = segment_at(m, vaddr);
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

/* The debugging information of @m, in the file itself or separate: owned by libdwfl, which looks
 * for it once. What libdwfl calls its address is @ret_bias below ours. NULL: none. */
static Dwarf *open_debug(struct hw_module *m, Dwarf_Addr *ret_bias)
{
	*ret_bias = 0;
	return may_read_debug(m->elf) ? dwfl_module_getdwarf(m->dwfl_module, ret_bias) : NULL;
}

/* The separate file behind @dwarf, or NULL. */
static Elf *separate_file(const struct hw_module *m, Dwarf *dwarf)
{
	Elf *elf = dwarf ? dwarf_getelf(dwarf) : NULL;

	return elf != m->elf ? elf : NULL;
}

/* Reads what searches need, once; the files may hold none of it. */
static int load(struct hw_module *m)
{
	hw_auto(hw_symtab_free) struct hw_symtab *symtab = NULL;
	Dwarf_Addr bias;
	Dwarf *dwarf;
	int r;

	if (m->symtab)
		return 0;
	dwarf = open_debug(m, &bias);
	r = hw_symtab_new(m->elf, separate_file(m, dwarf), bias, &symtab);
	if (r < 0)
		return r;
	if (dwarf) {
		r = hw_lines_new(dwarf, bias, &m->lines);
		if (r < 0)
			return r;
	}
	m->fdes = hw_fde_table_of(m);
	m->symtab = hw_take_ptr(symtab);
	return 0;
}

int hw_module_lookup(struct hw_module *m, const char *symbol, uint64_t *ret_vaddr,
		     uint64_t *ret_size)
{
	Dwarf_Addr bias;
	Elf *separate;
	int r;

	r = hw_symtab_lookup(m->elf, symbol, ret_vaddr, ret_size);
	if (r == 0)
		return 0;
	separate = separate_file(m, open_debug(m, &bias));
	if (!separate)
		return -ENOENT;
	r = hw_symtab_lookup(separate, symbol, ret_vaddr, ret_size);
	if (r == 0)
		*ret_vaddr += bias;
	return r;
}

int hw_module_find(struct hw_module *m, uint64_t vaddr, struct hw_symbol *ret)
{
	struct hw_symbol symbol = { .name = "[unknown]" };
	int found;
	int r;

	r = load(m);
	if (r < 0)
		return r;
	found = hw_symtab_find(m->symtab, vaddr, &symbol.name, &symbol.start);
	if (found < 0)
		return found;
	/* Without a name, the start still tells one function from another. */
	if (!found)
		hw_fde_start(m, &m->fdes, vaddr, &symbol.start);
	if (m->lines)
		hw_lines_find(m->lines, vaddr, &symbol.file, &symbol.line);
	symbol.offset_bytes = vaddr - symbol.start;
	*ret = symbol;
	return found;
}
