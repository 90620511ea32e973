/* SPDX-License-Identifier: Apache-2.0
 * The tables that BPF unwinds by, in real BPF maps that this test makes: it needs the right to. */
#include "fixture.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <glob.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "target/binary.h"
#include "capture/pool.h"
#include "capture/tables.h"
#include "wire/rows.h"

#define CHUNK ((uint64_t)HW_CHUNK_PAGES * HW_PAGE_SIZE)

static struct hw_tables_fds fds;
static struct hw_binaries *binaries;
static struct hw_mappings *maps; /* of this program */

static int make_map(enum bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries,
		    int inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = inner >= 0 ? (uint32_t)inner : 0);

	return bpf_map_create(type, "test", key, value, entries, inner >= 0 ? &opts : NULL);
}

static bool make_maps(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	uint32_t zero = 0;

	setrlimit(RLIMIT_MEMLOCK, &all);
	fds.chunk_0 = make_map(BPF_MAP_TYPE_ARRAY, 4, HW_PAGE_SIZE, HW_CHUNK_PAGES, -1);
	if (fds.chunk_0 < 0)
		return false;
	fds.pool = make_map(BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, HW_CHUNKS_MAX, fds.chunk_0);
	fds.modules = make_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct hw_module_rows), 1024, -1);
	fds.proc_maps = make_map(BPF_MAP_TYPE_HASH, 4, sizeof(struct hw_proc_maps), 16, -1);
	fds.files = make_map(BPF_MAP_TYPE_HASH, sizeof(struct hw_file_key), sizeof(struct hw_file),
			     1024, -1);
	return !bpf_map_update_elem(fds.pool, &zero, &fds.chunk_0, BPF_ANY);
}

static void setup(void)
{
	hw_auto(hw_maps_free) struct hw_maps *read = NULL;

	setenv("XDG_CACHE_HOME", "/nonexistent", 1);
	ck_assert(make_maps());
	binaries = hw_binaries_new();
	ck_assert_int_eq(hw_maps_read(getpid(), &read), 0);
	maps = hw_mappings_new();
	for (size_t i = 0; i < hw_maps_count(read); i++) {
		const struct hw_map *map = hw_maps_at(read, i);

		ck_assert_int_eq(hw_mappings_add(&maps, map, hw_binaries_get(binaries, getpid(), map), 0),
				 0);
	}
}

static void teardown(void)
{
	maps = hw_mappings_unref(maps);
	binaries = hw_binaries_free(binaries);
	close(fds.chunk_0);
	close(fds.pool);
	close(fds.modules);
	close(fds.proc_maps);
	close(fds.files);
}

static void read_page(uint32_t number, void *page)
{
	uint32_t chunk = number / HW_CHUNK_PAGES, key = number % HW_CHUNK_PAGES, id;
	int fd;

	ck_assert_uint_ne(number, 0);
	ck_assert_int_eq(bpf_map_lookup_elem(fds.pool, &chunk, &id), 0);
	fd = bpf_map_get_fd_by_id(id);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bpf_map_lookup_elem(fd, &key, page), 0);
	close(fd);
}

static struct hw_module_rows root_of(uint32_t module)
{
	struct hw_module_rows rows;

	ck_assert_int_eq(bpf_map_lookup_elem(fds.modules, &module, &rows), 0);
	return rows;
}

static bool is_known(uint32_t pid)
{
	struct hw_proc_maps entry;

	return !bpf_map_lookup_elem(fds.proc_maps, &pid, &entry);
}

static void work(struct hw_tables *t)
{
	while (hw_tables_work(t))
		;
}

START_TEST(pages_rest_before_they_are_taken_again)
{
	hw_auto(hw_pool_free) struct hw_pool *pool = NULL;
	uint32_t pages[HW_CHUNK_PAGES], again;

	ck_assert_int_eq(hw_pool_new(fds.pool, fds.chunk_0, 1, &pool), 0);
	ck_assert_int_eq(hw_pool_take(pool, pages, HW_CHUNK_PAGES), -ENOSPC); /* page 0 is none */
	ck_assert_int_eq(hw_pool_take(pool, pages, HW_CHUNK_PAGES - 1), 0);
	for (int i = 0; i < HW_CHUNK_PAGES - 1; i++)
		ck_assert_uint_ne(pages[i], 0);
	hw_pool_give(pool, &pages[7], 1);
	ck_assert_int_eq(hw_pool_take(pool, &again, 1), -ENOSPC);
	hw_pool_tick(pool);
	ck_assert_int_eq(hw_pool_take(pool, &again, 1), -ENOSPC);
	hw_pool_tick(pool);
	ck_assert_int_eq(hw_pool_take(pool, &again, 1), 0);
	ck_assert_uint_eq(again, pages[7]);
}
END_TEST

START_TEST(a_pool_grows_by_chunks_up_to_its_budget)
{
	hw_auto(hw_pool_free) struct hw_pool *pool = NULL;
	uint32_t pages[2 * HW_CHUNK_PAGES];
	struct hw_rows_page page = { .base = 4711 }, back;

	ck_assert_int_eq(hw_pool_new(fds.pool, fds.chunk_0, 2 * CHUNK, &pool), 0);
	ck_assert_int_eq(hw_pool_take(pool, pages, 2 * HW_CHUNK_PAGES), -ENOSPC);
	ck_assert_int_eq(hw_pool_take(pool, pages, 2 * HW_CHUNK_PAGES - 1), 0);
	ck_assert_int_eq(hw_pool_write(pool, 2 * HW_CHUNK_PAGES - 1, &page), 0);
	read_page(2 * HW_CHUNK_PAGES - 1, &back);
	ck_assert_mem_eq(&page, &back, sizeof(page));
}
END_TEST

