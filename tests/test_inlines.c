/* SPDX-License-Identifier: Apache-2.0
 * Inlined calls of this very program, whose lines are known. */
#include "fixture.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "sym/module.h"

#define always_inline __attribute__((always_inline)) static inline

struct place {
	uint64_t addr;		/* of an instruction in innermost() */
	unsigned int line;	/* of that */
	unsigned int called[3]; /* lines of the calls, innermost() first */
};

static __attribute__((noinline)) uint64_t return_address(void)
{
	return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

always_inline void innermost(struct place *ret)
{
	ret->line = __LINE__ + 1;
	ret->addr = return_address() - 1;
}

always_inline void middle(struct place *ret)
{
	if (ret->called[0])
		return;
	{
		ret->called[0] = __LINE__ + 1;
		innermost(ret);
	}
}

static __attribute__((noinline)) void physical(struct place *ret)
{
	ret->called[1] = __LINE__ + 1;
	middle(ret);
	__asm__ volatile("" ::: "memory"); /* so that the call above is no jump */
}

static int first_bias(struct dl_phdr_info *info, size_t size, void *bias)
{
	(void)size;
	*(uint64_t *)bias = info->dlpi_addr;
	return 1;
}

/* Opens this program; false, aloud, when it was built without -g. */
static bool open_self(const char *test, struct hw_module **ret, uint64_t *ret_bias)
{
	uint64_t vaddr, size;

	dl_iterate_phdr(first_bias, ret_bias);
	ck_assert_int_eq(hw_module_open("/proc/self/exe", "self", ret), 0);
	if (hw_module_section(*ret, ".debug_info", &vaddr, &size) == 0)
		return true;
	unjudged(test, "built without debugging information");
	return false;
}

static void check_frame(const struct hw_symbol *s, const char *name, unsigned int line)
{
	ck_assert_str_eq(s->name, name);
	ck_assert_ptr_nonnull(s->file);
	ck_assert_str_eq(strrchr(s->file, '/'), "/test_inlines.c");
	ck_assert_uint_eq(s->line, line);
}

START_TEST(inlined_calls_are_listed_from_the_innermost_to_the_function)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol frames[8];
	struct place p = { 0 };
	uint64_t bias;

	physical(&p);
	if (!open_self(__func__, &m, &bias))
		return;
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(hw_module_inlines(m, p.addr - bias, frames, 8), 3);
		check_frame(&frames[0], "innermost", p.line);
		check_frame(&frames[1], "middle", p.called[0]);
		check_frame(&frames[2], "physical", p.called[1]);
		for (int i = 0; i < 3; i++)
			ck_assert_uint_eq(frames[i].start, (uintptr_t)physical - bias);
	}
}
END_TEST

START_TEST(without_room_the_innermost_calls_are_left_out)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol frames[2];
	struct place p = { 0 };
	uint64_t bias;

	physical(&p);
	if (!open_self(__func__, &m, &bias))
		return;
	ck_assert_int_eq(hw_module_inlines(m, p.addr - bias, frames, 2), 2);
	check_frame(&frames[0], "middle", p.called[0]);
	check_frame(&frames[1], "physical", p.called[1]);
	ck_assert_int_eq(hw_module_inlines(m, p.addr - bias, frames, 1), 1);
	check_frame(&frames[0], "physical", p.called[1]);
}
END_TEST

START_TEST(a_function_without_inlined_calls_is_alone)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_symbol frames[8], one;
	uint64_t bias, vaddr;

	if (!open_self(__func__, &m, &bias))
		return;
	vaddr = (uintptr_t)return_address - bias;
	ck_assert_int_eq(hw_module_inlines(m, vaddr, frames, 8), 1);
	ck_assert_int_eq(hw_module_find(m, vaddr, &one), 1);
	ck_assert_str_eq(frames[0].name, "return_address");
	ck_assert_uint_eq(frames[0].line, one.line);
	ck_assert_int_eq(hw_module_inlines(m, UINT64_MAX, frames, 8), 1);
	ck_assert_str_eq(frames[0].name, "[unknown]");
}
END_TEST

/* All of this program in memory, with where its section @name is. Caller frees. */
static unsigned char *read_self(const char *name, size_t *ret_size, Elf64_Shdr *ret)
{
	hw_autofclose FILE *f = fopen("/proc/self/exe", "re");
	unsigned char *bytes;
	const Elf64_Ehdr *ehdr;
	const Elf64_Shdr *sections;
	size_t n;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	n = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(n);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_uint_eq(fread(bytes, 1, n, f), n);
	ehdr = (const Elf64_Ehdr *)bytes;
	sections = (const Elf64_Shdr *)(bytes + ehdr->e_shoff);
	*ret = (Elf64_Shdr){ 0 };
	for (size_t i = 0; i < ehdr->e_shnum; i++)
		if (!strcmp((char *)bytes + sections[ehdr->e_shstrndx].sh_offset +
				    sections[i].sh_name,
			    name))
			*ret = sections[i];
	*ret_size = n;
	return bytes;
}

static const char *const debug_sections[] = { ".debug_info", ".debug_abbrev", ".debug_rnglists",
					      ".debug_line", ".debug_str" };

START_TEST(forged_debugging_information_answers_something)
{
	hw_auto(hw_module_free) struct hw_module *sound = NULL;
	hw_autofree unsigned char *bytes = NULL;
	struct hw_symbol frames[8];
	struct place p = { 0 };
	unsigned int seed = 11 + (unsigned int)_i;
	Elf64_Shdr section;
	uint64_t bias;
	size_t size;

	physical(&p);
	if (!open_self(__func__, &sound, &bias))
		return;
	bytes = read_self(debug_sections[_i], &size, &section);
	for (int round = 0; round < 60 && section.sh_size; round++) {
		hw_auto(hw_module_free) struct hw_module *m = NULL;
		size_t at[16];

		for (size_t i = 0; i < 16; i++) {
			at[i] = section.sh_offset + (size_t)rand_r(&seed) % section.sh_size;
			bytes[at[i]] ^= (unsigned char)(1 << i % 8);
		}
		ck_assert_int_eq(hw_module_open_memory(bytes, size, "forged", &m), 0);
		for (int64_t off = -64; off < 64; off += 8) {
			int n = hw_module_inlines(m, p.addr - bias + (uint64_t)off, frames, 8);

			ck_assert_int_ge(n, 1);
			for (int i = 0; i < n; i++)
				ck_assert_uint_gt(strlen(frames[i].name), 0);
		}
		for (size_t i = 16; i-- > 0 && round % 2;) /* every other time the errors stay */
			bytes[at[i]] ^= (unsigned char)(1 << i % 8);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inlines");
	TCase *c = tcase_create("inlines");

	tcase_add_test(c, inlined_calls_are_listed_from_the_innermost_to_the_function);
	tcase_add_test(c, without_room_the_innermost_calls_are_left_out);
	tcase_add_test(c, a_function_without_inlined_calls_is_alone);
	tcase_add_loop_test(c, forged_debugging_information_answers_something, 0,
			    (int)(sizeof(debug_sections) / sizeof(*debug_sections)));
	tcase_set_timeout(c, 60);
	suite_add_tcase(s, c);
	return run_suite(s);
}
