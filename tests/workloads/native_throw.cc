// SPDX-License-Identifier: Apache-2.0
// main > catches > passes, 12 times > throws: an exception through all of them, again and again.
// The time goes to the C++ runtime's own unwinder and to the destructors on the way.
#include <stdexcept>
#include <string>

#include "native.h"

static volatile uint64_t destroyed;

struct Guard {
	uint64_t x;
	explicit Guard(uint64_t y) : x(y) {}
	KEEP ~Guard()
	{
		for (int i = 0; i < 300; i++)
			destroyed = destroyed + x;
	}
};

KEEP void throws(uint64_t x)
{
	if (x)
		throw std::runtime_error("after " + std::to_string(x));
}

KEEP uint64_t passes(uint64_t x, int n)
{
	Guard guard(x);

	if (n > 1)
		passes(x, n - 1);
	else
		throws(x);
	return guard.x;
}

KEEP uint64_t catches(uint64_t x)
{
	try {
		return passes(x, 12);
	} catch (const std::exception &e) {
		return x + (uint64_t)e.what()[0];
	}
}

int main(int argc, char **argv)
{
	double end = cpu_seconds() + seconds_wanted(argc, argv);
	uint64_t x = 1;

	while (cpu_seconds() < end)
		x = catches(x) | 1;
	return x == 0;
}
