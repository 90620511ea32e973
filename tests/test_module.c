/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sym/module.h"

#define N_SYMBOLS 24
#define TEXT_SIZE 0x100
#define DATA_SIZE 0x20
#define BSS_SIZE  0x20

/* Segments start in the middle of a page of the file, as lld lays them out. */
#define CODE_BIAS 0x1000
#define DATA_BIAS 0x2000
#define TEXT	  (CODE_BIAS + offsetof(struct image, text))
#define DATA	  (DATA_BIAS + offsetof(struct image, data))
#define BSS	  (DATA + DATA_SIZE)
#define NAMELESS  0x90 /* offset in .text of a function that only .eh_frame knows */

enum { S_NULL, S_BUILD_ID, S_EH_FRAME_HDR, S_TEXT, S_DATA, S_BSS, S_SYMTAB, S_STRTAB, N_SECTIONS };

/* A whole ELF file: what is tested is written here, in the order of the file. */
struct image {
	Elf64_Ehdr ehdr;
	struct {
		Elf64_Phdr head, code, data, note;
	} phdrs;
	struct {
		Elf64_Nhdr head;
		char name[4];
		unsigned char id[4];
	} build_id;
	struct {
		uint8_t version, eh_frame_enc, count_enc, table_enc;
		int32_t eh_frame;
		uint32_t n_rows;
		int32_t function, fde;
	} eh_frame_hdr;
	struct {
		uint32_t length, cie_distance;
		int32_t function;
		uint32_t size_bytes;
	} fde;
	unsigned char text[TEXT_SIZE];
	unsigned char data[DATA_SIZE];
	Elf64_Sym symbols[N_SYMBOLS];
	char strings[1024];
	Elf64_Shdr sections[N_SECTIONS];
};

struct symbol {
	const char *name;
	unsigned char type, bind;
	uint64_t vaddr, size;
};

static uint32_t add_string(struct image *image, const char *s)
{
	uint32_t at = 1;

	while (image->strings[at])
		at += strlen(image->strings + at) + 1;
	ck_assert_uint_lt(at + strlen(s) + 1, sizeof(image->strings));
	strcpy(image->strings + at, s);
	return at;
}

static void add_section(struct image *image, int i, const char *name, uint32_t type, uint64_t flags,
			uint64_t bias, uint64_t offset, uint64_t size)
{
	image->sections[i] = (Elf64_Shdr){
		.sh_name = add_string(image, name),
		.sh_type = type,
		.sh_flags = flags,
		.sh_addr = flags & SHF_ALLOC ? bias + offset : 0,
		.sh_offset = offset,
		.sh_size = size,
		.sh_addralign = 1,
	};
}

static void add_segments(struct image *image)
{
	const size_t text = offsetof(struct image, text), data = offsetof(struct image, data);

	image->phdrs.head = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = text, .p_memsz = text, .p_align = 1
	};
	image->phdrs.code = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_offset = text,
		.p_vaddr = TEXT,
		.p_filesz = TEXT_SIZE,
		.p_memsz = TEXT_SIZE,
		.p_align = 0x1000,
	};
	image->phdrs.data = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W,
		.p_offset = data,
		.p_vaddr = DATA,
		.p_filesz = DATA_SIZE,
		.p_memsz = DATA_SIZE + BSS_SIZE,
		.p_align = 0x1000,
	};
	image->phdrs.note = (Elf64_Phdr){
		.p_type = PT_NOTE,
		.p_flags = PF_R,
		.p_offset = offsetof(struct image, build_id),
		.p_vaddr = offsetof(struct image, build_id),
		.p_filesz = sizeof(image->build_id),
		.p_memsz = sizeof(image->build_id),
		.p_align = 4,
	};
}

static void add_sections(struct image *image)
{
	add_section(image, S_BUILD_ID, ".note.gnu.build-id", SHT_NOTE, SHF_ALLOC, 0,
		    offsetof(struct image, build_id), sizeof(image->build_id));
	add_section(image, S_EH_FRAME_HDR, ".eh_frame_hdr", SHT_PROGBITS, SHF_ALLOC, 0,
		    offsetof(struct image, eh_frame_hdr), sizeof(image->eh_frame_hdr));
	add_section(image, S_TEXT, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, CODE_BIAS,
		    offsetof(struct image, text), TEXT_SIZE);
	add_section(image, S_DATA, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, DATA_BIAS,
		    offsetof(struct image, data), DATA_SIZE);
	add_section(image, S_BSS, ".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, DATA_BIAS,
		    offsetof(struct image, data) + DATA_SIZE, BSS_SIZE);
	add_section(image, S_SYMTAB, ".symtab", SHT_SYMTAB, 0, 0, offsetof(struct image, symbols),
		    sizeof(image->symbols));
	image->sections[S_SYMTAB].sh_entsize = sizeof(Elf64_Sym);
	image->sections[S_SYMTAB].sh_link = S_STRTAB;
	add_section(image, S_STRTAB, ".strtab", SHT_STRTAB, 0, 0, offsetof(struct image, strings),
		    sizeof(image->strings));
}

