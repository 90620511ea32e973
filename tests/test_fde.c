/* SPDX-License-Identifier: Apache-2.0
 * Search tables of .eh_frame_hdr in memory that a test makes up. */
#include "fixture.h"

#include <dwarf.h>
#include <errno.h>
#include <string.h>

#include "sym/fde.h"

#define AT	    0x1000 /* of .eh_frame_hdr */
#define ENTRIES	    0x2000 /* of the FDEs, 16 bytes each */
#define FIRST	    0x8000 /* of the functions, 0x100 apart, 0x40 long */
#define N_FUNCTIONS 5

static struct {
	uint8_t version, eh_frame_enc, count_enc, table_enc;
	int32_t eh_frame;
	uint32_t n_rows;
	struct {
		int32_t function, fde;
	} rows[N_FUNCTIONS];
} table;

static struct {
	uint32_t length, cie_distance;
	int32_t function;
	uint32_t size_bytes;
} entries[N_FUNCTIONS];

static int read_made_up(void *ctx, uint64_t addr, void *buf, size_t size)
{
	(void)ctx;
	if (addr >= AT && addr + size <= AT + sizeof(table))
		memcpy(buf, (char *)&table + (addr - AT), size);
	else if (addr >= ENTRIES && addr + size <= ENTRIES + sizeof(entries))
		memcpy(buf, (char *)entries + (addr - ENTRIES), size);
	else
		return -EFAULT;
	return 0;
}

static const struct hw_mem image = { .read = read_made_up };

static void setup(void)
{
	table.version = 1;
	table.eh_frame_enc = DW_EH_PE_pcrel | DW_EH_PE_sdata4;
	table.count_enc = DW_EH_PE_udata4;
	table.table_enc = DW_EH_PE_datarel | DW_EH_PE_sdata4;
	table.n_rows = N_FUNCTIONS;
	for (int i = 0; i < N_FUNCTIONS; i++) {
		int32_t function = FIRST + i * 0x100, entry = ENTRIES + i * 16;

		table.rows[i].function = function - AT;
		table.rows[i].fde = entry - AT;
		entries[i].function = function - (entry + 8);
		entries[i].size_bytes = 0x40;
	}
}

static int start_of(uint64_t vaddr, uint64_t *ret)
{
	struct hw_fde_table found = hw_fde_table_of(&image, AT, sizeof(table));

	return hw_fde_start(&image, &found, vaddr, ret);
}

START_TEST(every_byte_of_a_function_has_its_start)
{
	uint64_t start;

	for (uint64_t i = 0; i < N_FUNCTIONS; i++)
		for (uint64_t at = 0; at < 0x40; at++) {
			ck_assert_int_eq(start_of(FIRST + i * 0x100 + at, &start), 0);
			ck_assert_uint_eq(start, FIRST + i * 0x100);
		}
}
END_TEST

START_TEST(nothing_is_found_around_them)
{
	uint64_t start = 77;

	ck_assert_int_eq(start_of(FIRST - 1, &start), -ENOENT);
	ck_assert_int_eq(start_of(FIRST + 0x40, &start), -ENOENT);
	ck_assert_int_eq(start_of(FIRST + 0xff, &start), -ENOENT);
	ck_assert_int_eq(start_of(UINT64_MAX, &start), -ENOENT);
	ck_assert_uint_eq(start, 77);
}
END_TEST

START_TEST(a_table_of_another_encoding_is_none)
{
	uint64_t start;

	table.table_enc = DW_EH_PE_datarel | DW_EH_PE_sdata8;
	ck_assert_int_eq(start_of(FIRST, &start), -ENOENT);
	setup();
	table.version = 2;
	ck_assert_int_eq(start_of(FIRST, &start), -ENOENT);
	setup();
	table.n_rows++; /* more than the section holds */
	ck_assert_int_eq(start_of(FIRST, &start), -ENOENT);
	ck_assert_uint_eq(hw_fde_table_of(&image, AT, 4).n_rows, 0);
}
END_TEST

START_TEST(an_entry_that_denies_the_table_is_not_believed)
{
	uint64_t start;

	entries[2].function++;
	ck_assert_int_eq(start_of(FIRST + 0x200, &start), -ENOENT);
	ck_assert_int_eq(start_of(FIRST + 0x100, &start), 0);
	table.rows[1].fde = 0x700000; /* where nothing is */
	ck_assert_int_eq(start_of(FIRST + 0x100, &start), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fde");
	TCase *t = tcase_create("fde");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, every_byte_of_a_function_has_its_start);
	tcase_add_test(t, nothing_is_found_around_them);
	tcase_add_test(t, a_table_of_another_encoding_is_none);
	tcase_add_test(t, an_entry_that_denies_the_table_is_not_believed);
	suite_add_tcase(s, t);
	return run_suite(s);
}
