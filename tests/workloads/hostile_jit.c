/* SPDX-License-Identifier: Apache-2.0
 * Code without a file, as a compiler at run time makes it, whose frame pointer leads nowhere good;
 * and a /tmp/perf-PID.map of garbage, which is removed at the end. main > enter > the code. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "native.h"

typedef void code_fn(uint64_t rounds, void *frame_pointer);

/* A frame record: the caller's frame pointer, and where to return to. */
struct record {
	struct record *fp;
	void *ret;
};

#define CHAIN 100000 /* records */

static struct record *chain;
static char *edge; /* the end of mapped memory */
static uint64_t state = 88172645463325252U;

static uint64_t random_next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

#ifdef __x86_64__
static const unsigned char machine_code[] = {
	0x55,		  /* push %rbp */
	0x48, 0x89, 0xf5, /* mov %rsi,%rbp */
	0x48, 0xff, 0xcf, /* dec %rdi */
	0x75, 0xfb,	  /* jnz to the dec */
	0x5d,		  /* pop %rbp */
	0xc3,		  /* ret */
};
#endif

/* The frame pointers that the code is given in turn, and what they point to. */
static void *forge(int turn, struct record *on_stack, void *code)
{
	on_stack[0] = (struct record){ &on_stack[1], code };
	on_stack[1] = (struct record){ &on_stack[2], code };
	switch (turn % 11) {
	case 0: /* its own caller */
		on_stack[0].fp = &on_stack[0];
		return on_stack;
	case 1: /* each other's */
		on_stack[1].fp = &on_stack[0];
		return on_stack;
	case 2: /* backwards */
		on_stack[1].fp = (void *)((uintptr_t)on_stack - 16000);
		return on_stack;
	case 3: return chain; /* without end, and away from the stack */
	case 4: return edge - 8; /* half a record */
	case 5: return edge;
	case 6: return NULL;
	case 7: return (void *)-8UL;
	case 8: /* returns to nowhere */
		on_stack[0].ret = (void *)0x800000000000UL;
		return on_stack;
	case 9: /* returns into the middle of other code */
		on_stack[0].ret = (char *)(uintptr_t)malloc + 3;
		return on_stack;
	default: return (void *)random_next();
	}
}

static int write_map(const char *path, void *code)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -1;
	fprintf(f, "%lx ffffffffffffffff everything\n", (unsigned long)(uintptr_t)code);
	fprintf(f, "ffffffffffffffff ffffffffffffffff wraps\n-1 -1 negative\n\n \nx y z\n10\n10 20\n");
	for (int i = 0; i < 20000; i++)
		fprintf(f, "%lx %lx overlaps_%d\n", (unsigned long)(uintptr_t)code + i % 64,
			(unsigned long)(random_next() % 4096), i);
	for (int i = 0; i < 1000000; i++)
		fputc((int)random_next(), f);
	for (int i = 0; i < 1000000; i++) /* a line that does not end */
		fputc('a', f);
	return fclose(f);
}

static int make_memory(void)
{
	char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	chain = malloc(CHAIN * sizeof(*chain));
	if (!chain || pages == MAP_FAILED || mprotect(pages + 4096, 4096, PROT_NONE))
		return -1;
	edge = pages + 4096;
	return 0;
}

static code_fn *make_code(void)
{
#ifdef __x86_64__
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (code == MAP_FAILED)
		return NULL;
	memcpy(code, machine_code, sizeof(machine_code));
	for (int i = 0; i < CHAIN; i++)
		chain[i] = (struct record){ &chain[(i + 1) % CHAIN], (char *)code + 4 };
	return (code_fn *)code;
#else
	return NULL;
#endif
}

KEEP void enter(code_fn *code, int turn)
{
	struct record on_stack[4] = { { NULL, NULL } };

	code(2000000, forge(turn, on_stack, (char *)(uintptr_t)code + 4));
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	char path[64];
	code_fn *code;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	if (make_memory() || !(code = make_code()) || write_map(path, (void *)(uintptr_t)code))
		return 1;
	for (int turn = 0; cpu_seconds() < end; turn++)
		enter(code, turn);
	unlink(path);
	return 0;
}
