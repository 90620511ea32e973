/* SPDX-License-Identifier: Apache-2.0
 * The ELF files that processes have mapped, each opened once, and the CPython in them.
 *
 * Any thread may call what takes a set: it has a lock, which is held while a file is opened. The fields
 * of a struct hw_binary are settled before it is handed out. What libelf and libdw read later belongs
 * to one thread: hw_binary_handle() gives each use of a file a module of its own. */
#ifndef HW_TARGET_BINARY_H
#define HW_TARGET_BINARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "proc/maps.h"
#include "py/runtime.h"
#include "sym/module.h"

/* Uses of a file, each by one thread at a time. */
enum hw_binary_use {
	HW_BINARY_ROWS,	 /* its unwind rows are read */
	HW_BINARY_NAMES, /* its symbols, lines and instructions are */
	HW_BINARY_USES,
};

struct hw_binary {
	struct hw_module *module;     /* of use for what its opening has read, by any thread */
	int python;		      /* what hw_py_runtime_find() said: 1, 0, -ENOTSUP, -EBADMSG */
	struct hw_py_runtime runtime; /* of use when python is 1, or its version with -ENOTSUP */
	uint64_t gil_vaddr, gil_size; /* hw_py_gil_find(); 0, 0: has none, or it is not known */
	struct hw_debuginfod *servers;		   /* for hw_binary_handle() alone, as is the next */
	struct hw_module *handles[HW_BINARY_USES]; /* NULL before the first use */
};

struct hw_binaries; /* opaque */

struct hw_binaries *hw_binaries_new(void); /* empty; NULL without memory */
struct hw_binaries *hw_binaries_free(struct hw_binaries *set);
HW_DEFINE_AUTO(struct hw_binaries *, hw_binaries_free)

/* Lets HW_BINARY_NAMES of the files that are opened from now on ask the debuginfod servers of
 * DEBUGINFOD_URLS for debug files, see hw_debuginfod_find(): a search may then take seconds. Returns 0
 * or -ENOMEM. */
int hw_binaries_use_debuginfod(struct hw_binaries *set);

/* The file behind the mapping @map of process @pid, as that process sees it; valid as long as
 * @set. For the vDSO it is that of this process, which is the same. NULL when there is none
 * (anonymous memory) or it cannot be opened any more. */
struct hw_binary *hw_binaries_get(struct hw_binaries *set, int32_t pid, const struct hw_map *map);

/* The file @path as it is now, for a program that is about to map it. NULL as above. */
struct hw_binary *hw_binaries_at(struct hw_binaries *set, const char *path);

/* The handle of @b for @use, by the thread whose use that is; valid as long as the set. NULL without
 * memory, or when the file has been cut since it was opened. */
struct hw_module *hw_binary_handle(struct hw_binary *b, enum hw_binary_use use);

/* Frees the handle of @b for @use, by its thread, when it is not needed for a while. */
void hw_binary_put_handle(struct hw_binary *b, enum hw_binary_use use);

/* Whether the frames of the CPython in @b can be walked where @start shows byte @file_off of the file:
 * then *ret says where it keeps them. @b may be NULL. */
bool hw_binary_python(const struct hw_binary *b, uint64_t start, uint64_t file_off,
		      struct hw_py_proc *ret);

/* Calls @visit for each CPython that a process has mapped and that was refused. */
void hw_binaries_refused(struct hw_binaries *set,
			 void (*visit)(void *ctx, const struct hw_binary *b), void *ctx);

#endif
