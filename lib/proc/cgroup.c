/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"

HW_DEFINE_AUTO(DIR *, closedir)

#define LEVELS_MAX    32
#define PROCESSES_MAX 65536

struct pids {
	pid_t *items;
	size_t n, cap;
};

static bool is_cgroup(const char *dir)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/cgroup.procs", dir) < (int)sizeof(path) &&
	       access(path, F_OK) == 0;
}

int hw_cgroup_find(const char *path, char **ret)
{
	hw_autofree char *below = hw_text("/sys/fs/cgroup/%s", path);

	if (!below)
		return -ENOMEM;
	if (is_cgroup(path)) {
		*ret = strdup(path);
		return *ret ? 0 : -ENOMEM;
	}
	if (!is_cgroup(below))
		return -ENOENT;
	*ret = hw_take_ptr(below);
	return 0;
}

/* Of a group of threads alone (cgroup.type "threaded") the file cannot be read; its processes stand
 * in that of the group above. */
static int add_of(const char *dir, struct pids *pids)
{
	hw_autofclose FILE *f = NULL;
	char path[PATH_MAX];
	int pid;

	if (snprintf(path, sizeof(path), "%s/cgroup.procs", dir) >= (int)sizeof(path))
		return 0;
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (pids->n < PROCESSES_MAX && fscanf(f, "%d", &pid) == 1) {
		if (pid <= 0)
			continue;
		if (hw_reserve(pids->items, pids->cap, pids->n + 1) < 0)
			return -ENOMEM;
		pids->items[pids->n++] = (pid_t)pid;
	}
	return 0;
}

static int add_below(const char *dir, int level, struct pids *pids)
{
	hw_auto(closedir) DIR *d = NULL;
	struct dirent *entry;
	int r = add_of(dir, pids);

	if (r == -ENOMEM || (r < 0 && !level) || level >= LEVELS_MAX)
		return r;
	d = opendir(dir);
	while (d && (entry = readdir(d))) {
		hw_autofree char *path = NULL;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		path = hw_text("%s/%s", dir, entry->d_name);
		if (!path)
			return -ENOMEM;
		r = add_below(path, level + 1, pids);
		if (r == -ENOMEM)
			return r;
	}
	return 0;
}

static int compare_group_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* A process that moved meanwhile may have been met twice. */
static void sort_once(struct pids *pids)
{
	size_t n = 0;

	if (pids->n)
		qsort(pids->items, pids->n, sizeof(*pids->items), compare_group_pids);
	for (size_t i = 0; i < pids->n; i++)
		if (!n || pids->items[n - 1] != pids->items[i])
			pids->items[n++] = pids->items[i];
	pids->n = n;
}

int hw_cgroup_processes(const char *dir, pid_t **ret_pids)
{
	struct pids pids = { 0 };
	int r = add_below(dir, 0, &pids);

	if (r < 0) {
		free(pids.items);
		return r == -ENODEV ? -ENOENT : r; /* removed while it was read */
	}
	sort_once(&pids);
	*ret_pids = pids.items;
	return (int)pids.n;
}
