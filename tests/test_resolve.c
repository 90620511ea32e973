/* SPDX-License-Identifier: Apache-2.0
 * Raw samples of this very process, whose functions and mappings are known. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "resolve/resolve.h"
#include "py/code.h"
#include "target/process.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NO_PID	     0x3fffffff /* over PID_MAX_LIMIT: no process has it */

/* A function with no call in it: 13 bytes from its start no return address can be. */
__asm__(".pushsection .text\n"
	".globl only_nops\n"
	".type only_nops, %function\n"
	"only_nops:\n"
	".rept 16\n nop\n .endr\n"
	".size only_nops, . - only_nops\n"
	".popsection\n");
extern const char only_nops[];

static struct hw_profile *profile;
static struct hw_binaries *binaries;
static struct hw_processes *processes;
static struct hw_resolver *resolver;

static void setup(void)
{
	profile = hw_profile_new();
	binaries = hw_binaries_new();
	processes = hw_processes_new(binaries);
	ck_assert_ptr_nonnull(profile);
	ck_assert_ptr_nonnull(processes);
	resolver = hw_resolver_new(profile);
	ck_assert_ptr_nonnull(resolver);
}

static void teardown(void)
{
	hw_resolver_free(resolver);
	hw_processes_free(processes);
	hw_binaries_free(binaries);
	hw_profile_free(profile);
}

struct input {
	int32_t pid; /* 0: this process */
	const struct hw_raw_native *native;
	const struct hw_raw_python *python;
	const __u64 *kernel;
	const __u64 *regs; /* HW_SAMPLE_REGS of them; NULL: kernel code was interrupted */
	uint16_t n_native, n_python, n_kernel;
	enum hw_walk_end native_end, python_end;
};

/* Lays @in out as the BPF program does, and adds it. The address of a Python frame is where this
 * program has its code object. */
static void add(const struct input *in)
{
	const struct hw_py_code *codes[HW_PYTHON_MAX] = { NULL };
	struct hw_taken_sample taken = { .codes = codes };
	size_t native = in->n_native * sizeof(*in->native);
	size_t python = in->n_python * sizeof(*in->python);
	size_t kernel = in->n_kernel * sizeof(*in->kernel);
	size_t regs = in->regs ? HW_SAMPLE_REGS * sizeof(*in->regs) : 0;
	struct hw_raw_sample *raw = calloc(1, sizeof(*raw) + native + python + kernel + regs);
	char *at = (char *)(raw + 1);

	ck_assert_ptr_nonnull(raw);
	*raw = (struct hw_raw_sample){
		.time_ns = 5,
		.period = 7,
		.pid = (__u32)(in->pid ? in->pid : getpid()),
		.tid = 11,
		.cpu = 1,
		.addr = in->regs ? 0 : 0x1234567,
		.wait = HW_WALL_LOCK,
		.fault = HW_FAULT_COPY,
		.gil_wanted = 1,
		.n_native = in->n_native,
		.n_python = in->n_python,
		.n_kernel = in->n_kernel,
		.n_regs = in->regs ? HW_SAMPLE_REGS : 0,
		.native_end = (__u8)in->native_end,
		.python_end = (__u8)in->python_end,
	};
	memcpy(raw->comm, "sixteen letters!", sizeof(raw->comm)); /* no zero behind it */
	if (native)
		memcpy(at, in->native, native);
	if (python)
		memcpy(at + native, in->python, python);
	if (kernel)
		memcpy(at + native + python, in->kernel, kernel);
	if (regs)
		memcpy(at + native + python + kernel, in->regs, regs);
	for (size_t i = 0; i < in->n_python; i++)
		if (in->python[i].kind == HW_RAW_PY_FRAME)
			codes[i] = (const struct hw_py_code *)(uintptr_t)in->python[i].addr;
	taken.raw = raw;
	taken.version = hw_process_version(hw_processes_get(processes, (int32_t)raw->pid, hw_clock_ns()));
	ck_assert_int_eq(hw_resolver_add(resolver, &taken), 0);
	hw_process_version_unref(taken.version);
	free(raw);
}

static const struct hw_sample *last_sample(void)
{
	ck_assert_uint_gt(profile->n_samples, 0);
	return &profile->samples[profile->n_samples - 1];
}

