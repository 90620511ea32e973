/* SPDX-License-Identifier: Apache-2.0 */
#include "bound/busy.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Kernel functions that give a sample its class, as fnmatch(3) patterns. Names of x86-64 and arm64
 * kernels 5.10 to 6.18; a pattern that no kernel function matches does no harm. */
static const struct rule {
	const char *pattern;
	enum hw_busy_class class;
} rules[] = {
	/* arch/x86/mm/fault.c, arch/arm64/mm/fault.c, mm/memory.c */
	{ "*page_fault*", HW_BUSY_FAULT }, /* asm_exc_page_fault, exc_page_fault, do_page_fault */
	{ "do_user_addr_fault", HW_BUSY_FAULT },
	{ "do_translation_fault", HW_BUSY_FAULT },
	{ "handle_mm_fault", HW_BUSY_FAULT },
	/* fs/read_write.c, fs/open.c, fs/namei.c, fs/stat.c, fs/readdir.c: the system calls */
	{ "vfs_read*", HW_BUSY_IO },
	{ "vfs_write*", HW_BUSY_IO },
	{ "vfs_iter_*", HW_BUSY_IO },
	{ "vfs_fsync*", HW_BUSY_IO },
	{ "vfs_stat*", HW_BUSY_IO },
	{ "vfs_getattr*", HW_BUSY_IO },
	{ "vfs_unlink", HW_BUSY_IO },
	{ "vfs_rename", HW_BUSY_IO },
	{ "vfs_mkdir", HW_BUSY_IO },
	{ "vfs_fallocate", HW_BUSY_IO },
	{ "vfs_copy_file_range", HW_BUSY_IO },
	{ "ksys_read", HW_BUSY_IO },
	{ "ksys_write", HW_BUSY_IO },
	{ "ksys_pread64", HW_BUSY_IO },
	{ "ksys_pwrite64", HW_BUSY_IO },
	{ "do_readv*", HW_BUSY_IO },
	{ "do_writev*", HW_BUSY_IO },
	{ "do_sendfile", HW_BUSY_IO },
	{ "do_splice*", HW_BUSY_IO },
	{ "do_fsync", HW_BUSY_IO },
	{ "ksys_sync", HW_BUSY_IO },
	{ "do_sys_open*", HW_BUSY_IO },
	{ "do_filp_open", HW_BUSY_IO },
	{ "do_unlinkat", HW_BUSY_IO },
	{ "do_renameat2", HW_BUSY_IO },
	{ "do_mkdirat", HW_BUSY_IO },
	{ "do_truncate", HW_BUSY_IO },
	{ "iterate_dir", HW_BUSY_IO },
	{ "__fput", HW_BUSY_IO },
	/* fs/select.c, fs/eventpoll.c */
	{ "do_sys_poll", HW_BUSY_IO },
	{ "core_sys_select", HW_BUSY_IO },
	{ "do_epoll_wait", HW_BUSY_IO },
	/* io_uring/, fs/aio.c */
	{ "io_uring_*", HW_BUSY_IO },
	{ "__*_sys_io_uring_*", HW_BUSY_IO },
	{ "io_submit_*", HW_BUSY_IO },
	{ "__*_sys_io_submit", HW_BUSY_IO },
	/* net/ */
	{ "sock_*", HW_BUSY_IO },
	{ "__sock_*", HW_BUSY_IO },
	{ "__sys_send*", HW_BUSY_IO },
	{ "__sys_recv*", HW_BUSY_IO },
	{ "__sys_connect*", HW_BUSY_IO },
	{ "__sys_accept*", HW_BUSY_IO },
	{ "___sys_sendmsg", HW_BUSY_IO },
	{ "___sys_recvmsg", HW_BUSY_IO },
	{ "inet_*", HW_BUSY_IO },
	{ "tcp_*", HW_BUSY_IO },
	{ "udp_*", HW_BUSY_IO },
	{ "unix_stream_*", HW_BUSY_IO },
	{ "unix_dgram_*", HW_BUSY_IO },
	/* file systems and the block layer, also from worker threads */
	{ "generic_file_*", HW_BUSY_IO },
	{ "filemap_read*", HW_BUSY_IO },
	{ "iomap_*", HW_BUSY_IO },
	{ "ext4_*", HW_BUSY_IO },
	{ "jbd2_*", HW_BUSY_IO },
	{ "xfs_*", HW_BUSY_IO },
	{ "btrfs_*", HW_BUSY_IO },
	{ "nfs_*", HW_BUSY_IO },
	{ "ovl_*", HW_BUSY_IO },
	{ "fuse_*", HW_BUSY_IO },
	{ "blk_*", HW_BUSY_IO },
	{ "submit_bio*", HW_BUSY_IO },
	{ "bio_*", HW_BUSY_IO },
	{ "nvme_*", HW_BUSY_IO },
	{ "writeback_*", HW_BUSY_IO },
	{ "pipe_read", HW_BUSY_IO },
	{ "pipe_write", HW_BUSY_IO },
};

static enum hw_busy_class class_of_function(const char *name)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (fnmatch(rules[i].pattern, name, 0) == 0)
			return rules[i].class;
	return HW_BUSY_KERNEL;
}

static uint8_t *classify_frames(const struct hw_profile *p)
{
	uint32_t n = hw_intern_count(p->frames);
	uint8_t *classes = malloc(n + 1ul);

	for (uint32_t i = 0; classes && i < n; i++) {
		const struct hw_frame *f = hw_profile_get_frame(p, i);

		classes[i] = f->kind == HW_FRAME_KERNEL
				     ? (uint8_t)class_of_function(hw_profile_str(p, f->name))
				     : HW_BUSY_USER;
	}
	return classes;
}

static enum hw_busy_class classify(const uint8_t *of_frame, const uint32_t *frames, size_t n)
{
	enum hw_busy_class class;

	if (!n)
		return HW_BUSY_NONE;
	class = of_frame[frames[0]];
	if (class == HW_BUSY_USER)
		return class;
	for (size_t i = 0; i < n; i++) {
		if (of_frame[frames[i]] == HW_BUSY_FAULT)
			return HW_BUSY_FAULT;
		if (of_frame[frames[i]] == HW_BUSY_IO)
			class = HW_BUSY_IO;
	}
	return class;
}

int hw_bound_classify_stacks(const struct hw_profile *p, uint8_t **ret)
{
	hw_autofree uint8_t *of_frame = classify_frames(p);
	uint32_t n_stacks = hw_intern_count(p->stacks);
	uint8_t *classes = malloc(n_stacks + 1ul);

	if (!of_frame || !classes) {
		free(classes);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n_stacks; i++) {
		size_t n;
		const uint32_t *frames = hw_profile_get_stack(p, i, &n);

		classes[i] = (uint8_t)classify(of_frame, frames, n);
	}
	*ret = classes;
	return 0;
}
