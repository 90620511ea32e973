/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/waiting.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "proc/mem.h"

HW_DEFINE_AUTO(DIR *, closedir)

/* Beyond these a process only repeats itself. */
#define FILES_MAX 4096
#define OWN_MAX	  65536
#define FD_MAX	  65536

struct blocked_call {
	long nr;
	uint64_t args[6];
};

/* One end of a pipe or a socket. */
struct end {
	uint64_t inode;
	bool socket, local; /* local: AF_UNIX, or a pipe */
};

/* The files that are waited for. */
struct files {
	pid_t pid;
	struct end *ends; /* owned */
	size_t n_ends, cap_ends, seen;
	bool program; /* a terminal, a FIFO, a watched folder */
	bool child;
	bool own;     /* an eventfd, a signalfd: mostly one's own threads */
	bool limited; /* a time limit */
};

static void files_done(struct files *f)
{
	free(f->ends);
}
HW_DEFINE_AUTO_DONE(struct files, files_done)

/* "NR 0xARG ... 0xSP 0xPC" in a system call, "-1 0xSP 0xPC" in none, "running",
 * fs/proc/base.c proc_pid_syscall(). */
static bool read_blocked_call(pid_t pid, pid_t tid, struct blocked_call *ret)
{
	hw_autofclose FILE *f = NULL;
	char path[64];
	uint64_t *a = ret->args;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
	f = fopen(path, "re");
	return f && fscanf(f, "%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64
			      " %" SCNx64, &ret->nr, &a[0], &a[1], &a[2], &a[3], &a[4], &a[5]) == 7;
}

/* "KIND:[INODE]", which sockets and pipes have for a name. */
static bool parse_end(const char *name, struct end *ret)
{
	struct end e = { 0 };

	e.socket = sscanf(name, "socket:[%" SCNu64 "]", &e.inode) == 1;
	e.local = sscanf(name, "pipe:[%" SCNu64 "]", &e.inode) == 1;
	*ret = e;
	return e.socket || e.local;
}

static bool read_name(pid_t pid, const char *fd, char *ret, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%.16s", (int)pid, fd);
	n = readlink(path, ret, size - 1);
	if (n <= 0)
		return false;
	ret[n] = 0;
	return true;
}

/* The names of files without an inode of their own: fs/anon_inodes.c and its callers. */
static void add_anonymous(struct files *f, const char *kind)
{
	if (!strncmp(kind, "inotify", 7) || strstr(kind, "fanotify"))
		f->program = true;
	else if (!strncmp(kind, "[pidfd]", 7))
		f->child = true;
	else if (strncmp(kind, "[timerfd]", 9))
		f->own = true;
}

static void add_device_name(struct files *f, const char *name)
{
	struct end e;

	if (parse_end(name, &e)) {
		if (f->n_ends < FILES_MAX && hw_reserve(f->ends, f->cap_ends, f->n_ends + 1) == 0)
			f->ends[f->n_ends++] = e;
	} else if (!strncmp(name, "anon_inode:", 11)) {
		add_anonymous(f, name + 11);
	} else if (!strncmp(name, "pidfd:", 6)) {
		f->child = true;
	} else {
		f->program = true; /* a device or a FIFO: what else has a path is always ready */
	}
}

static void add_fd(struct files *f, uint64_t fd)
{
	char digits[16], name[64];

	if (fd >= FD_MAX || f->seen++ >= FILES_MAX)
		return;
	snprintf(digits, sizeof(digits), "%" PRIu64, fd);
	if (read_name(f->pid, digits, name, sizeof(name)))
		add_device_name(f, name);
}

/* --- the files of each call --- */

static void add_polled(struct files *f, uint64_t addr, uint64_t n)
{
	struct hw_mem mem = hw_mem_of_process(f->pid);
	struct pollfd fds[64];

	for (uint64_t i = 0; i < n && i < FILES_MAX; i += 64) {
		uint64_t some = n - i < 64 ? n - i : 64;

		if (hw_mem_read(&mem, addr + i * sizeof(fds[0]), fds, some * sizeof(fds[0])) < 0)
			return;
		for (uint64_t j = 0; j < some; j++)
			if (fds[j].fd >= 0)
				add_fd(f, (uint64_t)fds[j].fd);
	}
}

/* An fd_set is an array of longs; bit N of it stands for file N. */
static void add_selected(struct files *f, uint64_t addr, uint64_t n)
{
	struct hw_mem mem = hw_mem_of_process(f->pid);

	for (uint64_t i = 0; addr && i < n && i < FD_MAX; i += 64) {
		uint64_t word;

		if (hw_mem_read_u64(&mem, addr + i / 8, &word) < 0)
			return;
		for (uint64_t bit = 0; bit < 64 && i + bit < n; bit++)
			if (word >> bit & 1)
				add_fd(f, i + bit);
	}
}

/* fdinfo of an epoll file has a line "tfd: N events: ..." for each file, fs/eventpoll.c
 * ep_show_fdinfo(). */
static void add_epolled(struct files *f, uint64_t epoll)
{
	hw_autofclose FILE *info = NULL;
	char path[64], line[256];
	uint64_t fd;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%" PRIu64, (int)f->pid, epoll);
	info = fopen(path, "re");
	while (info && f->seen < FILES_MAX && fgets(line, sizeof(line), info))
		if (sscanf(line, "tfd: %" SCNu64, &fd) == 1)
			add_fd(f, fd);
}

