/* SPDX-License-Identifier: Apache-2.0
 * Debug files from debuginfod servers (DEBUGINFOD_URLS, see debuginfod-client-config(7)). Nothing
 * is loaded and nobody is asked unless that is set. One thread at a time. */
#ifndef HW_SYM_DEBUGINFOD_H
#define HW_SYM_DEBUGINFOD_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/* What all questions of one object may take together. One under way is given up then, up to a
 * second late (and where a name server hangs, when the resolver gives that up). */
#define HW_DEBUGINFOD_BUDGET_MS 5000

struct hw_debuginfod; /* opaque */

/* Returns the object (free with hw_debuginfod_free()), or NULL without memory. @budget_ms: usually
 * HW_DEBUGINFOD_BUDGET_MS. */
struct hw_debuginfod *hw_debuginfod_new(uint32_t budget_ms);
struct hw_debuginfod *hw_debuginfod_free(struct hw_debuginfod *d);
HW_DEFINE_AUTO(struct hw_debuginfod *, hw_debuginfod_free)

/* Finds the separate debug file of the program with this build-id, in the cache of libdebuginfod or
 * at the servers; blocks so long. Answers, "none" too, stay in that cache. A SIGINT or SIGTERM that
 * is blocked and pending ends the waiting. Returns a descriptor that the caller closes, or
 *   -ENOENT     no server has it
 *   -ENOTCONN   DEBUGINFOD_URLS is not set, or libdebuginfod.so.1 is not there
 *   -ETIMEDOUT  the budget is spent or a signal came: from now on no question is asked
 *   -EINVAL     not a build-id	-ENOMEM		another errno of the network or the cache */
int hw_debuginfod_find(struct hw_debuginfod *d, const unsigned char *build_id, size_t size);

#endif
