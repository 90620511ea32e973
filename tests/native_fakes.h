/* SPDX-License-Identifier: Apache-2.0
 * The BPF walker bpf/native.bpf.h, compiled for the host over fake memory, pages and mappings: for the
 * machine of __TARGET_ARCH_x86 or _arm64, whichever the host is. Include it before all else. */
#ifndef TEST_NATIVE_FAKES_H
#define TEST_NATIVE_FAKES_H

#include "fixture.h"

#include <linux/types.h>
#include <string.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#include "shared.h"

static struct hw_mem memory;
#define read_user(dst, size, addr) hw_mem_read(&memory, addr, dst, size)

/* Pages of the pool: 1 a the_leaf, 2 a directory, 3 mappings. */
static struct hw_rows_page the_leaf;
static struct hw_rows_dir the_dir;
static struct hw_maps_page mappings;
static struct hw_module_rows module_1;
static struct hw_proc_maps proc;
static struct hw_mapping slow; /* what the kernel would say; empty: nothing */

static const void *pool_page(__u32 number)
{
	const void *const pages[] = { NULL, &the_leaf, &the_dir, &mappings };

	return number < 4 ? pages[number] : NULL;
}

static const struct hw_module_rows *module_rows(__u32 module)
{
	return module == 1 ? &module_1 : NULL;
}

static const struct hw_proc_maps *map_pages(__u32 pid)
{
	return pid == 7 ? &proc : NULL;
}

static int map_slow(__u64 addr, struct hw_mapping *ret)
{
	*ret = slow;
	return addr >= slow.start && addr < slow.end;
}

static const __u64 code_bits = (1ULL << 48) - 1; /* as on aarch64 with 48 bits */

struct native_walk;
static int locate(struct native_walk *walk, __u64 at);
static long step_rarely(struct native_walk *walk, struct hw_raw_native *to);

#include "native.bpf.h"

static int locate(struct native_walk *walk, __u64 at)
{
	return (int)native_locate(walk, at);
}

static long step_rarely(struct native_walk *walk, struct hw_raw_native *to)
{
	return native_rarely(walk, to);
}

#endif
