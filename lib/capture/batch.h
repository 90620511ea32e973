/* SPDX-License-Identifier: Apache-2.0
 * Samples on their way from the ring to whoever resolves them, in one block of memory, each with what
 * was found out about it meanwhile. One thread at a time. */
#ifndef HW_CAPTURE_BATCH_H
#define HW_CAPTURE_BATCH_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "wire/sample.h"

struct hw_process_version; /* target/process.h */
struct hw_py_code;	   /* py/code.h */

/* A sample as the kernel sent it, and what is known of it. */
struct hw_taken_sample {
	const struct hw_raw_sample *raw; /* its counts agree with its size */
	/* The code objects of its raw->n_python Python frames: NULL when it had gone, and of entries. */
	const struct hw_py_code *const *codes;
	struct hw_process_version *version; /* of its process, at its moment; NULL: there was no memory */
};

struct hw_batch {
	unsigned char *records;
	size_t size, cap, at;
	uint64_t dropped;   /* samples that found no memory, or were none */
	uint64_t side_lost; /* records of mappings and forks that were overwritten before they were read */
};
void hw_batch_done(struct hw_batch *batch); /* lets go of the versions; may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_batch, hw_batch_done)

/* Appends a copy of the @size bytes @data that came from the ring. What is no whole record, or finds
 * no memory, is counted as dropped. */
void hw_batch_append(struct hw_batch *batch, const void *data, size_t size);

/* A record of any kind, to be completed. */
struct hw_batch_record {
	union {
		__u32 kind; /* enum hw_raw_kind */
		struct hw_raw_sample sample;
		struct hw_raw_code code;
	} *raw;
	const struct hw_py_code **codes; /* room for those of its Python frames, all NULL at first */
	struct hw_process_version **version; /* NULL at first; a reference, then the batch's */
};

/* The record at *at, which is moved on: true, or false at the end. Pointers hold until the next
 * hw_batch_append(). */
bool hw_batch_record(struct hw_batch *batch, size_t *at, struct hw_batch_record *ret);

/* The next sample; false at the end. Pointers live as long as the batch and no more is appended, code
 * objects as long as what read them. */
bool hw_batch_next(struct hw_batch *batch, struct hw_taken_sample *ret);

#endif
