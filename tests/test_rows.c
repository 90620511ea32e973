/* SPDX-License-Identifier: Apache-2.0 */
#include "cfi_builder.h"

#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>

#include "unwind/rows.h"

#define FIRST 0x2000

static struct hw_rows *build(const struct cfi_file *f)
{
	struct hw_module *m = cfi_open(f);
	struct hw_rows *rows;

	ck_assert_int_eq(hw_rows_build(m, &rows), 0);
	ck_assert(hw_rows_is_valid(rows));
	hw_module_free(m);
	return rows;
}

/* A function at @start of 16 bytes; cfa = rsp + 16 * @depth in all of it but the first byte. */
static void add_function(struct cfi_file *f, uint32_t cie, uint64_t start, unsigned int depth)
{
	cfi_add_function(
		f, cie, start, 16,
		CFI_BYTES(0x41, 0x0e, (depth & 7) << 4 | 0x80, (uint8_t)(depth >> 3 & 0x7f)));
}

static int cfa_off_at(const struct hw_rows *rows, uint64_t vaddr)
{
	struct hw_unwind_rule rule = hw_rows_find(rows, vaddr);

	return rule.cfa == HW_CFA_REG ? rule.cfa_off : 0;
}

/* @n functions, each @stride from the one before, of @n_depths depths in turn. */
static struct hw_rows *build_many(unsigned int n, uint64_t stride, unsigned int n_depths)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	uint32_t cie = cfi_add_usual_cie(f);

	for (unsigned int i = 0; i < n; i++)
		add_function(f, cie, FIRST + i * stride, 1 + i % n_depths);
	return build(f);
}

static void check_many(const struct hw_rows *rows, unsigned int n, uint64_t stride,
		       unsigned int n_depths)
{
	for (unsigned int i = 0; i < n; i++) {
		uint64_t start = FIRST + i * stride;

		ck_assert_int_eq(cfa_off_at(rows, start - 1), 0);
		ck_assert_int_eq(cfa_off_at(rows, start), 8);
		ck_assert_int_eq(cfa_off_at(rows, start + 1), 16 * (1 + (int)(i % n_depths)));
		ck_assert_int_eq(cfa_off_at(rows, start + 15), 16 * (1 + (int)(i % n_depths)));
		ck_assert_int_eq(cfa_off_at(rows, start + 16), 0);
	}
}

START_TEST(a_small_file_is_one_leaf)
{
	struct hw_rows *rows = build_many(3, 32, 3);

	ck_assert_uint_eq(rows->n_pages, 1);
	ck_assert_uint_eq(rows->levels, 0);
	ck_assert_uint_eq(rows->base, CFI_CODE);
	ck_assert_uint_eq(rows->pages[0].leaf.base, FIRST - CFI_CODE);
	check_many(rows, 3, 32, 3);
	ck_assert_int_eq(hw_rows_find(rows, 0).cfa, HW_CFA_NONE);
	ck_assert_int_eq(hw_rows_find(rows, UINT64_MAX).cfa, HW_CFA_NONE);
	hw_rows_free(rows);
}
END_TEST

START_TEST(a_full_leaf_is_followed_by_another)
{
	struct hw_rows *rows = build_many(3000, 32, 3);

	ck_assert_uint_eq(rows->n_pages, 3 * 3000 / HW_PAGE_ROWS + 1 + 1);
	ck_assert_uint_eq(rows->levels, 1);
	check_many(rows, 3000, 32, 3);
	hw_rows_free(rows);
}
END_TEST

START_TEST(a_leaf_holds_as_many_rules_as_there_is_room_for)
{
	struct hw_rows *rows = build_many(1000, 32, 400);

	ck_assert_uint_gt(rows->n_pages, 1000 / HW_PAGE_RULES);
	check_many(rows, 1000, 32, 400);
	hw_rows_free(rows);
}
END_TEST

START_TEST(code_far_apart_takes_two_levels)
{
	struct hw_rows *rows = build_many(700, 0x20000, 5);

	ck_assert_uint_eq(rows->levels, 2);
	check_many(rows, 700, 0x20000, 5);
	hw_rows_free(rows);
}
END_TEST

START_TEST(a_row_holds_across_the_end_of_its_leaf)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	struct hw_rows *rows;

	cfi_add_function(f, cfi_add_usual_cie(f), FIRST, 0x50000, CFI_NOTHING);
	rows = build(f);
	ck_assert_uint_eq(rows->n_pages, 3);
	ck_assert_int_eq(cfa_off_at(rows, FIRST + 0x4ffff), 8);
	ck_assert_int_eq(cfa_off_at(rows, FIRST + 0x50000), 0);
	hw_rows_free(rows);
}
END_TEST

START_TEST(a_file_without_rows_gives_no_pages)
{
	struct hw_rows *rows = build(cfi_file_new(EM_X86_64));

	ck_assert_uint_eq(rows->n_pages, 0);
	ck_assert_int_eq(hw_rows_find(rows, FIRST).cfa, HW_CFA_NONE);
	hw_rows_free(rows);
}
END_TEST

START_TEST(code_more_than_4_gib_up_is_refused)
{
	struct cfi_file *f = cfi_file_new(EM_X86_64);
	struct hw_module *m;
	struct hw_rows *rows;

	f->code.p_memsz = 1ull << 33;
	cfi_add_function(f, cfi_add_usual_cie(f), CFI_CODE + (1ull << 32), 16, CFI_NOTHING);
	m = cfi_open(f);
	ck_assert_int_eq(hw_rows_build(m, &rows), -E2BIG);
	hw_module_free(m);
}
END_TEST

