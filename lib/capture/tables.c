/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tables.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>


#include "base/array.h"
#include "base/cachedir.h"
#include "base/hashmap.h"
#include "base/log.h"
#include "capture/pool.h"
#include "unwind/cache.h"
#include "unwind/rows.h"

enum rows_state {
	ROWS_IDLE,    /* not asked for, or evicted */
	ROWS_WAITING, /* for hw_tables_work() */
	ROWS_READY,
	ROWS_NONE,     /* the file has none */
	ROWS_LEFT_OUT, /* the budget is spent on files in use */
};

struct module {
	struct hw_binary *binary;
	uint32_t number;
	enum rows_state state;
	uint32_t refs;	   /* of tables */
	uint64_t released; /* round in which the last table let go */
	uint32_t *pages;
	size_t n_pages;
	UT_hash_handle hh;
};

struct hw_map_table {
	uint32_t refs; /* processes */
	struct hw_proc_maps maps;
	uint32_t *modules; /* numbers, one per mapping with rows */
	size_t n_modules;
};

struct hw_tables {
	struct hw_tables_fds fds;
	struct hw_pool *pool;
	char *cache_dir; /* NULL: none */
	struct module *by_binary; /* uthash */
	struct module **modules;  /* module number i is at i - 1 */
	size_t n_modules, cap_modules;
	size_t first_waiting; /* no module before it waits */
	uint64_t round, left_out;
};

int hw_tables_new(const struct hw_tables_fds *fds, uint64_t budget, struct hw_tables **ret)
{
	hw_auto(hw_tables_free) struct hw_tables *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	t->fds = *fds;
	r = hw_pool_new(fds->pool, fds->chunk_0, budget, &t->pool);
	if (r >= 0)
		r = hw_cache_dir(&t->cache_dir);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = hw_take_ptr(t);
	return 0;
}

struct hw_tables *hw_tables_free(struct hw_tables *t)
{
	if (!t)
		return NULL;
	HASH_CLEAR(hh, t->by_binary);
	for (size_t i = 0; i < t->n_modules; i++) {
		free(t->modules[i]->pages);
		free(t->modules[i]);
	}
	free(t->modules);
	hw_pool_free(t->pool);
	if (t->cache_dir)
		hw_rows_cache_trim(t->cache_dir, HW_ROWS_CACHE_BYTES);
	free(t->cache_dir);
	free(t);
	return NULL;
}

static void wait_for_rows(struct hw_tables *t, struct module *m)
{
	m->state = ROWS_WAITING;
	if (m->number - 1 < t->first_waiting)
		t->first_waiting = m->number - 1;
}

/* Lets BPF find the module by what the kernel knows of a new mapping. */
static void publish_file(struct hw_tables *t, const struct module *m)
{
	struct hw_file file = { .module = m->number };
	struct hw_file_key key = { 0 };
	uint64_t inode, file_off, vaddr;

	if (!hw_module_file(m->binary->module, &key.dev, &inode) ||
	    hw_module_text(m->binary->module, &file_off, &vaddr) < 0)
		return;
	key.inode = inode;
	file.shift = vaddr - hw_module_base(m->binary->module) - file_off;
	if (bpf_map_update_elem(t->fds.files, &key, &file, BPF_ANY) < 0)
		log_debug("%s: %s", hw_module_name(m->binary->module), strerror(errno));
}

static struct module *add_module(struct hw_tables *t, struct hw_binary *b)
{
	struct module *m = NULL;

	if (t->n_modules + 1 < HW_MODULES_MAX &&
	    hw_reserve(t->modules, t->cap_modules, t->n_modules + 1) >= 0)
		m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->binary = b;
	m->number = (uint32_t)t->n_modules + 1;
	t->modules[t->n_modules++] = m;
	HASH_ADD_PTR(t->by_binary, binary, m);
	if (!m->hh.tbl)
		return NULL;
	wait_for_rows(t, m);
	publish_file(t, m);
	return m;
}

uint32_t hw_tables_module(struct hw_tables *t, struct hw_binary *b)
{
	struct module *m;

	if (!t || !b)
		return 0;
	HASH_FIND_PTR(t->by_binary, &b, m);
	if (!m)
		m = add_module(t, b);
	else if (m->state == ROWS_IDLE)
		wait_for_rows(t, m);
	return m ? m->number : 0;
}

/* --- rows --- */

static int set_root(struct hw_tables *t, const struct module *m, struct hw_module_rows rows)
{
	return bpf_map_update_elem(t->fds.modules, &m->number, &rows, BPF_ANY) < 0 ? -errno : 0;
}

static void evict(struct hw_tables *t, struct module *m)
{
	log_debug("%s: its unwind rows make room for others", hw_module_name(m->binary->module));
	set_root(t, m, (struct hw_module_rows){ 0 });
	hw_pool_give(t->pool, m->pages, m->n_pages);
	free(m->pages);
	m->pages = NULL;
	m->n_pages = 0;
	m->state = ROWS_IDLE;
}

