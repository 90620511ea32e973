/* SPDX-License-Identifier: Apache-2.0
 * Raw samples to stacks of the profile: merges the parts, and names each frame once, while its
 * process still lives. */
#ifndef HW_RESOLVE_RESOLVE_H
#define HW_RESOLVE_RESOLVE_H

#include <stdint.h>

#include "base/cleanup.h"
#include "capture/batch.h"
#include "target/process.h"
#include "profile/profile.h"
#include "wire/sample.h"

/* Why a stack, or a name in it, is incomplete; counted per sample. */
enum hw_doubt {
	HW_DOUBT_NO_ROWS,	/* native callers missing: code without rows and frame pointers */
	HW_DOUBT_NO_RULE,	/* ...: rows that take more than BPF evaluates */
	HW_DOUBT_UNMAPPED,	/* ...: code in no known mapping */
	HW_DOUBT_BAD_FRAME,	/* ...: a link that leads nowhere */
	HW_DOUBT_NATIVE_FAULT,	/* the native stack could not be read */
	HW_DOUBT_TOO_DEEP,	/* more frames than are recorded */
	HW_DOUBT_PYTHON_FAULT,	/* the Python stack could not be read to its end */
	HW_DOUBT_CODE_GONE,	/* a code object was freed, or its process ended, before it was read */
	HW_DOUBT_KALLSYMS,	/* kernel names hidden */
	HW_DOUBT_COUNT,
};

/* For people: what @doubt is, and what to do about it ("" when nothing helps). Static strings. */
const char *hw_doubt_reason(enum hw_doubt doubt);
const char *hw_doubt_advice(enum hw_doubt doubt);

struct hw_resolver; /* opaque */

/* Resolves into @profile, which is borrowed and must outlive it. Its thread is the one that names code:
 * HW_BINARY_NAMES of files, hw_program_jit() of programs. Returns the resolver (free with
 * hw_resolver_free()), or NULL without memory. */
struct hw_resolver *hw_resolver_new(struct hw_profile *profile);
struct hw_resolver *hw_resolver_free(struct hw_resolver *rs);
HW_DEFINE_AUTO(struct hw_resolver *, hw_resolver_free)

/* Adds @taken to the profile; its code objects must outlive the resolver. Returns 0, or -ENOMEM,
 * -EOVERFLOW (a table of the profile is full): then the sample is not in it. */
int hw_resolver_add(struct hw_resolver *rs, const struct hw_taken_sample *taken);

/* How many samples had @doubt. */
uint64_t hw_resolver_doubts(const struct hw_resolver *rs, enum hw_doubt doubt);

#endif
