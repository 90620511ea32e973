/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#include "base/hash.h"

START_TEST(every_bit_and_the_length_count)
{
	char bytes[19], other[19];
	uint64_t hash;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 37);
	hash = hw_hash(bytes, sizeof(bytes));
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		memcpy(other, bytes, sizeof(bytes));
		other[bit / 8] ^= (char)(1 << bit % 8);
		ck_assert_uint_ne(hw_hash(other, sizeof(other)), hash);
	}
	for (size_t size = 0; size < sizeof(bytes); size++)
		ck_assert_uint_ne(hw_hash(bytes, size), hash);
}
END_TEST

START_TEST(high_bits_reach_low_ones)
{
	uint64_t one = 1ull << 63, other = 1ull << 62;

	ck_assert_uint_ne((uint32_t)hw_hash(&one, sizeof(one)),
			  (uint32_t)hw_hash(&other, sizeof(other)));
}
END_TEST

/* Checksums of caches that are on disk depend on it. */
START_TEST(whole_words_hash_as_the_pieces_they_are_cut_into)
{
	uint64_t words[3] = { 1, 2, 3 };

	ck_assert_uint_eq(hw_hash_more(hw_hash(words, 8), words + 1, 16), hw_hash(words, 24));
	ck_assert_uint_eq(hw_hash(words, 24), 0xac21787e52bb0763ull);
	ck_assert_uint_eq(hw_hash("", 0), 0xcbf29ce484222325ull);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hash");
	TCase *t = tcase_create("hash");

	tcase_add_test(t, every_bit_and_the_length_count);
	tcase_add_test(t, high_bits_reach_low_ones);
	tcase_add_test(t, whole_words_hash_as_the_pieces_they_are_cut_into);
	suite_add_tcase(s, t);
	return run_suite(s);
}
