/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cachedir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Whether the directory @path is there and the user's own. */
static bool is_own_dir(const char *path)
{
	struct stat st;

	return *path == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid();
}

/* secure_getenv(): with the capabilities of its file hwprof has more rights than the one who sets
 * the environment. A home that is not the user's own is that of whoever called sudo(8). */
int hw_cache_dir(char **ret)
{
	const char *xdg = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
	char *path;

	if (xdg && is_own_dir(xdg)) {
		path = hw_text("%s/hwprof/unwind", xdg);
	} else if (home && is_own_dir(home)) {
		hw_autofree char *cache = hw_text("%s/.cache", home);

		if (!cache)
			return -ENOMEM;
		mkdir(cache, 0700);
		path = hw_text("%s/hwprof/unwind", cache);
	} else if (!geteuid()) {
		path = strdup("/var/cache/hwprof");
	} else {
		return -ENOENT;
	}
	if (!path)
		return -ENOMEM;
	*ret = path;
	return 0;
}

int hw_cache_dir_open(const char *path)
{
	hw_autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH))
		return -EPERM;
	return hw_take_fd(&fd);
}

int hw_cache_dir_make(const char *path)
{
	int fd = hw_cache_dir_open(path);
	const char *slash = strrchr(path, '/');

	if (fd != -ENOENT)
		return fd;
	if (slash && slash > path) {
		hw_autofree char *parent = strndup(path, (size_t)(slash - path));

		if (parent)
			mkdir(parent, 0700);
	}
	mkdir(path, 0700);
	return hw_cache_dir_open(path);
}