static size_t depth(void)
{
	size_t n;

	hw_profile_get_stack(profile, last_sample()->stack, &n);
	return n;
}

/* Frame @i of the last sample, from the leaf. */
static const struct hw_frame *frame(size_t i)
{
	size_t n;
	const uint32_t *frames = hw_profile_get_stack(profile, last_sample()->stack, &n);

	ck_assert_uint_lt(i, n);
	return hw_profile_get_frame(profile, frames[i]);
}

static const char *name(size_t i)
{
	return hw_profile_str(profile, frame(i)->name);
}

static const char *module(size_t i)
{
	return hw_profile_str(profile, hw_profile_get_module(profile, frame(i)->module)->path);
}

static bool truncated(void)
{
	return last_sample()->flags & HW_SAMPLE_TRUNCATED;
}

static __attribute__((noinline)) uint64_t return_address(void)
{
	return (uintptr_t)__builtin_return_address(0);
}

/* A return address into itself. */
static __attribute__((noinline)) uint64_t calling_function(void)
{
	volatile uint64_t addr = return_address(); /* no tail call */

	return addr;
}

static struct hw_raw_python python_frame(const struct hw_py_code *code)
{
	return (struct hw_raw_python){ .addr = (uintptr_t)code,
				       .kind = HW_RAW_PY_FRAME };
}

static const struct hw_py_code inner = { .name = (char *)"Class.inner",
					 .file = (char *)"/app/a.py",
					 .first_line = 10 };
static const struct hw_py_code outer = { .name = (char *)"outer",
					 .file = (char *)"/app/b.py",
					 .first_line = 20 };

START_TEST(a_leaf_and_its_caller_are_named_with_their_file)
{
	const struct hw_raw_native native[] = { { .pc = (uintptr_t)only_nops },
						{ .pc = calling_function() } };
	char self[4096] = "";

	ck_assert_int_gt(readlink("/proc/self/exe", self, sizeof(self) - 1), 0);
	add(&(struct input){ .native = native, .n_native = 2, .native_end = HW_END_ROOT });
	ck_assert_uint_eq(depth(), 2);
	ck_assert_str_eq(name(0), "only_nops");
	ck_assert_str_eq(name(1), "calling_function");
	ck_assert_str_eq(module(0), self);
	ck_assert_int_eq(frame(1)->kind, HW_FRAME_NATIVE);
	ck_assert(!truncated());
	for (int d = 0; d < HW_DOUBT_COUNT; d++)
		ck_assert_uint_eq(hw_resolver_doubts(resolver, (enum hw_doubt)d), 0);
}
END_TEST

/* Reads and writes at what its first argument points to, in its first two instructions. */
__asm__(".pushsection .text\n"
	".type touches, %function\n"
	"touches:\n"
#if defined(__x86_64__)
	"	mov 8(%rdi), %rax\n"
	"	mov %rax, 16(%rdi)\n"
	"	ret\n"
#define ARGUMENT	 14 /* in HW_SAMPLE_REGS */
#define BEHIND_THE_LOAD	 4
#define BEHIND_THE_STORE 8
#else
	"	ldr x1, [x0, #8]\n"
	"	str x1, [x0, #16]\n"
	"	ret\n"
#define ARGUMENT	 0
#define BEHIND_THE_LOAD	 4
#define BEHIND_THE_STORE 8
#endif
	".size touches, . - touches\n"
	".popsection\n");
extern const char touches[];

static void add_touch(size_t behind)
{
	const struct hw_raw_native native = { .pc = (uintptr_t)touches + behind };
	__u64 regs[HW_SAMPLE_REGS] = { [ARGUMENT] = 0x10000 };

	add(&(struct input){ .native = &native, .n_native = 1, .regs = regs });
}

START_TEST(a_leaf_tells_what_the_instruction_before_did_with_memory)
{
	add_touch(BEHIND_THE_LOAD);
	ck_assert_uint_eq(frame(0)->flags, HW_FRAME_DECODED | HW_FRAME_AFTER_LOAD);
	ck_assert_uint_eq(last_sample()->addr, 0x10008);
	add_touch(BEHIND_THE_STORE);
	ck_assert_uint_eq(frame(0)->flags & (HW_FRAME_AFTER_LOAD | HW_FRAME_AFTER_STORE),
			  HW_FRAME_AFTER_STORE);
	ck_assert_uint_eq(last_sample()->addr, 0x10010);
	add_touch(0); /* the start: what ran before is not known */
	ck_assert_uint_eq(frame(0)->flags, 0);
	ck_assert_uint_eq(last_sample()->addr, 0);
}
END_TEST

