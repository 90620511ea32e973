/* SPDX-License-Identifier: Apache-2.0
 * main > realigned > wide_locals > burn: the stack is aligned anew, so that the frame's end has to
 * be read from memory (DW_CFA_def_cfa_expression). */
#include "native.h"

KEEP uint64_t burn(uint64_t x)
{
	for (int i = 0; i < 20; i++)
		x = spin(x);
	return x;
}

KEEP uint64_t wide_locals(uint64_t x)
{
	_Alignas(64) volatile uint64_t v[16];
	volatile char room[x % 512 + 1];

	for (int i = 0; i < 16; i++)
		v[i] = x + (uint64_t)i;
	room[x % sizeof(room)] = 1;
	x = burn(x);
	return x + v[x % 16] + (uint64_t)room[0];
}

#if defined(__x86_64__) || defined(__i386__)
__attribute__((force_align_arg_pointer))
#endif
KEEP uint64_t realigned(uint64_t x)
{
	_Alignas(32) volatile uint64_t v[8];

	v[x % 8] = x;
	return wide_locals(x) + v[x % 8];
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	uint64_t x = 1;

	while (cpu_seconds() < end)
		x = realigned(x);
	return x == 0;
}
