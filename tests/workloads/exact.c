/* SPDX-License-Identifier: Apache-2.0
 * Instructions that can be counted: usage: exact MILLIONS [MILLIONS]. The first number of millions of
 * instructions is executed in first(), the second in second(), in loops of four instructions. */
#include <stdlib.h>

#define LOOP_INSTRUCTIONS 4
#if defined(__aarch64__)
#define LOOP "1: nop; nop; subs %0, %0, #1; b.ne 1b"
#elif defined(__x86_64__)
#define LOOP "1: nop; nop; dec %0; jnz 1b"
#else
#error "a loop of four instructions for this architecture, please"
#endif

/* The names in the comments keep compilers from making one function of two that are equal. */
static __attribute__((noinline)) void first(unsigned long millions)
{
	unsigned long rounds = millions * 1000000 / LOOP_INSTRUCTIONS;

	__asm__ volatile("/* first */" LOOP : "+r"(rounds) : : "cc");
}

static __attribute__((noinline)) void second(unsigned long millions)
{
	unsigned long rounds = millions * 1000000 / LOOP_INSTRUCTIONS;

	__asm__ volatile("/* second */" LOOP : "+r"(rounds) : : "cc");
}

int main(int argc, char **argv)
{
	unsigned long millions[2] = { 0, 0 };

	for (int i = 1; i < argc && i < 3; i++)
		millions[i - 1] = strtoul(argv[i], NULL, 10);
	if (millions[0])
		first(millions[0]);
	if (millions[1])
		second(millions[1]);
	return 0;
}
