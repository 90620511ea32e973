/* SPDX-License-Identifier: Apache-2.0
 * uthash: hash tables of structs that hold their own UT_hash_handle, by a key that is one of their
 * fields. For byte strings that get a number there is base/intern.h.
 *
 * Without memory HASH_ADD() leaves the new element out, with its handle at NULL (hh.tbl), where the
 * default is to call exit(): whoever adds looks at it. */
#ifndef HW_BASE_HASHMAP_H
#define HW_BASE_HASHMAP_H

#define HASH_NONFATAL_OOM	   1
#define uthash_nonfatal_oom(entry) ((void)(entry))
#include <uthash.h>

#endif
