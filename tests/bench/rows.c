/* SPDX-License-Identifier: Apache-2.0
 * bench_rows FILE CACHE: what the unwind rows of an ELF file cost. Prints the milliseconds to open
 * it and read them, the bytes they take, and the milliseconds to open it and find them in the
 * directory CACHE, where it has put them first. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sym/module.h"
#include "unwind/cache.h"
#include "unwind/rows.h"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int build(const char *path, double *ret_ms, size_t *ret_bytes)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	hw_auto(hw_rows_free) struct hw_rows *rows = NULL;
	double start = now_ms();
	int r = hw_module_open(path, path, &m);

	if (r >= 0)
		r = hw_rows_build(m, &rows);
	if (r < 0)
		return r;
	*ret_ms = now_ms() - start;
	*ret_bytes = (size_t)rows->n_pages * HW_PAGE_SIZE;
	return 0;
}

static int get(const char *path, const char *cache, double *ret_ms)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	hw_auto(hw_rows_free) struct hw_rows *rows = NULL;
	double start = now_ms();
	int r = hw_module_open(path, path, &m);

	if (r >= 0)
		r = hw_rows_get(m, cache, &rows);
	*ret_ms = now_ms() - start;
	return r;
}

int main(int argc, char **argv)
{
	double built, cached;
	size_t bytes;
	int r;

	if (argc != 3) {
		fputs("usage: bench_rows FILE CACHE\n", stderr);
		return 2;
	}
	r = build(argv[1], &built, &bytes);
	if (r >= 0)
		r = get(argv[1], argv[2], &cached); /* fills the cache */
	if (r >= 0)
		r = get(argv[1], argv[2], &cached);
	if (r < 0) {
		fprintf(stderr, "bench_rows: %s: %s\n", argv[1], strerror(-r));
		return 1;
	}
	printf("%.3f %zu %.3f\n", built, bytes, cached);
	return 0;
}
