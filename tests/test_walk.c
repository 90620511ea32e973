/* SPDX-License-Identifier: Apache-2.0
 * The BPF walkers bpf/native.bpf.h and bpf/python.bpf.h, compiled for the host over fake memory. */
#include "fixture.h"

#include <linux/types.h>
#include <string.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#include "shared.h"

static struct hw_mem memory;
#define read_user(dst, size, addr) hw_mem_read(&memory, addr, dst, size)

#include "native.bpf.h"
#include "python.bpf.h"

#define BASE 0x7000

static unsigned char bytes[0x1000];
static struct fake_mem fake;

static void reset(void)
{
	memset(bytes, 0, sizeof(bytes));
	fake = (struct fake_mem){ .base = BASE, .bytes = bytes, .size = sizeof(bytes) };
	memory = fake_mem_open(&fake);
}

static void put(uint64_t addr, uint64_t value)
{
	memcpy(bytes + (addr - BASE), &value, sizeof(value));
}

/* --- native --- */

static struct native_walk nw;
static struct hw_raw_native native_out[HW_NATIVE_MAX];

static void walk_native(uint64_t fp, uint32_t limit)
{
	native_init(&nw, 0x401000, BASE, fp, limit);
	for (int i = 0; i <= HW_NATIVE_MAX && !native_step(&nw, native_out); i++)
		;
}

START_TEST(frame_pointers_lead_to_the_root)
{
	reset();
	put(BASE + 0x100, BASE + 0x200);
	put(BASE + 0x108, 0x402000);
	put(BASE + 0x200, 0);
	put(BASE + 0x208, 0x403000);
	walk_native(BASE + 0x100, HW_NATIVE_MAX);
	ck_assert_uint_eq(nw.end, HW_END_ROOT);
	ck_assert_uint_eq(nw.n, 3);
	ck_assert_uint_eq(native_out[0].pc, 0x401000);
	ck_assert_uint_eq(native_out[0].cfa, BASE + 0x110);
	ck_assert_uint_eq(native_out[1].pc, 0x402000);
	ck_assert_uint_eq(native_out[1].cfa, BASE + 0x210);
	ck_assert_uint_eq(native_out[2].pc, 0x403000);
	ck_assert_uint_eq(native_out[2].cfa, 0);
}
END_TEST

START_TEST(what_is_no_frame_pointer_ends_the_walk_with_its_code)
{
	reset();
	walk_native(3, HW_NATIVE_MAX); /* below the stack pointer */
	ck_assert_uint_eq(nw.end, HW_END_BAD_FRAME);
	walk_native(BASE + 0x101, HW_NATIVE_MAX); /* unaligned */
	ck_assert_uint_eq(nw.end, HW_END_BAD_FRAME);
	walk_native(BASE + (1 << 24), HW_NATIVE_MAX); /* too far */
	ck_assert_uint_eq(nw.end, HW_END_BAD_FRAME);
	put(BASE + 0x108, 0xffffffff81000000); /* a kernel address */
	walk_native(BASE + 0x100, HW_NATIVE_MAX);
	ck_assert_uint_eq(nw.end, HW_END_BAD_FRAME);
	walk_native(BASE + 0x2000, HW_NATIVE_MAX); /* not mapped */
	ck_assert_uint_eq(nw.end, HW_END_FAULT);
	ck_assert_uint_eq(nw.n, 1);
}
END_TEST

START_TEST(a_frame_that_is_its_own_caller_ends_the_walk)
{
	reset();
	put(BASE + 0x100, BASE + 0x100);
	put(BASE + 0x108, 0x402000);
	walk_native(BASE + 0x100, HW_NATIVE_MAX);
	ck_assert_uint_eq(nw.end, HW_END_BAD_FRAME);
	ck_assert_uint_eq(nw.n, 2);
}
END_TEST

START_TEST(native_limits_have_their_codes)
{
	reset();
	for (uint64_t at = BASE; at < BASE + 0xff0; at += 0x10) {
		put(at, at + 0x10);
		put(at + 8, 0x402000);
	}
	walk_native(3, 1); /* whatever its frame pointer is */
	ck_assert_uint_eq(nw.end, HW_END_LEAF);
	ck_assert_uint_eq(nw.n, 1);
	walk_native(BASE, 100);
	ck_assert_uint_eq(nw.end, HW_END_TOO_DEEP);
	ck_assert_uint_eq(nw.n, 100);
}
END_TEST

