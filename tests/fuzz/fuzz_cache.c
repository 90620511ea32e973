/* SPDX-License-Identifier: Apache-2.0
 * An entry of the rows cache that is forged with the right name, key and checksum: the input is its
 * n_pages, root, levels and base, then the pages, repeated until they are enough. */
#include "fuzz.h"

#include "unwind/cache.c" /* the header of an entry is its own affair */

#define PAGES_MAX 8
#define PLACES	  64
#define KEY	  "0123456789abcdef0123456789abcdef01234567"
#define NAME	  "fuzz" SUFFIX

/* What an input begins with. */
struct claim {
	uint32_t n_pages, root, levels;
	uint32_t base;
};

/* A directory of our own, one for the life of the process, in one that run.sh removes. */
static int directory(void)
{
	static int dir = -1;
	const char *parent = getenv("TMPDIR");
	char path[PATH_MAX];

	if (dir < 0) {
		snprintf(path, sizeof(path), "%s/cache-XXXXXX", parent ? parent : "/tmp");
		fuzz_check(mkdtemp(path));
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fuzz_check(dir >= 0);
	}
	return dir;
}

static void write_file(int dir, const struct hw_rows *rows)
{
	char key[KEY_MAX] = KEY;
	hw_autoclose int fd = openat(dir, NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fuzz_check(fd >= 0 && write_entry(fd, key, rows) == 0);
}

static void load_back(int dir, const struct hw_rows *rows)
{
	hw_auto(hw_rows_free) struct hw_rows *loaded = NULL;
	char key[KEY_MAX] = KEY;
	int r = load_entry(dir, NAME, key, rows->base, &loaded);

	fuzz_check((r == 0) == hw_rows_is_valid(rows));
	for (uint64_t i = 0; loaded && i < PLACES; i++)
		fuzz_check(hw_rows_find(loaded, rows->base + (UINT32_MAX / PLACES) * i).cfa <=
			   HW_CFA_OTHER);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz_input in = { bytes, size };
	struct hw_rows rows = { 0 };
	hw_autofree uint8_t *pages = NULL;
	struct claim claim;

	fuzz_take(&in, &claim, sizeof(claim));
	rows = (struct hw_rows){ .n_pages = claim.n_pages % (PAGES_MAX + 1),
				 .root = claim.root,
				 .levels = claim.levels,
				 .base = claim.base };
	pages = malloc(PAGES_MAX * HW_PAGE_SIZE);
	if (!pages)
		return 0;
	fuzz_repeat(&in, 0, pages, rows.n_pages * (size_t)HW_PAGE_SIZE);
	rows.pages = (union hw_rows_any *)pages;
	write_file(directory(), &rows);
	load_back(directory(), &rows);
	return 0;
}
