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

#include "wire/rows.h"
#include "wire/sample.h"

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

/* --- A stack at BASE, a module at CODE with functions of 256 bytes each, one rule for all of each, and
 * code that has no rows. --- */

#define BASE 0x7000
#define CODE 0x500000 /* where rel 0 lies */

static unsigned char bytes[0x1000];
static struct fake_mem fake;
static struct native_walk w;
static struct hw_raw_native out[HW_NATIVE_MAX];

static void put(uint64_t addr, uint64_t value)
{
	memcpy(bytes + (addr - BASE), &value, sizeof(value));
}

/* An address in the function of that rule. */
static uint64_t in(int rule)
{
	return CODE + 0x100 * (uint64_t)rule + 0x80;
}

/* Code without rows lies from @bare to @bare_end, below CODE. */
static void lay_out(const struct hw_unwind_rule *rules, int n, uint64_t bare, uint64_t bare_end)
{
	memset(bytes, 0, sizeof(bytes));
	memset(&the_leaf, 0, sizeof(the_leaf));
	fake = (struct fake_mem){ .base = BASE, .bytes = bytes, .size = sizeof(bytes) };
	memory = fake_mem_open(&fake);
	for (int i = 0; i < n; i++) {
		the_leaf.at[i] = (__u16)(0x100 * i);
		the_leaf.rule[i] = (__u8)i;
		the_leaf.rules[i] = rules[i];
	}
	the_leaf.n_rows = (__u16)n;
	the_dir = (struct hw_rows_dir){ .n = 1, .child = { 1 } };
	module_1 = (struct hw_module_rows){ .root = 2, .levels = 1 };
	mappings = (struct hw_maps_page){ .n = 2 };
	mappings.start[0] = bare;
	mappings.end[0] = bare_end;
	mappings.start[1] = mappings.zero[1] = CODE;
	mappings.end[1] = CODE + 0x100000;
	mappings.module[1] = 1;
	proc = (struct hw_proc_maps){ .n = 1, .first = { bare }, .page = { 3 } };
	slow = (struct hw_mapping){ 0 };
	memset(&w, 0, sizeof(w));
}

static void expect(size_t i, uint64_t pc, uint64_t cfa)
{
	ck_assert_uint_lt(i, w.n);
	ck_assert_uint_eq(out[i].pc, pc);
	ck_assert_uint_eq(out[i].cfa, cfa);
}

#endif
