/* SPDX-License-Identifier: Apache-2.0
 * The view of memory: page faults by line, and the memory of the processes over time. */
#ifndef HW_REPORT_MEMORY_PRINT_H
#define HW_REPORT_MEMORY_PRINT_H

#include <stdint.h>
#include <stdio.h>

#include "bound/faults.h"
#include "profile/profile.h"
#include "report/style.h"

struct hw_memory_text {
	const struct hw_profile *profile;
	const struct hw_faults *faults; /* of the profile */
	bool functions;			/* what the rows are, else lines */
	struct hw_style style;
	size_t max_rows; /* 0: all */
};

/* Prints the totals, the peak, the memory over time, the rows and what is doubtful about them; the
 * errors of @f are for the caller to look at. Returns 0 or -ENOMEM. */
int hw_memory_print(FILE *f, const struct hw_memory_text *t);

/* Prints one object with everything, as man/hwprof-report.1 says. @cut_bytes of the file were left
 * out. Returns 0, -EIO when @f cannot be written, -ENOMEM. */
int hw_memory_json_print(FILE *f, const struct hw_profile *p, bool native_all, uint64_t cut_bytes);

#endif