START_TEST(a_process_is_entered_with_all_it_maps)
{
	hw_auto(hw_tables_free) struct hw_tables *t = NULL;
	struct hw_map_table *table = NULL;
	struct hw_proc_maps entry;
	struct hw_maps_page page;
	uint32_t pid = 42;

	ck_assert_int_eq(hw_tables_new(&fds, 64 * CHUNK, &t), 0);
	ck_assert_int_eq(hw_tables_set(t, 42, maps, &table), 0);
	ck_assert_int_eq(bpf_map_lookup_elem(fds.proc_maps, &pid, &entry), 0);
	ck_assert_uint_eq(entry.n, 1);
	read_page(entry.page[0], &page);
	ck_assert_uint_eq(page.n, hw_mappings_count(maps));
	work(t);
	for (uint32_t i = 0; i < page.n; i++) {
		const struct hw_vma *vma = hw_mappings_at(maps, i);

		ck_assert_uint_eq(page.start[i], vma->start);
		ck_assert_uint_eq(page.end[i], vma->end);
		ck_assert_int_eq(page.module[i] != 0, vma->what->binary != NULL);
		if (vma->what->binary)
			ck_assert_uint_ne(root_of(page.module[i]).root, 0);
	}
	table = hw_tables_drop(t, 42, table);
	ck_assert(!is_known(42));
}
END_TEST

START_TEST(a_forked_child_shares_and_outlives)
{
	hw_auto(hw_tables_free) struct hw_tables *t = NULL;
	struct hw_map_table *parent = NULL, *child;
	struct hw_proc_maps entry;
	uint32_t pid = 43;

	ck_assert_int_eq(hw_tables_new(&fds, 64 * CHUNK, &t), 0);
	ck_assert_int_eq(hw_tables_set(t, 42, maps, &parent), 0);
	child = hw_tables_share(t, 43, parent); /* BPF has no entry of it: it has called exec(2) */
	ck_assert(!is_known(43));
	entry = (struct hw_proc_maps){ 0 };
	ck_assert_int_eq(bpf_map_update_elem(fds.proc_maps, &pid, &entry, BPF_ANY), 0);
	hw_map_table_unref(t, child);
	child = hw_tables_share(t, 43, parent);
	ck_assert_int_eq(bpf_map_lookup_elem(fds.proc_maps, &pid, &entry), 0);
	ck_assert_uint_eq(entry.n, 1);
	hw_tables_drop(t, 42, parent);
	ck_assert(is_known(43) && !is_known(42));
	hw_tables_drop(t, 43, child);
	ck_assert(!is_known(43));
}
END_TEST

/* Enters the library @path and reads its rows, with room made if need be. */
static uint32_t enter(struct hw_tables *t, const char *path)
{
	uint32_t number = hw_tables_module(t, hw_binaries_at(binaries, path));

	for (int round = 0; round < 20 && hw_tables_next(t); round++) {
		work(t);
		hw_tables_tick(t);
	}
	return number;
}

/* With a budget of one chunk: what nobody maps makes room, what is mapped does not. */
START_TEST(rows_out_of_use_make_room_for_others)
{
	hw_auto(hw_tables_free) struct hw_tables *t = NULL;
	struct hw_map_table *table = NULL;
	uint32_t first = 0, mapped = 0;
	bool evicted = false;
	glob_t libs;
	size_t i;

	ck_assert_int_eq(hw_tables_new(&fds, CHUNK, &t), 0);
	ck_assert_int_eq(hw_tables_set(t, 42, maps, &table), 0);
	work(t);
	for (i = 0; i < hw_mappings_count(maps) && !mapped; i++)
		mapped = hw_tables_module(t, hw_mappings_at(maps, i)->what->binary);
	ck_assert_uint_ne(root_of(mapped).root, 0);
	ck_assert_int_eq(glob("/usr/lib/*/lib*.so.*", 0, NULL, &libs), 0);
	for (i = 0; i < libs.gl_pathc && !root_of(first).root; i++)
		first = enter(t, libs.gl_pathv[i]);
	ck_assert_uint_ne(root_of(first).root, 0);
	for (; i < libs.gl_pathc && !evicted; i++) {
		enter(t, libs.gl_pathv[i]);
		evicted = root_of(first).root == 0;
	}
	if (!evicted)
		unjudged(__func__, "there are not enough libraries here to fill %d pages",
			 HW_CHUNK_PAGES);
	ck_assert_uint_ne(root_of(mapped).root, 0);
	globfree(&libs);
	hw_tables_drop(t, 42, table);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tables");
	TCase *tc = tcase_create("tables");

	if (!make_maps())
		return skip_suite("BPF maps cannot be made here");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pages_rest_before_they_are_taken_again);
	tcase_add_test(tc, a_pool_grows_by_chunks_up_to_its_budget);
	tcase_add_test(tc, a_process_is_entered_with_all_it_maps);
	tcase_add_test(tc, a_forked_child_shares_and_outlives);
	tcase_add_test(tc, rows_out_of_use_make_room_for_others);
	suite_add_tcase(s, tc);
	return run_suite(s);
}
