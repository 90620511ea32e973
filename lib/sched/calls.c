/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cachedir.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/log.h"
#include "base/newfile.h"
#include "profile/time_kinds.h"
#include "sym/kallsyms.h"

/* clang-format off */
static const struct {
	int number;
	uint8_t rule;
} rules[] = {
	{ SYS_read, HW_CALL_FILE },	 { SYS_write, HW_CALL_FILE },
	{ SYS_pread64, HW_CALL_FILE },	 { SYS_pwrite64, HW_CALL_FILE },
	{ SYS_readv, HW_CALL_FILE },	 { SYS_writev, HW_CALL_FILE },
	{ SYS_preadv, HW_CALL_FILE },	 { SYS_pwritev, HW_CALL_FILE },
	{ SYS_preadv2, HW_CALL_FILE },	 { SYS_pwritev2, HW_CALL_FILE },
	{ SYS_sendto, HW_CALL_FILE },	 { SYS_recvfrom, HW_CALL_FILE },
	{ SYS_sendmsg, HW_CALL_FILE },	 { SYS_recvmsg, HW_CALL_FILE },
	{ SYS_sendmmsg, HW_CALL_FILE },	 { SYS_recvmmsg, HW_CALL_FILE },
	{ SYS_connect, HW_CALL_FILE },	 { SYS_accept, HW_CALL_FILE },
	{ SYS_accept4, HW_CALL_FILE },	 { SYS_sendfile, HW_CALL_FILE },
	{ SYS_splice, HW_CALL_FILE },	 { SYS_tee, HW_CALL_FILE },
	{ SYS_vmsplice, HW_CALL_FILE },	 { SYS_ioctl, HW_CALL_FILE },
	{ SYS_close, HW_CALL_FILE },	 { SYS_getdents64, HW_CALL_FILE },
	{ SYS_copy_file_range, HW_CALL_FILE },

	{ SYS_fsync, HW_WALL_DISK },	 { SYS_fdatasync, HW_WALL_DISK },
	{ SYS_sync, HW_WALL_DISK },	 { SYS_syncfs, HW_WALL_DISK },
	{ SYS_msync, HW_WALL_DISK },	 { SYS_sync_file_range, HW_WALL_DISK },
	{ SYS_openat, HW_WALL_DISK },	 { SYS_newfstatat, HW_WALL_DISK },
	{ SYS_statx, HW_WALL_DISK },	 { SYS_fstat, HW_WALL_DISK },
	{ SYS_unlinkat, HW_WALL_DISK },	 { SYS_mkdirat, HW_WALL_DISK },
	{ SYS_renameat2, HW_WALL_DISK }, { SYS_linkat, HW_WALL_DISK },
	{ SYS_symlinkat, HW_WALL_DISK }, { SYS_readlinkat, HW_WALL_DISK },
	{ SYS_ftruncate, HW_WALL_DISK }, { SYS_truncate, HW_WALL_DISK },
	{ SYS_fallocate, HW_WALL_DISK }, { SYS_faccessat, HW_WALL_DISK },
	{ SYS_fchmodat, HW_WALL_DISK },	 { SYS_fchownat, HW_WALL_DISK },
	{ SYS_utimensat, HW_WALL_DISK }, { SYS_io_getevents, HW_CALL_READY },
#ifdef SYS_open /* calls that newer architectures do without */
	{ SYS_open, HW_WALL_DISK },	 { SYS_stat, HW_WALL_DISK },
	{ SYS_lstat, HW_WALL_DISK },	 { SYS_access, HW_WALL_DISK },
	{ SYS_unlink, HW_WALL_DISK },	 { SYS_rename, HW_WALL_DISK },
	{ SYS_mkdir, HW_WALL_DISK },	 { SYS_rmdir, HW_WALL_DISK },
	{ SYS_creat, HW_WALL_DISK },	 { SYS_link, HW_WALL_DISK },
	{ SYS_readlink, HW_WALL_DISK },	 { SYS_getdents, HW_WALL_DISK },
	{ SYS_poll, HW_CALL_READY },	 { SYS_select, HW_CALL_READY },
	{ SYS_epoll_wait, HW_CALL_READY }, { SYS_pause, HW_CALL_READY },
	{ SYS_vfork, HW_WALL_CHILD },
#endif
	{ SYS_ppoll, HW_CALL_READY },	 { SYS_pselect6, HW_CALL_READY },
	{ SYS_epoll_pwait, HW_CALL_READY },
#ifdef SYS_epoll_pwait2
	{ SYS_epoll_pwait2, HW_CALL_READY },
#endif
	{ SYS_io_uring_enter, HW_CALL_READY }, { SYS_restart_syscall, HW_CALL_READY },
	{ SYS_rt_sigtimedwait, HW_CALL_READY }, { SYS_rt_sigsuspend, HW_CALL_READY },
	{ SYS_mq_timedreceive, HW_CALL_READY }, { SYS_mq_timedsend, HW_CALL_READY },
	{ SYS_semtimedop, HW_CALL_READY },

	{ SYS_nanosleep, HW_WALL_SLEEP }, { SYS_clock_nanosleep, HW_WALL_SLEEP },
	{ SYS_msgrcv, HW_WALL_PIPE },	 { SYS_msgsnd, HW_WALL_PIPE },
	{ SYS_futex, HW_CALL_FUTEX },	 { SYS_flock, HW_WALL_LOCK },
#ifdef SYS_futex_waitv
	{ SYS_futex_waitv, HW_WALL_LOCK },
#endif
	{ SYS_fcntl, HW_WALL_LOCK },	 { SYS_semop, HW_WALL_LOCK },
	{ SYS_wait4, HW_WALL_CHILD },	 { SYS_waitid, HW_WALL_CHILD },
	{ SYS_clone, HW_WALL_CHILD }, /* CLONE_VFORK */
#ifdef SYS_clone3
	{ SYS_clone3, HW_WALL_CHILD },
#endif
};
/* clang-format on */