START_TEST(a_caller_is_not_decoded)
{
	const struct hw_raw_native native[] = { { .pc = (uintptr_t)only_nops + 4 },
						{ .pc = calling_function() } };

	add(&(struct input){ .native = native, .n_native = 2 });
	ck_assert_uint_eq(frame(0)->flags, HW_FRAME_DECODED);
	ck_assert_uint_eq(frame(1)->flags, 0);
}
END_TEST

START_TEST(the_fields_of_a_sample_are_kept)
{
	const struct hw_sample *s;
	const struct hw_task *task;

	add(&(struct input){ .n_native = 0 });
	s = last_sample();
	task = hw_profile_get_task(profile, s->task);
	ck_assert_uint_eq(s->time_ns, 5);
	ck_assert_uint_eq(s->period, 7);
	ck_assert_uint_eq(s->cpu, 1);
	ck_assert_uint_eq(s->addr, 0x1234567);
	ck_assert(s->flags & HW_SAMPLE_GIL_WANTED);
	ck_assert_uint_eq(s->flags >> HW_SAMPLE_WAIT_SHIFT & 0xff, HW_WALL_LOCK);
	ck_assert_uint_eq(s->flags >> HW_SAMPLE_FAULT_SHIFT, HW_FAULT_COPY);
	ck_assert_int_eq(task->pid, getpid());
	ck_assert_int_eq(task->tid, 11);
	ck_assert_str_eq(hw_profile_str(profile, task->comm), "sixteen letters!");
}
END_TEST

START_TEST(equal_samples_share_their_stack)
{
	const struct hw_raw_native native[] = { { .pc = (uintptr_t)only_nops } };
	const struct hw_raw_native other[] = { { .pc = (uintptr_t)only_nops + 4 } };
	const struct input in = { .native = native, .n_native = 1, .native_end = HW_END_ROOT };

	add(&in);
	add(&(struct input){ .native = other, .n_native = 1, .native_end = HW_END_ROOT });
	add(&in);
	ck_assert_uint_eq(profile->samples[0].stack, profile->samples[2].stack);
	ck_assert_uint_ne(profile->samples[0].stack, profile->samples[1].stack);
}
END_TEST

START_TEST(guesses_that_follow_no_call_end_the_native_part)
{
	const struct hw_raw_native native[] = {
		{ .pc = (uintptr_t)only_nops },
		{ .pc = (uintptr_t)only_nops + 13, .cfa = HW_NATIVE_BY_FP },
		{ .pc = calling_function(), .cfa = HW_NATIVE_BY_FP },
	};

	add(&(struct input){ .native = native, .n_native = 3, .native_end = HW_END_ROOT });
	ck_assert_uint_eq(depth(), 2);
	ck_assert_str_eq(name(0), "only_nops");
	ck_assert_str_eq(name(1), "[broken stack]");
	ck_assert_int_eq(frame(1)->kind, HW_FRAME_MARKER);
	ck_assert(truncated());
	ck_assert_uint_eq(hw_resolver_doubts(resolver, HW_DOUBT_BAD_FRAME), 1);
}
END_TEST

START_TEST(a_guess_outside_all_code_is_no_caller)
{
	const struct hw_raw_native native[] = {
		{ .pc = (uintptr_t)only_nops },
		{ .pc = (uintptr_t)&profile, .cfa = HW_NATIVE_BY_FP },
	};

	add(&(struct input){ .native = native, .n_native = 2, .native_end = HW_END_ROOT });
	ck_assert_uint_eq(depth(), 2);
	ck_assert_str_eq(name(1), "[broken stack]");
}
END_TEST

