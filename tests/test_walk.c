/* SPDX-License-Identifier: Apache-2.0
 * The BPF walker bpf/python.bpf.h, compiled for the host over fake memory. */
#include "fixture.h"

#include <linux/types.h>
#include <string.h>

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif

#include "wire/python.h"
#include "wire/sample.h"

static struct hw_mem memory;
#define read_user(dst, size, addr) hw_mem_read(&memory, addr, dst, size)

/* What would be sent is counted. */
static unsigned int codes_met;
static void code_met(uint64_t addr, uint32_t ident, const __u64 words[4])
{
	ck_assert(addr && ident && words);
	codes_met++;
}

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

static struct python_walk pw;
static struct hw_raw_python python_out[HW_PYTHON_MAX];

/* Made-up offsets: the walker must not know real ones. */
static const struct hw_py_proc shims = {
	.runtime = BASE, .interpreters_head = 8, .interp_next = 0, .interp_threads = 8,
	.tstate_next = 0, .tstate_thread_id = 8, .tstate_frame = 16, .frame_code = 0,
	.frame_previous = 8, .frame_instr = 16, .frame_entry = 24, .entry_value = 3,
	.entry = HW_PY_ENTRY_SHIM, .hidden_value = 0xff, .frame_size = 32, .code_ident = 32,
};

static struct hw_py_proc with_cframes(enum hw_py_entry entry)
{
	struct hw_py_proc p = shims;

