/* SPDX-License-Identifier: Apache-2.0
 * main > enters > last: between them first and middle, which have gone with their tail calls. */
#include "native.h"

KEEP uint64_t last(uint64_t x)
{
	for (int i = 0; i < 20; i++)
		x = spin(x);
	return x;
}

KEEP uint64_t middle(uint64_t x)
{
	return last(x * 3);
}

KEEP uint64_t first(uint64_t x)
{
	return middle(x + 1);
}

KEEP uint64_t enters(uint64_t x)
{
	return first(x) + 1;
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	uint64_t x = 1;

	while (cpu_seconds() < end)
		x = enters(x);
	return x == 0;
}
