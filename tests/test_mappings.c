/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "target/binary.h"
#include "target/mappings.h"

static int add(struct hw_mappings **m, uint64_t start, uint64_t end, uint64_t file_off, char *path)
{
	struct hw_map map = { .start = start, .end = end, .file_off = file_off, .path = path };

	return hw_mappings_add(m, &map, NULL, 0);
}

static void assert_vma(const struct hw_mappings *m, size_t i, uint64_t start, uint64_t end,
		       uint64_t file_off, const char *path)
{
	const struct hw_vma *vma = hw_mappings_at(m, i);

	ck_assert_uint_lt(i, hw_mappings_count(m));
	ck_assert_uint_eq(vma->start, start);
	ck_assert_uint_eq(vma->end, end);
	ck_assert_uint_eq(vma->file_off, file_off);
	ck_assert_str_eq(vma->what->path, path);
}

START_TEST(a_mapping_over_the_middle_of_another_splits_it)
{
	hw_auto(hw_mappings_unref) struct hw_mappings *m = hw_mappings_new();
	const struct hw_map old = { .start = 0x1000, .end = 0x9000, .file_off = 0x100,
				    .path = (char *)"/old" };
	struct hw_binary binary = { 0 };

	ck_assert_int_eq(hw_mappings_add(&m, &old, &binary, 7), 0);
	ck_assert_int_eq(add(&m, 0x3000, 0x4000, 0, (char *)"/new"), 0);
	ck_assert_uint_eq(hw_mappings_count(m), 3);
	assert_vma(m, 0, 0x1000, 0x3000, 0x100, "/old");
	assert_vma(m, 1, 0x3000, 0x4000, 0, "/new");
	assert_vma(m, 2, 0x4000, 0x9000, 0x3100, "/old");
	ck_assert_ptr_eq(hw_mappings_at(m, 2)->what->binary, &binary);
	ck_assert_uint_eq(hw_mappings_at(m, 2)->what->since_ns, 7);
}
END_TEST

START_TEST(a_mapping_over_several_replaces_and_trims_them)
{
	hw_auto(hw_mappings_unref) struct hw_mappings *m = hw_mappings_new();

	for (uint64_t start = 0x1000; start < 0x5000; start += 0x1000)
		ck_assert_int_eq(add(&m, start, start + 0x1000, start, (char *)"/old"), 0);
	ck_assert_int_eq(add(&m, 0x1800, 0x4800, 7, (char *)"/new"), 0);
	ck_assert_uint_eq(hw_mappings_count(m), 3);
	assert_vma(m, 0, 0x1000, 0x1800, 0x1000, "/old");
	assert_vma(m, 1, 0x1800, 0x4800, 7, "/new");
	assert_vma(m, 2, 0x4800, 0x5000, 0x4800, "/old");
	ck_assert_int_eq(add(&m, 0, UINT64_MAX, 0, (char *)"/all"), 0);
	ck_assert_uint_eq(hw_mappings_count(m), 1);
}
END_TEST

#define PAGES 512 /* of which most are in chunks of their own side by side */

static void assert_pages(const struct hw_mappings *m, const unsigned char pages[PAGES])
{
	unsigned int wrong = 0;

	for (unsigned int page = 0; page < PAGES; page++) {
		const struct hw_vma *vma = hw_mappings_find(m, page);

		wrong += (vma ? (unsigned char)vma->what->path[0] : 0) != pages[page];
		wrong += vma && vma->file_off != vma->start;
	}
	for (size_t i = 1; i < hw_mappings_count(m); i++)
		wrong += hw_mappings_at(m, i - 1)->end > hw_mappings_at(m, i)->start;
	ck_assert_uint_eq(wrong, 0); /* once: an assertion costs more than what it asserts */
}

/* Against a page table of one byte per page: small mappings, so that there are several chunks, and at
 * times a large one. Every now and then a version is kept, which must not change. */
START_TEST(random_mappings_agree_with_a_page_table)
{
	struct hw_mappings *m = hw_mappings_new(), *kept[50];
	unsigned char pages[PAGES] = { 0 }, kept_pages[50][PAGES];
	unsigned int seed = 42 + (unsigned int)_i;

	for (unsigned int n = 0; n < 1000; n++) {
		unsigned int start = (unsigned int)rand_r(&seed) % PAGES;
		unsigned int room = n % 50 == 49 ? 128 : 3;
		unsigned int end = start + 1 + (unsigned int)rand_r(&seed) % room;
		char name[2] = { (char)(n % 250 + 1), 0 };

		end = end > PAGES ? PAGES : end;
		ck_assert_int_eq(add(&m, start, end, start, name), 0);
		memset(pages + start, (unsigned char)name[0], end - start);
		assert_pages(m, pages);
		if (n % 20 == 0) {
			kept[n / 20] = hw_mappings_ref(m);
			memcpy(kept_pages[n / 20], pages, PAGES);
		}
	}
	ck_assert_uint_gt(hw_mappings_count(m), 2 * 64);
	for (int i = 0; i < 50; i++) {
		assert_pages(kept[i], kept_pages[i]);
		hw_mappings_unref(kept[i]);
	}
	hw_mappings_unref(m);
}
END_TEST

