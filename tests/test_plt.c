/* SPDX-License-Identifier: Apache-2.0
 * Stubs of the procedure linkage table, in libraries that the system's own linkers make here. Where
 * the stubs are, the library itself says: the linker writes their addresses into the calls. */
#include "fixture.h"

#include <elf.h>
#include <string.h>

#include "sym/module.h"

#if defined(__x86_64__)

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

/* "bound" is in the GOT anyway, so its stub needs no slot of its own (.plt.got). A hidden alias of
 * an indirect function is how a C library calls its own strlen(). */
static const char source[] = "	.text\n"
			     "	mov bound@GOTPCREL(%rip), %rax\n"
			     "	.globl chosen\n"
			     "	.type chosen, @gnu_indirect_function\n"
			     "chosen:	ret\n"
			     "	.size chosen, . - chosen\n"
			     "	.hidden alias\n"
			     "	.set alias, chosen\n"
			     "	.globl calls\n"
			     "	.type calls, @function\n"
			     "calls:\n"
			     "	call plain@PLT\n"
			     "	call _ZN2ns4callEi@PLT\n"
			     "	call bound@PLT\n"
			     "	call alias@PLT\n"
			     "	.size calls, . - calls\n"
			     "	.section .note.GNU-stack, \"\"\n";

static const char *const names[] = { "plain@plt", "ns::call@plt", "bound@plt", "chosen@plt" };

static const char *const ways[] = {
	"-Wl,-z,lazy",
	"-Wl,-z,now",
	"-Wl,-z,lazy -s",
	"-Wl,-z,lazy,-z,ibtplt",
	"-Wl,-z,now,-z,ibtplt -s",
	"-fuse-ld=lld",
	"-fuse-ld=lld -Wl,-z,force-ibt -s",
};

static char folder[32];

static void make_folder(void)
{
	char path[64];

	strcpy(folder, "/tmp/test_plt.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/stubs.s", folder);
	{
		hw_autofclose FILE *f = fopen(path, "we");

		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs(source, f), 0);
	}
}

static void remove_folder(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* Links the library in one of the ways; false, aloud, when this linker is not there. */
static bool make_library(const char *way, char path[64])
{
	char command[256];

	snprintf(path, 64, "%s/stubs.so", folder);
	snprintf(command, sizeof(command),
		 "cd %s && cc -shared -nostdlib %s -o stubs.so stubs.s 2>link.log", folder, way);
	if (system(command) == 0)
		return true;
	unjudged(way, "cc does not link so here");
	return false;
}

/* Where the stub is to which the @i-th call leads. */
static uint64_t stub_at(struct hw_module *m, int i)
{
	const uint64_t call_size = 5, opcode_size = 1;
	uint64_t calls, size, call;
	int32_t distance;

	ck_assert_int_eq(hw_module_export(m, "calls", &calls, &size), 0);
	ck_assert_uint_eq(size, COUNT(names) * call_size);
	call = calls + (uint64_t)i * call_size;
	ck_assert_int_eq(hw_module_read(m, call + opcode_size, &distance, sizeof(distance)), 0);
	return call + call_size + (uint64_t)(int64_t)distance;
}

START_TEST(a_stub_has_the_name_of_what_it_calls)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol s;
	char path[64];

	if (!make_library(ways[_i], path))
		return;
	ck_assert_int_eq(hw_module_open(path, path, &m), 0);
	for (int i = 0; i < COUNT(names); i++) {
		uint64_t stub = stub_at(m, i);

		for (uint64_t at = stub; at < stub + 8; at++) {
			ck_assert_int_eq(hw_module_find(m, at, &s), 1);
			ck_assert_str_eq(s.name, names[i]);
			ck_assert_uint_eq(s.start, stub);
			ck_assert_uint_eq(s.offset_bytes, at - stub);
			ck_assert_ptr_null(s.file);
		}
	}
}
END_TEST

START_TEST(the_head_of_the_table_is_no_stub)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	uint64_t vaddr, size;
	struct hw_symbol s;
	char path[64];

	ck_assert(make_library(ways[0], path));
	ck_assert_int_eq(hw_module_open(path, path, &m), 0);
	ck_assert_int_eq(hw_module_section(m, ".plt", &vaddr, &size), 0);
	ck_assert_uint_gt(size, 16);
	for (int at = 0; at < 16; at++)
		ck_assert_int_eq(hw_module_find(m, vaddr + (uint64_t)at, &s), 0);
	ck_assert_int_eq(hw_module_find(m, vaddr + 16, &s), 1);
}
END_TEST

/* All of the library in memory; the caller frees. */
static unsigned char *read_library(size_t *ret_size)
{
	unsigned char *bytes;
	char path[64];

	ck_assert(make_library(ways[2], path));
	{
		hw_autofclose FILE *f = fopen(path, "re");

		ck_assert_ptr_nonnull(f);
		ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
		*ret_size = (size_t)ftell(f);
		rewind(f);
		bytes = malloc(*ret_size);
		ck_assert_ptr_nonnull(bytes);
		ck_assert_uint_eq(fread(bytes, 1, *ret_size, f), *ret_size);
	}
	return bytes;
}

