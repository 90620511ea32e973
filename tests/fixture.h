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