/* Evicts the file that has been out of use for longest; false when all are in use. */
static bool make_room(struct hw_tables *t)
{
	struct module *oldest = NULL;

	for (size_t i = 0; i < t->n_modules; i++) {
		struct module *m = t->modules[i];

		if (m->state == ROWS_READY && !m->refs &&
		    (!oldest || m->released < oldest->released))
			oldest = m;
	}
	if (oldest)
		evict(t, oldest);
	return oldest;
}

/* Writes page @i of @rows, and all below it. */
static int write_page(struct hw_tables *t, const struct hw_rows *rows, const uint32_t *pages,
		      uint32_t i, uint32_t level)
{
	const void *page = &rows->pages[i];
	struct hw_rows_dir dir;
	int r;

	if (!level)
		return hw_pool_write(t->pool, pages[i], page);
	memcpy(&dir, page, sizeof(dir));
	for (uint32_t c = 0; c < dir.n; c++) {
		r = write_page(t, rows, pages, dir.child[c], level - 1);
		if (r < 0)
			return r;
		dir.child[c] = pages[dir.child[c]];
	}
	return hw_pool_write(t->pool, pages[i], &dir);
}

/* Puts @rows where BPF finds them. */
static int load_rows(struct hw_tables *t, struct module *m, const struct hw_rows *rows)
{
	hw_autofree uint32_t *pages = calloc(rows->n_pages, sizeof(*pages));
	struct hw_module_rows root = { .levels = rows->levels };
	int r;

	if (!pages)
		return -ENOMEM;
	r = hw_pool_take(t->pool, pages, rows->n_pages);
	if (r < 0)
		return r;
	root.root = pages[rows->root];
	r = write_page(t, rows, pages, rows->root, rows->levels);
	if (r >= 0)
		r = set_root(t, m, root);
	if (r < 0) {
		hw_pool_give(t->pool, pages, rows->n_pages);
		return r;
	}
	m->pages = hw_take_ptr(pages);
	m->n_pages = rows->n_pages;
	m->state = ROWS_READY;
	return 0;
}

struct hw_binary *hw_tables_next(struct hw_tables *t)
{
	for (; t && t->first_waiting < t->n_modules; t->first_waiting++)
		if (t->modules[t->first_waiting]->state == ROWS_WAITING)
			return t->modules[t->first_waiting]->binary;
	return NULL;
}

struct hw_rows *hw_tables_read(const struct hw_tables *t, struct hw_binary *b)
{
	struct hw_module *m = hw_binary_handle(b, HW_BINARY_ROWS);
	struct hw_rows *rows = NULL;
	int r = m ? hw_rows_get(m, t->cache_dir, &rows) : -ENOMEM;

	hw_binary_put_handle(b, HW_BINARY_ROWS); /* most files are read once */
	if (r < 0)
		log_debug("%s: no unwind rows: %s", hw_module_name(b->module), strerror(-r));
	return rows;
}

bool hw_tables_load(struct hw_tables *t, const struct hw_binary *b, const struct hw_rows *rows)
{
	struct module *m;
	int r;

	HASH_FIND_PTR(t->by_binary, &b, m);
	m->state = ROWS_NONE;
	if (!rows || !rows->n_pages)
		return true;
	r = load_rows(t, m, rows);
	if (r == -ENOSPC && make_room(t)) {
		m->state = ROWS_WAITING; /* until the pages have rested */
	} else if (r == -ENOSPC) {
		m->state = ROWS_LEFT_OUT;
		t->left_out++;
	}
	log_debug("%s: %u pages of unwind rows: %s", hw_module_name(b->module), rows->n_pages,
		  strerror(-r));
	return m->state != ROWS_WAITING;
}

bool hw_tables_work(struct hw_tables *t)
{
	struct hw_binary *b = hw_tables_next(t);
	hw_auto(hw_rows_free) struct hw_rows *rows = b ? hw_tables_read(t, b) : NULL;

	return b && hw_tables_load(t, b, rows);
}

/* --- mappings --- */

static void release_modules(struct hw_tables *t, struct hw_map_table *table)
{
	for (size_t i = 0; i < table->n_modules; i++) {
		struct module *m = t->modules[table->modules[i] - 1];

		if (!--m->refs)
			m->released = t->round;
	}
	free(table->modules);
}

struct hw_map_table *hw_map_table_unref(struct hw_tables *t, struct hw_map_table *table)
{
	if (!table || --table->refs)
		return NULL;
	release_modules(t, table);
	hw_pool_give(t->pool, table->maps.page, table->maps.n);
	free(table);
	return NULL;
}

