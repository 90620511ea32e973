/* SPDX-License-Identifier: Apache-2.0
 * The two libraries of native_dl.c: same code, other names (DL_ENTER, DL_BURN), and DL_PAD bytes
 * of code before it, so that an address means another function in each. */
#include "native.h"

__asm__(".text\n.skip " DL_PAD ", 0x90\n");

KEEP uint64_t DL_BURN(uint64_t x)
{
	for (int i = 0; i < 20; i++)
		x = spin(x);
	return x;
}

uint64_t DL_ENTER(uint64_t x);
KEEP uint64_t DL_ENTER(uint64_t x)
{
	return DL_BURN(x) + 1;
}