START_TEST(only_the_instruction_that_runs_is_looked_up_where_it_is)
{
	const uint64_t end = (uintptr_t)only_nops + 16;
	const struct hw_raw_native native[] = {
		{ .pc = (uintptr_t)only_nops, .cfa = 0x7000 | HW_NATIVE_EXACT },
		{ .pc = end, .cfa = 0x7010 },
		{ .pc = (uintptr_t)only_nops, .cfa = 0x7020 | HW_NATIVE_SIGNAL },
		{ .pc = (uintptr_t)only_nops, .cfa = 0x7030 | HW_NATIVE_EXACT },
	};

	add(&(struct input){ .native = native, .n_native = 4, .native_end = HW_END_ROOT });
	ck_assert_uint_eq(depth(), 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(name(i), "only_nops");
}
END_TEST

START_TEST(a_signal_frame_without_a_name_is_called_so)
{
	const struct hw_raw_native native[] = {
		{ .pc = (uintptr_t)only_nops, .cfa = HW_NATIVE_EXACT },
		{ .pc = 0x1000, .cfa = HW_NATIVE_SIGNAL },
	};

	add(&(struct input){ .native = native, .n_native = 2, .native_end = HW_END_ROOT });
	ck_assert_uint_eq(depth(), 2);
	ck_assert_str_eq(name(1), "[signal]");
	ck_assert(!truncated());
}
END_TEST

/* A return address into its caller, of which it is a part. */
__attribute__((always_inline)) static inline uint64_t inlined_function(unsigned int *ret_line)
{
	*ret_line = __LINE__ + 1;
	return return_address();
}

static __attribute__((noinline)) uint64_t around_inlined(unsigned int *ret_line,
							 unsigned int *ret_call_line)
{
	volatile uint64_t addr; /* no tail call */

	*ret_call_line = __LINE__ + 1;
	addr = inlined_function(ret_line);
	return addr;
}

START_TEST(inlined_calls_are_frames_of_their_own)
{
	unsigned int line, call_line;
	const struct hw_raw_native native[] = {
		{ .pc = (uintptr_t)only_nops },
		{ .pc = around_inlined(&line, &call_line) },
		{ .pc = calling_function() },
	};

	for (int again = 0; again < 2; again++) {
		add(&(struct input){ .native = native, .n_native = 3, .native_end = HW_END_ROOT });
		if (depth() == 3 && !frame(1)->line) {
			unjudged(__func__, "built without debugging information");
			return;
		}
		ck_assert_uint_eq(depth(), 4);
		ck_assert_str_eq(name(1), "inlined_function");
		ck_assert_uint_eq(frame(1)->line, line);
		ck_assert_uint_eq(frame(1)->flags, HW_FRAME_INLINED);
		ck_assert_str_eq(name(2), "around_inlined");
		ck_assert_uint_eq(frame(2)->line, call_line);
		ck_assert_uint_eq(frame(2)->flags, 0);
		ck_assert_uint_eq(frame(1)->addr, frame(2)->addr);
		ck_assert_str_eq(name(3), "calling_function");
	}
}
END_TEST

START_TEST(a_deep_stack_keeps_its_root_when_inlined_calls_find_no_room)
{
	static struct hw_raw_native native[HW_NATIVE_MAX];
	unsigned int line, call_line;
	uint64_t pc = around_inlined(&line, &call_line);

	for (size_t i = 0; i < HW_NATIVE_MAX; i++)
		native[i].pc = pc;
	native[0].pc = native[HW_NATIVE_MAX - 1].pc = (uintptr_t)only_nops + 1;
	add(&(struct input){
		.native = native, .n_native = HW_NATIVE_MAX, .native_end = HW_END_ROOT });
	ck_assert_uint_ge(depth(), HW_NATIVE_MAX);
	ck_assert_uint_le(depth(), HW_PROFILE_STACK_MAX);
	ck_assert_str_eq(name(0), "only_nops");
	ck_assert_str_eq(name(depth() - 1), "only_nops");
	ck_assert(!truncated());
}
END_TEST

START_TEST(code_of_the_vdso_has_names)
{
	hw_auto(hw_module_free) struct hw_module *m = NULL;
	struct hw_raw_native native = { .cfa = HW_NATIVE_EXACT };
	uint64_t vaddr, size;
	int r;

	if (!getauxval(AT_SYSINFO_EHDR)) {
		unjudged(__func__, "this kernel maps no vDSO");
		return;
	}
	ck_assert_int_eq(hw_module_open_vdso(&m), 0);
	r = hw_module_lookup(m, "__vdso_clock_gettime", &vaddr, &size);
	if (r < 0)
		r = hw_module_lookup(m, "__kernel_clock_gettime", &vaddr, &size);
	ck_assert_int_eq(r, 0);
	native.pc = getauxval(AT_SYSINFO_EHDR) + vaddr + 1;
	add(&(struct input){ .native = &native, .n_native = 1, .native_end = HW_END_ROOT });
	ck_assert_ptr_nonnull(strstr(name(0), "clock_gettime"));
	ck_assert_str_eq(module(0), "[vdso]");
}
END_TEST

START_TEST(code_in_no_file_is_anonymous)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct hw_raw_native native[] = { { .pc = (uintptr_t)page + 16 } };

	ck_assert_ptr_ne(page, MAP_FAILED);
	add(&(struct input){ .native = native, .n_native = 1, .native_end = HW_END_ROOT });
	ck_assert_str_eq(name(0), "[unknown]");
	ck_assert_str_eq(module(0), "[anonymous]");
	munmap(page, size);
}
END_TEST

