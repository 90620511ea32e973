/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
 * Reads code objects at the moment a sample names them. The code of a module is freed within a
 * millisecond after it was imported, and a process may end: user space, which has the names from
 * the target's memory else, comes too late for those. Knows no version of Python. */
#ifndef HW_BPF_CODES_H
#define HW_BPF_CODES_H

/* Code objects that were sent, by a hash of address and identity: a power of two. One that takes
 * the place of another makes that be sent again, no more. */
#define CODES_SENT 8192

struct codes {
	__u32 sent[CODES_SENT];
	struct hw_raw_code raw;
};

/* Reads up to @size bytes at @addr; where that runs into a page that is not there, what comes
 * before. Returns how many. */
static __always_inline __u32 read_some(void *dst, __u32 size, __u64 addr)
{
	__u32 left = 4096 - addr % 4096;

	if (!addr)
		return 0;
	if (!read_user(dst, size, addr))
		return size;
	if (left >= size || read_user(dst, left, addr))
		return 0;
	return left;
}

static __always_inline void read_piece(struct hw_raw_piece *piece, void *dst, __u32 size,
				       __u64 addr)
{
	piece->addr = addr;
	piece->size = read_some(dst, size, addr);
}

/* Whether the code object @addr with identity @ident has not been sent; from now on it has. */
static __always_inline int is_new_code(struct codes *c, __u64 addr, __u32 ident)
{
	__u64 hash = (addr + ident) * 0x9e3779b97f4a7c15ULL;
	__u32 *slot = &c->sent[hash >> 32 & (CODES_SENT - 1)];
	__u32 mark = (__u32)hash ^ ident;

	if (*slot == mark)
		return 0;
	*slot = mark;
	return 1;
}

/* Fills c->raw with the code object @addr, whose identifying words are @words. */
static __always_inline void read_code(struct codes *c, __u64 addr, __u32 ident,
				      const __u64 words[4])
{
	struct hw_raw_code *raw = &c->raw;

	raw->kind = HW_RAW_CODE;
	raw->addr = addr;
	raw->ident = ident;
	read_piece(&raw->pieces[0], raw->head, sizeof(raw->head), addr);
	read_piece(&raw->pieces[1], raw->strings[0], HW_CODE_STR, words[0]);
	read_piece(&raw->pieces[2], raw->strings[1], HW_CODE_STR, words[1]);
	read_piece(&raw->pieces[3], raw->strings[2], HW_CODE_STR, words[2]);
	read_piece(&raw->pieces[4], raw->table, HW_CODE_TABLE, words[3]);
}

#endif
