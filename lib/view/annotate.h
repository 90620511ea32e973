/* SPDX-License-Identifier: Apache-2.0
 * The source of one file, or of one function in it, with what was sampled in each line. */
#ifndef HW_VIEW_ANNOTATE_H
#define HW_VIEW_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "view/ratios.h"
#include "view/source.h"
#include "view/table.h"

#define HW_ANNOTATE_LINE_MAX (1u << 20) /* lines beyond are not believed */

/* A line with samples. */
struct hw_annotate_row {
	uint32_t line;
	struct hw_weight *self, *total; /* by event of the session */
	/* Of all that was sampled in the line or in what it called. */
	struct hw_ratio_sums sums;
};

struct hw_annotate {
	const char *file;	 /* as the profile has it, its own */
	char *path;		 /* that was read, owned; NULL: none could be, see source_error */
	int source_error;	 /* negative errno */
	bool changed;		 /* after the recording began */
	struct hw_source source; /* all zeros without path */
	char *function;		 /* owned; NULL: the whole file */
	uint32_t first, last;	 /* lines to show */
	uint16_t event;		 /* to be shown first */
	struct hw_weight *all;	 /* by event: every sample of it in the profile */
	size_t n_events;	 /* of the session */
	struct hw_annotate_row *rows; /* by line */
	size_t n_rows, cap_rows;
	struct hw_ratios ratios; /* without self: those of a line are ratios of its total */
};

struct hw_annotate_opts {
	const char *where; /* FILE, or FILE:FUNCTION */
	uint16_t event;
	bool native_all; /* see view/fold.h */
};

/* Adds up the samples of @p, which must outlive the result, in the lines of the file opts->where
 * names: the path of the profile, or the end of it from a '/' on; a path that is relative in the
 * profile may be the end of FILE. FUNCTION is a qualified name, or
 * the end of one from a '.' on. A sample counts once in the total of a line. The source is read
 * from FILE as given, if it is there, else from where the profile says.
 * Returns 0 and fills *ret (release with hw_annotate_done()), or
 *   -ENOENT    no sample of any event stands in such a file (or function): *ret_names then has the
 *		paths of up to HW_ANNOTATE_NAMES files (functions) with most samples
 *   -ENOTUNIQ  several files end so: *ret_names has their paths
 *   -ENOMEM
 * *ret_names (caller frees; NULL without memory, or with any other result) has a name a line. */
#define HW_ANNOTATE_NAMES 5
int hw_annotate(const struct hw_profile *p, const struct hw_annotate_opts *opts,
		struct hw_annotate *ret, char **ret_names);
void hw_annotate_done(struct hw_annotate *a); /* may be all zeros */
HW_DEFINE_AUTO_DONE(struct hw_annotate, hw_annotate_done)

#endif
