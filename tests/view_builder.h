/* SPDX-License-Identifier: Apache-2.0
 * Views for tests; they abort the test when they cannot be made. */
#ifndef HW_TESTS_VIEW_BUILDER_H
#define HW_TESTS_VIEW_BUILDER_H

#include <check.h>

#include "view/view.h"

/* Makes *ret, which may hold an older one, a view of the profile as it is by now. */
static inline void build_view(const struct hw_profile *p, const struct hw_view_opts *opts,
			      struct hw_view *ret)
{
	hw_view_done(ret);
	ck_assert_int_eq(hw_view_make(p, opts, ret), 0);
}

#endif