/* An FDE over the function at NAMELESS, and the table with its one row. */
static void add_unwind(struct image *image)
{
	const int32_t hdr = offsetof(struct image, eh_frame_hdr);
	const int32_t fde = offsetof(struct image, fde);
	const int32_t function = TEXT + NAMELESS;

	image->eh_frame_hdr.version = 1;
	image->eh_frame_hdr.eh_frame_enc = 0x1b; /* DW_EH_PE_pcrel | DW_EH_PE_sdata4 */
	image->eh_frame_hdr.count_enc = 0x03;	 /* DW_EH_PE_udata4 */
	image->eh_frame_hdr.table_enc = 0x3b;	 /* DW_EH_PE_datarel | DW_EH_PE_sdata4 */
	image->eh_frame_hdr.n_rows = 1;
	image->eh_frame_hdr.function = function - hdr;
	image->eh_frame_hdr.fde = fde - hdr;
	image->fde.length = sizeof(image->fde) - sizeof(image->fde.length);
	image->fde.function =
		function - (fde + (int32_t)offsetof(__typeof__(image->fde), function));
	image->fde.size_bytes = 0x10;
}

static struct image *image_new(const struct symbol *symbols, size_t n)
{
	struct image *image = calloc(1, sizeof(*image));

	ck_assert_ptr_nonnull(image);
	ck_assert_uint_lt(n, N_SYMBOLS);
	image->ehdr = (Elf64_Ehdr){
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = offsetof(struct image, phdrs),
		.e_shoff = offsetof(struct image, sections),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = sizeof(image->phdrs) / sizeof(Elf64_Phdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = N_SECTIONS,
		.e_shstrndx = S_STRTAB,
	};
	image->build_id.head =
		(Elf64_Nhdr){ .n_namesz = 4, .n_descsz = 4, .n_type = NT_GNU_BUILD_ID };
	memcpy(image->build_id.name, "GNU", 4);
	memcpy(image->build_id.id, "\x00\x12\xab\xff", 4);
	memset(image->text, 0x90, TEXT_SIZE);
	memset(image->data, 0xda, DATA_SIZE);
	add_segments(image);
	add_sections(image);
	add_unwind(image);
	for (size_t i = 0; i < n; i++)
		image->symbols[i + 1] = (Elf64_Sym){
			.st_name = add_string(image, symbols[i].name),
			.st_info = ELF64_ST_INFO(symbols[i].bind, symbols[i].type),
			.st_shndx = symbols[i].vaddr ? S_TEXT : SHN_UNDEF,
			.st_value = symbols[i].vaddr,
			.st_size = symbols[i].size,
		};
	return image;
}

/* hw_module_open() of a file with these bytes, as far as they reach. */
static int open_bytes(const void *bytes, size_t size, struct hw_module **ret)
{
	hw_autoclose int fd = memfd_create("image", MFD_CLOEXEC);
	char path[64];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return hw_module_open(path, "/nowhere/image", ret);
}

static struct hw_module *open_image(const struct image *image)
{
	struct hw_module *m;