static void add_all(struct files *f)
{
	hw_auto(closedir) DIR *dir = NULL;
	struct dirent *entry;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)f->pid);
	dir = opendir(path);
	while (dir && f->seen < FILES_MAX && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			add_fd(f, strtoull(entry->d_name, NULL, 10));
}

/* --- whose other end is it? --- */

/* The inodes of AF_UNIX sockets stand seventh in each line of net/unix, unix_seq_show() in
 * net/unix/af_unix.c. */
static void mark_local(struct files *f)
{
	hw_autofclose FILE *table = NULL;
	hw_autofree char *line = NULL;
	size_t size = 0;
	char path[64];
	uint64_t inode;

	snprintf(path, sizeof(path), "/proc/%d/net/unix", (int)f->pid);
	table = fopen(path, "re");
	while (table && getline(&line, &size, table) > 0) {
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %" SCNu64, &inode) != 1)
			continue;
		for (size_t i = 0; i < f->n_ends; i++)
			f->ends[i].local |= f->ends[i].inode == inode;
	}
}

/* Both ends of a pipe have one inode. Those of a socketpair are numbered one after the other,
 * sock_alloc() in net/socket.c; two sockets are told apart from that by nothing else here. */
static bool is_other_end(const struct end *e, const struct end *other)
{
	if (e->socket != other->socket)
		return false;
	if (!e->socket)
		return e->inode == other->inode;
	return e->inode == other->inode + 1 || other->inode == e->inode + 1;
}

/* Whether the process holds the other end of @e, too, as event loops do to wake themselves. */
static bool is_own(const struct files *f, const struct end *e)
{
	hw_auto(closedir) DIR *dir = NULL;
	struct dirent *entry;
	char path[64], name[64];
	size_t n = 0, ends = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)f->pid);
	dir = opendir(path);
	while (dir && n++ < OWN_MAX && (entry = readdir(dir))) {
		struct end other;

		if (read_name(f->pid, entry->d_name, name, sizeof(name)) && parse_end(name, &other))
			ends += is_other_end(e, &other);
	}
	return ends > !e->socket; /* a pipe meets itself first */
}

static enum hw_wall_class class_of_files(struct files *f)
{
	bool sockets = false;

	for (size_t i = 0; i < f->n_ends; i++)
		sockets |= f->ends[i].socket;
	if (sockets)
		mark_local(f);
	for (size_t i = 0; i < f->n_ends; i++)
		if (!f->ends[i].local)
			return HW_WALL_NETWORK;
	if (f->program)
		return HW_WALL_PIPE;
	for (size_t i = 0; i < f->n_ends && i < 16; i++) {
		if (!is_own(f, &f->ends[i]))
			return HW_WALL_PIPE;
		f->own = true;
	}
	if (f->child)
		return HW_WALL_CHILD;
	return f->own && !f->limited ? HW_WALL_PIPE : HW_WALL_SLEEP;
}

static void add_three_sets(struct files *f, const struct blocked_call *c)
{
	f->limited = c->args[4];
	for (int set = 1; set <= 3; set++)
		add_selected(f, c->args[set], (uint32_t)c->args[0]);
}

/* Adds the files that @c waits for. */
static void add_files(struct files *f, const struct blocked_call *c)
{
	switch (c->nr) {
#ifdef SYS_poll /* calls that newer architectures do without */
	case SYS_poll:
		f->limited = (int32_t)c->args[2] >= 0;
		add_polled(f, c->args[0], (uint32_t)c->args[1]);
		return;
	case SYS_select:
		add_three_sets(f, c);
		return;
	case SYS_epoll_wait:
#endif
	case SYS_epoll_pwait:
		f->limited = (int32_t)c->args[3] >= 0;
		add_epolled(f, c->args[0]);
		return;
	case SYS_ppoll:
		f->limited = c->args[2];
		add_polled(f, c->args[0], (uint32_t)c->args[1]);
		return;
	case SYS_pselect6:
		add_three_sets(f, c);
		return;
#ifdef SYS_epoll_pwait2
	case SYS_epoll_pwait2:
		f->limited = c->args[3];
		add_epolled(f, c->args[0]);
		return;
#endif
	case SYS_io_uring_enter:
		add_all(f);
		return;
	default: /* read(2) and its kin, of a timerfd or eventfd */
		add_fd(f, c->args[0]);
	}
}

enum hw_wall_class hw_waiting_class(pid_t pid, pid_t tid)
{
	hw_auto(files_done) struct files f = { .pid = pid };
	struct blocked_call c;

	if (!read_blocked_call(pid, tid, &c))
		return HW_WALL_OTHER;
	switch (c.nr) {
	case SYS_io_getevents:
		return HW_WALL_DISK;
	case SYS_semtimedop:
		return HW_WALL_LOCK;
	case SYS_mq_timedreceive:
	case SYS_mq_timedsend:
		return HW_WALL_PIPE;
#ifdef SYS_pause
	case SYS_pause:
#endif
	case SYS_rt_sigtimedwait:
	case SYS_rt_sigsuspend:
	case SYS_restart_syscall: /* of a poll or a sleep that was stopped: its number is gone */
		return HW_WALL_OTHER;
	}
	add_files(&f, &c);
	return class_of_files(&f);
}
