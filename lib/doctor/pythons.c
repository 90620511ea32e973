/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/pythons.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "proc/maps.h"
#include "proc/task.h"
#include "py/runtime.h"
#include "sym/module.h"

HW_DEFINE_AUTO_DONE(glob_t, globfree)

void hw_pythons_done(struct hw_pythons *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->items[i].path);
	free(p->items);
	*p = (struct hw_pythons){ 0 };
}

const char *hw_python_version(const struct hw_python *p, char buf[static HW_PYTHON_VERSION_SIZE])
{
	if (p->version)
		snprintf(buf, HW_PYTHON_VERSION_SIZE, "%u.%u.%u", p->version >> 24,
			 p->version >> 16 & 0xff, p->version >> 8 & 0xff);
	else
		snprintf(buf, HW_PYTHON_VERSION_SIZE, "before 3.6");
	return buf;
}

/* Adds the CPython in the file @file, for people @path. Returns 1 when it is one, be it known
 * already, 0 when not, or -ENOMEM. */
static int add_file(struct hw_pythons *p, const char *file, const char *path)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_py_runtime runtime = { 0 };
	struct hw_python found;
	struct stat st;
	int r;

	if (stat(file, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	for (size_t i = 0; i < p->count; i++)
		if (p->items[i].dev == st.st_dev && p->items[i].inode == st.st_ino)
			return 1;
	r = hw_module_open(file, path, &m);
	if (r < 0)
		return r == -ENOMEM ? r : 0; /* a script, or not for us to read */
	r = hw_py_runtime_find(m, &runtime);
	if (r <= 0 && r != -ENOTSUP)
		return r == -ENOMEM ? r : 0;
	found = (struct hw_python){ .version = runtime.version,
				 .supported = r > 0 && hw_py_version_supported(runtime.version),
				 .dev = st.st_dev,
				 .inode = st.st_ino };
	r = hw_reserve(p->items, p->cap, p->count + 1);
	if (r < 0)
		return r;
	found.path = strdup(path);
	if (!found.path)
		return -ENOMEM;
	p->items[p->count++] = found;
	return 1;
}

/* Adds the libpython that @pattern matches, for people the interpreter @path. */
static int add_library(struct hw_pythons *p, const char *pattern, const char *path)
{
	hw_auto(globfree) glob_t found = { 0 };
	int r = 0;

	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && !r; i++)
		r = add_file(p, found.gl_pathv[i], path);
	return r;
}

/* The interpreter @path holds CPython, or is linked to the libpython of its name beside its
 * folder: PREFIX/bin/python3.12 and PREFIX/lib/libpython3.12.so.1.0. Up to 3.7 an m may follow the
 * version of either (PEP 3149). */
static int add_interpreter(struct hw_pythons *p, const char *path)
{
	static const char *const libraries[] = { "lib/lib%s.so.*", "lib/lib%sm.so.*",
						 "lib64/lib%s.so.*", "lib64/lib%sm.so.*",
						 "lib/*-linux-gnu*/lib%s.so.*" };
	hw_autofree char *real = realpath(path, NULL);
	char *name = real ? strrchr(real, '/') : NULL, pattern[PATH_MAX + 64];
	int r = name ? add_file(p, real, path) : 0;

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]) && name && !r; i++) {
		int at = snprintf(pattern, PATH_MAX, "%.*s/../", (int)(name - real), real);

		snprintf(pattern + at, sizeof(pattern) - (size_t)at, libraries[i], name + 1);
		r = add_library(p, pattern, path);
	}
	return r < 0 ? r : 0;
}

/* "python", "python3", "python3.13t", but not "python3-config" or "python-wrapper.sh". */
static bool is_interpreter_name(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return !name[strlen("python") + strspn(name + strlen("python"), "0123456789.dmt")];
}

static int add_matching(struct hw_pythons *p, const char *pattern)
{
	hw_auto(globfree) glob_t found = { 0 };
	int r = 0;

	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && r >= 0; i++)
		if (is_interpreter_name(found.gl_pathv[i]))
			r = add_interpreter(p, found.gl_pathv[i]);
	return r;
}

static int add_path(struct hw_pythons *p)
{
	const char *path = getenv("PATH");
	hw_autofree char *dirs = strdup(path ? path : "/usr/local/bin:/usr/bin:/bin");
	char *save = NULL;

	if (!dirs)
		return -ENOMEM;
	for (char *dir = strtok_r(dirs, ":", &save); dir; dir = strtok_r(NULL, ":", &save)) {
		char pattern[PATH_MAX];
		int r;

		if (snprintf(pattern, sizeof(pattern), "%s/python*", dir) >= (int)sizeof(pattern))
			continue;
		r = add_matching(p, pattern);
		if (r < 0)
			return r;
	}
	return 0;
}

/* `pyenv root` is $PYENV_ROOT, else ~/.pyenv. */
static int add_pyenv(struct hw_pythons *p)
{
	const char *root = getenv("PYENV_ROOT"), *home = getenv("HOME");
	char pattern[PATH_MAX];
	int len;

	if (root && *root)
		len = snprintf(pattern, sizeof(pattern), "%s/versions/*/bin/python*", root);
	else
		len = snprintf(pattern, sizeof(pattern), "%s/.pyenv/versions/*/bin/python*",
			       home ? home : "");
	return len < (int)sizeof(pattern) ? add_matching(p, pattern) : 0;
}

/* The program, its first mapping, may hold a CPython under any name; other files are looked into
 * when they are called so. They are opened as the process sees them. */
static int add_process(struct hw_pythons *p, pid_t pid)
{
	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
	int r = hw_maps_read(pid, &maps);

	for (size_t i = 0; r >= 0 && i < hw_maps_count(maps); i++) {
		const char *path = hw_maps_at(maps, i)->path, *name = strrchr(path, '/');
		char file[PATH_MAX + 32];

		if (!name || (i && !strstr(name, "python")))
			continue;
		snprintf(file, sizeof(file), "/proc/%d/root%s", (int)pid, path);
		r = add_file(p, file, path);
	}
	return r == -ENOMEM ? r : 0;
}

static int add_processes(struct hw_pythons *p)
{
	hw_autofree pid_t *pids = NULL;
	int n = hw_task_processes(&pids), r = 0;

	for (int i = 0; i < n && r >= 0; i++)
		r = add_process(p, pids[i]);
	return r;
}

int hw_pythons_find(struct hw_pythons *ret)
{
	hw_auto(hw_pythons_done) struct hw_pythons p = { 0 };
	int r = add_path(&p);

	if (r < 0)
		return r;
	r = add_pyenv(&p);
	if (r < 0)
		return r;
	r = add_processes(&p);
	if (r < 0)
		return r;
	*ret = p;
	p = (struct hw_pythons){ 0 };
	return 0;
}