	ck_assert_int_eq(open_bytes(image, sizeof(*image), &m), 0);
	return m;
}

/* Asks a module everything: whatever it answers, it must not crash. */
static void ask_everything(struct hw_module *m)
{
	unsigned char buf[64];
	struct hw_symbol symbol;
	uint64_t vaddr, size;

	ck_assert_str_eq(hw_module_name(m), "/nowhere/image");
	ck_assert_uint_le(strlen(hw_module_build_id(m)), 128);
	for (uint64_t off = 0; off < sizeof(struct image); off += 64)
		hw_module_vaddr(m, off, &vaddr);
	hw_module_section(m, ".bss", &vaddr, &size);
	hw_module_lookup(m, "nobody", &vaddr, &size);
	for (uint64_t at = 0; at < TEXT_SIZE + 32; at += 16) {
		int r = hw_module_find(m, TEXT + at, &symbol);

		ck_assert_int_ge(r, 0);
		ck_assert_uint_lt(strlen(symbol.name), 1024);
		ck_assert_uint_eq(symbol.start + symbol.offset_bytes, TEXT + at);
		hw_module_read(m, TEXT + at, buf, sizeof(buf));
		hw_module_read(m, DATA + at, buf, sizeof(buf));
	}
	hw_module_find(m, UINT64_MAX, &symbol);
}

/* Offsets are from the start of .text. */
static const struct symbol functions[] = {
	{ "_plain", STT_FUNC, STB_GLOBAL, TEXT, 0x10 },
	{ "a_weak", STT_FUNC, STB_WEAK, TEXT, 0x10 },
	{ "plain", STT_FUNC, STB_GLOBAL, TEXT, 0x10 },
	{ "a_local", STT_FUNC, STB_LOCAL, TEXT + 0x10, 0x10 },
	{ "weak", STT_FUNC, STB_WEAK, TEXT + 0x10, 0x10 },
	{ "outer.part.0", STT_FUNC, STB_LOCAL, TEXT + 0x20, 0x30 },
	{ "label", STT_NOTYPE, STB_GLOBAL, TEXT + 0x30, 0 },
	{ "inner", STT_GNU_IFUNC, STB_LOCAL, TEXT + 0x40, 8 },
	{ "unsized", STT_FUNC, STB_LOCAL, TEXT + 0x60, 0 },
	{ "sized", STT_FUNC, STB_GLOBAL, TEXT + 0x80, 0x8 },
	{ ".Lplace", STT_NOTYPE, STB_LOCAL, TEXT + 0xa0, 0 },
	{ "versioned@@V_1.2", STT_FUNC, STB_GLOBAL, TEXT + 0xb0, 0x10 },
	{ "_entry", STT_NOTYPE, STB_LOCAL, TEXT + 0xd0, 0 },
	{ "missing", STT_FUNC, STB_GLOBAL, 0, 0 },
	{ "table", STT_OBJECT, STB_GLOBAL, DATA + 8, 0x10 },
	{ "per_thread", STT_TLS, STB_GLOBAL, 0x10, 4 },
	{ "after_end", STT_FUNC, STB_GLOBAL, TEXT + TEXT_SIZE, 0x10 },
	{ "greedy", STT_FUNC, STB_LOCAL, TEXT + 0xf0, UINT64_MAX - TEXT },
};
#define N_FUNCTIONS (sizeof(functions) / sizeof(*functions))

static const struct {
	uint64_t at;	  /* in .text */
	const char *name; /* NULL: unknown */
	uint64_t start;	  /* in .text; 0 also for none */
} places[] = {
	{ 0x00, "plain", 0 },
	{ 0x0f, "plain", 0 },
	{ 0x10, "weak", 0x10 },
	{ 0x2f, "outer.part.0", 0x20 },
	{ 0x30, "outer.part.0", 0x20 },
	{ 0x40, "inner", 0x40 },
	{ 0x48, "outer.part.0", 0x20 },
	{ 0x4f, "outer.part.0", 0x20 },
	{ 0x50, NULL, 0 },
	{ 0x60, "unsized", 0x60 },
	{ 0x7f, "unsized", 0x60 },
	{ 0x87, "sized", 0x80 },
	{ 0x88, NULL, 0 },
	{ 0x90, NULL, NAMELESS },
	{ 0x9f, NULL, NAMELESS },
	{ 0xa0, NULL, 0 },
	{ 0xb4, "versioned", 0xb0 },
	{ 0xc0, NULL, 0 },
	{ 0xd0, "_entry", 0xd0 },
	{ 0xef, "_entry", 0xd0 },
	{ 0xff, "greedy", 0xf0 },
	{ 0x100, NULL, 0 },
	{ 0x100000, NULL, 0 },
};

START_TEST(every_address_gets_its_innermost_best_name)
{
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);
	hw_auto(hw_module_free) struct hw_module *m = open_image(image);
	uint64_t start = places[_i].name || places[_i].start ? TEXT + places[_i].start : 0;
	uint64_t vaddr = TEXT + places[_i].at;
	struct hw_symbol s;

