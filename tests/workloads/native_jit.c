/* SPDX-License-Identifier: Apache-2.0
 * main > jit_outer > jit_inner: code made at run time, without a file and without unwind rows, but
 * with frame pointers, and with names in /tmp/perf-PID.map, whose path is printed: it is the
 * caller's to remove. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "native.h"

typedef void code_fn(uint64_t rounds);

#ifdef __x86_64__
static const unsigned char machine_code[] = {
	/* 0: jit_outer */
	0x55,			      /* push %rbp */
	0x48, 0x89, 0xe5,	      /* mov %rsp,%rbp */
	0xe8, 0x09, 0x00, 0x00, 0x00, /* call jit_inner */
	0x5d,			      /* pop %rbp */
	0xc3,			      /* ret */
	0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
	/* 18: jit_inner */
	0x55,			      /* push %rbp */
	0x48, 0x89, 0xe5,	      /* mov %rsp,%rbp */
	0x48, 0xff, 0xcf,	      /* dec %rdi */
	0x75, 0xfb,		      /* jnz to the dec */
	0x5d,			      /* pop %rbp */
	0xc3,			      /* ret */
};
#else
static const unsigned char machine_code[] = { 0 };
#endif

static code_fn *make_code(const char *map_path)
{
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	FILE *map = fopen(map_path, "w");

	if (code == MAP_FAILED || !map || sizeof(machine_code) < 2)
		return NULL;
	memcpy(code, machine_code, sizeof(machine_code));
	fprintf(map, "%lx 12 jit_outer\n", (unsigned long)(uintptr_t)code);
	fprintf(map, "%lx b jit_inner\n", (unsigned long)(uintptr_t)code + 18);
	return fclose(map) ? NULL : (code_fn *)code;
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	char path[64];
	code_fn *code;

	snprintf(path, sizeof(path), "/tmp/perf-%d.map", getpid());
	code = make_code(path);
	if (!code)
		return 1;
	while (cpu_seconds() < end)
		code(1000000);
	puts(path);
	return 0;
}
