/* SPDX-License-Identifier: Apache-2.0
 * main > descend, 700 times > burn. */
#include "native.h"

static double end;

KEEP uint64_t burn(uint64_t x)
{
	while (cpu_seconds() < end)
		for (int i = 0; i < 100; i++)
			x = spin(x);
	return x;
}

KEEP uint64_t descend(uint64_t x, int n)
{
	return (n > 1 ? descend(x + 1, n - 1) : burn(x)) + (uint64_t)n;
}

int main(int argc, char **argv)
{
	end = cpu_seconds() + seconds_wanted(argc, argv);
	return descend(1, 700) == 0;
}
