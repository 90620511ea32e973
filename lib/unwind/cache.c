/* SPDX-License-Identifier: Apache-2.0 */
#include "unwind/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cachedir.h"
#include "base/io.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/newfile.h"

/* To be raised with each change of what the pages say: of their layout or of how rows are read. */
#define FORMAT_VERSION 2

#define SUFFIX		   ".rows"
#define KEY_MAX		   160
#define BUILD_ID_MIN_CHARS 16 /* a shorter one may be a number that somebody counts up by hand */
#define ENTRIES_MAX	   (1u << 20)

/* An entry is this and then the pages, all in the byte order of the machine. */
struct header {
	char magic[8];
	uint32_t version;
	uint32_t n_pages, root, levels;
	uint64_t base;
	uint64_t checksum; /* of all the rest, itself being 0 */
	char key[KEY_MAX];
};

static const char magic[8] = "hwrows\r\n";

struct cache_entry {
	char name[KEY_MAX + sizeof(SUFFIX)];
	uint64_t size;
	struct timespec used;
};

/* --- one entry --- */

/* Writes what tells the file of @m from others to @key: 0, or -ENOENT for one that came from
 * memory and has no build-id. */
static int make_key(const struct hw_module *m, char key[KEY_MAX])
{
	const char *build_id = hw_module_build_id(m);
	struct stat st;

	memset(key, 0, KEY_MAX);
	if (strlen(build_id) >= BUILD_ID_MIN_CHARS) {
		snprintf(key, KEY_MAX, "%s", build_id);
		return 0;
	}
	if (!hw_module_stat(m, &st))
		return -ENOENT;
	snprintf(key, KEY_MAX, "file-%jx-%jx-%jx-%jx.%09ld", (uintmax_t)st.st_dev,
		 (uintmax_t)st.st_ino, (uintmax_t)st.st_size, (uintmax_t)st.st_mtim.tv_sec,
		 st.st_mtim.tv_nsec);
	return 0;
}

/* Against damage, not against forgers, who could not write here. */
static uint64_t checksum(struct header header, const union hw_rows_any *pages)
{
	header.checksum = 0;
	return hw_hash_more(hw_hash(&header, sizeof(header)), pages,
			    header.n_pages * sizeof(*pages));
}

/* Whether @fd is a file of the user's, with a header for @key and as many pages as that says. */
static bool has_header(int fd, const char key[KEY_MAX], struct header *ret)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	       hw_read_full(fd, ret, sizeof(*ret)) == sizeof(*ret) && !memcmp(ret->magic, magic, sizeof(magic)) &&
	       ret->version == FORMAT_VERSION && !memcmp(ret->key, key, KEY_MAX) &&
	       ret->n_pages <= HW_ROWS_PAGES_MAX &&
	       (uint64_t)st.st_size ==
		       sizeof(*ret) + (uint64_t)ret->n_pages * sizeof(union hw_rows_any);
}

/* Reads the entry for @key in @dir. Returns 0, or an error that says to make it anew. */
static int load_entry(int dir, const char *name, const char key[KEY_MAX], uint64_t base,
		      struct hw_rows **ret)
{
	hw_auto(hw_rows_free) struct hw_rows *rows = NULL;
	hw_autoclose int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct header header;
	size_t size;

