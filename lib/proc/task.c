/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/task.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"

HW_DEFINE_AUTO(DIR *, closedir)

/* Whether @name is a positive decimal number, as entries of /proc for tasks are. */
static bool parse_id(const char *name, pid_t *ret)
{
	char *end;
	long id;

	errno = 0;
	id = strtol(name, &end, 10);
	if (errno || *end || id <= 0 || id > INT_MAX)
		return false;
	*ret = (pid_t)id;
	return true;
}

static int list_ids(const char *path, pid_t **ret)
{
	hw_auto(closedir) DIR *dir = opendir(path);
	hw_autofree pid_t *ids = NULL;
	size_t count = 0, cap = 0;
	struct dirent *entry;
	pid_t id;

	if (!dir)
		return -errno;
	while (errno = 0, (entry = readdir(dir))) {
		if (!parse_id(entry->d_name, &id))
			continue;
		if (count == INT_MAX || hw_reserve(ids, cap, count + 1) < 0)
			return -ENOMEM;
		ids[count++] = id;
	}
	if (errno)
		return -errno;
	if (!count)
		return -ESRCH;
	*ret = hw_take_ptr(ids);
	return (int)count;
}

int hw_task_threads(pid_t pid, pid_t **ret_tids)
{
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	r = list_ids(path, ret_tids);
	return r == -ENOENT ? -ESRCH : r;
}

int hw_task_processes(pid_t **ret_pids)
{
	return list_ids("/proc", ret_pids);
}

int hw_task_comm(pid_t tid, char ret[HW_COMM_SIZE])
{
	hw_autofclose FILE *f = NULL;
	char path[64], comm[HW_COMM_SIZE];
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tid);
	f = fopen(path, "re");
	if (!f)
		return -ESRCH;
	n = fread(comm, 1, sizeof(comm) - 1, f);
	if (!n)
		return -ESRCH;
	comm[n] = 0;
	/* one newline ends it; one inside the name is the task's own */
	if (comm[n - 1] == '\n')
		comm[n - 1] = 0;
	memcpy(ret, comm, sizeof(comm));
	return 0;
}

/* "123 (comm) S 1 ...": the comm may hold anything, ")" too. The start is field 22, in ticks since the
 * machine began (proc_pid_stat(5)); the age is the same in a time namespace. */
int hw_task_read_stat(pid_t tid, struct hw_task_stat *ret)
{
	hw_autofclose FILE *f = NULL;
	char path[64], text[1024];
	const char *fields;
	struct timespec now;
	uint64_t start, now_ns;
	size_t n;
	char state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = 0;
	fields = strrchr(text, ')');
	if (!fields || sscanf(fields,
			      ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			      "%*s %*s %" SCNu64,
			      &state, &start) != 2)
		return -ESRCH;
	clock_gettime(CLOCK_BOOTTIME, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	start *= 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	ret->has_ended = state == 'Z' || state == 'X';
	ret->age_ns = now_ns > start ? now_ns - start : 0;
	return 0;
}

int hw_task_command(pid_t pid, char *ret, size_t size)
{
	hw_autofclose FILE *f = NULL;
	char path[64], text[1024];
	const char *from = text, *slash;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = 0;
	if (!text[0])
		return -ESRCH;
	slash = memrchr(text, '/', strcspn(text, " ")); /* "sshd: me@pts/0" is a title, no path */
	if (slash && slash[1])
		from = slash + 1;
	for (char *c = text; c < text + n; c++)
		if (!*c && c + 1 < text + n)
			*c = ' ';
	snprintf(ret, size, "%s", from);
	return 0;
}

bool hw_task_process_has_ended(pid_t pid)
{
	hw_autofree pid_t *tids = NULL;
	struct hw_task_stat stat;

	if (hw_task_read_stat(pid, &stat) < 0)
		return true;
	/* a leader may have ended long before its last thread */
	return stat.has_ended && hw_task_threads(pid, &tids) <= 1;
}

int hw_task_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}