/* --- Python --- */

static struct python_walk pw;
static struct hw_raw_python python_out[HW_PYTHON_MAX];

/* Made-up offsets: the walker must not know real ones. */
static const struct hw_py_proc shims = {
	.runtime = BASE, .interpreters_head = 8, .interp_next = 0, .interp_threads = 8,
	.tstate_next = 0, .tstate_thread_id = 8, .tstate_frame = 16, .frame_code = 0,
	.frame_previous = 8, .frame_instr = 16, .frame_entry = 24, .entry_value = 3,
	.entry = HW_PY_ENTRY_SHIM, .hidden_value = 0xff, .frame_size = 32, .code_ident = 32,
};

static struct hw_py_proc with_cframes(void)
{
	struct hw_py_proc p = shims;

	p.tstate_cframe = 16;
	p.cframe_frame = 8;
	p.cframe_previous = 16;
	p.entry_value = 1;
	p.entry = HW_PY_ENTRY_FLAG;
	return p;
}

enum { INTERP = BASE + 0x100, OTHER = BASE + 0x180, TSTATE = BASE + 0x200, CFRAMES = BASE + 0x280,
       FRAMES = BASE + 0x300, CODES = BASE + 0x800 };

static uint64_t frame_at(int i)
{
	return FRAMES + 0x20 * (uint64_t)i;
}

/* Frames 0..n-1, each calling into the one before; @entries has a bit for each that is one. */
static void build(int n, unsigned int entries, uint64_t entry_value)
{
	reset();
	put(BASE + 8, INTERP);
	put(INTERP + 8, OTHER);
	put(OTHER + 0, TSTATE); /* another thread first */
	put(OTHER + 8, 1111);
	put(TSTATE + 8, 2222);
	put(TSTATE + 16, frame_at(0));
	for (int i = 0; i < n; i++) {
		put(frame_at(i) + 0, CODES + 0x40 * (uint64_t)i);
		put(frame_at(i) + 8, i + 1 < n ? frame_at(i + 1) : 0);
		put(frame_at(i) + 16, CODES + 0x40 * (uint64_t)i + 200);
		put(frame_at(i) + 24, entries >> i & 1 ? entry_value : 0);
		put(CODES + 0x40 * (uint64_t)i + 32, 0x1000 + (uint64_t)i);
	}
}

static int find_thread(const struct hw_py_proc *proc, uint64_t thread_id)
{
	memset(&pw, 0, sizeof(pw));
	pw.proc = *proc;
	pw.thread_id = thread_id;
	pw.limit = HW_PYTHON_MAX;
	if (read_link(proc->runtime + proc->interpreters_head, &pw.interp))
		pw.interp = 0;
	for (int i = 0; i < HW_PY_THREADS_MAX && !find_thread_step(&pw); i++)
		;
	return thread_holds(&pw);
}

static void walk_python(const struct hw_py_proc *proc)
{
	if (!find_thread(proc, 2222)) {
		pw.end = HW_END_NO_THREAD;
		return;
	}
	if (first_frame(&pw))
		return;
	for (int i = 0; i <= HW_PYTHON_MAX && !python_step(&pw, python_out); i++)
		;
}

START_TEST(each_thread_is_found_by_its_own_id)
{
	build(1, 0, 0);
	ck_assert_int_eq(find_thread(&shims, 1111), 1);
	ck_assert_uint_eq(pw.tstate, OTHER);
	ck_assert_int_eq(find_thread(&shims, 2222), 1);
	ck_assert_uint_eq(pw.tstate, TSTATE);
	ck_assert_int_eq(find_thread(&shims, 3333), 0);
}
END_TEST

