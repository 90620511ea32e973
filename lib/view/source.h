/* SPDX-License-Identifier: Apache-2.0
 * A source file as it is now, line by line. */
#ifndef HW_VIEW_SOURCE_H
#define HW_VIEW_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define HW_SOURCE_MAX (32u << 20) /* bytes: larger files are refused */

struct hw_source {
	char *text;	/* owned; lines end in NUL */
	char **lines;	/* line n is lines[n - 1], without its end */
	size_t n_lines;
	int64_t changed_unix_s; /* when the file was last written */
};

/* Reads @path. Returns 0 and fills *ret (release with hw_source_done()), or a negative errno of
 * open(2) or read(2); -EISDIR when it is no regular file, -EFBIG, -ENOMEM. */
int hw_source_read(const char *path, struct hw_source *ret);
void hw_source_done(struct hw_source *s); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_source, hw_source_done)

/* The text of line @line, from 1; "" beyond the end. */
const char *hw_source_line(const struct hw_source *s, uint32_t line);

/* The last line of the block that line @first begins, known to reach to @known at least: what
 * follows belongs to it as long as it is empty or further indented than @first, as a function in
 * Python, and most in C, is written; an end at the same depth that only closes brackets is part
 * of it. Empty lines at the end are not. */
uint32_t hw_source_block_end(const struct hw_source *s, uint32_t first, uint32_t known);

#endif
