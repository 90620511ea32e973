/* SPDX-License-Identifier: Apache-2.0 */
#include "target/code_image.h"

#include <errno.h>
#include <string.h>

#define PIECES 5

static uint8_t *bytes_of(struct hw_raw_code *raw, int i)
{
	return i == 0 ? raw->head : i == PIECES - 1 ? raw->table : raw->strings[i - 1];
}

static uint32_t room_of(int i)
{
	return i == 0 ? HW_CODE_HEAD : i == PIECES - 1 ? HW_CODE_TABLE : HW_CODE_STR;
}

static int read_pieces(void *ctx, uint64_t addr, void *buf, size_t size)
{
	struct hw_raw_code *raw = ctx;

	for (int i = 0; i < PIECES; i++) {
		const struct hw_raw_piece *p = &raw->pieces[i];
		uint64_t at = addr - p->addr;

		if (addr < p->addr || at > p->size || size > p->size - at)
			continue;
		memcpy(buf, bytes_of(raw, i) + at, size);
		return 0;
	}
	return -EFAULT;
}

/* Bytes of the table's first @n that hold whole entries. The entries of a location table begin with
 * a byte that has the top bit set, and no other has; those of the older tables are pairs. */
static uint64_t whole_entries(const uint8_t *table, uint64_t n, uint8_t lines)
{
	if (lines != HW_PY_LINES_LOCATIONS)
		return n & ~1ULL;
	while (n && !(table[n - 1] & 0x80))
		n--;
	return n ? n - 1 : 0;
}

static void cut_table(struct hw_raw_code *raw, const struct hw_py_offsets *off)
{
	uint32_t got = raw->pieces[PIECES - 1].size;
	uint64_t size;

	if (off->bytes_size + sizeof(size) > got || off->bytes_data > got)
		return;
	memcpy(&size, raw->table + off->bytes_size, sizeof(size));
	if (size <= got - off->bytes_data)
		return;
	size = whole_entries(raw->table + off->bytes_data, got - off->bytes_data, off->lines);
	memcpy(raw->table + off->bytes_size, &size, sizeof(size));
}

struct hw_mem hw_code_image_open(struct hw_raw_code *raw, const struct hw_py_offsets *off)
{
	for (int i = 0; i < PIECES; i++)
		if (raw->pieces[i].size > room_of(i))
			raw->pieces[i].size = 0;
	cut_table(raw, off);
	return (struct hw_mem){ .read = read_pieces, .ctx = raw };
}
