/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/batch.h"

#include <string.h>

#include "base/array.h"
#include "target/process.h"

/* Stands before each record. Behind the record, padded to 8 bytes, lie the code objects of a sample. */
struct record_head {
	uint64_t size; /* of the record, without padding */
	uint64_t n_codes;
	struct hw_process_version *version; /* owned */
};

static size_t padded(uint64_t size)
{
	return (size + 7) & ~7ULL;
}

static size_t record_bytes(const struct record_head *head)
{
	return sizeof(*head) + padded(head->size) +
	       head->n_codes * sizeof(const struct hw_py_code *);
}

void hw_batch_done(struct hw_batch *batch)
{
	struct hw_batch_record record;

	for (size_t at = 0; hw_batch_record(batch, &at, &record);)
		hw_process_version_unref(*record.version);
	free(batch->records);
	*batch = (struct hw_batch){ 0 };
}

static bool is_whole(const void *data, uint64_t size)
{
	const struct hw_raw_sample *s = data;

	if (size >= sizeof(s->kind) && s->kind == HW_RAW_CODE)
		return size == sizeof(struct hw_raw_code);
	return size >= sizeof(*s) && s->kind == HW_RAW_SAMPLE && s->n_native <= HW_NATIVE_MAX &&
	       s->n_python <= HW_PYTHON_MAX && s->n_kernel <= HW_KERNEL_MAX &&
	       s->event <= HW_RECORD_EVENTS_MAX && s->wait < HW_WALL_CLASSES &&
	       (!s->n_regs || s->n_regs == HW_SAMPLE_REGS) &&
	       size == sizeof(*s) + s->n_native * sizeof(struct hw_raw_native) +
			       s->n_python * sizeof(struct hw_raw_python) +
			       (s->n_kernel + s->n_regs) * sizeof(__u64);
}

void hw_batch_append(struct hw_batch *batch, const void *data, size_t size)
{
	struct record_head head = { .size = size };
	unsigned char *to;

	if (is_whole(data, size)) {
		const struct hw_raw_sample *s = data;

		head.n_codes = s->kind == HW_RAW_SAMPLE ? s->n_python : 0;
	} else {
		batch->dropped++;
		return;
	}
	if (hw_reserve(batch->records, batch->cap, batch->size + record_bytes(&head)) < 0) {
		batch->dropped++;
		return;
	}
	to = batch->records + batch->size;
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), data, size);
	memset(to + sizeof(head) + size, 0, record_bytes(&head) - sizeof(head) - size);
	batch->size += record_bytes(&head);
}

bool hw_batch_record(struct hw_batch *batch, size_t *at, struct hw_batch_record *ret)
{
	struct record_head *head;

	if (*at >= batch->size)
		return false;
	head = (struct record_head *)(batch->records + *at);
	ret->raw = (void *)(head + 1);
	ret->version = &head->version;
	ret->codes = (const struct hw_py_code **)((unsigned char *)(head + 1) + padded(head->size));
	*at += record_bytes(head);
	return true;
}

bool hw_batch_next(struct hw_batch *batch, struct hw_taken_sample *ret)
{
	struct hw_batch_record record;

	while (hw_batch_record(batch, &batch->at, &record)) {
		if (record.raw->kind != HW_RAW_SAMPLE)
			continue;
		*ret = (struct hw_taken_sample){ .raw = &record.raw->sample,
						 .codes = record.codes,
						 .version = *record.version };
		return true;
	}
	return false;
}
