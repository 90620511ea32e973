/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int read_fake(void *ctx, uint64_t addr, void *buf, size_t size)
{
	struct fake_mem *fake = ctx;

	if (++fake->reads == fake->fail_at)
		return -EFAULT;
	if (addr < fake->base || addr - fake->base > fake->size ||
	    size > fake->size - (addr - fake->base))
		return -EFAULT;
	memcpy(buf, (const char *)fake->bytes + (addr - fake->base), size);
	return 0;
}

struct hw_mem fake_mem_open(struct fake_mem *fake)
{
	return (struct hw_mem){ .read = read_fake, .ctx = fake };
}