	ck_assert_int_eq(hw_module_find(m, vaddr, &s), places[_i].name != NULL);
	ck_assert_str_eq(s.name, places[_i].name ? places[_i].name : "[unknown]");
	ck_assert_uint_eq(s.start, start);
	ck_assert_uint_eq(s.offset_bytes, vaddr - start);
	ck_assert_ptr_null(s.file);
	ck_assert_uint_eq(s.line, 0);
}
END_TEST

static const char bomb[] = "_Z1fI1AIiiES0_IS1_S1_ES0_IS2_S2_ES0_IS3_S3_ES0_IS4_S4_ES0_IS5_S5_E"
			   "S0_IS6_S6_ES0_IS7_S7_ES0_IS8_S8_ES0_IS9_S9_ES0_ISA_SA_ES0_ISB_SB_E"
			   "S0_ISC_SC_ES0_ISD_SD_ES0_ISE_SE_ES0_ISF_SF_ES0_ISG_SG_ES0_ISH_SH_EEvv";

static const struct {
	const char *symbol, *name;
} names[] = {
	{ "_ZN2ns1SIiE3getEi", "ns::S<int>::get" },
	{ "_ZN2ns1fEv.cold", "ns::f.cold" },
	{ "_ZN3FooC1Ev@@FOO_3.4", "Foo::Foo" },
	{ "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad" },
	{ "_RNvCskwGfYPst2Cb_3foo3bar", "foo::bar" },
	{ "_ZBroken", "_ZBroken" },
	{ "_Read", "_Read" },
	{ "@", "@" },
};

START_TEST(names_are_made_readable)
{
	const struct symbol symbol = { names[_i].symbol, STT_FUNC, STB_GLOBAL, TEXT, 0x10 };
	hw_autofree struct image *image = image_new(&symbol, 1);
	hw_auto(hw_module_free) struct hw_module *m = open_image(image);
	struct hw_symbol s;

	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(hw_module_find(m, TEXT + 1, &s), 1);
		ck_assert_str_eq(s.name, names[_i].name);
	}
}
END_TEST

START_TEST(a_name_that_would_fill_the_memory_is_cut)
{
	const struct symbol symbol = { bomb, STT_FUNC, STB_GLOBAL, TEXT, 0x10 };
	hw_autofree struct image *image = image_new(&symbol, 1);
	hw_auto(hw_module_free) struct hw_module *m = open_image(image);
	struct hw_symbol s;

	ck_assert_int_eq(hw_module_find(m, TEXT, &s), 1);
	ck_assert_uint_eq(strlen(s.name), 1023);
	ck_assert_int_eq(strncmp(s.name, "f<A<int, int>, ", strlen("f<A<int, int>, ")), 0);
	ck_assert_str_eq(s.name + 1020, "...");
}
END_TEST

START_TEST(build_id_and_name_are_told)
{
	hw_autofree struct image *image = image_new(NULL, 0);
	hw_auto(hw_module_free) struct hw_module *m = open_image(image);

	ck_assert_str_eq(hw_module_build_id(m), "0012abff");
	ck_assert_str_eq(hw_module_name(m), "/nowhere/image");
}
END_TEST

START_TEST(a_file_without_build_id_has_an_empty_one)
{
	hw_autofree struct image *image = image_new(NULL, 0);
	hw_auto(hw_module_free) struct hw_module *m = NULL;

	image->build_id.head.n_type = NT_GNU_ABI_TAG;
	m = open_image(image);
	ck_assert_str_eq(hw_module_build_id(m), "");
}
END_TEST

START_TEST(file_offsets_become_vaddrs)
{
	hw_autofree struct image *image = image_new(NULL, 0);
	hw_auto(hw_module_free) struct hw_module *m = open_image(image);
	const uint64_t text = offsetof(struct image, text), data = offsetof(struct image, data);
	uint64_t vaddr = 7;

	ck_assert_int_eq(hw_module_vaddr(m, text + 5, &vaddr), 0);
	ck_assert_uint_eq(vaddr, TEXT + 5);
	/* An executable mapping of the code starts with the page, which the head shares. */
	ck_assert_int_eq(hw_module_vaddr(m, 0, &vaddr), 0);
	ck_assert_uint_eq(vaddr, CODE_BIAS);
	ck_assert_int_eq(hw_module_vaddr(m, data + DATA_SIZE - 1, &vaddr), 0);
	ck_assert_uint_eq(vaddr, DATA + DATA_SIZE - 1);
	ck_assert_int_eq(hw_module_vaddr(m, data + DATA_SIZE, &vaddr), -ENOENT);
	ck_assert_int_eq(hw_module_vaddr(m, UINT64_MAX, &vaddr), -ENOENT);
	ck_assert_uint_eq(vaddr, DATA + DATA_SIZE - 1);
}
END_TEST