START_TEST(an_empty_range_is_refused)
{
	hw_auto(hw_mappings_unref) struct hw_mappings *m = hw_mappings_new();

	ck_assert_int_eq(add(&m, 5, 5, 0, (char *)""), -EINVAL);
	ck_assert_int_eq(add(&m, 6, 5, 0, (char *)""), -EINVAL);
	ck_assert_uint_eq(hw_mappings_count(m), 0);
}
END_TEST

START_TEST(there_is_a_limit)
{
	hw_auto(hw_mappings_unref) struct hw_mappings *m = hw_mappings_new();

	for (uint64_t i = 0; i < HW_MAPS_MAX - 1; i++)
		ck_assert_int_eq(add(&m, i * 4, i * 4 + 4, 0, (char *)""), 0);
	ck_assert_int_eq(add(&m, 1, 2, 0, (char *)""), -E2BIG);
	ck_assert_int_eq(add(&m, 1ULL << 40, 1ULL << 41, 0, (char *)""), 0);
	ck_assert_int_eq(add(&m, 1ULL << 42, 1ULL << 43, 0, (char *)""), -E2BIG);
	ck_assert_uint_eq(hw_mappings_count(m), HW_MAPS_MAX);
}
END_TEST

START_TEST(a_version_stays_as_it_was)
{
	hw_auto(hw_mappings_unref) struct hw_mappings *m = hw_mappings_new(), *before = NULL;

	ck_assert_int_eq(add(&m, 0x1000, 0x2000, 0x10, (char *)"/x"), 0);
	before = hw_mappings_ref(m);
	ck_assert_int_eq(add(&m, 0, 0x3000, 0, (char *)"/y"), 0);
	ck_assert_ptr_ne(m, before);
	assert_vma(m, 0, 0, 0x3000, 0, "/y");
	m = hw_mappings_unref(m);
	ck_assert_uint_eq(hw_mappings_count(before), 1);
	assert_vma(before, 0, 0x1000, 0x2000, 0x10, "/x");
}
END_TEST

#define MANY 10000

/* How many of the mappings of @old are not the very same memory in @new, to which one was added. */
static size_t copied(const struct hw_mappings *old, const struct hw_mappings *new)
{
	size_t n = 0;

	ck_assert_uint_eq(hw_mappings_count(new), hw_mappings_count(old) + 1);
	for (size_t i = 0; i < hw_mappings_count(old); i++)
		n += hw_mappings_at(old, i) != hw_mappings_at(new, i);
	return n;
}

START_TEST(a_version_shares_all_but_what_is_beside_the_change)
{
	struct hw_mappings *m = hw_mappings_new(), *before;

	for (size_t i = 0; i < MANY; i++) {
		struct hw_map map = { .start = i * 0x1000, .end = (i + 1) * 0x1000, .path = (char *)"/x" };

		before = hw_mappings_ref(m);
		ck_assert_int_eq(hw_mappings_add(&m, &map, NULL, 0), 0);
		if (i % 1000 == 999)
			ck_assert_uint_le(copied(before, m), 128); /* two chunks */
		ck_assert_uint_eq(hw_mappings_count(before), i);
		hw_mappings_unref(before);
	}
	hw_mappings_unref(m);
}
END_TEST

struct reader {
	struct hw_mappings *versions[200];
	size_t n;
};

/* Reads versions and lets go of them while others are made of them. */
static void *read_versions(void *arg)
{
	struct reader *r = arg;
	size_t wrong = 0;

	for (int round = 0; round < 20; round++)
		for (size_t i = 0; i < r->n; i++)
			for (size_t k = 0; k < hw_mappings_count(r->versions[i]); k++)
				wrong += hw_mappings_at(r->versions[i], k)->what->path[0] != '/';
	for (size_t i = 0; i < r->n; i++)
		hw_mappings_unref(r->versions[i]);
	return wrong ? r : NULL;
}

START_TEST(other_threads_read_and_let_go_of_versions)
{
	struct hw_mappings *m = hw_mappings_new();
	struct reader readers[10] = { 0 };
	pthread_t threads[10];

	for (unsigned int i = 0; i < 2000; i++) {
		struct reader *r = &readers[i / 200];
		uint64_t start = i * 7919ULL % 300;

		ck_assert_int_eq(add(&m, start, start + 2, 0, (char *)"/x"), 0);
		r->versions[r->n++] = hw_mappings_ref(m);
		if (r->n == 200)
			ck_assert_int_eq(pthread_create(&threads[i / 200], NULL, read_versions, r), 0);
	}
	hw_mappings_unref(m);
	for (int i = 0; i < 10; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		ck_assert_ptr_null(wrong);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mappings");
	TCase *t = tcase_create("mappings");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, a_mapping_over_the_middle_of_another_splits_it);
	tcase_add_test(t, a_mapping_over_several_replaces_and_trims_them);
	tcase_add_loop_test(t, random_mappings_agree_with_a_page_table, 0, 4);
	tcase_add_test(t, an_empty_range_is_refused);
	tcase_add_test(t, there_is_a_limit);
	tcase_add_test(t, a_version_stays_as_it_was);
	tcase_add_test(t, a_version_shares_all_but_what_is_beside_the_change);
	tcase_add_test(t, other_threads_read_and_let_go_of_versions);
	suite_add_tcase(s, t);
	return run_suite(s);
}
