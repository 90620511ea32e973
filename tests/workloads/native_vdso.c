/* SPDX-License-Identifier: Apache-2.0
 * main > read_clock > clock_gettime > the kernel's vDSO. */
#include "native.h"

KEEP uint64_t read_clock(uint64_t x)
{
	struct timespec t;

	for (int i = 0; i < 10000; i++) {
		clock_gettime(CLOCK_MONOTONIC, &t);
		x += (uint64_t)t.tv_nsec;
	}
	return x;
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	uint64_t x = 1;

	while (cpu_seconds() < end)
		x += read_clock(x);
	return x == 0;
}
