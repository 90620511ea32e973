/* SPDX-License-Identifier: Apache-2.0
 * Writes ELF files with call frame information, byte by byte. */
#ifndef HW_TESTS_CFI_BUILDER_H
#define HW_TESTS_CFI_BUILDER_H

#include "fixture.h"

#include <elf.h>
#include <string.h>

#include "sym/module.h"

#define CFI_CODE      0x1000	 /* vaddr of the code, of which the file holds no bytes ... */
#define CFI_CODE_SIZE 0x10000000 /* ... but those of .plt */
#define CFI_PLT_SIZE  64
#define CFI_FRAME_MAX (1 << 20)

enum { CFI_NONE, CFI_NAMES, CFI_EH_FRAME, CFI_DEBUG_FRAME, CFI_PLT, CFI_NOTE, CFI_N_SECTIONS };

/* What has a size is in the file. */
struct cfi_file {
	Elf64_Ehdr ehdr;
	Elf64_Phdr code;
	struct {
		Elf64_Nhdr head;
		char name[4];
		unsigned char id[16];
	} build_id;
	Elf64_Shdr sections[CFI_N_SECTIONS];
	char names[64];
	unsigned char plt[CFI_PLT_SIZE];
	unsigned char eh_frame[CFI_FRAME_MAX], debug_frame[CFI_FRAME_MAX];
};

/* A file of @machine without functions, in static memory. */
static inline struct cfi_file *cfi_file_new(uint16_t machine)
{
	static const char names[] = "\0.names\0.eh_frame\0.debug_frame\0.plt\0.note";
	static const Elf64_Word name_at[] = { 0, 1, 8, 18, 31, 36 };
	static struct cfi_file f;

	memset(&f, 0, sizeof(f));
	memcpy(f.ehdr.e_ident, ELFMAG, SELFMAG);
	f.ehdr.e_ident[EI_CLASS] = ELFCLASS64;
	f.ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
	f.ehdr.e_ident[EI_VERSION] = EV_CURRENT;
	f.ehdr.e_type = ET_DYN;
	f.ehdr.e_machine = machine;
	f.ehdr.e_version = EV_CURRENT;
	f.ehdr.e_ehsize = sizeof(f.ehdr);
	f.ehdr.e_phoff = offsetof(struct cfi_file, code);
	f.ehdr.e_phentsize = sizeof(f.code);
	f.ehdr.e_phnum = 1;
	f.ehdr.e_shoff = offsetof(struct cfi_file, sections);
	f.ehdr.e_shentsize = sizeof(f.sections[0]);
	f.ehdr.e_shnum = CFI_N_SECTIONS;
	f.ehdr.e_shstrndx = CFI_NAMES;
	f.code = (Elf64_Phdr){ .p_type = PT_LOAD,
			       .p_flags = PF_R | PF_X,
			       .p_offset = offsetof(struct cfi_file, plt),
			       .p_vaddr = CFI_CODE,
			       .p_filesz = sizeof(f.plt),
			       .p_memsz = CFI_CODE_SIZE };
	memcpy(f.names, names, sizeof(names));
	for (int i = CFI_NAMES; i < CFI_N_SECTIONS; i++)
		f.sections[i] = (Elf64_Shdr){ .sh_name = name_at[i], .sh_type = SHT_PROGBITS };
	f.sections[CFI_NAMES].sh_type = SHT_STRTAB;
	f.sections[CFI_NAMES].sh_offset = offsetof(struct cfi_file, names);
	f.sections[CFI_NAMES].sh_size = sizeof(f.names);
	f.sections[CFI_EH_FRAME].sh_offset = offsetof(struct cfi_file, eh_frame);
	f.sections[CFI_DEBUG_FRAME].sh_offset = offsetof(struct cfi_file, debug_frame);
	f.sections[CFI_PLT].sh_offset = offsetof(struct cfi_file, plt);
	f.sections[CFI_PLT].sh_addr = CFI_CODE;
	f.sections[CFI_PLT].sh_type = SHT_NULL; /* until a test wants it */
	return &f;
}

/* Gives @f a build-id that ends in @last. */
static inline void cfi_add_build_id(struct cfi_file *f, unsigned char last)
{
	f->sections[CFI_NOTE].sh_type = SHT_NOTE;
	f->sections[CFI_NOTE].sh_offset = offsetof(struct cfi_file, build_id);
	f->sections[CFI_NOTE].sh_size = sizeof(f->build_id);
	f->sections[CFI_NOTE].sh_addralign = 4;
	f->build_id.head =
		(Elf64_Nhdr){ sizeof(f->build_id.name), sizeof(f->build_id.id), NT_GNU_BUILD_ID };
	memcpy(f->build_id.name, "GNU", 4);
	f->build_id.id[15] = last;
}

