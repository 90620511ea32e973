/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/machine.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

double hw_machine_steal_s(void)
{
	hw_autofclose FILE *f = fopen("/proc/stat", "re");
	unsigned long long steal;

	if (!f || fscanf(f, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
		return 0;
	return (double)steal / (double)sysconf(_SC_CLK_TCK);
}

/* What cpu.stat in @dir says. */
static double read_throttled(const char *dir)
{
	hw_autofclose FILE *f = NULL;
	char path[PATH_MAX + 16], line[128];
	unsigned long long value;

	snprintf(path, sizeof(path), "%s/cpu.stat", dir);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "throttled_usec %llu", &value) == 1)
			return (double)value / 1e6;
		if (sscanf(line, "throttled_time %llu", &value) == 1)
			return (double)value / 1e9;
	}
	return 0;
}

/* The largest figure from the group @path, below @mount, up to the root. */
static double largest_throttled(const char *mount, const char *path)
{
	char dir[PATH_MAX];
	size_t root = strlen(mount);
	double largest = 0;

	if (snprintf(dir, sizeof(dir), "%s%s", mount, path) >= (int)sizeof(dir))
		return 0;
	for (;;) {
		double here = read_throttled(dir);
		char *slash = strrchr(dir, '/');

		largest = here > largest ? here : largest;
		if (!slash || (size_t)(slash - dir) < root)
			return largest;
		*slash = 0;
	}
}

/* Whether the comma-separated @list has @word. */
static bool has_word(const char *list, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += size)
		if ((at == list || at[-1] == ',') && (!at[size] || at[size] == ','))
			return true;
	return false;
}

/* The same for the group @path of v1, below its hierarchy at @root, which has either name. */
static double largest_throttled_v1(const char *root, const char *path)
{
	static const char *const hierarchies[] = { "cpu", "cpu,cpuacct" };
	char mount[PATH_MAX];
	double largest = 0;

	for (size_t i = 0; i < 2 && largest == 0; i++) {
		snprintf(mount, sizeof(mount), "%s/%s", root, hierarchies[i]);
		largest = largest_throttled(mount, path);
	}
	return largest;
}

double hw_machine_parse_throttled_s(FILE *f, const char *root)
{
	char line[PATH_MAX + 256];
	double largest = 0;

	while (fgets(line, sizeof(line), f)) { /* "4:cpu,cpuacct:/path", v2 "0::/path" */
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
		double here = 0;

		if (!path)
			continue;
		*path++ = 0;
		list++;
		path[strcspn(path, "\n")] = 0;
		if (has_word(list, "cpu"))
			here = largest_throttled_v1(root, path);
		else if (!*list)
			here = largest_throttled(root, path);
		largest = here > largest ? here : largest;
	}
	return largest;
}

double hw_machine_throttled_s(pid_t pid)
{
	hw_autofclose FILE *f = NULL;
	char name[32];

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	f = fopen(pid ? name : "/proc/self/cgroup", "re");
	return f ? hw_machine_parse_throttled_s(f, "/sys/fs/cgroup") : 0;
}

bool hw_machine_is_virtual(void)
{
	hw_autofclose FILE *f = fopen("/proc/cpuinfo", "re");
	char line[8192]; /* the flags of one CPU take 2 KB */

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "flags", 5))
			return strstr(line, " hypervisor") != NULL;
	return false;
}
