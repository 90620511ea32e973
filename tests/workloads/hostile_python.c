/* SPDX-License-Identifier: Apache-2.0
 * Says that it is CPython 3.13 and shows a profiler forged memory. argv[2] is what to forge:
 *   good		a frame that could be one, to see that the forgery is believed at all
 *   self, loop		a frame that is its own caller; two that are each other's
 *   threads		a list of thread states without end, and none is this thread
 *   interpreters	the same with interpreters
 *   wild		pointers to everywhere
 *   counts		names and line tables of any length, also at the end of mapped memory
 *   lines		line tables of noise
 *   change		another thread changes all of that as fast as it can
 * Built with OFFSETS_FORGED even the offsets of the fields are wild. */
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "native.h"

struct str {
	uint64_t refcount, type, length, hash, state;
	char text[64];
};

struct bytes {
	uint64_t refcount, type, size, hash;
	uint8_t data[64];
};

struct code {
	uint64_t refcount, type;
	void *filename, *name, *qualname, *linetable;
	int firstlineno, unused;
	uint16_t instructions[32];
};

struct frame {
	struct code *code;
	struct frame *previous;
	void *instr;
	uint64_t locals;
	char owner;
};

struct thread {
	struct thread *next;
	uint64_t thread_id;
	struct frame *frame;
};

struct interpreter {
	struct interpreter *next;
	struct thread *threads;
};

/* struct _Py_DebugOffsets of 3.13 (Include/internal/pycore_runtime.h), then what it leads to. */
struct runtime {
	char cookie[8];
	uint64_t version, free_threaded;
	uint64_t runtime_size, finalizing, interpreters_head;
	uint64_t interp_size, interp_id, interp_next, interp_threads, interp_other[9];
	uint64_t thread_size, thread_prev, thread_next, thread_interp, thread_frame, thread_id,
		thread_native_id, thread_other[2];
	uint64_t frame_size, frame_previous, frame_executable, frame_instr, frame_locals, frame_owner;
	uint64_t code_size, code_filename, code_name, code_qualname, code_linetable, code_firstlineno,
		code_other[3], code_instructions;
	uint64_t object[2], type[4], tuple[3], list[3], dict[3], floats[2], longs[3];
	uint64_t bytes_size, bytes_length, bytes_data;
	uint64_t str_size, str_state, str_length, str_text;
	struct interpreter *interpreters;
};

#ifdef OFFSETS_FORGED
#define OFFSET(type, member) (0xfffffffffffffff8 - offsetof(type, member))
#else
#define OFFSET(type, member) offsetof(type, member)
#endif

__attribute__((section(".PyRuntime"), used)) struct runtime runtime = {
	.cookie = { 'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y' },
	.version = 0x030d00f0,
	.runtime_size = sizeof(struct runtime),
	.interpreters_head = OFFSET(struct runtime, interpreters),
	.interp_size = sizeof(struct interpreter),
	.interp_next = OFFSET(struct interpreter, next),
	.interp_threads = OFFSET(struct interpreter, threads),
	.thread_size = sizeof(struct thread),
	.thread_next = OFFSET(struct thread, next),
	.thread_frame = OFFSET(struct thread, frame),
	.thread_id = OFFSET(struct thread, thread_id),
	.frame_size = sizeof(struct frame),
	.frame_previous = OFFSET(struct frame, previous),
	.frame_executable = OFFSET(struct frame, code),
	.frame_instr = OFFSET(struct frame, instr),
	.frame_locals = OFFSET(struct frame, locals),
	.frame_owner = OFFSET(struct frame, owner),
	.code_size = sizeof(struct code),
	.code_filename = OFFSET(struct code, filename),
	.code_name = OFFSET(struct code, name),
	.code_qualname = OFFSET(struct code, qualname),
	.code_linetable = OFFSET(struct code, linetable),
	.code_firstlineno = OFFSET(struct code, firstlineno),
	.code_instructions = OFFSET(struct code, instructions),
	.bytes_size = sizeof(struct bytes),
	.bytes_length = OFFSET(struct bytes, size),
	.bytes_data = OFFSET(struct bytes, data),
	.str_size = sizeof(struct str),
	.str_state = OFFSET(struct str, state),
	.str_length = OFFSET(struct str, length),
	.str_text = OFFSET(struct str, text),
};

#define ASCII 0x64 /* state of a str: kind 1, compact, ASCII */

static struct str good_name = { 1, 0, 12, 0, ASCII, "forged_frame" };
static struct str good_file = { 1, 0, 9, 0, ASCII, "forged.py" };
/* one entry of form 13 (no columns) for eight code units, no line added */
static struct bytes good_lines = { 1, 0, 2, 0, { 0x80 | 13 << 3 | 7, 0 } };

static struct code codes[2];
static struct frame frames[2];
static struct thread threads[2];
static struct interpreter interpreters[2];
static struct str name;
static struct bytes lines;

static char *edge; /* the last byte of mapped memory before what cannot be read */

