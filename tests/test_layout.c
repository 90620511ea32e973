/* SPDX-License-Identifier: Apache-2.0
 * Layouts of CPython: the tables, and what interpreters publish, forged in every way. (The values
 * themselves are compared with CPython's headers by tests/e2e/python_offsets.sh.) */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "py/layout.h"

START_TEST(every_known_version_is_sane_with_and_without_trace_refs)
{
	uint32_t version = (0x0306U + (uint32_t)_i) << 16 | 0x0ff0;
	struct hw_py_offsets plain, traced;

	ck_assert_int_eq(hw_py_layout_known(version, false, &plain), 0);
	ck_assert_int_eq(hw_py_layout_known(version, true, &traced), 0);
	ck_assert(hw_py_layout_sane(&plain) && hw_py_layout_sane(&traced));
	ck_assert_uint_eq(traced.code_filename, plain.code_filename + 16);
	ck_assert_uint_eq(traced.str_ascii, plain.str_ascii + 16);
	/* until 3.10 a frame is an object, too */
	ck_assert_uint_eq(traced.walk.frame_begin,
			  plain.walk.frame_begin + (version < 0x030b0000 ? 16 : 0));
}
END_TEST

/* What people are told is what the tables have: every version from the first to the last. */
START_TEST(the_range_that_is_told_has_no_gap_and_no_more)
{
	char text[HW_PY_VERSIONS_SIZE];
	unsigned int first, last;

	ck_assert_int_eq(sscanf(hw_py_versions_supported(text), "3.%u to 3.%u", &first, &last), 2);
	ck_assert_uint_lt(first, last);
	for (unsigned int minor = 0; minor < 256; minor++)
		ck_assert_int_eq(hw_py_version_supported(0x03000000 | minor << 16 | 0x01f0),
				 minor >= first && minor <= last);
}
END_TEST

START_TEST(other_versions_are_refused)
{
	struct hw_py_offsets off;

	ck_assert_int_eq(hw_py_layout_known(0x030500f0, false, &off), -ENOTSUP);
	ck_assert_int_eq(hw_py_layout_known(0x02071200, false, &off), -ENOTSUP);
	ck_assert_int_eq(hw_py_layout_known(0x030d00f0, false, &off), -ENOTSUP);
	ck_assert_int_eq(hw_py_layout_known(0, false, &off), -ENOTSUP);
}
END_TEST

/* struct _Py_DebugOffsets as a free-threaded 3.14 could fill it: word, value. */
static const struct {
	unsigned int word;
	uint64_t value;
} words_314[] = {
	{ 5, 808 },  { 8, 112 }, { 9, 120 }, { 24, 8 },	  { 26, 72 },  { 27, 152 },
	{ 32, 8 },   { 33, 0 },	 { 34, 56 }, { 36, 78 },  { 38, 72 },  { 40, 128 },
	{ 41, 136 }, { 42, 144 }, { 43, 152 }, { 44, 84 }, { 48, 232 }, { 49, 192 },
	{ 75, 32 },  { 76, 48 }, { 78, 48 }, { 79, 32 },  { 80, 56 },
};

#define N_WORDS (sizeof(words_314) / sizeof(words_314[0]))

static uint64_t words[HW_PY_PUBLISHED_WORDS];

static void publish(uint32_t version)
{
	memset(words, 0, sizeof(words));
	memcpy(words, "xdebugpy", 8);
	words[1] = version;
	words[2] = 1;
	for (size_t i = 0; i < N_WORDS; i++)
		words[words_314[i].word] = words_314[i].value;
}

static int read_words(size_t n, struct hw_py_offsets *ret)
{
	uint32_t version;
	bool free_threaded;

	return hw_py_layout_published(words, n, &version, &free_threaded, ret);
}

START_TEST(what_is_published_is_taken)
{
	bool free_threaded = false;
	uint32_t version = 0;
	struct hw_py_offsets off;

	publish(0x030e00f0);
	ck_assert_int_eq(hw_py_layout_published(words, HW_PY_PUBLISHED_WORDS, &version,
						&free_threaded, &off), 0);
	ck_assert_uint_eq(version, 0x030e00f0);
	ck_assert(free_threaded);
	ck_assert_uint_eq(off.walk.interpreters_head, 808);
	ck_assert_uint_eq(off.walk.tstate_thread_id, 152);
	ck_assert_uint_eq(off.walk.frame_size, 80);
	ck_assert_uint_eq(off.walk.frame_tlbc, 72);
	ck_assert_uint_eq(off.walk.code_tag, 3);
	ck_assert_uint_eq(off.code_tlbc, 192);
	ck_assert_uint_eq(off.str_compact, 72);
	ck_assert_uint_eq(off.str_kind_shift, 8);
	ck_assert_uint_eq(off.code_head, 200);
}
END_TEST

