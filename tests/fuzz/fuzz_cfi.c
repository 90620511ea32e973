/* SPDX-License-Identifier: Apache-2.0
 * Call frame information: a whole ELF file, or, when the input does not begin as one, a byte that
 * says of what kind (FORM_...) and then the bytes of .eh_frame or .debug_frame. */
#include "elf_mutator.h"

#include "base/cleanup.h"
#include "sym/module.h"
#include "unwind/rows.h"

#define CODE	  0x1000 /* vaddr of the code, of which the file holds nothing */
#define CODE_SIZE 0x10000000
#define PLACES	  64

enum { FORM_DEBUG_FRAME = 1, FORM_AARCH64 = 2 };

enum { SECTION_NONE, SECTION_NAMES, SECTION_FRAME, N_SECTIONS };

/* An ELF file of one section. */
struct image {
	Elf64_Ehdr ehdr;
	Elf64_Phdr code;
	Elf64_Shdr sections[N_SECTIONS];
	char names[32];
	uint8_t frame[];
};

static struct image *image_new(uint8_t form, const uint8_t *frame, size_t size)
{
	static const char names[] = "\0.eh_frame\0.debug_frame";
	struct image *f = calloc(1, sizeof(*f) + size);

	if (!f)
		return NULL;
	memcpy(f->ehdr.e_ident, ELFMAG, SELFMAG);
	f->ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	f->ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	f->ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	f->ehdr.e_type = ET_DYN;
	f->ehdr.e_machine = form & FORM_AARCH64 ? EM_AARCH64 : EM_X86_64;
	f->ehdr.e_version = EV_CURRENT;
	f->ehdr.e_ehsize = sizeof(f->ehdr);
	f->ehdr.e_phoff = offsetof(struct image, code);
	f->ehdr.e_phentsize = sizeof(f->code);
	f->ehdr.e_phnum = 1;
	f->ehdr.e_shoff = offsetof(struct image, sections);
	f->ehdr.e_shentsize = sizeof(f->sections[0]);
	f->ehdr.e_shnum = N_SECTIONS;
	f->ehdr.e_shstrndx = SECTION_NAMES;
	f->code = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = CODE, .p_memsz = CODE_SIZE
	};
	f->sections[SECTION_NAMES] = (Elf64_Shdr){ .sh_type = SHT_STRTAB,
						   .sh_offset = offsetof(struct image, names),
						   .sh_size = sizeof(f->names) };
	f->sections[SECTION_FRAME] = (Elf64_Shdr){ .sh_name = form & FORM_DEBUG_FRAME ? 11 : 1,
						   .sh_type = SHT_PROGBITS,
						   .sh_offset = offsetof(struct image, frame),
						   .sh_size = size };
	memcpy(f->names, names, sizeof(names));
	memcpy(f->frame, frame, size);
	return f;
}

static int open_input(const uint8_t *bytes, size_t size, struct hw_module **ret)
{
	hw_autofree struct image *f = NULL;

	if (size >= SELFMAG && !memcmp(bytes, ELFMAG, SELFMAG))
		return hw_module_open_memory(bytes, size, "/nonexistent/fuzz", ret);
	if (!size)
		return -1;
	f = image_new(bytes[0], bytes + 1, size - 1);
	return f ? hw_module_open_memory(f, sizeof(*f) + size - 1, "/nonexistent/fuzz", ret) : -1;
}

/* The row at each place must be one that is there. */
static void look_around(const struct hw_rows *rows, uint64_t end)
{
	struct hw_unwind_rule rule;

	hw_rows_find(rows, 0);
	hw_rows_find(rows, UINT64_MAX);
	for (uint64_t i = 0; i < PLACES; i++) {
		rule = hw_rows_find(rows, rows->base + (end - rows->base) / PLACES * i);
		fuzz_check(rule.cfa <= HW_CFA_OTHER);
	}
	for (uint32_t i = 0; i < rows->n_pages && i < PLACES && i < rows->root + !rows->levels;
	     i++) {
		const struct hw_rows_page *leaf = &rows->pages[i].leaf;

		rule = hw_rows_find(rows, rows->base + leaf->base);
		fuzz_check(!memcmp(&rule, &leaf->rules[leaf->rule[0]], sizeof(rule)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	hw_auto(hw_rows_free) struct hw_rows *rows = NULL;

	if (open_input(bytes, size, &m) < 0 || hw_rows_build(m, &rows) < 0)
		return 0;
	fuzz_check(hw_rows_is_valid(rows));
	fuzz_check(rows->base == hw_module_base(m));
	look_around(rows, rows->base + (size > 4096 ? size : CODE_SIZE));
	return 0;
}
