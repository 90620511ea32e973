/* SPDX-License-Identifier: Apache-2.0
 * Code objects in fake memory, laid out as a free-threaded 3.12 could have them. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

#include "py/code.h"

#define BASE 0x10000

static const struct hw_py_offsets off = {
	.walk = { .code_ident = 112, .frame_size = 80, .frame_previous = 8, .frame_instr = 56,
		  .frame_entry = 70 },
	.lines = HW_PY_LINES_LOCATIONS,
	.code_head = 168,
	.code_firstlineno = 68,
	.code_filename = 112,
	.code_name = 120,
	.code_qualname = 128,
	.code_linetable = 136,
	.code_tlbc = 160,
	.code_instructions = 192,
	.bytes_size = 16,
	.bytes_data = 32,
	.str_length = 16,
	.str_state = 32,
	.str_ascii = 40,
	.str_compact = 56,
	.str_kind_shift = 2,
};

enum { CODE_AT = 0x000, QUALNAME_AT = 0x200, FILE_AT = 0x400, TABLE_AT = 0x600, COPIES_AT = 0x700,
       NAME_AT = 0x740, SIZE = 0x800 };

struct target {
	unsigned char bytes[SIZE];
	struct fake_mem fake;
	struct hw_mem mem;
};

static void put(struct target *t, size_t at, const void *value, size_t size)
{
	memcpy(t->bytes + at, value, size);
}

static void put_u64(struct target *t, size_t at, uint64_t value)
{
	put(t, at, &value, sizeof(value));
}

static void put_u32(struct target *t, size_t at, uint32_t value)
{
	put(t, at, &value, sizeof(value));
}

static void put_ascii(struct target *t, size_t at, const char *text)
{
	put_u64(t, at + off.str_length, strlen(text));
	put_u32(t, at + off.str_state, 1 << 2 | 1 << 5 | 1 << 6);
	put(t, at + off.str_ascii, text, strlen(text));
}

static void put_table(struct target *t, const unsigned char *table, size_t size)
{
	put_u64(t, TABLE_AT + off.bytes_size, size);
	put(t, TABLE_AT + off.bytes_data, table, size);
}

/* Kind 11 (line + 1), two units; kind 15 (none), one; short form 0, one; kind 13 (-5), one. */
static const unsigned char table[] = { 0x80 | 11 << 3 | 1, 0, 0,    0x80 | 15 << 3,
				       0x80 | 0 << 3,	   0, 0x80 | 13 << 3, 11 };

static void target_init(struct target *t)
{
	memset(t, 0, sizeof(*t));
	put_u32(t, CODE_AT + off.code_firstlineno, 100);
	put_u64(t, CODE_AT + off.code_filename, BASE + FILE_AT);
	put_u64(t, CODE_AT + off.code_name, BASE + NAME_AT);
	put_u64(t, CODE_AT + off.code_qualname, BASE + QUALNAME_AT);
	put_u64(t, CODE_AT + off.code_linetable, BASE + TABLE_AT);
	put_ascii(t, NAME_AT, "method");
	put_ascii(t, QUALNAME_AT, "Class.method");
	put_ascii(t, FILE_AT, "/x/y.py");
	put_table(t, table, sizeof(table));
	t->fake = (struct fake_mem){ .base = BASE, .bytes = t->bytes, .size = SIZE };
	t->mem = fake_mem_open(&t->fake);
}

static uint32_t ident_of(const struct target *t)
{
	__u64 pointers[4];

	memcpy(pointers, t->bytes + CODE_AT + off.walk.code_ident, sizeof(pointers));
	return hw_code_ident(pointers);
}

START_TEST(names_and_lines_are_read)
{
	hw_auto(hw_py_code_free) struct hw_py_code *code = NULL;
	struct target t;
	uint64_t at = BASE + CODE_AT + off.code_instructions;

	target_init(&t);
	ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, ident_of(&t), &code), 0);
	ck_assert_str_eq(code->name, "Class.method");
	ck_assert_str_eq(code->file, "/x/y.py");
	ck_assert_uint_eq(hw_py_code_position(code, 0, 0).line, 100);
	ck_assert_uint_eq(hw_py_code_position(code, at - 2, 0).line, 100);
	ck_assert_uint_eq(hw_py_code_position(code, at, 0).line, 101);
	ck_assert_uint_eq(hw_py_code_position(code, at + 2, 0).line, 101);
	ck_assert_uint_eq(hw_py_code_position(code, at + 4, 0).line, 0);	/* no line ... */
	ck_assert_uint_eq(hw_py_code_position(code, at + 6, 0).line, 101); /* ... but the next */
	ck_assert_uint_eq(hw_py_code_position(code, at + 8, 0).line, 96);
	ck_assert_uint_eq(hw_py_code_position(code, at + 10, 0).line, 0);	/* behind the table */
	ck_assert_uint_eq(hw_py_code_position(code, UINT64_MAX, 0).line, 0);
}
END_TEST

START_TEST(another_object_at_the_address_is_refused)
{
	struct hw_py_code *code = NULL;
	struct target t;
	uint32_t ident;

	target_init(&t);
	ident = ident_of(&t);
	put_u64(&t, CODE_AT + off.code_linetable, BASE + TABLE_AT + 8);
	ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, ident, &code), -ESTALE);
	ck_assert_ptr_null(code);
}
END_TEST