START_TEST(sections_are_found_by_name)
{
	hw_autofree struct image *image = image_new(NULL, 0);
	hw_auto(hw_module_free) struct hw_module *m = open_image(image);
	uint64_t vaddr = 7, size = 7;

	ck_assert_int_eq(hw_module_section(m, ".dat", &vaddr, &size), -ENOENT);
	ck_assert_uint_eq(vaddr, 7);
	ck_assert_int_eq(hw_module_section(m, ".bss", &vaddr, &size), 0);
	ck_assert_uint_eq(vaddr, BSS);
	ck_assert_uint_eq(size, BSS_SIZE);
}
END_TEST

START_TEST(symbols_are_found_by_name_unless_undefined_or_thread_local)
{
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);
	hw_auto(hw_module_free) struct hw_module *m = open_image(image);
	uint64_t vaddr, size;

	ck_assert_int_eq(hw_module_lookup(m, "table", &vaddr, &size), 0);
	ck_assert_uint_eq(vaddr, DATA + 8);
	ck_assert_uint_eq(size, 0x10);
	ck_assert_int_eq(hw_module_lookup(m, "versioned", &vaddr, &size), 0);
	ck_assert_uint_eq(vaddr, TEXT + 0xb0);
	ck_assert_int_eq(hw_module_lookup(m, "missing", &vaddr, &size), -ENOENT);
	ck_assert_int_eq(hw_module_lookup(m, "per_thread", &vaddr, &size), -ENOENT);
	ck_assert_int_eq(hw_module_lookup(m, "tab", &vaddr, &size), -ENOENT);
	ck_assert_int_eq(hw_module_lookup(m, "", &vaddr, &size), -ENOENT);
	ck_assert_uint_eq(vaddr, TEXT + 0xb0);
}
END_TEST

START_TEST(a_stripped_file_has_the_names_of_its_dynsym_only)
{
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol s;
	uint64_t vaddr, size;

	image->sections[S_SYMTAB].sh_type = _i ? SHT_DYNSYM : SHT_NULL;
	m = open_image(image);
	ck_assert_int_eq(hw_module_find(m, TEXT + 0x80, &s), _i);
	ck_assert_str_eq(s.name, _i ? "sized" : "[unknown]");
	ck_assert_int_eq(hw_module_lookup(m, "table", &vaddr, &size), _i ? 0 : -ENOENT);
	ck_assert_str_eq(hw_module_build_id(m), "0012abff");
}
END_TEST

START_TEST(reads_cross_into_bss_and_stop_at_the_end_of_segments)
{
	hw_autofree struct image *image = image_new(NULL, 0);
	hw_auto(hw_module_free) struct hw_module *m = open_image(image);
	unsigned char buf[8], want[8] = { 0xda, 0xda, 0xda, 0xda, 0, 0, 0, 0 };

	ck_assert_int_eq(hw_module_read(m, BSS - 4, buf, 8), 0);
	ck_assert_mem_eq(buf, want, 8);
	ck_assert_int_eq(hw_module_read(m, BSS + BSS_SIZE - 8, buf, 8), 0);
	ck_assert_mem_eq(buf, (unsigned char[8]){ 0 }, 8);
	ck_assert_int_eq(hw_module_read(m, BSS + BSS_SIZE - 8, buf, 9), -EFAULT);
	ck_assert_int_eq(hw_module_read(m, DATA - 1, buf, 8), -EFAULT);
	ck_assert_int_eq(hw_module_read(m, UINT64_MAX, buf, 8), -EFAULT);
	ck_assert_int_eq(hw_module_read(m, UINT64_MAX, buf, 0), 0);
}
END_TEST