/* Some bytes, such as instructions. */
struct cfi_bytes {
	const void *bytes;
	size_t size;
};
#define CFI_BYTES(...)                                               \
	((struct cfi_bytes){ (const unsigned char[]){ __VA_ARGS__ }, \
			     sizeof((const unsigned char[]){ __VA_ARGS__ }) })
#define CFI_NOTHING ((struct cfi_bytes){ "", 0 })

static inline unsigned char *cfi_frame_of(struct cfi_file *f, int section)
{
	return section == CFI_EH_FRAME ? f->eh_frame : f->debug_frame;
}

/* Appends an entry of @body to @section; returns where it starts. */
static inline uint32_t cfi_append(struct cfi_file *f, int section, const void *body, size_t size)
{
	Elf64_Shdr *shdr = &f->sections[section];
	unsigned char *at = cfi_frame_of(f, section) + shdr->sh_size;
	uint32_t length = (uint32_t)((size + 3) & ~3u); /* zero is DW_CFA_nop */
	uint32_t start = (uint32_t)shdr->sh_size;

	ck_assert_uint_lt(shdr->sh_size + length + 4, CFI_FRAME_MAX);
	memcpy(at, &length, sizeof(length));
	memcpy(at + sizeof(length), body, size);
	shdr->sh_size += sizeof(length) + length;
	return start;
}

/* Appends a CIE with code alignment 1, data alignment -8, return address in register @ra. Its FDEs
 * have absolute addresses of 8 bytes. @augmentation: "zR" or "zRS"; "" in .debug_frame. */
static inline uint32_t cfi_add_cie(struct cfi_file *f, int section, const char *augmentation,
				   uint8_t ra, struct cfi_bytes program)
{
	uint32_t id = section == CFI_EH_FRAME ? 0 : UINT32_MAX;
	const unsigned char factors[] = { 1, 0x78, ra }, no_data[] = { 1, 0 };
	size_t name_size = strlen(augmentation) + 1;
	unsigned char body[512], *at = body;

	ck_assert_uint_lt(program.size, sizeof(body) - 32);
	memcpy(at, &id, 4);
	at[4] = section == CFI_EH_FRAME ? 1 : 3; /* version */
	at += 5;
	memcpy(at, augmentation, name_size);
	at += name_size;
	memcpy(at, factors, sizeof(factors));
	at += sizeof(factors);
	if (*augmentation) {
		memcpy(at, no_data, sizeof(no_data)); /* one byte, the encoding: DW_EH_PE_absptr */
		at += sizeof(no_data);
	}
	memcpy(at, program.bytes, program.size);
	return cfi_append(f, section, body, (size_t)(at - body) + program.size);
}

/* Appends the function [@start, @start + @size). */
static inline void cfi_add_fde(struct cfi_file *f, int section, uint32_t cie, uint64_t start,
			       uint64_t size, struct cfi_bytes program)
{
	bool is_eh_frame = section == CFI_EH_FRAME;
	uint32_t here = (uint32_t)f->sections[section].sh_size + 4;
	uint32_t pointer = is_eh_frame ? here - cie : cie;
	unsigned char body[4096] = { 0 };
	size_t at = is_eh_frame ? 21 : 20; /* a byte for the size of no augmentation data */

	ck_assert_uint_lt(program.size, sizeof(body) - at);
	memcpy(body, &pointer, 4);
	memcpy(body + 4, &start, 8);
	memcpy(body + 12, &size, 8);
	memcpy(body + at, program.bytes, program.size);
	cfi_append(f, section, body, at + program.size);
}

/* As gcc starts each function of x86-64: cfa = rsp + 8, return address at cfa - 8. */
static inline uint32_t cfi_add_usual_cie(struct cfi_file *f)
{
	return cfi_add_cie(f, CFI_EH_FRAME, "zR", 16,
			   CFI_BYTES(0x0c, 7, 8, /* DW_CFA_def_cfa */ 0x80 | 16, 1));
}

static inline void cfi_add_function(struct cfi_file *f, uint32_t cie, uint64_t start, uint64_t size,
				    struct cfi_bytes program)
{
	cfi_add_fde(f, CFI_EH_FRAME, cie, start, size, program);
}

static inline struct hw_module *cfi_open(const struct cfi_file *f)
{
	struct hw_module *m;

	ck_assert_int_eq(hw_module_open_memory(f, sizeof(*f), "built", &m), 0);
	return m;
}

#endif