START_TEST(wide_characters_become_utf8)
{
	hw_auto(hw_py_code_free) struct hw_py_code *code = NULL;
	const uint16_t text[] = { 'f', 0xe4, 0x20ac, 0xd800 };
	struct target t;

	target_init(&t);
	put_u64(&t, QUALNAME_AT + off.str_length, 4);
	put_u32(&t, QUALNAME_AT + off.str_state, 2 << 2 | 1 << 5);
	put(&t, QUALNAME_AT + off.str_compact, text, sizeof(text));
	ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, 0, &code), 0);
	ck_assert_str_eq(code->name, "f\u00e4\u20ac\ufffd");
}
END_TEST

START_TEST(forged_sizes_are_refused)
{
	struct hw_py_code *code = NULL;
	struct target t;

	target_init(&t);
	put_u64(&t, TABLE_AT + off.bytes_size, UINT64_MAX);
	ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, 0, &code), -EBADMSG);
	target_init(&t);
	put_u64(&t, QUALNAME_AT + off.str_length, UINT64_MAX);
	ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, 0, &code), -EBADMSG);
	target_init(&t);
	put_u32(&t, QUALNAME_AT + off.str_state, 0);
	ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, 0, &code), -EBADMSG);
	target_init(&t);
	put_u32(&t, CODE_AT + off.code_firstlineno, 0x80000000);
	ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, 0, &code), -EBADMSG);
	ck_assert_ptr_null(code);
}
END_TEST

START_TEST(every_failing_read_is_an_error)
{
	struct hw_py_code *code = NULL;
	struct target t;
	unsigned int reads;

	target_init(&t);
	ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, 0, &code), 0);
	reads = t.fake.reads;
	code = hw_py_code_free(code);
	for (unsigned int i = 1; i <= reads; i++) {
		t.fake.reads = 0;
		t.fake.fail_at = i;
		ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, 0, &code), -EFAULT);
		ck_assert_ptr_null(code);
	}
}
END_TEST

START_TEST(before_3_11_the_name_is_the_plain_one)
{
	hw_auto(hw_py_code_free) struct hw_py_code *code = NULL;
	struct hw_py_offsets old = off;
	struct target t;

	old.code_qualname = 0;
	old.walk.code_ident = 104;
	old.code_linetable = 128;
	old.lines = HW_PY_LINES_LNOTAB;
	target_init(&t);
	put_u64(&t, CODE_AT + old.code_linetable, BASE + TABLE_AT);
	ck_assert_int_eq(hw_py_code_read(&t.mem, &old, BASE, 0, &code), 0);
	ck_assert_str_eq(code->name, "method");
	ck_assert_uint_eq(hw_py_code_position(code, UINT64_MAX, 0).line, 100); /* has not begun */
}
END_TEST

START_TEST(an_instruction_in_a_copy_has_the_line_of_the_original)
{
	hw_auto(hw_py_code_free) struct hw_py_code *code = NULL;
	uint64_t at = BASE + CODE_AT + off.code_instructions, copy = 0x55550000;
	struct target t;

	target_init(&t);
	put_u64(&t, CODE_AT + off.code_tlbc, BASE + COPIES_AT);
	put_u64(&t, COPIES_AT, 2);
	put_u64(&t, COPIES_AT + 8, at);
	ck_assert_int_eq(hw_py_code_read(&t.mem, &off, BASE, 0, &code), 0);
	ck_assert(hw_py_code_has_copy(code, 0));
	ck_assert(!hw_py_code_has_copy(code, 1)); /* not made yet */
	ck_assert(!hw_py_code_has_copy(code, 2));
	ck_assert_uint_eq(hw_py_code_position(code, copy, 1).line, 0);

	put_u64(&t, COPIES_AT + 16, copy);
	ck_assert_int_eq(hw_py_code_add_copies(&t.mem, &off, BASE, ident_of(&t), code), 0);
	ck_assert_uint_eq(hw_py_code_position(code, copy, 1).line, 101);
	ck_assert_uint_eq(hw_py_code_position(code, copy + 8, 1).line, 96);
	ck_assert_uint_eq(hw_py_code_position(code, at, 0).line, 101);

	put_u64(&t, COPIES_AT, UINT64_MAX);
	ck_assert_int_eq(hw_py_code_add_copies(&t.mem, &off, BASE, 0, code), -EBADMSG);
	ck_assert_int_eq(hw_py_code_add_copies(&t.mem, &off, BASE, ident_of(&t) + 2, code), -ESTALE);
	ck_assert_uint_eq(hw_py_code_position(code, copy, 1).line, 101); /* is as before */
}
END_TEST

START_TEST(offsets_that_are_not_sane_are_not_used)
{
	struct hw_py_code *code = NULL;
	struct hw_py_offsets wild = off;
	struct target t;

	target_init(&t);
	wild.code_head = UINT16_MAX;
	ck_assert_int_eq(hw_py_code_read(&t.mem, &wild, BASE, 0, &code), -EBADMSG);
	ck_assert_uint_eq(t.fake.reads, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("code");
	TCase *t = tcase_create("code");

	tcase_add_test(t, names_and_lines_are_read);
	tcase_add_test(t, another_object_at_the_address_is_refused);
	tcase_add_test(t, wide_characters_become_utf8);
	tcase_add_test(t, forged_sizes_are_refused);
	tcase_add_test(t, every_failing_read_is_an_error);
	tcase_add_test(t, before_3_11_the_name_is_the_plain_one);
	tcase_add_test(t, an_instruction_in_a_copy_has_the_line_of_the_original);
	tcase_add_test(t, offsets_that_are_not_sane_are_not_used);
	suite_add_tcase(s, t);
	return run_suite(s);
}
