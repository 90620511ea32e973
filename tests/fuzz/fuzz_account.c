/* SPDX-License-Identifier: Apache-2.0
 * The programs at the scheduler, bpf/wait.bpf.h, compiled for the host beside their model: the input is
 * the luck of a machine, byte by byte, down to who does what when (tests/account_world.h). */
#include "fuzz.h"

#define FAKE_IDS      1024 /* as many threads as an input can make */
#define FAKE_SESSIONS 8
#include "account_world.h"

static struct fuzz_input input;

/* Two bytes where one does not reach. */
static uint32_t choose(uint32_t n)
{
	uint16_t value = 0;

	fuzz_take(&input, &value, n > 256 ? 2 : 1);
	if (n <= 256)
		return value % n;
	return n > 65536 ? (uint32_t)value * (n / 65536) : value % n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct luck luck;

	input = (struct fuzz_input){ bytes, size };
	luck = (struct luck){
		.lost = choose(24), .locks = choose(24), .memory = choose(24), .skew = choose(24),
		.fork = 2 + choose(30), .end = 2 + choose(30), .tasks_max = 2 + choose(64),
	};
	world_begin(&world, &luck, 1 + choose(16));
	while (input.size && !world.broken)
		world_step(&world);
	world_judge(&world);
	if (world.broken)
		fprintf(stderr, "%s\n", world.broken);
	fuzz_check(!world.broken);
	world_end(&world);
	return 0;
}
