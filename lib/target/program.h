/* SPDX-License-Identifier: Apache-2.0
 * The program that a process runs, from its exec to the next, or from the fork that made the process:
 * what is known of code that lies in no file. A fork inherits what its parent knew.
 *
 * Programs are counted: any thread may hold one, and the last to let go frees it. id, pid and parent
 * never change. hw_program_jit() is for one thread, the one that names code. */
#ifndef HW_TARGET_PROGRAM_H
#define HW_TARGET_PROGRAM_H

#include <stdint.h>

#include "base/cleanup.h"
#include "sym/symbol.h"

struct hw_perf_map; /* sym/perf_map.h */

struct hw_program {
	uint32_t refs;		   /* for program.c alone */
	uint32_t id;		   /* unique in the recording */
	int32_t pid;		   /* of the process that runs it */
	struct hw_program *parent; /* of the process that forked this one; NULL: it began with exec, or
				    * was there before */
	struct hw_perf_map *jit;   /* for hw_program_jit(); NULL before the first call */
};

/* Returns a program, which holds @parent (or NULL), or NULL without memory. */
struct hw_program *hw_program_new(uint32_t id, int32_t pid, struct hw_program *parent);
struct hw_program *hw_program_ref(struct hw_program *p);   /* takes and returns @p */
struct hw_program *hw_program_unref(struct hw_program *p); /* NULL allowed; returns NULL */
HW_DEFINE_AUTO(struct hw_program *, hw_program_unref)

/* Looks up code at @addr that the process made itself, in what it writes for perf(1), else in what the
 * processes wrote that it was forked from: as hw_perf_map_find(). */
int hw_program_jit(struct hw_program *p, uint64_t addr, struct hw_symbol *ret);

#endif