START_TEST(code_that_a_jit_names_has_these_names)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct hw_raw_native native[] = {
		{ .pc = (uintptr_t)page + 16, .cfa = HW_NATIVE_EXACT },
		{ .pc = (uintptr_t)page + 16 },
		{ .pc = (uintptr_t)page + 64 },
	};
	const struct input in = { .native = native, .n_native = 3, .native_end = HW_END_ROOT };
	char path[64];
	FILE *f;

	ck_assert_ptr_ne(page, MAP_FAILED);
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	f = fopen(path, "wxe");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "%zx 10 before\n%zx 10 py::f:/app/a.py\n", (size_t)page, (size_t)page + 16);
	ck_assert_int_eq(fflush(f), 0);
	add(&in);
	ck_assert_str_eq(name(0), "py::f:/app/a.py");
	ck_assert_str_eq(name(1), "before");
	ck_assert_str_eq(name(2), "[unknown]");
	ck_assert_str_eq(module(0), "[JIT]");
	fprintf(f, "%zx 10 other code by now\n%zx 8 late\n", (size_t)page + 16,
		(size_t)page + 60);
	ck_assert_int_eq(fclose(f), 0);
	/* The address that has no name yet has the file read again, though not at once: the map
	 * waits nine times as long as the reading took, which under valgrind may be long. */
	for (int i = 0; i < 1000; i++) {
		usleep(20000);
		add(&in);
		if (!strcmp(name(2), "late"))
			break;
	}
	ck_assert_str_eq(name(2), "late");
	add(&in);
	unlink(path);
	ck_assert_str_eq(name(0), "other code by now");
	ck_assert_str_eq(name(1), "before");
	munmap(page, size);
}
END_TEST

START_TEST(a_process_that_has_gone_keeps_its_samples)
{
	const struct hw_raw_native native[] = { { .pc = 0x401000 } };
	const struct hw_raw_python python[] = { python_frame(&inner) };

	add(&(struct input){ .pid = NO_PID,
			     .native = native,
			     .n_native = 1,
			     .native_end = HW_END_ROOT,
			     .python = python,
			     .n_python = 1,
			     .python_end = HW_END_ROOT });
	ck_assert_uint_eq(depth(), 2);
	ck_assert_str_eq(name(0), "[unknown]");
	ck_assert_str_eq(module(0), "[unmapped]");
	ck_assert_str_eq(name(1), "Class.inner");
}
END_TEST

START_TEST(kernel_native_and_python_frames_come_in_their_order)
{
	const struct hw_raw_native native[] = { { .pc = (uintptr_t)only_nops, .cfa = 0x1000 } };
	const struct hw_raw_python python[] = { python_frame(&inner),
						python_frame(&outer),
						{ .addr = 0xf00, .kind = HW_RAW_PY_ENTRY } };
	const __u64 kernel[] = { 0xffffffff81000000 };

	add(&(struct input){ .native = native,
			     .n_native = 1,
			     .native_end = HW_END_BAD_FRAME,
			     .python = python,
			     .n_python = COUNT(python),
			     .python_end = HW_END_ROOT,
			     .kernel = kernel,
			     .n_kernel = 1 });
	ck_assert_uint_eq(depth(), 4); /* the entry is no frame */
	ck_assert_int_eq(frame(0)->kind, HW_FRAME_KERNEL);
	ck_assert_uint_eq(frame(0)->addr, kernel[0]);
	ck_assert_str_eq(name(1), "only_nops");
	ck_assert_str_eq(name(2), "Class.inner");
	ck_assert_int_eq(frame(2)->kind, HW_FRAME_PYTHON);
	ck_assert_str_eq(hw_profile_str(profile, frame(2)->file), "/app/a.py");
	ck_assert_uint_eq(frame(2)->func_line, 10);
	ck_assert_str_eq(name(3), "outer");
}
END_TEST

