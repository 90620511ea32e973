/* SPDX-License-Identifier: Apache-2.0
 * The C side of nest_python.py, called through ctypes: C that calls Python that calls C. */
#include "native.h"

typedef void callback_fn(void);

static callback_fn *called;

/* The work at the end of the nest: some @rounds times ten microseconds. */
uint64_t nest_burn(uint64_t rounds);
KEEP uint64_t nest_burn(uint64_t rounds)
{
	uint64_t x = 1;

	while (rounds--)
		x = spin(x);
	return x;
}

KEEP int nest_compare(const void *a, const void *b)
{
	called();
	return *(const int *)a - *(const int *)b;
}

/* Through the C library: one comparison, which calls @callback. */
void nest_sort(callback_fn *callback);
KEEP void nest_sort(callback_fn *callback)
{
	int numbers[2] = { 2, 1 };

	called = callback;
	qsort(numbers, 2, sizeof(numbers[0]), nest_compare);
}

KEEP void nest_inner(callback_fn *callback, volatile int *count)
{
	callback();
	++*count;
}

void nest_call(callback_fn *callback);
KEEP void nest_call(callback_fn *callback)
{
	volatile int count = 0;

	nest_inner(callback, &count);
	++count;
}