/* Where rel 0 of the file behind @vma lies. */
static bool find_zero(const struct hw_vma *vma, uint64_t *ret)
{
	const struct hw_binary *b = vma->what->binary;
	uint64_t vaddr;

	if (hw_module_vaddr(b->module, vma->file_off, &vaddr) < 0)
		return false;
	*ret = vma->start - (vaddr - hw_module_base(b->module));
	return true;
}

static void put_mapping(struct hw_tables *t, struct hw_map_table *table, struct hw_maps_page *page,
			const struct hw_vma *vma)
{
	uint32_t number = hw_tables_module(t, vma->what->binary);
	uint32_t i = page->n++;
	uint64_t zero = 0;

	if (number && !find_zero(vma, &zero))
		number = 0;
	page->start[i] = vma->start;
	page->end[i] = vma->end;
	page->zero[i] = zero;
	page->module[i] = number;
	if (number) {
		table->modules[table->n_modules++] = number;
		t->modules[number - 1]->refs++;
	}
}

/* Writes the mappings from *at on into a page of the pool. */
static int write_maps(struct hw_tables *t, struct hw_map_table *table, const struct hw_mappings *maps,
		      size_t *at)
{
	struct hw_maps_page page = { 0 };
	uint32_t number;
	int r = hw_pool_take(t->pool, &number, 1);

	if (r < 0)
		return r;
	table->maps.first[table->maps.n] = hw_mappings_at(maps, *at)->start;
	table->maps.page[table->maps.n++] = number;
	while (*at < hw_mappings_count(maps) && page.n < HW_PAGE_MAPPINGS)
		put_mapping(t, table, &page, hw_mappings_at(maps, (*at)++));
	return hw_pool_write(t->pool, number, &page);
}

static int build_map_table(struct hw_tables *t, const struct hw_mappings *maps, struct hw_map_table *table)
{
	size_t n = hw_mappings_count(maps), at = 0;
	int r = 0;

	table->modules = calloc(n + 1, sizeof(*table->modules));
	if (!table->modules)
		return -ENOMEM;
	while (r >= 0 && at < n && table->maps.n < HW_PROC_PAGES)
		r = write_maps(t, table, maps, &at);
	return r < 0 ? r : at < n ? -E2BIG : 0;
}

/* Makes the kernel's entry of @pid that of @table. @flags as of bpf_map_update_elem(). */
static int publish(struct hw_tables *t, int32_t pid, const struct hw_map_table *table, uint64_t flags)
{
	uint32_t key = (uint32_t)pid;

	return bpf_map_update_elem(t->fds.proc_maps, &key, &table->maps, flags) < 0 ? -errno : 0;
}

int hw_tables_set(struct hw_tables *t, int32_t pid, const struct hw_mappings *maps,
		  struct hw_map_table **table)
{
	struct hw_map_table *fresh = calloc(1, sizeof(*fresh));
	int built, r;

	if (!fresh)
		return -ENOMEM;
	fresh->refs = 1;
	built = build_map_table(t, maps, fresh);
	if (built == -ENOSPC && make_room(t))
		log_debug("pid %d: its mappings wait for room", pid);
	r = built < 0 && built != -E2BIG ? built : publish(t, pid, fresh, BPF_ANY);
	if (r < 0) {
		hw_map_table_unref(t, fresh);
		return r;
	}
	hw_map_table_unref(t, *table);
	*table = fresh;
	return built;
}

struct hw_map_table *hw_tables_share(struct hw_tables *t, int32_t pid, struct hw_map_table *table)
{
	if (!table)
		return NULL;
	table->refs++;
	/* BPF has copied the parent's entry when it forked; that may have changed since. If the
	 * child has none, it has called exec(2) by now. */
	publish(t, pid, table, BPF_EXIST);
	return table;
}

struct hw_map_table *hw_tables_drop(struct hw_tables *t, int32_t pid, struct hw_map_table *table)
{
	uint32_t key = (uint32_t)pid;

	if (t)
		bpf_map_delete_elem(t->fds.proc_maps, &key);
	return hw_map_table_unref(t, table);
}

void hw_tables_tick(struct hw_tables *t)
{
	if (!t)
		return;
	t->round++;
	hw_pool_tick(t->pool);
}

uint64_t hw_tables_left_out(const struct hw_tables *t)
{
	return t ? t->left_out : 0;
}

const char *hw_tables_cache_dir(const struct hw_tables *t)
{
	return t ? t->cache_dir : NULL;
}

int hw_tables_paths(const struct hw_tables *t, struct hw_paths *paths)
{
	int r = 0;

	for (size_t i = 0; i < t->n_modules && r >= 0; i++)
		if (t->modules[i]->released || t->modules[i]->refs)
			r = hw_paths_add(paths, hw_module_name(t->modules[i]->binary->module));
	return r;
}
