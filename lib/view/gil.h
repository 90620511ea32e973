/* SPDX-License-Identifier: Apache-2.0
 * The GIL of CPython: who waited for it, and what ran meanwhile. */
#ifndef HW_VIEW_GIL_H
#define HW_VIEW_GIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "profile/profile.h"
#include "view/view.h"

/* What samples are charged to (view/charge.h). The strings belong to the profile. */
struct hw_gil_row {
	const char *function, *file; /* file: "" unknown */
	const char *module;	     /* native code; "" for Python */
	uint32_t line;		     /* 0 unknown */
	uint64_t samples;
	double seconds; /* on a CPU while another thread of the process waited for the GIL */
};

struct hw_gil_view {
	size_t threads;	 /* that waited for a GIL */
	double waited_s; /* all of them, added up */
	/* On CPUs meanwhile. The holder of the GIL, and threads in native code that had released
	 * it: the samples do not tell these apart. */
	double ran_s;
	uint64_t samples;
	struct hw_gil_row *rows; /* lines, longest first */
	size_t n_rows, cap_rows;
};

/* Looks at the profile of @v, a view of a clock with waits, for who waited for a GIL and, by the
 * samples of its event, what ran meanwhile; without seconds where these are worth nothing known.
 * Returns 0 and fills *ret (release with hw_gil_view_done()); all zeros when nothing waited, or
 * nothing is known of it. Or -ENOMEM. */
int hw_gil_view(const struct hw_view *v, struct hw_gil_view *ret);
void hw_gil_view_done(struct hw_gil_view *v); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_gil_view, hw_gil_view_done)

#endif
