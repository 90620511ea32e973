/* SPDX-License-Identifier: Apache-2.0
 * What the names in a stack say about its time beyond its class: enough to choose an advice. */
#ifndef HW_BOUND_TRAITS_H
#define HW_BOUND_TRAITS_H

#include <stdint.h>

#include "profile/profile.h"

enum hw_trait {
	HW_TRAIT_INTERPRETER, /* the innermost code outside the kernel is CPython's own */
	HW_TRAIT_COLLECTOR,   /* CPython's garbage collector */
	HW_TRAIT_IMPORT,      /* an import */
	HW_TRAIT_LIST,	      /* growing a list */
	HW_TRAIT_SYNC,	      /* fsync(2) and its like */
	HW_TRAIT_CONNECT,     /* connect(2), the names of hosts, TLS handshakes */
	HW_TRAIT_NAMES,	      /* open, stat, readdir, unlink ...: names of files, not their data */
	HW_TRAIT_MAP,	      /* mmap(2), munmap(2), brk(2), madvise(2) */
	HW_TRAIT_SPAWN,	      /* fork, exec, clone and the end of processes */
	HW_TRAIT_YIELD,	      /* sched_yield(2) */
	HW_TRAITS,
};

#define HW_TRAIT_BIT(trait) (1u << (trait))

/* The traits of every stack of @p: an array of sets of HW_TRAIT_BIT() by stack number, which the
 * caller frees. Returns 0 or -ENOMEM. */
int hw_traits_of_stacks(const struct hw_profile *p, uint16_t **ret);

#endif