START_TEST(a_python_frame_has_the_columns_of_its_instruction_where_they_exist)
{
	/* Of one code unit each: the first line, bytes 4 to 9; the next line, no columns. */
	uint8_t table[] = { 0x80 | 10 << 3, 4, 9, 0x80 | 13 << 3, 2 };
	uint64_t begin = 0x7000;
	const struct hw_py_code code = { .name = (char *)"f",
					 .file = (char *)"/app/a.py",
					 .first_line = 10,
					 .lines = HW_PY_LINES_LOCATIONS,
					 .linetable = table,
					 .linetable_size = sizeof(table),
					 .begins = &begin,
					 .n_begins = 1 };
	struct hw_raw_python python[] = { python_frame(&code), python_frame(&code) };

	python[0].instr = begin;
	python[1].instr = begin + 2;
	add(&(struct input){ .python = python, .n_python = 2, .python_end = HW_END_ROOT });
	ck_assert_uint_eq(frame(0)->line, 10);
	ck_assert_uint_eq(frame(0)->end_line, 10);
	ck_assert_uint_eq(frame(0)->column, 5);
	ck_assert_uint_eq(frame(0)->end_column, 10);
	ck_assert_uint_eq(frame(1)->line, 11);
	ck_assert_uint_eq(frame(1)->end_line, 0);
	ck_assert_uint_eq(frame(1)->column, 0);
	ck_assert_uint_eq(frame(1)->end_column, 0);
}
END_TEST

START_TEST(a_python_root_makes_a_stack_whole_without_its_native_callers)
{
	const struct hw_raw_native native[] = { { .pc = (uintptr_t)only_nops } };
	const struct hw_raw_python python[] = { python_frame(&inner) };

	add(&(struct input){ .native = native,
			     .n_native = 1,
			     .native_end = HW_END_BAD_FRAME,
			     .python = python,
			     .n_python = 1,
			     .python_end = HW_END_ROOT });
	ck_assert(!truncated());
	ck_assert_uint_eq(depth(), 2);
	ck_assert_uint_eq(hw_resolver_doubts(resolver, HW_DOUBT_BAD_FRAME), 1);
}
END_TEST

START_TEST(a_python_function_that_has_gone_leaves_a_mark)
{
	const struct hw_raw_python python[] = { python_frame(NULL), python_frame(&outer),
						python_frame(NULL) };

	add(&(struct input){ .python = python, .n_python = 3, .python_end = HW_END_ROOT });
	ck_assert_uint_eq(depth(), 3);
	ck_assert_str_eq(name(0), "[Python function gone]");
	ck_assert_int_eq(frame(0)->kind, HW_FRAME_MARKER);
	ck_assert_str_eq(name(1), "outer");
	ck_assert_uint_eq(hw_resolver_doubts(resolver, HW_DOUBT_CODE_GONE), 1); /* of samples */
}
END_TEST

