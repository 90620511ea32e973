/* SPDX-License-Identifier: Apache-2.0
 * The BPF walkers, compiled for the host: registers, offsets and mappings from the input (struct
 * head), and memory and pages from the rest of it. */
#include "fuzz.h"

#include <linux/types.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#include "wire/python.h"
#include "wire/rows.h"
#include "wire/sample.h"

#define N_PAGES 3

/* What an input begins with. The rest is repeated without end; page i begins at its byte
 * HW_PAGE_SIZE * i, and address a shows its byte a. */
struct head {
	struct hw_py_proc proc;
	struct hw_proc_maps maps;
	struct hw_module_rows modules[2];
	struct hw_mapping slow;
	__u64 thread_pointer;
	__u64 unmapped; /* a bit for each page of an address, modulo 64 */
	__u64 regs[21];
	__u16 native_limit, python_limit;
	__u16 fail_at; /* which read fails */
	__u16 has_maps;
};
_Static_assert(sizeof(struct head) == 48 + 200 + 16 + 32 + 16 + 168 + 8, "seeds.py writes it");

static struct head head;
static struct fuzz_input rest;
static uint8_t *pages[N_PAGES]; /* on the heap, so that a step behind one shows */
static unsigned int n_reads;

static int read_user(void *buf, size_t size, uint64_t addr)
{
	if (++n_reads == head.fail_at || !rest.size || addr >> 47 || (addr + size) >> 47)
		return -1;
	for (uint64_t at = addr & ~4095ull; at < addr + size; at += 4096)
		if (head.unmapped >> (at >> 12 & 63) & 1)
			return -1;
	fuzz_repeat(&rest, addr, buf, size);
	return 0;
}

static const void *pool_page(__u32 number)
{
	return number && number <= N_PAGES ? pages[number - 1] : NULL;
}

static const struct hw_module_rows *module_rows(__u32 module)
{
	return module && module <= 2 ? &head.modules[module - 1] : NULL;
}

static const struct hw_proc_maps *map_pages(__u32 pid)
{
	fuzz_check(pid == 7);
	return head.has_maps ? &head.maps : NULL;
}

static int map_slow(__u64 addr, struct hw_mapping *ret)
{
	*ret = head.slow;
	return addr >= ret->start && addr < ret->end;
}

static void code_met(__u64 addr, __u32 ident, const __u64 words[4])
{
	fuzz_check(addr && ident && words);
}

static const __u64 code_bits = ~0ULL;

struct native_walk;
static int locate(struct native_walk *w, __u64 at);
static long step_rarely(struct native_walk *w, struct hw_raw_native *out);

#include "native.bpf.h"
#include "python.bpf.h"

static int locate(struct native_walk *w, __u64 at)
{
	return (int)native_locate(w, at);
}

static long step_rarely(struct native_walk *w, struct hw_raw_native *out)
{
	return native_rarely(w, out);
}

static void walk_native(void)
{
	static struct native_walk w;
	static struct hw_raw_native out[HW_NATIVE_MAX];
	size_t n = sizeof(w.regs) < sizeof(head.regs) ? sizeof(w.regs) : sizeof(head.regs);

	memset(&w, 0, sizeof(w));
	memcpy(w.regs, head.regs, n);
	native_init(&w, 7, 1 + head.native_limit % HW_NATIVE_MAX);
	for (int i = 0; i < HW_NATIVE_MAX + 1 && !native_step(&w, out); i++)
		;
	fuzz_check(w.end > HW_END_NONE && w.end < HW_END_COUNT);
	fuzz_check(w.n && w.n <= w.limit);
}

static void walk_python(void)
{
	static struct python_walk w;
	static struct hw_raw_python out[HW_PYTHON_MAX];

	memset(&w, 0, sizeof(w));
	python_init(&w, &head.proc, head.thread_pointer, 1 + head.python_limit % HW_PYTHON_MAX);
	find_thread_begin(&w);
	for (int i = 0; i < HW_PY_THREADS_MAX && !find_thread_step(&w); i++)
		;
	if (!w.found)
		return;
	thread_holds(&w, w.tstate, w.only_interp);
	if (!first_frame(&w))
		for (int i = 0; i < HW_PYTHON_MAX + HW_PY_THREADS_MAX && !python_step(&w, out); i++)
			;
	fuzz_check(w.end > HW_END_NONE && w.end < HW_END_COUNT && w.n <= HW_PYTHON_MAX);
	for (__u32 i = 0; i < w.n; i++)
		fuzz_check(out[i].kind == HW_RAW_PY_FRAME || out[i].kind == HW_RAW_PY_ENTRY);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	rest = (struct fuzz_input){ bytes, size };
	fuzz_take(&rest, &head, sizeof(head));
	for (int i = 0; i < N_PAGES; i++) {
		if (!pages[i])
			pages[i] = malloc(HW_PAGE_SIZE);
		fuzz_check(pages[i]);
		fuzz_repeat(&rest, HW_PAGE_SIZE * (uint64_t)i, pages[i], HW_PAGE_SIZE);
	}
	n_reads = 0;
	walk_native();
	walk_python();
	return 0;
}