/* This function's address is looked up: it returns one within the line it names. */
static __attribute__((noinline)) uint64_t return_address(void)
{
	return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

static __attribute__((noinline)) uint64_t place_in_this_file(unsigned int *ret_line)
{
	*ret_line = __LINE__ + 1;
	return return_address() - 1;
}

static int first_bias(struct dl_phdr_info *info, size_t size, void *bias)
{
	(void)size;
	*(uint64_t *)bias = info->dlpi_addr;
	return 1;
}

START_TEST(the_test_itself_is_resolved_to_function_file_and_line)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	uint64_t bias, vaddr, size;
	struct hw_symbol s;
	unsigned int line;

	vaddr = place_in_this_file(&line);
	dl_iterate_phdr(first_bias, &bias);
	vaddr -= bias;
	ck_assert_int_eq(hw_module_open("/proc/self/exe", "test", &m), 0);
	ck_assert_int_eq(hw_module_find(m, vaddr, &s), 1);
	ck_assert_str_eq(s.name, "place_in_this_file");
	ck_assert_uint_eq(s.start, (uint64_t)(uintptr_t)place_in_this_file - bias);
	ck_assert_uint_eq(s.offset_bytes, vaddr - s.start);
	if (hw_module_section(m, ".debug_line", &vaddr, &size) < 0) {
		unjudged(__func__, "built without debugging information");
		return;
	}
	ck_assert_ptr_nonnull(s.file);
	ck_assert_str_eq(strrchr(s.file, '/'), "/test_module.c");
	ck_assert_uint_eq(s.line, line);
}
END_TEST

START_TEST(a_module_in_memory_is_a_copy_and_answers_the_same)
{
	struct image *image = image_new(functions, N_FUNCTIONS);
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol s;

	ck_assert_int_eq(
		hw_module_open_memory(image, sizeof(*image), "/nowhere/image", &m), 0);
	memset(image, 0xff, sizeof(*image));
	free(image);
	ck_assert_int_eq(hw_module_find(m, TEXT + 0x80, &s), 1);
	ck_assert_str_eq(s.name, "sized");
	ck_assert_str_eq(hw_module_build_id(m), "0012abff");
	ask_everything(m);
}
END_TEST

START_TEST(what_is_no_module_in_memory_is_refused)
{
	struct hw_module *m = NULL;

	ck_assert_int_eq(hw_module_open_memory("", 0, "x", &m), -EBADMSG);
	ck_assert_int_eq(hw_module_open_memory("\177ELF", 4, "x", &m), -EBADMSG);
	ck_assert_int_eq(hw_module_open_memory("", 1ull << 40, "x", &m), -EFBIG);
	ck_assert_ptr_null(m);
}
END_TEST

START_TEST(the_vdso_is_mapped_from_its_first_byte)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	uint64_t start = getauxval(AT_SYSINFO_EHDR), vaddr;
	char bytes[64];

	if (!start) {
		unjudged(__func__, "this kernel maps no vDSO");
		return;
	}
	ck_assert_int_eq(hw_module_open_vdso(&m), 0);
	ck_assert_str_eq(hw_module_name(m), "[vdso]");
	ck_assert_int_eq(hw_module_vaddr(m, 0, &vaddr), 0);
	ck_assert_int_eq(hw_module_read(m, vaddr, bytes, sizeof(bytes)), 0);
	ck_assert_mem_eq(bytes, (const void *)(uintptr_t)start, sizeof(bytes));
}
END_TEST

START_TEST(a_file_cut_anywhere_is_refused_or_answers)
{
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);

	for (size_t size = 0; size < sizeof(*image); size++) {
		hw_auto(hw_module_free) struct hw_module *m = NULL;
		int r = open_bytes(image, size, &m);

		/* What the segments hold must be there; symbols and section names may be gone. */
		ck_assert_int_eq(r, size < offsetof(struct image, symbols) ? -EBADMSG : 0);
		if (m)
			ask_everything(m);
	}
}
END_TEST

START_TEST(any_forged_byte_is_refused_or_answers)
{
	static const unsigned char masks[] = { 0xff, 0x80, 0x01 };
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);
	unsigned char *bytes = (unsigned char *)image;

	for (size_t i = 0; i < sizeof(*image); i++) {
		hw_auto(hw_module_free) struct hw_module *m = NULL;

		if (i >= offsetof(struct image, text) && i < offsetof(struct image, symbols))
			continue;
		bytes[i] ^= masks[_i];
		if (open_bytes(image, sizeof(*image), &m) == 0)
			ask_everything(m);
		bytes[i] ^= masks[_i];
	}
}
END_TEST

static void forge_relocatable(struct image *image)
{
	image->ehdr.e_type = ET_REL;
}

static void forge_core(struct image *image)
{
	image->ehdr.e_type = ET_CORE;
}

static void forge_no_segments(struct image *image)
{
	image->ehdr.e_phnum = 0;
}

static void forge_many_segments(struct image *image)
{
	image->ehdr.e_phnum = 0xfffe;
}

static void forge_segment_past_end(struct image *image)
{
	image->phdrs.code.p_offset = sizeof(*image) - TEXT_SIZE + 1;
}

