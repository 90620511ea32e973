/* SPDX-License-Identifier: Apache-2.0
 * Scope cleanup: a variable marked hw_auto(fn) is released on every way out of its block.
 *
 *	hw_auto(hw_maps_free) struct hw_maps *maps = NULL;
 *	hw_autofree char *path = NULL;
 *	hw_autoclose int fd = -1;
 *
 * Initialize at the declaration; hand over with hw_take_ptr() or hw_take_fd(). */
#ifndef HW_BASE_CLEANUP_H
#define HW_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Makes hw_auto(free_fn) usable for variables of the pointer type @type. */
#define HW_DEFINE_AUTO(type, free_fn)                 \
	static inline void free_fn##_auto(type *p)    \
	{                                             \
		if (*p)                               \
			free_fn(*p);                  \
	}

/* The same for a plain struct that has an in-place destructor taking its address. */
#define HW_DEFINE_AUTO_DONE(type, done_fn)            \
	static inline void done_fn##_auto(type *p)    \
	{                                             \
		done_fn(p);                           \
	}

#define hw_auto(free_fn) __attribute__((cleanup(free_fn##_auto)))

static inline void hw_free_auto(void *p)
{
	free(*(void **)p);
}

static inline void hw_close_auto(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void hw_fclose_auto(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define hw_autofree   __attribute__((cleanup(hw_free_auto)))
#define hw_autoclose  __attribute__((cleanup(hw_close_auto)))
#define hw_autofclose __attribute__((cleanup(hw_fclose_auto)))

/* The value of the pointer @p, which is set to NULL: its owner is now the caller. */
#define hw_take_ptr(p)                  \
	({                              \
		__typeof__(p) p_ = (p); \
		(p) = NULL;             \
		p_;                     \
	})

/* The same for a file descriptor, set to -1. */
static inline int hw_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
