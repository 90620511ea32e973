/* SPDX-License-Identifier: Apache-2.0
 * The ELF files of a session, each opened once however many processes map it.
 * One thread at a time. */
#ifndef HW_SYM_MODULES_H
#define HW_SYM_MODULES_H

#include "base/cleanup.h"
#include "sym/module.h"

struct hw_modules; /* opaque */

/* Returns an empty cache (free it with hw_modules_free()), or NULL without memory. */
struct hw_modules *hw_modules_new(void);
struct hw_modules *hw_modules_free(struct hw_modules *c); /* takes and returns NULL */
HW_DEFINE_AUTO(struct hw_modules *, hw_modules_free)

/* The vDSO, see hw_module_open_vdso(), opened once: 0 and *ret as below, or its error. */
int hw_modules_get_vdso(struct hw_modules *c, struct hw_module **ret);

/* Finds the module of the file at @path, or opens it under the @name for people (see
 * hw_module_open()). Files are told apart by device, inode and time of modification, so that any
 * path will do and a file replaced in place is another one; of several names the first stays.
 * Returns 0 and sets *ret, borrowed until the cache is freed, or an error of hw_module_open() or
 * stat(2). Errors of the file are final: @path is not looked at again. -ENOMEM, -EMFILE and
 * -ENFILE are ours and may pass. */
int hw_modules_get(struct hw_modules *c, const char *path, const char *name,
		   struct hw_module **ret);

#endif
