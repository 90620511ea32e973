/* SPDX-License-Identifier: Apache-2.0
 * Comparing names that people type. */
#ifndef HW_BASE_TEXT_H
#define HW_BASE_TEXT_H

#include <stddef.h>

/* The longest text that hw_edit_distance() takes as @b. */
#define HW_EDIT_MAX 127

/* How many edits of one character, regardless of case, lead from @a to @b (Wagner and Fischer, The
 * String-to-String Correction Problem, 1974); (size_t)-1 when @b is longer than HW_EDIT_MAX. */
size_t hw_edit_distance(const char *a, const char *b);

#endif
