/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/maps.h"

static int parse(const char *text, size_t size, struct hw_maps **ret)
{
	hw_autofclose FILE *f = fmemopen((char *)text, size, "r");

	ck_assert_ptr_nonnull(f);
	return hw_maps_parse(f, ret);
}

static struct hw_maps *parsed(const char *text)
{
	struct hw_maps *maps = NULL;

	ck_assert_int_eq(parse(text, strlen(text), &maps), 0);
	return maps;
}

static int add(struct hw_maps *maps, uint64_t start, uint64_t end, uint64_t file_off, char *path)
{
	return hw_maps_add(
		maps,
		&(struct hw_map){ .start = start, .end = end, .file_off = file_off, .path = path });
}

static void assert_map(struct hw_maps *maps, size_t i, uint64_t start, uint64_t end,
		       uint64_t file_off, const char *path)
{
	const struct hw_map *map = hw_maps_at(maps, i);

	ck_assert_uint_lt(i, hw_maps_count(maps));
	ck_assert_uint_eq(map->start, start);
	ck_assert_uint_eq(map->end, end);
	ck_assert_uint_eq(map->file_off, file_off);
	ck_assert_str_eq(map->path, path);
}

START_TEST(only_executable_mappings_are_kept)
{
	hw_auto(hw_maps_free) struct hw_maps *maps =
		parsed("1000-2000 r--p 00000000 08:01 77      /usr/lib/x.so\n"
		       "2000-4000 r-xp 00001000 08:1f 77      /usr/lib/x.so\n"
		       "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
		       "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n");
	const struct hw_map *map = hw_maps_find(maps, 0x3fff);

	ck_assert_uint_eq(hw_maps_count(maps), 2);
	ck_assert_ptr_nonnull(map);
	ck_assert_uint_eq(map->file_off, 0x1000);
	ck_assert_uint_eq(map->dev_major, 8);
	ck_assert_uint_eq(map->dev_minor, 0x1f);
	ck_assert_uint_eq(map->inode, 77);
	assert_map(maps, 1, 0xffffffffff600000, 0xffffffffff601000, 0, "[vsyscall]");
}
END_TEST

START_TEST(names_keep_spaces_and_get_their_newlines_back)
{
	hw_auto(hw_maps_free) struct hw_maps *maps =
		parsed("1000-2000 r-xp 00000000 08:01 7    /a b\\012c (deleted)\n"
		       "3000-4000 r-xp 00000000 00:00 0 \n");

	assert_map(maps, 0, 0x1000, 0x2000, 0, "/a b\nc (deleted)");
	assert_map(maps, 1, 0x3000, 0x4000, 0, "");
}
END_TEST

START_TEST(a_mapping_ends_before_its_end)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = parsed("1000-2000 r-xp 0 08:01 7 /x\n");

	ck_assert_ptr_null(hw_maps_find(maps, 0xfff));
	ck_assert_ptr_nonnull(hw_maps_find(maps, 0x1000));
	ck_assert_ptr_nonnull(hw_maps_find(maps, 0x1fff));
	ck_assert_ptr_null(hw_maps_find(maps, 0x2000));
	ck_assert_ptr_null(hw_maps_find(maps, UINT64_MAX));
}
END_TEST

static const char *const malformed[] = {
	"\n",
	"1000-2000\n",
	"1000-2000 r-xp\n",
	"1000-2000 r-xpp 0 08:01 7 /x\n",
	"1000-2000 rx 0 08:01 7 /x\n",
	"2000-1000 r-xp 0 08:01 7 /x\n",
	"1000-1000 r-xp 0 08:01 7 /x\n",
	"1000-2000 r-xp zz 08:01 7 /x\n",
	"1000-2000 r-xp 0 08:01 /x\n",
	"1000-2000 r-xp 0 08-01 7 /x\n",
	"hello\n",
};

START_TEST(what_is_not_of_the_form_is_refused_and_output_kept)
{
	struct hw_maps *maps = NULL;

	ck_assert_int_eq(parse(malformed[_i], strlen(malformed[_i]), &maps), -EBADMSG);
	ck_assert_ptr_null(maps);
}
END_TEST

START_TEST(a_mapping_over_the_middle_of_another_splits_it)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = hw_maps_new();
	int owner;

	ck_assert_int_eq(add(maps, 0x1000, 0x9000, 0x100, (char *)"/old"), 0);
	hw_maps_at(maps, 0)->owner = &owner;
	ck_assert_int_eq(add(maps, 0x3000, 0x4000, 0, (char *)"/new"), 0);
	ck_assert_uint_eq(hw_maps_count(maps), 3);
	assert_map(maps, 0, 0x1000, 0x3000, 0x100, "/old");
	assert_map(maps, 1, 0x3000, 0x4000, 0, "/new");
	assert_map(maps, 2, 0x4000, 0x9000, 0x3100, "/old");
	ck_assert_ptr_eq(hw_maps_at(maps, 2)->owner, &owner);
}
END_TEST