static void forge_huge_segment(struct image *image)
{
	image->phdrs.code.p_filesz = image->phdrs.code.p_memsz = UINT64_MAX;
}

static void forge_more_file_than_memory(struct image *image)
{
	image->phdrs.data.p_memsz = DATA_SIZE - 1;
}

static void forge_segment_beyond_memory(struct image *image)
{
	image->phdrs.data.p_memsz = UINT64_MAX - DATA + 2;
}

static void (*const fatal_forgeries[])(struct image *) = {
	forge_relocatable,	     forge_core,
	forge_no_segments,	     forge_many_segments,
	forge_segment_past_end,	     forge_huge_segment,
	forge_more_file_than_memory, forge_segment_beyond_memory,
};

START_TEST(forged_headers_are_refused_and_output_kept)
{
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);
	struct hw_module *m = (struct hw_module *)image;

	fatal_forgeries[_i](image);
	ck_assert_int_eq(open_bytes(image, sizeof(*image), &m), -EBADMSG);
	ck_assert_ptr_eq(m, image);
}
END_TEST

static void forge_huge_symtab(struct image *image)
{
	image->sections[S_SYMTAB].sh_size = 1ull << 60;
}

static void forge_symtab_naming_itself(struct image *image)
{
	image->sections[S_SYMTAB].sh_link = S_SYMTAB;
	image->symbols[N_SYMBOLS - 1].st_size = UINT64_MAX; /* no zero at the end */
}

static void forge_no_strings(struct image *image)
{
	image->sections[S_SYMTAB].sh_link = 0xffff;
}

static void forge_unended_strings(struct image *image)
{
	image->strings[sizeof(image->strings) - 1] = 'x';
}

static void forge_names_past_end(struct image *image)
{
	for (size_t i = 0; i < N_SYMBOLS; i++)
		image->symbols[i].st_name = sizeof(image->strings);
}

static void forge_code_section(struct image *image)
{
	image->sections[S_TEXT].sh_size = UINT64_MAX;
}

static void forge_sections_past_end(struct image *image)
{
	image->ehdr.e_shoff = sizeof(*image) - 1;
}

static void (*const nameless_forgeries[])(struct image *) = {
	forge_huge_symtab,	 forge_symtab_naming_itself, forge_no_strings,
	forge_unended_strings,	 forge_names_past_end,	     forge_code_section,
	forge_sections_past_end,
};

START_TEST(forged_symbol_tables_leave_addresses_unknown)
{
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol s;

	nameless_forgeries[_i](image);
	m = open_image(image);
	ck_assert_int_eq(hw_module_find(m, TEXT, &s), 0);
	ck_assert_str_eq(s.name, "[unknown]");
	ask_everything(m);
}
END_TEST

START_TEST(a_forged_unwind_table_names_no_start)
{
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol s;

	switch (_i) {
	case 0:
		image->eh_frame_hdr.n_rows = UINT32_MAX;
		break;
	case 1:
		image->eh_frame_hdr.fde = INT32_MAX;
		break;
	case 2:
		image->eh_frame_hdr.table_enc = 0xff; /* DW_EH_PE_omit */
		break;
	case 3:
		image->fde.function++;
		break;
	}
	m = open_image(image);
	ck_assert_int_eq(hw_module_find(m, TEXT + NAMELESS, &s), 0);
	ck_assert_uint_eq(s.start, 0);
}
END_TEST

START_TEST(a_forged_size_of_a_compressed_section_is_survived)
{
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	const Elf64_Chdr chdr = { .ch_type = ELFCOMPRESS_ZLIB, .ch_size = 1ull << 40 };
	struct hw_symbol s;

	memcpy(image->text, &chdr, sizeof(chdr));
	add_section(image, S_BSS, ".debug_info", SHT_PROGBITS, SHF_COMPRESSED, 0,
		    offsetof(struct image, text), TEXT_SIZE);
	m = open_image(image);
	ck_assert_int_eq(hw_module_find(m, TEXT, &s), 1);
	ck_assert_str_eq(s.name, "plain");
	ck_assert_ptr_null(s.file);
}
END_TEST

