/* SPDX-License-Identifier: Apache-2.0 */
#include "unwind/file_history.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cachedir.h"
#include "base/hash.h"
#include "base/newfile.h"

#define LIST_NAME_MAX 40

void hw_paths_done(struct hw_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i]);
	free(paths->items);
	*paths = (struct hw_paths){ 0 };
}

int hw_paths_add(struct hw_paths *paths, const char *path)
{
	char *copy;
	int r;

	for (size_t i = 0; i < paths->count; i++)
		if (!strcmp(paths->items[i], path))
			return 0;
	if (paths->count == HW_FILE_HISTORY_MAX)
		return 0;
	r = hw_reserve(paths->items, paths->cap, paths->count + 1);
	copy = r < 0 ? NULL : strdup(path);
	if (!copy)
		return -ENOMEM;
	paths->items[paths->count++] = copy;
	return 0;
}

/* The list of a program is named after the hash of its path; its first line is the path. */
static void make_list_name(const char *path, char ret[LIST_NAME_MAX])
{
	snprintf(ret, LIST_NAME_MAX, "%016" PRIx64 ".files", hw_hash(path, strlen(path)));
}

/* Opens the list of @path, below the directory @dir. */
static FILE *open_list(int dir, const char *path)
{
	char name[LIST_NAME_MAX];
	FILE *f;
	int fd;

	make_list_name(path, name);
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	f = fdopen(fd, "r");
	if (!f)
		close(fd);
	return f;
}

/* The next line of @f without its end, if it is a path; at the end false. */
static bool next_path(FILE *f, char line[PATH_MAX + 1])
{
	while (fgets(line, PATH_MAX + 1, f)) {
		line[strcspn(line, "\n")] = 0;
		if (line[0] == '/')
			return true;
	}
	return false;
}

int hw_file_history_read(const char *cache_dir, const char *path, struct hw_paths *ret)
{
	hw_autoclose int dir = hw_cache_dir_make(cache_dir);
	hw_autofclose FILE *f = dir < 0 ? NULL : open_list(dir, path);
	char line[PATH_MAX + 1];
	int r = 0;

	if (!f || !next_path(f, line) || strcmp(line, path))
		return -ENOENT;
	while (r >= 0 && ret->count < HW_FILE_HISTORY_MAX && next_path(f, line))
		r = hw_paths_add(ret, line);
	return r;
}

static int write_list(struct hw_new_file *file, const char *path, const struct hw_paths *paths)
{
	FILE *f = fdopen(file->fd, "w");

	if (!f)
		return -errno;
	file->fd = -1; /* fclose() closes it */
	fprintf(f, "%s\n", path);
	for (size_t i = 0; i < paths->count; i++)
		if (!strchr(paths->items[i], '\n'))
			fprintf(f, "%s\n", paths->items[i]);
	return fclose(f) ? -errno : 0;
}

int hw_file_history_write(const char *cache_dir, const char *path, const struct hw_paths *paths)
{
	hw_autoclose int dir = hw_cache_dir_make(cache_dir);
	hw_auto(hw_new_file_done) struct hw_new_file f = HW_NEW_FILE_INIT;
	char name[LIST_NAME_MAX];
	int r;

	if (dir < 0)
		return dir;
	make_list_name(path, name);
	r = hw_new_file_open(dir, ".files", &f);
	if (r < 0)
		return r;
	r = write_list(&f, path, paths);
	if (r < 0)
		return r;
	return hw_new_file_keep(&f, name);
}