	if (fd < 0)
		return -errno;
	if (!has_header(fd, key, &header) || header.base != base)
		return -EBADMSG;
	rows = calloc(1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	rows->base = base;
	rows->n_pages = header.n_pages;
	rows->root = header.root;
	rows->levels = header.levels;
	rows->pages = malloc(((size_t)header.n_pages + 1) * sizeof(*rows->pages));
	if (!rows->pages)
		return -ENOMEM;
	size = header.n_pages * sizeof(*rows->pages); /* what the file has: has_header() compared */
	if (hw_read_full(fd, rows->pages, size) != (ssize_t)size ||
	    checksum(header, rows->pages) != header.checksum || !hw_rows_is_valid(rows))
		return -EBADMSG;
	futimens(fd, NULL); /* when it was last used */
	*ret = hw_take_ptr(rows);
	return 0;
}

static int write_entry(int fd, const char key[KEY_MAX], const struct hw_rows *rows)
{
	struct header header = {
		.version = FORMAT_VERSION,
		.n_pages = rows->n_pages,
		.root = rows->root,
		.levels = rows->levels,
		.base = rows->base,
	};
	int r;

	memcpy(header.magic, magic, sizeof(magic));
	memcpy(header.key, key, KEY_MAX);
	header.checksum = checksum(header, rows->pages);
	r = hw_write_all(fd, &header, sizeof(header));
	if (r < 0)
		return r;
	return hw_write_all(fd, rows->pages, rows->n_pages * sizeof(*rows->pages));
}

static int store_entry(int dir, const char *name, const char key[KEY_MAX],
		       const struct hw_rows *rows)
{
	hw_auto(hw_new_file_done) struct hw_new_file f = HW_NEW_FILE_INIT;
	int r = hw_new_file_open(dir, SUFFIX, &f);

	if (r < 0)
		return r;
	r = write_entry(f.fd, key, rows);
	if (r < 0)
		return r;
	return hw_new_file_keep(&f, name);
}

int hw_rows_get(struct hw_module *m, const char *cache_dir, struct hw_rows **ret)
{
	char key[KEY_MAX], name[KEY_MAX + sizeof(SUFFIX)];
	hw_autoclose int dir = -1;
	int r;

	if (!cache_dir || make_key(m, key) < 0)
		return hw_rows_build(m, ret);
	snprintf(name, sizeof(name), "%s" SUFFIX, key);
	dir = hw_cache_dir_make(cache_dir);
	if (dir < 0) {
		log_debug("no cache in %s: %s", cache_dir, strerror(-dir));
		return hw_rows_build(m, ret);
	}
	if (load_entry(dir, name, key, hw_module_base(m), ret) == 0)
		return 0;
	r = hw_rows_build(m, ret);
	if (r < 0)
		return r;
	r = store_entry(dir, name, key, *ret);
	if (r < 0)
		log_debug("cannot keep %s in %s: %s", name, cache_dir, strerror(-r));
	return 0;
}

/* --- all entries --- */

static int compare_used(const void *left, const void *right)
{
	const struct timespec *a = &((const struct cache_entry *)left)->used;
	const struct timespec *b = &((const struct cache_entry *)right)->used;

	if (a->tv_sec != b->tv_sec)
		return a->tv_sec > b->tv_sec ? -1 : 1;
	return a->tv_nsec > b->tv_nsec ? -1 : a->tv_nsec < b->tv_nsec;
}

/* Reads into *@ret whether the file @name in @dir is an entry, or the beginning of one. */
static bool read_entry(int dir, const char *name, struct cache_entry *ret)
{
	size_t length = strlen(name), suffix = strlen(SUFFIX);
	struct stat st;

	if (length <= suffix || length >= sizeof(ret->name) ||
	    strcmp(name + length - suffix, SUFFIX) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return false;
	strcpy(ret->name, name);
	ret->size = (uint64_t)st.st_size;
	ret->used = st.st_mtim;
	return true;
}

static int list_entries(DIR *stream, struct cache_entry **entries, size_t *n)
{
	size_t cap = 0;
	struct dirent *found;

	while (*n < ENTRIES_MAX && (found = readdir(stream))) {
		struct cache_entry entry;
		int r;

		if (!read_entry(dirfd(stream), found->d_name, &entry))
			continue;
		r = hw_reserve(*entries, cap, *n + 1);
		if (r < 0)
			return r;
		(*entries)[(*n)++] = entry;
	}
	return 0;
}

int hw_rows_cache_trim(const char *cache_dir, uint64_t max_bytes)
{
	hw_autofree struct cache_entry *entries = NULL;
	int fd = hw_cache_dir_open(cache_dir);
	uint64_t kept = 0;
	size_t n = 0;
	DIR *stream;
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	stream = fdopendir(fd);
	if (!stream) {
		r = -errno;
		close(fd);
		return r;
	}
	r = list_entries(stream, &entries, &n);
	qsort(entries, r == 0 ? n : 0, sizeof(*entries), compare_used);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (__builtin_add_overflow(kept, entries[i].size, &kept) || kept > max_bytes) {
			kept = max_bytes; /* the older ones go as well */
			unlinkat(dirfd(stream), entries[i].name, 0);
		}
	}
	closedir(stream);
	return r;
}
