/* SPDX-License-Identifier: Apache-2.0
 * main > decides > rare: the compiler moves the unlikely part of decides out of line
 * (decides.cold), and that is where the time goes, in itself and in what it calls. */
#include "native.h"

static volatile uint64_t noted;

__attribute__((cold)) KEEP void rare(uint64_t x)
{
	for (int i = 0; i < 10; i++)
		x = spin(x);
	noted = x;
}

KEEP uint64_t decides(uint64_t x, uint64_t *kept)
{
	uint64_t a = x * 3, b = x * 5, c = x * 7;

	if (__builtin_expect(x & 1, 0)) {
		for (int i = 0; i < 10; i++)
			a = spin(a);
		*kept += a;
		rare(a);
	}
	return a ^ b ^ c;
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	uint64_t x = 1, kept = 0;

	while (cpu_seconds() < end)
		x = decides(x | 1, &kept);
	return x == 0 && kept == 0;
}