/* The section of @type in the file at @bytes that is the @nth of it, from 0. */
static Elf64_Shdr *section_of(unsigned char *bytes, uint32_t type, int nth)
{
	Elf64_Ehdr *ehdr = (Elf64_Ehdr *)bytes;
	Elf64_Shdr *sections = (Elf64_Shdr *)(bytes + ehdr->e_shoff);

	for (int i = 0; i < ehdr->e_shnum; i++)
		if (sections[i].sh_type == type && nth-- == 0)
			return &sections[i];
	ck_abort_msg("no such section");
}

static void forge_other_machine(unsigned char *bytes)
{
	((Elf64_Ehdr *)bytes)->e_machine = EM_AARCH64;
}

static void forge_no_symbols(unsigned char *bytes)
{
	section_of(bytes, SHT_DYNSYM, 0)->sh_type = SHT_PROGBITS;
}

static void forge_no_strings(unsigned char *bytes)
{
	section_of(bytes, SHT_DYNSYM, 0)->sh_link = 0xffff;
}

static void forge_names_past_end(unsigned char *bytes)
{
	const Elf64_Shdr *symbols = section_of(bytes, SHT_DYNSYM, 0);

	for (uint64_t at = 0; at < symbols->sh_size; at += sizeof(Elf64_Sym))
		((Elf64_Sym *)(bytes + symbols->sh_offset + at))->st_name = UINT32_MAX;
}

static void forge_symbol_numbers(unsigned char *bytes)
{
	for (int nth = 0; nth < 2; nth++) {
		const Elf64_Shdr *relocations = section_of(bytes, SHT_RELA, nth);
		Elf64_Rela *rela = (Elf64_Rela *)(bytes + relocations->sh_offset);

		for (size_t i = 0; i < relocations->sh_size / sizeof(*rela); i++)
			rela[i].r_info = ELF64_R_INFO(UINT32_MAX - i, R_X86_64_JUMP_SLOT);
	}
}

static void forge_slots(unsigned char *bytes)
{
	for (int nth = 0; nth < 2; nth++) {
		const Elf64_Shdr *relocations = section_of(bytes, SHT_RELA, nth);
		Elf64_Rela *rela = (Elf64_Rela *)(bytes + relocations->sh_offset);

		for (size_t i = 0; i < relocations->sh_size / sizeof(*rela); i++)
			rela[i].r_offset = UINT64_MAX - i;
	}
}

static void forge_huge_relocations(unsigned char *bytes)
{
	for (int nth = 0; nth < 2; nth++)
		section_of(bytes, SHT_RELA, nth)->sh_size = 1ull << 60;
}

static void (*const forgeries[])(unsigned char *) = {
	forge_other_machine,  forge_no_symbols, forge_no_strings,      forge_names_past_end,
	forge_symbol_numbers, forge_slots,	forge_huge_relocations,
};

START_TEST(forged_tables_leave_stubs_unknown)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol s;
	uint64_t stub;
	size_t size;
	hw_autofree unsigned char *bytes = read_library(&size);

	ck_assert_int_eq(hw_module_open_memory(bytes, size, "sound", &m), 0);
	stub = stub_at(m, 0);
	ck_assert_int_eq(hw_module_find(m, stub, &s), 1);
	m = hw_module_free(m);

	forgeries[_i](bytes);
	ck_assert_int_eq(hw_module_open_memory(bytes, size, "forged", &m), 0);
	ck_assert_int_eq(hw_module_find(m, stub, &s), 0);
	ck_assert_str_eq(s.name, "[unknown]");
}
END_TEST

START_TEST(any_forged_byte_answers)
{
	size_t size;
	hw_autofree unsigned char *bytes = read_library(&size);
	const Elf64_Ehdr *ehdr = (const Elf64_Ehdr *)bytes;
	const size_t heads = ehdr->e_shoff;
	uint64_t start, table_size;

	{
		hw_auto(hw_module_free) struct hw_module *m = NULL;

		ck_assert_int_eq(hw_module_open_memory(bytes, size, "sound", &m), 0);
		ck_assert_int_eq(hw_module_section(m, ".plt", &start, &table_size), 0);
	}
	for (size_t i = heads; i < size; i++) {
		hw_auto(hw_module_free) struct hw_module *m = NULL;
		struct hw_symbol s;

		bytes[i] ^= 0xff;
		if (hw_module_open_memory(bytes, size, "forged", &m) == 0)
			for (uint64_t at = start; at < start + table_size + 16; at += 8) {
				ck_assert_int_ge(hw_module_find(m, at, &s), 0);
				ck_assert_uint_eq(s.start + s.offset_bytes, at);
			}
		bytes[i] ^= 0xff;
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plt");
	TCase *t = tcase_create("plt");

	if (system("command -v cc >/dev/null") != 0)
		return skip_suite("no C compiler to link libraries with");
	tcase_set_timeout(t, 60); /* the loop over broken files, under valgrind */
	tcase_add_checked_fixture(t, make_folder, remove_folder);
	tcase_add_loop_test(t, a_stub_has_the_name_of_what_it_calls, 0, COUNT(ways));
	tcase_add_test(t, the_head_of_the_table_is_no_stub);
	tcase_add_loop_test(t, forged_tables_leave_stubs_unknown, 0, COUNT(forgeries));
	tcase_add_test(t, any_forged_byte_answers);
	suite_add_tcase(s, t);
	return run_suite(s);
}

#else

int main(void)
{
	return skip_suite("stubs have names on x86-64 only");
}

#endif
