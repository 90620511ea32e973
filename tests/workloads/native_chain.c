/* SPDX-License-Identifier: Apache-2.0
 * main > saves_registers > large_frame > huge_frame > varying_frame > burn: frames of every size
 * and shape that plain C has. */
#include <alloca.h>
#include <string.h>

#include "native.h"

KEEP uint64_t burn(uint64_t x)
{
	for (int i = 0; i < 20; i++)
		x = spin(x);
	return x;
}

/* The size is known at run time only: the frame needs rbp to find its caller. */
KEEP uint64_t varying_frame(uint64_t x)
{
	size_t n = 16 + x % 8000;
	char *p = alloca(n);

	memset(p, (int)x, n);
	x = burn(x);
	return x + (uint64_t)p[x % n];
}

/* More than 64 KiB, which 16 bits of an offset do not hold. */
KEEP uint64_t huge_frame(uint64_t x)
{
	volatile char room[200000];

	room[x % sizeof(room)] = 1;
	x = varying_frame(x);
	return x + (uint64_t)room[x % sizeof(room)];
}

KEEP uint64_t large_frame(uint64_t x)
{
	volatile char room[5000];

	room[x % sizeof(room)] = 1;
	x = huge_frame(x);
	return x + (uint64_t)room[x % sizeof(room)];
}

/* Ten values live across the calls: all callee-saved registers are pushed, rbp with them. */
KEEP uint64_t saves_registers(uint64_t x)
{
	uint64_t v[10];

	for (uint64_t i = 0; i < 10; i++)
		v[i] = x * (i + 3);
	x = large_frame(x);
	for (int i = 0; i < 10; i++)
		x += v[i];
	x += large_frame(x);
	for (int i = 0; i < 10; i++)
		x ^= v[i];
	return x;
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	uint64_t x = 1;

	while (cpu_seconds() < end)
		x = saves_registers(x);
	return x == 0;
}
