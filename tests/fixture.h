/* SPDX-License-Identifier: Apache-2.0
 * What several tests need: a runner for one suite, and fake process memory. */
#ifndef HW_TESTS_FIXTURE_H
#define HW_TESTS_FIXTURE_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/mem.h"

/* Runs @suite and returns the exit status for main(): 0 when every test passed. */
int run_suite(Suite *suite);

/* What cannot be judged on this machine is said and, where the environment has TEST_LOG, added to
 * that file for tests/summary.sh, which counts it. @test is the __func__ of the test, @why a format
 * of printf(3). The test that calls this should then return. */
__attribute__((format(printf, 2, 3))) void unjudged(const char *test, const char *why, ...);

/* Says so of the whole program. Returns the exit status for main(). */
int skip_suite(const char *why);

/* @size bytes at address @base; reads beyond fail with -EFAULT. The struct and the bytes are
 * borrowed. @fail_at: the read with this number (from 1) fails too; 0: none. */
struct fake_mem {
	uint64_t base;
	const void *bytes;
	size_t size;
	unsigned int fail_at, reads;
};
struct hw_mem fake_mem_open(struct fake_mem *fake);

#endif
