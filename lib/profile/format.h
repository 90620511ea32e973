/* SPDX-License-Identifier: Apache-2.0
 * The layout of the profile file, for its writer and its reader: man/hwprof-profile.5 in C. */
#ifndef HW_PROFILE_FORMAT_H
#define HW_PROFILE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are stored as they are");

/* One of the skippable frames of RFC 8878, section 3.1.2: `zstd -d` passes over it. */
#define HW_FILE_MAGIC 0x184D2A57u

struct hw_file_header {
	uint32_t magic, size; /* size of what follows */
	char name[8];	      /* "hwprof", zeros */
	uint32_t version;
};
_Static_assert(sizeof(struct hw_file_header) == 20, "struct hw_file_header is stored as it is");

#define HW_CHUNK_TARGET_BYTES (8u << 20)   /* the writer begins another chunk past this */
#define HW_CHUNK_MAX_BYTES    (64u << 20)  /* the reader refuses larger ones */
#define HW_FILE_MAX_BYTES     (4ull << 30) /* of a file, and of all its chunks unpacked */

enum hw_section_kind {
	HW_SECTION_SESSION = 1, /* JSON text */
	HW_SECTION_STRINGS,
	HW_SECTION_MODULES,
	HW_SECTION_FRAMES,
	HW_SECTION_STACKS,
	HW_SECTION_TASKS,
	HW_SECTION_SAMPLES,
};

struct hw_section_head {
	uint32_t kind, size; /* size of what follows, in bytes */
};

/* The tables of a profile in the order of their references: what an entry refers to comes in an
 * earlier row. Entries are stored in the order of their numbers, without those that every
 * profile has from the start. */
struct hw_section_table {
	enum hw_section_kind kind;
	size_t offset;	/* of the table in struct hw_profile */
	uint32_t first; /* entries that are never stored */
	bool counted;	/* each entry: u32 n, then n units; else one unit and no count */
	size_t unit;	/* bytes */
	uint32_t max;	/* units in an entry */
	/* Whether the @size bytes of an entry, not aligned, are one: what they refer to is there.
	 */
	bool (*valid)(const struct hw_profile *p, const void *bytes, size_t size);
};

#define HW_SECTION_TABLES 5
extern const struct hw_section_table hw_section_tables[HW_SECTION_TABLES];

/* The entries of @p that table @t is about. */
static inline struct hw_intern *hw_section_entries(const struct hw_profile *p,
						   const struct hw_section_table *t)
{
	return *(struct hw_intern **)((char *)p + t->offset);
}

#endif