void hw_calls_rules(uint8_t ret[static HW_CALLS_MAX])
{
	memset(ret, HW_WALL_OTHER, HW_CALLS_MAX);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].number >= 0 && rules[i].number < HW_CALLS_MAX)
			ret[rules[i].number] = rules[i].rule;
}

static bool ends_wait(const struct hw_time_kind *kind, const char *name, size_t length)
{
	for (const char *const *waker = kind->wakers; waker && *waker; waker++)
		if (!strncmp(name, *waker, length) && !(*waker)[length])
			return true;
	return false;
}

/* The class of the waits that the function @name of the kernel ends; HW_WALL_CLASSES: of none. Parts
 * and clones of a function (".cold", ".isra.0") have its name. */
static unsigned int find_waker(const char *name, size_t length)
{
	const char *dot = memchr(name, '.', length);
	unsigned int class = HW_WALL_BUSY + 1;

	if (dot)
		length = (size_t)(dot - name);
	while (class < HW_WALL_CLASSES &&
	       !ends_wait(hw_time_kind(hw_slice_of_wait(class)), name, length))
		class++;
	return class;
}

static int compare_wakers(const void *a, const void *b)
{
	const struct hw_waker *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

int hw_calls_parse_wakers(FILE *f, struct hw_waker ret[static HW_WAKERS_MAX])
{
	hw_autofree char *line = NULL;
	size_t cap = 0, n = 0;
	ssize_t length;
	bool open = false; /* the last one found ends at the next higher address */

	memset(ret, 0xff, HW_WAKERS_MAX * sizeof(*ret));
	while ((length = getline(&line, &cap, f)) > 0) {
		struct hw_kallsyms_line l;
		unsigned int class;

		length -= line[length - 1] == '\n';
		if (!hw_kallsyms_parse_line(line, line + length, &l) || l.module || !l.addr)
			continue;
		if (open && l.addr > ret[n - 1].start) {
			ret[n - 1].end = l.addr;
			open = false;
		}
		class = find_waker(l.name, l.name_len);
		if (class == HW_WALL_CLASSES || open || n == HW_WAKERS_MAX)
			continue;
		ret[n++] = (struct hw_waker){ l.addr, l.addr, class, 0 };
		open = true;
	}
	if (ferror(f))
		return -EIO;
	qsort(ret, n, sizeof(*ret), compare_wakers);
	return (int)n;
}

/* What is kept: good until the next boot, when the kernel lies elsewhere. */
#define KEPT_NAME "kernel.wakers"

struct kept {
	char boot[40];	/* boot_id, random(4) */
	uint64_t table; /* hash_of_table() of the hwprof that wrote it */
	struct hw_waker wakers[HW_WAKERS_MAX];
};

/* Other versions of hwprof look for other functions. */
static uint64_t hash_of_table(void)
{
	uint64_t hash = HW_WALL_CLASSES;

	for (unsigned int class = HW_WALL_BUSY + 1; class < HW_WALL_CLASSES; class++) {
		const char *const *waker = hw_time_kind(hw_slice_of_wait(class))->wakers;

		for (; waker && *waker; waker++) {
			hash = hw_hash_more(hash, *waker, strlen(*waker));
			hash = hw_hash_more(hash, &class, sizeof(class));
		}
	}
	return hash;
}

static bool read_boot(char ret[static 40])
{
	hw_autofclose FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	memset(ret, 0, 40);
	return f && fgets(ret, 40, f);
}

static bool read_kept(int dir, struct hw_waker *ret)
{
	hw_autoclose int fd = openat(dir, KEPT_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct kept kept;
	char boot[40];

	if (fd < 0 || hw_read_full(fd, &kept, sizeof(kept)) != sizeof(kept) || !read_boot(boot) ||
	    memcmp(boot, kept.boot, sizeof(boot)) || kept.table != hash_of_table())
		return false;
	memcpy(ret, kept.wakers, sizeof(kept.wakers));
	return true;
}

static void keep(int dir, const struct hw_waker *found)
{
	hw_auto(hw_new_file_done) struct hw_new_file f = HW_NEW_FILE_INIT;
	struct kept kept = { 0 };

	if (!read_boot(kept.boot))
		return;
	kept.table = hash_of_table();
	memcpy(kept.wakers, found, sizeof(kept.wakers));
	if (hw_new_file_open(dir, ".wakers", &f) >= 0 &&
	    hw_write_all(f.fd, &kept, sizeof(kept)) == 0)
		hw_new_file_keep(&f, KEPT_NAME);
}

int hw_calls_find_wakers(struct hw_waker ret[static HW_WAKERS_MAX])
{
	hw_autofree char *cache_dir = NULL;
	hw_autofclose FILE *f = NULL;
	hw_autoclose int dir = -1;
	int n;

	if (hw_cache_dir(&cache_dir) >= 0)
		dir = hw_cache_dir_make(cache_dir);
	if (dir >= 0 && read_kept(dir, ret))
		return HW_WAKERS_MAX;
	f = fopen("/proc/kallsyms", "re");
	if (!f)
		return -errno;
	n = hw_calls_parse_wakers(f, ret);
	if (n > 0 && dir >= 0)
		keep(dir, ret);
	return n;
}