START_TEST(what_is_no_program_is_refused)
{
	static const unsigned char gzip[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	char fifo[] = "/tmp/hwprof-test-XXXXXX";
	struct hw_module *m;

	ck_assert_int_eq(hw_module_open("/nowhere", "x", &m), -ENOENT);
	ck_assert_int_eq(hw_module_open("/", "x", &m), -EBADMSG);
	ck_assert_int_eq(hw_module_open("/dev/null", "x", &m), -EBADMSG);
	ck_assert_int_eq(open_bytes("#!/bin/sh\n", 10, &m), -EBADMSG);
	ck_assert_int_eq(open_bytes(gzip, sizeof(gzip), &m), -EBADMSG);
	ck_assert_int_eq(open_bytes("!<arch>\n", 8, &m), -EBADMSG);

	ck_assert_ptr_nonnull(mkdtemp(fifo));
	ck_assert_int_eq(rmdir(fifo), 0);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(hw_module_open(fifo, "x", &m), -EBADMSG);
	ck_assert_int_eq(unlink(fifo), 0);
}
END_TEST

START_TEST(another_handle_knows_the_same_file)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL, *again = NULL;
	uint64_t addr = getauxval(AT_SYSINFO_EHDR), vaddr;
	hw_autofree struct image *image = image_new(functions, N_FUNCTIONS);
	struct hw_symbol s;

	m = open_image(image);
	ck_assert_int_eq(hw_module_again(m, &again), 0);
	ck_assert_int_eq(hw_module_find(again, TEXT, &s), 1);
	ck_assert_str_eq(s.name, "plain");
	ck_assert_str_eq(hw_module_build_id(again), hw_module_build_id(m));
	ck_assert_uint_eq(hw_module_base(again), hw_module_base(m));
	again = hw_module_free(again);
	m = hw_module_free(m);
	if (!addr || hw_module_open_vdso(&m) < 0)
		return;
	ck_assert_int_eq(hw_module_again(m, &again), 0); /* of memory */
	ck_assert_int_eq(hw_module_vaddr(again, 0, &vaddr), 0);
	ck_assert_str_eq(hw_module_name(again), "[vdso]");
}
END_TEST

START_TEST(a_file_over_4_gib_is_refused)
{
	hw_autoclose int fd = memfd_create("huge", MFD_CLOEXEC);
	struct hw_module *m;
	char path[64];

	ck_assert_int_eq(ftruncate(fd, (4ll << 30) + 1), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ck_assert_int_eq(hw_module_open(path, "x", &m), -EFBIG);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

int main(void)
{
	Suite *s = suite_create("module");
	TCase *t = tcase_create("module");

	tcase_set_timeout(t, 60); /* the loops over broken files, under valgrind */
	tcase_add_loop_test(t, every_address_gets_its_innermost_best_name, 0, COUNT(places));
	tcase_add_loop_test(t, names_are_made_readable, 0, COUNT(names));
	tcase_add_test(t, a_name_that_would_fill_the_memory_is_cut);
	tcase_add_test(t, build_id_and_name_are_told);
	tcase_add_test(t, a_file_without_build_id_has_an_empty_one);
	tcase_add_test(t, file_offsets_become_vaddrs);
	tcase_add_test(t, sections_are_found_by_name);
	tcase_add_test(t, symbols_are_found_by_name_unless_undefined_or_thread_local);
	tcase_add_loop_test(t, a_stripped_file_has_the_names_of_its_dynsym_only, 0, 2);
	tcase_add_test(t, reads_cross_into_bss_and_stop_at_the_end_of_segments);
	tcase_add_test(t, the_test_itself_is_resolved_to_function_file_and_line);
	tcase_add_test(t, a_module_in_memory_is_a_copy_and_answers_the_same);
	tcase_add_test(t, what_is_no_module_in_memory_is_refused);
	tcase_add_test(t, the_vdso_is_mapped_from_its_first_byte);
	tcase_add_test(t, a_file_cut_anywhere_is_refused_or_answers);
	tcase_add_loop_test(t, any_forged_byte_is_refused_or_answers, 0, 3);
	tcase_add_loop_test(t, forged_headers_are_refused_and_output_kept, 0,
			    COUNT(fatal_forgeries));
	tcase_add_loop_test(t, forged_symbol_tables_leave_addresses_unknown, 0,
			    COUNT(nameless_forgeries));
	tcase_add_loop_test(t, a_forged_unwind_table_names_no_start, 0, 4);
	tcase_add_test(t, a_forged_size_of_a_compressed_section_is_survived);
	tcase_add_test(t, what_is_no_program_is_refused);
	tcase_add_test(t, another_handle_knows_the_same_file);
	tcase_add_test(t, a_file_over_4_gib_is_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