/* Whether @rows is refused with the field at @field of @size bytes set to @value. */
static bool is_refused_with(struct hw_rows *rows, void *field, uint32_t value, size_t size)
{
	uint32_t was = 0;
	bool is_valid;

	memcpy(&was, field, size);
	ck_assert_uint_ne(was, value);
	memcpy(field, &value, size);
	is_valid = hw_rows_is_valid(rows);
	memcpy(field, &was, size);
	ck_assert(hw_rows_is_valid(rows));
	return !is_valid;
}
#define REFUSED(field, value) ck_assert(is_refused_with(rows, &(field), value, sizeof(field)))

START_TEST(a_damaged_tree_is_told)
{
	struct hw_rows *rows = build_many(700, 0x20000, 5);
	struct hw_rows_page *leaf = &rows->pages[1].leaf;
	struct hw_rows_dir *dir = &rows->pages[rows->root].dir;

	REFUSED(rows->root, 0);
	REFUSED(rows->root, rows->n_pages);
	REFUSED(rows->levels, 0);
	REFUSED(rows->levels, 1);
	REFUSED(rows->levels, 3);
	REFUSED(rows->n_pages, 0);
	REFUSED(rows->n_pages, rows->n_pages - 1);
	REFUSED(dir->n, 0);
	REFUSED(dir->n, 1);
	REFUSED(dir->n, HW_PAGE_CHILDREN + 1);
	REFUSED(dir->n, UINT32_MAX);
	REFUSED(dir->at[1], 0);
	REFUSED(dir->child[0], dir->child[1]);
	REFUSED(dir->child[0], rows->root);
	REFUSED(dir->child[1], UINT32_MAX);
	REFUSED(rows->pages[dir->child[0]].dir.child[3], 4);
	REFUSED(leaf->base, rows->pages[0].leaf.base);
	REFUSED(leaf->base, leaf->base + 1);
	REFUSED(leaf->n_rows, 0);
	REFUSED(leaf->n_rows, HW_PAGE_ROWS + 1);
	REFUSED(leaf->at[0], 1);
	REFUSED(leaf->at[1], 0);
	REFUSED(leaf->rule[1], HW_PAGE_RULES);
	REFUSED(leaf->rules[leaf->rule[1]].cfa, HW_CFA_OTHER + 1);
	REFUSED(leaf->rules[leaf->rule[1]].fp, HW_SAVED_OTHER + 1);
	REFUSED(leaf->rules[leaf->rule[1]].ra, HW_SAVED_OTHER + 1);
	hw_rows_free(rows);
}
END_TEST

/* What libdw says of @vaddr in @cfi, when that is a register and an offset; else false. */
static bool ask_libdw(Dwarf_CFI *cfi, uint64_t vaddr, int *ret_reg, int *ret_off)
{
	Dwarf_Frame *frame;
	Dwarf_Op *ops;
	size_t n;
	bool is_simple;

	if (dwarf_cfi_addrframe(cfi, vaddr, &frame))
		return false;
	is_simple = dwarf_frame_cfa(frame, &ops, &n) == 0 && n == 1;
	if (is_simple) {
		*ret_reg = (int)ops->number;
		*ret_off = (int)ops->number2;
	}
	free(frame);
	return is_simple;
}

/* Real code, all of it: this program's own. */
START_TEST(rows_say_what_libdw_says_when_asked_directly)
{
	hw_autoclose int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct hw_module *m;
	struct hw_rows *rows;
	uint64_t start, size, n_simple = 0;
	Dwarf_CFI *cfi;
	Elf *elf;

	ck_assert_int_eq(hw_module_open("/proc/self/exe", "self", &m), 0);
	ck_assert_int_eq(hw_module_section(m, ".text", &start, &size), 0);
	ck_assert_int_eq(hw_rows_build(m, &rows), 0);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	cfi = dwarf_getcfi_elf(elf);
	ck_assert_ptr_nonnull(cfi);
	for (uint64_t vaddr = start; vaddr < start + size; vaddr += 3) {
		struct hw_unwind_rule rule = hw_rows_find(rows, vaddr);
		int reg, off;

		if (!ask_libdw(cfi, vaddr, &reg, &off)) {
			ck_assert_int_ne(rule.cfa, HW_CFA_REG);
			continue;
		}
		n_simple++;
		ck_assert_int_eq(rule.cfa, HW_CFA_REG);
		ck_assert_int_eq(rule.cfa_reg, reg);
		ck_assert_int_eq(rule.cfa_off, off);
	}
	ck_assert_uint_gt(n_simple, size / 6);
	dwarf_cfi_end(cfi);
	elf_end(elf);
	hw_rows_free(rows);
	hw_module_free(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rows");
	TCase *tc = tcase_create("rows");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_small_file_is_one_leaf);
	tcase_add_test(tc, a_full_leaf_is_followed_by_another);
	tcase_add_test(tc, a_leaf_holds_as_many_rules_as_there_is_room_for);
	tcase_add_test(tc, code_far_apart_takes_two_levels);
	tcase_add_test(tc, a_row_holds_across_the_end_of_its_leaf);
	tcase_add_test(tc, a_file_without_rows_gives_no_pages);
	tcase_add_test(tc, code_more_than_4_gib_up_is_refused);
	tcase_add_test(tc, a_damaged_tree_is_told);
	tcase_add_test(tc, rows_say_what_libdw_says_when_asked_directly);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
