/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/mem.h"

#include <errno.h>
#include <sys/uio.h>

static int read_remote(void *ctx, uint64_t addr, void *buf, size_t size)
{
	pid_t pid = (pid_t)(intptr_t)ctx;
	struct iovec local = { .iov_base = buf, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)addr, .iov_len = size };
	ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EFAULT;
}

struct hw_mem hw_mem_of_process(pid_t pid)
{
	return (struct hw_mem){ .read = read_remote, .ctx = (void *)(intptr_t)pid };
}

int hw_mem_read(const struct hw_mem *mem, uint64_t addr, void *buf, size_t size)
{
	if (size && addr > UINT64_MAX - size)
		return -EFAULT;
	return mem->read(mem->ctx, addr, buf, size);
}

int hw_mem_read_u64(const struct hw_mem *mem, uint64_t addr, uint64_t *ret)
{
	uint64_t word;
	int r = hw_mem_read(mem, addr, &word, sizeof(word));

	if (r < 0)
		return r;
	*ret = word;
	return 0;
}