START_TEST(versions_to_come_are_refused_by_name)
{
	bool free_threaded = false;
	uint32_t version = 0;
	struct hw_py_offsets off;

	publish(0x031000a1);
	ck_assert_int_eq(hw_py_layout_published(words, HW_PY_PUBLISHED_WORDS, &version,
						&free_threaded, &off), -ENOTSUP);
	ck_assert_uint_eq(version, 0x031000a1);
	words[1] = 1ULL << 32;
	ck_assert_int_eq(read_words(HW_PY_PUBLISHED_WORDS, &off), -EBADMSG);
	words[0]++;
	ck_assert_int_eq(read_words(HW_PY_PUBLISHED_WORDS, &off), -ENOENT);
	ck_assert_int_eq(read_words(0, &off), -ENOENT);
}
END_TEST

START_TEST(forged_words_are_refused_or_harmless)
{
	static const uint64_t forged[] = { 1, 7, 61, 255, 256, 65535, 65536, UINT64_MAX };
	struct hw_py_offsets off;
	unsigned int refused = 0;

	for (size_t i = 0; i < N_WORDS; i++)
		for (size_t k = 0; k < sizeof(forged) / sizeof(forged[0]); k++) {
			publish(0x030e00f0);
			words[words_314[i].word] = forged[k];
			if (read_words(HW_PY_PUBLISHED_WORDS, &off) == 0)
				ck_assert(hw_py_layout_sane(&off));
			else
				refused++;
		}
	ck_assert_uint_gt(refused, N_WORDS * 2); /* the two that fit in no field, at least */
}
END_TEST

START_TEST(a_struct_that_is_cut_short_is_refused)
{
	struct hw_py_offsets off;

	publish(0x030e00f0);
	for (size_t n = 3; n <= 80; n++)
		ck_assert_int_eq(read_words(n, &off), -EBADMSG);
	ck_assert_int_eq(read_words(81, &off), 0);
}
END_TEST

static struct hw_py_offsets sane(void)
{
	struct hw_py_offsets off;

	ck_assert_int_eq(hw_py_layout_known(0x030c00f0, false, &off), 0);
	return off;
}

START_TEST(offsets_that_lead_out_of_a_frame_are_refused)
{
	struct hw_py_offsets off = sane();

	off.walk.frame_size = HW_PY_FRAME_SIZE + 8;
	ck_assert(!hw_py_layout_sane(&off));
	off = sane();
	off.walk.frame_instr = off.walk.frame_size - 4;
	ck_assert(!hw_py_layout_sane(&off));
	off = sane();
	off.walk.frame_previous = 9; /* unaligned */
	ck_assert(!hw_py_layout_sane(&off));
	off = sane();
	off.walk.frame_entry = off.walk.frame_size;
	ck_assert(!hw_py_layout_sane(&off));
	off = sane();
	off.walk.frame_tlbc = off.walk.frame_size;
	ck_assert(!hw_py_layout_sane(&off));
}
END_TEST

START_TEST(identity_must_be_the_four_pointers_side_by_side)
{
	struct hw_py_offsets off = sane();

	off.code_qualname = 136;
	ck_assert(!hw_py_layout_sane(&off));
	off = sane();
	off.walk.code_ident = 104;
	ck_assert(!hw_py_layout_sane(&off));
	off = sane();
	off.code_head = HW_PY_CODE_HEAD_MAX + 1;
	ck_assert(!hw_py_layout_sane(&off));
	off = sane();
	off.code_firstlineno = off.code_head;
	ck_assert(!hw_py_layout_sane(&off));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("layout");
	TCase *t = tcase_create("layout");

	tcase_add_loop_test(t, every_known_version_is_sane_with_and_without_trace_refs, 0, 7);
	tcase_add_test(t, the_range_that_is_told_has_no_gap_and_no_more);
	tcase_add_test(t, other_versions_are_refused);
	tcase_add_test(t, what_is_published_is_taken);
	tcase_add_test(t, versions_to_come_are_refused_by_name);
	tcase_add_test(t, forged_words_are_refused_or_harmless);
	tcase_add_test(t, a_struct_that_is_cut_short_is_refused);
	tcase_add_test(t, offsets_that_lead_out_of_a_frame_are_refused);
	tcase_add_test(t, identity_must_be_the_four_pointers_side_by_side);
	suite_add_tcase(s, t);
	return run_suite(s);
}
