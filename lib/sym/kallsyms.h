/* SPDX-License-Identifier: Apache-2.0
 * Kernel addresses to names, from /proc/kallsyms. */
#ifndef HW_SYM_KALLSYMS_H
#define HW_SYM_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "sym/symbol.h"

/* One line of the file: "ffffffff81000000 T _text", "ffffffffc0101000 t fn\t[module]". The texts are
 * in the line and do not end with a NUL. */
struct hw_kallsyms_line {
	uint64_t addr; /* 0: hidden from this user, or of a variable of each CPU */
	char type;     /* as nm(1) has it */
	const char *name, *module; /* module is NULL in the kernel proper, else "[module]" */
	size_t name_len, module_len;
};

/* Reads the line from @p to @end, which is behind its last character. False: not in that form. */
bool hw_kallsyms_parse_line(const char *p, const char *end, struct hw_kallsyms_line *ret);

struct hw_kallsyms; /* opaque */

/* Reads /proc/kallsyms (some 40 ms). Returns 0 and sets *ret (free with hw_kallsyms_free()), or
 *   -EPERM  all addresses are zero: kernel.kptr_restrict hides them	-ENOENT  no such file
 *   -EBADMSG  not in its form, or over 256 MiB			-ENOMEM, -EIO */
int hw_kallsyms_read(struct hw_kallsyms **ret);

/* The same from an open file, in any order of addresses. */
int hw_kallsyms_parse(FILE *f, struct hw_kallsyms **ret);

struct hw_kallsyms *hw_kallsyms_free(struct hw_kallsyms *k);
HW_DEFINE_AUTO(struct hw_kallsyms *, hw_kallsyms_free)

/* Finds the text symbol at or below @addr, up to 1 MiB away: sizes are not known. *ret_module is
 * "[kernel]" or "[nf_tables]", owned by @k. Returns 1, or 0 when none is ("[unknown]" with start 0,
 * "[kernel]"). */
int hw_kallsyms_find(const struct hw_kallsyms *k, uint64_t addr, struct hw_symbol *ret,
		     const char **ret_module);

#endif
