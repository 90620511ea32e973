/* SPDX-License-Identifier: Apache-2.0
 * The ELF files that processes have mapped, each opened once, and the CPython in them. One thread
 * at a time per set. */
#ifndef HW_TARGET_BINARY_H
#define HW_TARGET_BINARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "proc/maps.h"
#include "py/runtime.h"
#include "sym/module.h"

struct hw_binary {
	struct hw_module *module;
	int python;		      /* what hw_py_runtime_find() said: 1, 0, -ENOTSUP, -EBADMSG */
	struct hw_py_runtime runtime; /* of use when python is 1, or its version with -ENOTSUP */
};

struct hw_binaries; /* opaque */

struct hw_binaries *hw_binaries_new(void); /* empty; NULL without memory */
struct hw_binaries *hw_binaries_free(struct hw_binaries *set);
HW_DEFINE_AUTO(struct hw_binaries *, hw_binaries_free)

/* Lets searches in the files of @set ask servers for debug files: they may then take seconds. See
 * hw_modules_use_debuginfod(). Returns 0 or -ENOMEM. */
int hw_binaries_use_debuginfod(struct hw_binaries *set);

/* The file behind the mapping @map of process @pid, as that process sees it; valid as long as
 * @set. For the vDSO it is that of this process, which is the same. @other: the same file in
 * another set, which will do where the process has gone; may be NULL. NULL when there is none
 * (anonymous memory) or it cannot be opened any more. */
const struct hw_binary *hw_binaries_get(struct hw_binaries *set, int32_t pid,
					const struct hw_map *map, const struct hw_binary *other);

/* The file @path as it is now, for a program that is about to map it. NULL as above. */
const struct hw_binary *hw_binaries_at(struct hw_binaries *set, const char *path);

/* Whether the frames of the CPython in @b can be walked where @map maps it: then *ret says where
 * it keeps them. @b may be NULL. */
bool hw_binary_python(const struct hw_binary *b, const struct hw_map *map, struct hw_py_proc *ret);

/* Calls @visit for each CPython that was met and refused. */
void hw_binaries_refused(const struct hw_binaries *set,
			 void (*visit)(void *ctx, const struct hw_binary *b), void *ctx);

#endif
