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

/* What the kernel joined while it was read. */
START_TEST(a_line_that_begins_before_the_last_one_ended_holds)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = parsed("1000-3000 r-xp 100 08:01 7 /x\n"
							    "2000-5000 r-xp 200 08:01 7 /y\n"
							    "2000-6000 r-xp 300 08:01 7 /z\n");

	ck_assert_uint_eq(hw_maps_count(maps), 2);
	assert_map(maps, 0, 0x1000, 0x2000, 0x100, "/x");
	assert_map(maps, 1, 0x2000, 0x6000, 0x300, "/z");
}
END_TEST

START_TEST(there_is_a_limit)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	hw_autofree char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (uint64_t i = 1; i <= HW_MAPS_MAX + 2; i++)
		fprintf(f, "%lx-%lx r-xp 0 08:01 7 /x\n", (unsigned long)i * 4, (unsigned long)i * 4 + 2);
	fclose(f);
	maps = parsed(text);
	ck_assert_uint_eq(hw_maps_count(maps), HW_MAPS_MAX);
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
	tcase_add_test(t, a_line_that_begins_before_the_last_one_ended_holds);
	tcase_add_test(t, there_is_a_limit);
	tcase_add_test(t, our_own_code_is_found);
	tcase_add_test(t, a_process_that_has_gone_is_an_error);
	suite_add_tcase(s, t);
	return run_suite(s);
}
