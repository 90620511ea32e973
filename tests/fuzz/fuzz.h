/* SPDX-License-Identifier: Apache-2.0
 * What the fuzz targets share. Each is a libFuzzer program over one reader of bytes from outside;
 * run.sh builds and runs them. */
#ifndef HW_TESTS_FUZZ_H
#define HW_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called by libFuzzer for each input; always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What must hold whatever the input is. */
#define fuzz_check(condition)                                                                   \
	do {                                                                                    \
		if (!(condition)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* The part of the input that was not taken yet. */
struct fuzz_input {
	const uint8_t *at;
	size_t size;
};

/* Takes @size bytes into @buf; zeros where the input is too short. */
static inline void fuzz_take(struct fuzz_input *in, void *buf, size_t size)
{
	size_t n = in->size < size ? in->size : size;

	memset(buf, 0, size);
	if (n)
		memcpy(buf, in->at, n);
	in->at += n;
	in->size -= n;
}

/* Fills @buf with the rest of the input from byte @offset on, repeated without end; with zeros when
 * there is none. */
static inline void fuzz_repeat(const struct fuzz_input *in, uint64_t offset, void *buf, size_t size)
{
	uint8_t *to = buf;

	memset(buf, 0, size);
	while (in->size && size) {
		size_t at = offset % in->size, n = in->size - at < size ? in->size - at : size;

		memcpy(to, in->at + at, n);
		to += n;
		offset += n;
		size -= n;
	}
}

#endif