static const struct {
	enum hw_walk_end native_end, python_end;
	const char *marker; /* NULL: the stack is whole */
	int doubt;	    /* -1: none */
} ends[] = {
	{ HW_END_ROOT, HW_END_NONE, NULL, -1 },
	{ HW_END_LEAF, HW_END_LEAF, NULL, -1 },
	{ HW_END_LEAF, HW_END_NONE, NULL, -1 },
	{ HW_END_ROOT, HW_END_NO_THREAD, NULL, -1 },
	{ HW_END_BAD_FRAME, HW_END_NONE, "[broken stack]", HW_DOUBT_BAD_FRAME },
	{ HW_END_BAD_FRAME, HW_END_NO_THREAD, "[broken stack]", HW_DOUBT_BAD_FRAME },
	{ HW_END_FAULT, HW_END_NONE, "[stack unreadable]", HW_DOUBT_NATIVE_FAULT },
	{ HW_END_NO_ROWS, HW_END_NONE, "[no unwind rows]", HW_DOUBT_NO_ROWS },
	{ HW_END_NO_RULE, HW_END_NONE, "[unwind rule not evaluated]", HW_DOUBT_NO_RULE },
	{ HW_END_UNMAPPED, HW_END_NONE, "[code in no known mapping]", HW_DOUBT_UNMAPPED },
	{ HW_END_TOO_DEEP, HW_END_NONE, "[stack too deep]", HW_DOUBT_TOO_DEEP },
	{ HW_END_BAD_FRAME, HW_END_TOO_DEEP, "[stack too deep]", HW_DOUBT_TOO_DEEP },
	{ HW_END_ROOT, HW_END_FAULT, "[Python stack unreadable]", HW_DOUBT_PYTHON_FAULT },
	{ HW_END_ROOT, HW_END_BAD_FRAME, "[Python stack unreadable]", HW_DOUBT_PYTHON_FAULT },
};

START_TEST(each_end_of_a_walk_has_its_mark_and_its_doubt)
{
	const struct hw_raw_native native[] = { { .pc = (uintptr_t)only_nops } };

	add(&(struct input){ .native = native,
			     .n_native = 1,
			     .native_end = ends[_i].native_end,
			     .python_end = ends[_i].python_end });
	ck_assert_uint_eq(depth(), ends[_i].marker ? 2 : 1);
	ck_assert_int_eq(truncated(), ends[_i].marker != NULL);
	if (ends[_i].marker)
		ck_assert_str_eq(name(1), ends[_i].marker);
	for (int d = 0; d < HW_DOUBT_COUNT; d++) {
		uint64_t count = hw_resolver_doubts(resolver, (enum hw_doubt)d);

		if (d == ends[_i].doubt)
			ck_assert_uint_eq(count, 1);
		else if (ends[_i].doubt < 0)
			ck_assert_uint_eq(count, 0);
	}
}
END_TEST

START_TEST(every_doubt_has_a_reason)
{
	ck_assert_uint_gt(strlen(hw_doubt_reason((enum hw_doubt)_i)), 0);
	ck_assert_ptr_nonnull(hw_doubt_advice((enum hw_doubt)_i));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("resolve");
	TCase *tc = tcase_create("resolve");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_leaf_and_its_caller_are_named_with_their_file);
	tcase_add_test(tc, the_fields_of_a_sample_are_kept);
	tcase_add_test(tc, equal_samples_share_their_stack);
	tcase_add_test(tc, guesses_that_follow_no_call_end_the_native_part);
	tcase_add_test(tc, a_guess_outside_all_code_is_no_caller);
	tcase_add_test(tc, only_the_instruction_that_runs_is_looked_up_where_it_is);
	tcase_add_test(tc, a_signal_frame_without_a_name_is_called_so);
	tcase_add_test(tc, inlined_calls_are_frames_of_their_own);
	tcase_add_test(tc, a_deep_stack_keeps_its_root_when_inlined_calls_find_no_room);
	tcase_add_test(tc, code_of_the_vdso_has_names);
	tcase_add_test(tc, code_in_no_file_is_anonymous);
	tcase_add_test(tc, code_that_a_jit_names_has_these_names);
	tcase_add_test(tc, a_process_that_has_gone_keeps_its_samples);
	tcase_add_test(tc, kernel_native_and_python_frames_come_in_their_order);
	tcase_add_test(tc, a_python_frame_has_the_columns_of_its_instruction_where_they_exist);
	tcase_add_test(tc, a_python_root_makes_a_stack_whole_without_its_native_callers);
	tcase_add_test(tc, a_python_function_that_has_gone_leaves_a_mark);
	tcase_add_test(tc, a_leaf_tells_what_the_instruction_before_did_with_memory);
	tcase_add_test(tc, a_caller_is_not_decoded);
	tcase_add_loop_test(tc, each_end_of_a_walk_has_its_mark_and_its_doubt, 0, COUNT(ends));
	tcase_add_loop_test(tc, every_doubt_has_a_reason, 0, HW_DOUBT_COUNT);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
