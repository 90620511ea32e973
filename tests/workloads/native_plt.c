/* SPDX-License-Identifier: Apache-2.0
 * main > calls > plt_step, through the procedure linkage table: samples in its stubs. */
#include "native.h"

uint64_t plt_step(uint64_t x);

KEEP uint64_t calls(uint64_t x)
{
	for (int i = 0; i < 100000; i++)
		x = plt_step(x);
	return x;
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	uint64_t x = 1;

	while (cpu_seconds() < end)
		x = calls(x);
	return x == 0;
}
