/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Check gives each test 4 s unless told otherwise, which is little beside others on one CPU, under a
 * sanitizer, or in an emulated machine. It is asked when a suite is made. */
__attribute__((constructor)) static void give_time(void)
{
	setenv("CK_DEFAULT_TIMEOUT", "60", 0);
}

/* Adds "test_x, @kind, @text" to the log; one write(2), for programs run side by side. */
static void note(const char *kind, const char *text)
{
	const char *path = getenv("TEST_LOG");
	FILE *log = path ? fopen(path, "a") : NULL;

	if (!log)
		return;
	fprintf(log, "%s\t%s\t%s\n", program_invocation_short_name, kind, text);
	fclose(log);
}

void unjudged(const char *test, const char *why, ...)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%s: ", test);
	va_list args;

	va_start(args, why);
	vsnprintf(text + n, sizeof(text) - (size_t)n, why, args);
	va_end(args);
	printf("not judged here: %s\n", text);
	fflush(stdout); /* Check's child ends without it */
	note("unjudged", text);
}

int skip_suite(const char *why)
{
	printf("SKIPPED: %s\n", why);
	note("skipped", why);
	return 77;
}

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