	p.tstate_cframe = 24;
	p.cframe_frame = 8;
	p.cframe_previous = 16;
	p.entry_value = 1;
	p.entry = entry;
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

static int find_thread(const struct hw_py_proc *proc, uint64_t thread_pointer)
{
	python_init(&pw, proc, thread_pointer, HW_PYTHON_MAX);
	find_thread_begin(&pw);
	for (int i = 0; i < HW_PY_THREADS_MAX && !find_thread_step(&pw); i++)
		;
	return pw.found;
}

static void walk_python(const struct hw_py_proc *proc)
{
	if (!find_thread(proc, 2222)) {
		pw.end = HW_END_NO_THREAD;
		return;
	}
	if (first_frame(&pw))
		return;
	for (int i = 0; i < HW_PYTHON_MAX + HW_PY_THREADS_MAX && !python_step(&pw, python_out); i++)
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

START_TEST(a_thread_pointer_beyond_struct_pthread_finds_its_thread)
{
	struct hw_py_proc proc = shims;

	build(1, 0, 0);
	ck_assert_int_eq(find_thread(&proc, 2222 + 500), 0);
	proc.thread_reach = 500;
	ck_assert_int_eq(find_thread(&proc, 2222 + 500), 1);
	ck_assert_uint_eq(pw.tstate, TSTATE);
	ck_assert_int_eq(find_thread(&proc, 2222 + 501), 0);
	ck_assert_int_eq(find_thread(&proc, 1110), 0);
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

/* The thread runs frames 0 and 1 in the younger of two interpreters, from frames 2 and 3 of the
 * older one. */
static void build_inner_interpreter(void)
{
	build(4, 1 << 1 | 1 << 3, 3);
	put(frame_at(1) + 8, 0);
	put(INTERP + 0, INTERP + 0x20);
	put(INTERP + 0x20 + 8, TSTATE + 0x40);
	put(TSTATE + 0x40 + 0, TSTATE + 0x60);
	put(TSTATE + 0x40 + 8, 3333);
	put(TSTATE + 0x60 + 8, 2222);
	put(TSTATE + 0x60 + 16, frame_at(2));
}

START_TEST(a_thread_that_runs_in_two_interpreters_shows_both)
{
	build_inner_interpreter();
	walk_python(&shims);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(pw.n, 4);
	ck_assert_uint_eq(python_out[0].addr, CODES);
	ck_assert_uint_eq(python_out[1].addr, frame_at(1));
	ck_assert_uint_eq(python_out[2].addr, CODES + 0x80);
	ck_assert_uint_eq(python_out[3].addr, frame_at(3));
}
END_TEST

START_TEST(a_known_thread_state_holds_in_the_only_interpreter_alone)
{
	build(1, 0, 0);
	find_thread(&shims, 2222);
	ck_assert_uint_eq(pw.only_interp, INTERP);
	ck_assert_int_eq(thread_holds(&pw, TSTATE, INTERP), 1);
	ck_assert_int_eq(thread_holds(&pw, OTHER, INTERP), 0);	    /* another thread's */
	ck_assert_int_eq(thread_holds(&pw, TSTATE, INTERP + 8), 0); /* another interpreter's */
	ck_assert_int_eq(thread_holds(&pw, TSTATE, 0), 0);
	ck_assert_int_eq(thread_holds(&pw, 0, INTERP), 0);
	build_inner_interpreter();
	find_thread(&shims, 2222);
	ck_assert_uint_eq(pw.only_interp, 0);
	ck_assert_int_eq(thread_holds(&pw, TSTATE, INTERP), 0);
}
END_TEST

START_TEST(thread_states_in_a_ring_end)
{
	build_inner_interpreter();
	put(TSTATE + 0x60 + 0, TSTATE + 0x40);
	walk_python(&shims);
	ck_assert_uint_eq(pw.end, HW_END_TOO_DEEP);
}
END_TEST

/* Three CFrames, the innermost first, which begins with frame 0. */
static void build_cframes(void)
{
	put(TSTATE + 24, CFRAMES);
	put(CFRAMES + 8, frame_at(0));
	put(CFRAMES + 16, CFRAMES + 0x20);
	put(CFRAMES + 0x20 + 16, CFRAMES + 0x40);
}

START_TEST(cframes_mark_the_entries_of_real_frames)
{
	struct hw_py_proc proc = with_cframes(HW_PY_ENTRY_FLAG);

	build(3, 1 << 0 | 1 << 2, 1);
	build_cframes();
	put(TSTATE + 16, 0); /* is not looked at */
	walk_python(&proc);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(pw.n, 5);
	ck_assert_uint_eq(python_out[0].addr, CODES);
	ck_assert_uint_eq(python_out[1].addr, CFRAMES);
	ck_assert_uint_eq(python_out[1].kind, HW_RAW_PY_ENTRY);
	ck_assert_uint_eq(python_out[4].addr, CFRAMES + 0x20);
}
END_TEST

START_TEST(each_frame_has_a_cframe_of_its_own)
{
	struct hw_py_proc proc = with_cframes(HW_PY_ENTRY_EACH);

	build(3, 0, 0);
	build_cframes();
	put(CFRAMES + 8, 0); /* is not looked at */
	walk_python(&proc);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(pw.n, 6);
	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_uint_eq(python_out[2 * i].addr, CODES + 0x40 * i);
		ck_assert_uint_eq(python_out[2 * i + 1].kind, HW_RAW_PY_ENTRY);
		ck_assert_uint_eq(python_out[2 * i + 1].addr, CFRAMES + 0x20 * i);
	}
}
END_TEST

/* As 3.6 has it: objects with a head, linked by f_back, and f_lasti for the instruction. */
START_TEST(frame_objects_without_entries_are_read_from_their_first_field_on)
{
	struct hw_py_proc proc = shims;
	int32_t lasti = -1;

	proc.entry = HW_PY_ENTRY_NONE;
	proc.frame_begin = 8;
	proc.frame_previous = 0;
	proc.frame_code = 8;
	proc.frame_instr = 16;
	proc.frame_size = 24;
	proc.instr_is_index = 1;
	build(2, 3, 3);
	for (int i = 0; i < 2; i++) {
		put(frame_at(i), 0x1234);
		put(frame_at(i) + 8, i ? 0 : frame_at(1));
		put(frame_at(i) + 16, CODES);
		put(frame_at(i) + 24, 0xabcd00000000 + (uint64_t)i);
	}
	memcpy(bytes + (frame_at(1) + 24 - BASE), &lasti, sizeof(lasti));
	walk_python(&proc);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(pw.n, 2);
	ck_assert_uint_eq(python_out[0].addr, CODES);
	ck_assert_uint_eq(python_out[0].instr, 0);
	ck_assert_uint_eq(python_out[1].kind, HW_RAW_PY_FRAME);
	ck_assert_uint_eq(python_out[1].instr, UINT64_MAX);
}
END_TEST

START_TEST(tags_are_taken_off_and_copies_told_apart)
{
	struct hw_py_proc proc = shims;

	proc.code_tag = 3;
	proc.frame_tlbc = 28;
	build(2, 1 << 1, 3);
	put(frame_at(0), CODES | 1);
	put(frame_at(0) + 24, 7ULL << 32);
	walk_python(&proc);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(python_out[0].addr, CODES);
	ck_assert_uint_eq(python_out[0].tlbc, 7);
	put(frame_at(0), 1); /* a tagged NULL */
	walk_python(&proc);
	ck_assert_uint_eq(pw.end, HW_END_BAD_FRAME);
	ck_assert_uint_eq(pw.n, 0);
}
END_TEST

START_TEST(hidden_frames_and_entries_of_nothing_leave_no_trace)
{
	struct hw_py_proc proc = shims;

	proc.hidden_value = 4;
	build(5, 1 << 0 | 1 << 3 | 1 << 4, 3);
	put(frame_at(2) + 24, 4);
	put(frame_at(2), 0); /* no code either */
	walk_python(&proc);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(pw.n, 2);
	ck_assert_uint_eq(python_out[0].addr, CODES + 0x40);
	ck_assert_uint_eq(python_out[1].kind, HW_RAW_PY_ENTRY);
	ck_assert_uint_eq(python_out[1].addr, frame_at(3));
}
END_TEST

START_TEST(a_code_object_is_read_once_a_sample)
{
	unsigned int reads;

	build(8, 0, 3);
	for (int i = 0; i < 8; i++) /* two functions that call each other */
		put(frame_at(i), CODES + 0x40 * (uint64_t)(i % 2));
	fake.reads = 0;
	walk_python(&shims);
	reads = fake.reads;
	ck_assert_uint_eq(pw.n, 8);
	ck_assert_uint_eq(python_out[6].ident, python_out[0].ident);
	ck_assert_uint_eq(python_out[7].ident, python_out[1].ident);
	ck_assert_uint_ne(python_out[0].ident, python_out[1].ident);
	build(2, 0, 3);
	fake.reads = 0;
	walk_python(&shims);
	ck_assert_uint_eq(reads - fake.reads, 6); /* six frames more, and no code */

	put(CODES + 32, 0x9999); /* another object there, by the next sample */
	put(frame_at(1), CODES);
	walk_python(&shims);
	ck_assert_uint_ne(python_out[0].ident, 0);
	ck_assert_uint_eq(python_out[1].ident, python_out[0].ident);
	ck_assert_uint_eq(python_out[0].ident,
			  hw_code_ident((const __u64[4]){ 0x9999, 0, 0, 0 }));
}
END_TEST

/* Frames as a stack has them, each caller below its callee, from @top down. */
static void build_stack(uint64_t top, uint64_t step, int n)
{
	build(0, 0, 0);
	put(TSTATE + 16, top);
	for (int i = 0; i < n; i++) {
		uint64_t at = top - step * (uint64_t)i;

		put(at, CODES + 0x40 * (uint64_t)(i % 2));
		put(at + 8, i + 1 < n ? at - step : 0);
		put(at + 16, (uint64_t)i);
	}
}

START_TEST(frames_that_lie_side_by_side_are_read_together)
{
	unsigned int reads;

	build_stack(BASE + 0xc00, 0x20, 0x20);
	walk_python(&shims);
	reads = fake.reads;
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(pw.n, 0x20);
	for (unsigned int i = 0; i < 0x20; i++) {
		ck_assert_uint_eq(python_out[i].instr, i);
		ck_assert_uint_ne(python_out[i].ident, 0);
	}
	build_stack(BASE + 0xc00, 0x20, 4);
	walk_python(&shims);
	ck_assert_uint_eq(fake.reads, reads); /* 28 frames more, and no read */
}
END_TEST

START_TEST(where_nothing_lies_below_frames_are_read_one_by_one)
{
	build_stack(BASE + 0x7c0, 0x20, 0x10); /* BASE is less than a window away */
	walk_python(&shims);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	ck_assert_uint_eq(pw.n, 0x10);
	ck_assert_uint_eq(python_out[15].instr, 15);
}
END_TEST

START_TEST(an_unaligned_frame_is_none)
{
	build(2, 0, 3);
	put(frame_at(0) + 8, frame_at(1) + 4);
	walk_python(&shims);
	ck_assert_uint_eq(pw.end, HW_END_BAD_FRAME);
	ck_assert_uint_eq(pw.n, 1);
}
END_TEST

static void fail_each_read(const struct hw_py_proc *proc, unsigned int most)
{
	unsigned int reads;

	fake.reads = fake.fail_at = 0;
	walk_python(proc);
	ck_assert_uint_eq(pw.end, HW_END_ROOT);
	reads = fake.reads;
	ck_assert_uint_gt(reads, 8);
	for (unsigned int i = 1; i <= reads; i++) {
		fake.reads = 0;
		fake.fail_at = i;
		walk_python(proc);
		ck_assert_uint_gt(pw.end, HW_END_NONE);
		ck_assert_uint_lt(pw.end, HW_END_COUNT);
		ck_assert_uint_le(pw.n, most);
	}
}

START_TEST(every_failing_read_ends_in_a_named_code)
{
	struct hw_py_proc proc = shims;

	build_inner_interpreter();
	fail_each_read(&proc, 4);
	build(4, 1 << 1 | 1 << 3, 3);
	fail_each_read(&proc, 4);
	proc.entry = HW_PY_ENTRY_NONE;
	fail_each_read(&proc, 4);
	proc = with_cframes(HW_PY_ENTRY_EACH);
	build(3, 0, 0);
	build_cframes();
	fail_each_read(&proc, 6);
	proc = with_cframes(HW_PY_ENTRY_FLAG);
	build(3, 1 << 0 | 1 << 2, 1);
	build_cframes();
	fail_each_read(&proc, 5);
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
	wild.frame_size = wild.frame_tlbc = 255;
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
	TCase *python = tcase_create("python");

	tcase_add_test(python, each_thread_is_found_by_its_own_id);
	tcase_add_test(python, a_thread_pointer_beyond_struct_pthread_finds_its_thread);
	tcase_add_test(python, shim_frames_become_entries_at_their_own_address);
	tcase_add_test(python, cframes_mark_the_entries_of_real_frames);
	tcase_add_test(python, each_frame_has_a_cframe_of_its_own);
	tcase_add_test(python, a_thread_that_runs_in_two_interpreters_shows_both);
	tcase_add_test(python, a_known_thread_state_holds_in_the_only_interpreter_alone);
	tcase_add_test(python, thread_states_in_a_ring_end);
	tcase_add_test(python, frame_objects_without_entries_are_read_from_their_first_field_on);
	tcase_add_test(python, tags_are_taken_off_and_copies_told_apart);
	tcase_add_test(python, hidden_frames_and_entries_of_nothing_leave_no_trace);
	tcase_add_test(python, a_code_object_is_read_once_a_sample);
	tcase_add_test(python, frames_that_lie_side_by_side_are_read_together);
	tcase_add_test(python, where_nothing_lies_below_frames_are_read_one_by_one);
	tcase_add_test(python, an_unaligned_frame_is_none);
	tcase_add_test(python, every_failing_read_ends_in_a_named_code);
	tcase_add_test(python, cyclic_lists_end);
	tcase_add_test(python, wild_offsets_read_nothing_beyond_the_frame);
	tcase_add_test(python, one_frame_is_enough_for_a_flat_profile);
	suite_add_tcase(s, python);
	return run_suite(s);
}