static void forge_good(void)
{
	for (int i = 0; i < 2; i++) {
		codes[i] = (struct code){ 1, 0, &good_file, &good_name, &good_name, &good_lines, 7, 0,
					  { 0 } };
		frames[i] = (struct frame){ &codes[i], NULL, &codes[i].instructions[1], 0, 0 };
		threads[i] = (struct thread){ NULL, (uint64_t)pthread_self(), &frames[i] };
		interpreters[i] = (struct interpreter){ NULL, &threads[i] };
	}
	runtime.interpreters = interpreters;
}

static void forge_self(void)
{
	frames[0].previous = &frames[0];
}

static void forge_loop(void)
{
	frames[0].previous = &frames[1];
	frames[1].previous = &frames[0];
}

static void forge_threads(void)
{
	for (int i = 0; i < 2; i++) {
		threads[i].thread_id = 1;
		threads[i].next = &threads[!i];
	}
}

static void forge_interpreters(void)
{
	for (int i = 0; i < 2; i++) {
		interpreters[i].threads = NULL;
		interpreters[i].next = &interpreters[!i];
	}
}

static uint64_t random_next(void)
{
	static uint64_t x = 88172645463325252U;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

static void *wild(void)
{
	void *const places[] = { NULL, (void *)1, __builtin_frame_address(0), edge, edge + 1, edge - 7, (void *)-1UL,
				 (void *)0xffff800000000000UL, (void *)0x7ffffffffff8UL,
				 (void *)0x800000000000UL, (void *)0x4141414141414141UL,
				 (char *)frames + 3, (void *)(uintptr_t)wild, &runtime,
				 (void *)(random_next() & 0x7fffffffffffUL), &frames[1], &codes[1] };

	return places[random_next() % (sizeof(places) / sizeof(places[0]))];
}

static void forge_wild(void)
{
	void **const fields[] = {
		(void **)&runtime.interpreters, (void **)&interpreters[0].threads,
		(void **)&interpreters[0].next, (void **)&threads[0].next, (void **)&threads[0].frame,
		(void **)&frames[0].code, (void **)&frames[0].previous, &frames[0].instr,
		&codes[0].filename, &codes[0].name, &codes[0].qualname, &codes[0].linetable,
	};

	*fields[random_next() % (sizeof(fields) / sizeof(fields[0]))] = wild();
}

static void forge_counts(void)
{
	static const uint64_t counts[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 1UL << 32,
					   0x7fffffffffffffff, -1UL, 1000000, 64 };
	struct str *s = random_next() % 2 ? &name : (void *)(edge + 1 - offsetof(struct str, text));

	s->length = counts[random_next() % 10];
	s->state = random_next() % 2 ? ASCII : random_next() & 0xff;
	lines.size = counts[random_next() % 10];
	codes[0].qualname = codes[0].name = s;
	codes[0].filename = random_next() % 2 ? (void *)s : &good_file;
	codes[0].linetable = random_next() % 2 ? &lines : (void *)(edge + 1 - 32);
	codes[0].firstlineno = (int)random_next();
}

static void forge_lines(void)
{
	lines.size = random_next() % (sizeof(lines.data) + 1);
	for (size_t i = 0; i < sizeof(lines.data); i++)
		lines.data[i] = random_next() % 4 ? (uint8_t)random_next() : 0xff;
	codes[0].linetable = &lines;
	codes[0].firstlineno = 7;
	frames[0].instr = (char *)codes[0].instructions + random_next() % 128;
}

static void (*const forgers[])(void) = { forge_good, forge_self, forge_loop, forge_threads,
					 forge_interpreters, forge_wild, forge_counts, forge_lines };
static const char *const forger_names[] = { "good", "self", "loop", "threads", "interpreters",
					    "wild", "counts", "lines" };
#define N_FORGERS (sizeof(forgers) / sizeof(forgers[0]))

static void *change(void *arg)
{
	(void)arg;
	for (;;) {
		forge_good();
		for (uint64_t i = random_next() % 8; i; i--)
			forgers[random_next() % N_FORGERS]();
	}
	return NULL;
}

KEEP uint64_t burn(uint64_t x)
{
	for (int i = 0; i < 100; i++)
		x = spin(x);
	return x;
}

/* Three pages, and one that cannot be read. */
static int make_edge(void)
{
	char *pages = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + 12288, 4096, PROT_NONE))
		return -1;
	edge = pages + 12287;
	return 0;
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	const char *what = argc > 2 ? argv[2] : "good";
	void (*forge)(void) = NULL;
	struct timespec mine;
	pthread_t thread;
	uint64_t x = 1;

	for (size_t i = 0; i < N_FORGERS; i++)
		if (!strcmp(what, forger_names[i]))
			forge = forgers[i];
	if (make_edge())
		return 1;
	forge_good();
	if (!strcmp(what, "change")) {
		forge = forge_good;
		if (pthread_create(&thread, NULL, change, NULL))
			return 1;
	}
	if (!forge)
		return 2;
	while (cpu_seconds() < end) {
		forge_good();
		forge();
		x = burn(x);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &mine);
	printf("main thread: %.3f\n", ((double)mine.tv_sec + (double)mine.tv_nsec * 1e-9) / cpu_seconds());
	return x == 0;
}