START_TEST(a_mapping_over_several_replaces_and_trims_them)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = hw_maps_new();

	for (uint64_t start = 0x1000; start < 0x5000; start += 0x1000)
		ck_assert_int_eq(add(maps, start, start + 0x1000, start, (char *)"/old"), 0);
	ck_assert_int_eq(add(maps, 0x1800, 0x4800, 7, (char *)"/new"), 0);
	ck_assert_uint_eq(hw_maps_count(maps), 3);
	assert_map(maps, 0, 0x1000, 0x1800, 0x1000, "/old");
	assert_map(maps, 1, 0x1800, 0x4800, 7, "/new");
	assert_map(maps, 2, 0x4800, 0x5000, 0x4800, "/old");
	ck_assert_int_eq(add(maps, 0, UINT64_MAX, 0, (char *)"/all"), 0);
	ck_assert_uint_eq(hw_maps_count(maps), 1);
}
END_TEST

/* Against a page table of one byte per page. */
START_TEST(random_mappings_agree_with_a_page_table)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = hw_maps_new();
	unsigned char pages[64] = { 0 };
	unsigned int seed = 42;

	for (unsigned char n = 1; n < 200; n++) {
		unsigned int start = (unsigned int)rand_r(&seed) % 64;
		unsigned int end = start + 1 + (unsigned int)rand_r(&seed) % (64 - start);
		char name[2] = { (char)n, 0 };

		ck_assert_int_eq(add(maps, start, end, start, name), 0);
		memset(pages + start, n, end - start);
		for (unsigned int page = 0; page < 64; page++) {
			const struct hw_map *map = hw_maps_find(maps, page);

			ck_assert_uint_eq(map ? (unsigned char)map->path[0] : 0, pages[page]);
			if (map)
				ck_assert_uint_eq(map->file_off, map->start);
		}
	}
}
END_TEST

START_TEST(an_empty_range_is_refused)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = hw_maps_new();

	ck_assert_int_eq(add(maps, 5, 5, 0, (char *)""), -EINVAL);
	ck_assert_int_eq(add(maps, 6, 5, 0, (char *)""), -EINVAL);
}
END_TEST

START_TEST(there_is_a_limit)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = hw_maps_new();

	for (uint64_t i = 0; i < HW_MAPS_MAX - 1; i++)
		ck_assert_int_eq(add(maps, i * 4, i * 4 + 4, 0, (char *)""), 0);
	ck_assert_int_eq(add(maps, 1, 2, 0, (char *)""), -E2BIG);
	ck_assert_int_eq(add(maps, 1ULL << 40, 1ULL << 41, 0, (char *)""), 0);
	ck_assert_int_eq(add(maps, 1ULL << 42, 1ULL << 43, 0, (char *)""), -E2BIG);
	ck_assert_uint_eq(hw_maps_count(maps), HW_MAPS_MAX);
}
END_TEST

START_TEST(a_clone_lives_by_itself)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = parsed("1000-2000 r-xp 10 08:01 7 /x\n");
	hw_auto(hw_maps_free) struct hw_maps *clone = hw_maps_clone(maps);

	ck_assert_int_eq(add(maps, 0, 0x3000, 0, (char *)"/y"), 0);
	maps = hw_maps_free(maps);
	assert_map(clone, 0, 0x1000, 0x2000, 0x10, "/x");
}
END_TEST

START_TEST(our_own_code_is_found)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	const struct hw_map *map;

	ck_assert_int_eq(hw_maps_read(getpid(), &maps), 0);
	map = hw_maps_find(maps, (uint64_t)(uintptr_t)parsed);
	ck_assert_ptr_nonnull(map);
	ck_assert_ptr_nonnull(strstr(map->path, "test_maps"));
}
END_TEST

START_TEST(a_process_that_has_gone_is_an_error)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(hw_maps_read(pid, &maps), -ENOENT);
	ck_assert_ptr_null(maps);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("maps");
	TCase *t = tcase_create("maps");

	tcase_add_test(t, only_executable_mappings_are_kept);
	tcase_add_test(t, names_keep_spaces_and_get_their_newlines_back);
	tcase_add_test(t, a_mapping_ends_before_its_end);
	tcase_add_loop_test(t, what_is_not_of_the_form_is_refused_and_output_kept, 0,
			    sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_test(t, a_mapping_over_the_middle_of_another_splits_it);
	tcase_add_test(t, a_mapping_over_several_replaces_and_trims_them);
	tcase_add_test(t, random_mappings_agree_with_a_page_table);
	tcase_add_test(t, an_empty_range_is_refused);
	tcase_add_test(t, there_is_a_limit);
	tcase_add_test(t, a_clone_lives_by_itself);
	tcase_add_test(t, our_own_code_is_found);
	tcase_add_test(t, a_process_that_has_gone_is_an_error);
	suite_add_tcase(s, t);
	return run_suite(s);
}
