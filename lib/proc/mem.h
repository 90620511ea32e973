/* SPDX-License-Identifier: Apache-2.0
 * Reads the memory of another process, and nothing else: no ptrace, no stop, no write.
 * Tests put a buffer behind the same struct. Everything read is hostile. */
#ifndef HW_PROC_MEM_H
#define HW_PROC_MEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hw_mem {
	/* Fills @buf with the @size bytes at @addr, all or nothing: 0 or a negative errno. */
	int (*read)(void *ctx, uint64_t addr, void *buf, size_t size);
	void *ctx;
};

/* Memory of process @pid, by process_vm_readv(2). Needs no close. */
struct hw_mem hw_mem_of_process(pid_t pid);

/* Reads @size bytes at @addr. Returns 0, or, with @buf undefined,
 *   -EFAULT  not (wholly) mapped    -ESRCH  the process has gone
 *   -EPERM   not ours to read: needs the same user or CAP_SYS_PTRACE */
int hw_mem_read(const struct hw_mem *mem, uint64_t addr, void *buf, size_t size);

/* Reads one 8-byte word. Errors as hw_mem_read(). */
int hw_mem_read_u64(const struct hw_mem *mem, uint64_t addr, uint64_t *ret);

#endif