START_TEST(shim_frames_become_entries_at_their_own_address)
{
	build(4, 1 << 1 | 1 << 3, 3);
	walk_python(&shims);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(pw.n, 4);
	ck_assert_uint_eq(python_out[0].kind, HW_RAW_PY_FRAME);
	ck_assert_uint_eq(python_out[0].addr, CODES);
	ck_assert_uint_eq(python_out[0].instr - python_out[0].addr, 200);
	ck_assert_uint_ne(python_out[0].ident, python_out[2].ident);
	ck_assert_uint_eq(python_out[1].kind, HW_RAW_PY_ENTRY);
	ck_assert_uint_eq(python_out[1].addr, frame_at(1));
	ck_assert_uint_eq(python_out[2].addr, CODES + 0x80);
	ck_assert_uint_eq(python_out[3].addr, frame_at(3));
}
END_TEST

START_TEST(cframes_mark_the_entries_of_real_frames)
{
	struct hw_py_proc proc = with_cframes();

	build(3, 1 << 0 | 1 << 2, 1);
	put(TSTATE + 16, CFRAMES);
	put(CFRAMES + 8, frame_at(0));
	put(CFRAMES + 16, CFRAMES + 0x40);
	walk_python(&proc);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(pw.n, 5);
	ck_assert_uint_eq(python_out[0].addr, CODES);
	ck_assert_uint_eq(python_out[1].addr, CFRAMES);
	ck_assert_uint_eq(python_out[1].kind, HW_RAW_PY_ENTRY);
	ck_assert_uint_eq(python_out[4].addr, CFRAMES + 0x40);
}
END_TEST

START_TEST(every_failing_read_ends_in_a_named_code)
{
	unsigned int reads;

	build(4, 1 << 1 | 1 << 3, 3);
	walk_python(&shims);
	reads = fake.reads;
	ck_assert_uint_gt(reads, 8);
	for (unsigned int i = 1; i <= reads; i++) {
		fake.reads = 0;
		fake.fail_at = i;
		walk_python(&shims);
		ck_assert_uint_gt(pw.end, HW_END_NONE);
		ck_assert_uint_lt(pw.end, HW_END_COUNT);
		ck_assert_uint_le(pw.n, 4);
	}
}
END_TEST

START_TEST(cyclic_lists_end)
{
	build(2, 0, 3);
	put(frame_at(1) + 8, frame_at(0));
	walk_python(&shims);
	ck_assert_uint_eq(pw.end, HW_END_TOO_DEEP);
	ck_assert_uint_ge(pw.n, HW_PYTHON_MAX - 1);
	put(TSTATE + 0, OTHER); /* threads in a ring, none of them ours */
	ck_assert_int_eq(find_thread(&shims, 3333), 0);
}
END_TEST

START_TEST(wild_offsets_read_nothing_beyond_the_frame)
{
	struct hw_py_proc wild = shims;

	build(2, 0, 3);
	wild.frame_code = wild.frame_previous = wild.frame_instr = wild.frame_entry = 255;
	wild.frame_size = 255;
	walk_python(&wild);
	ck_assert_uint_gt(pw.end, HW_END_NONE);
}
END_TEST

START_TEST(one_frame_is_enough_for_a_flat_profile)
{
	build(3, 0, 3);
	ck_assert_int_eq(find_thread(&shims, 2222), 1);
	pw.limit = 1;
	ck_assert_int_eq(first_frame(&pw), 0);
	while (!python_step(&pw, python_out))
		;
	ck_assert_uint_eq(pw.end, HW_END_LEAF);
	ck_assert_uint_eq(pw.n, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("walk");
	TCase *native = tcase_create("native"), *python = tcase_create("python");

	tcase_add_test(native, frame_pointers_lead_to_the_root);
	tcase_add_test(native, what_is_no_frame_pointer_ends_the_walk_with_its_code);
	tcase_add_test(native, a_frame_that_is_its_own_caller_ends_the_walk);
	tcase_add_test(native, native_limits_have_their_codes);
	tcase_add_test(python, each_thread_is_found_by_its_own_id);
	tcase_add_test(python, shim_frames_become_entries_at_their_own_address);
	tcase_add_test(python, cframes_mark_the_entries_of_real_frames);
	tcase_add_test(python, every_failing_read_ends_in_a_named_code);
	tcase_add_test(python, cyclic_lists_end);
	tcase_add_test(python, wild_offsets_read_nothing_beyond_the_frame);
	tcase_add_test(python, one_frame_is_enough_for_a_flat_profile);
	suite_add_tcase(s, native);
	suite_add_tcase(s, python);
	return run_suite(s);
}
