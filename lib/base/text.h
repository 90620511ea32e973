/* SPDX-License-Identifier: Apache-2.0
 * Text made and compared. */
#ifndef HW_BASE_TEXT_H
#define HW_BASE_TEXT_H

#include <stddef.h>

/* As printf(3) would print it, to be freed by the caller; NULL without memory. */
char *hw_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The longest text that hw_edit_distance() takes as @b. */
#define HW_EDIT_MAX 127

/* How many edits of one character, regardless of case, lead from @a to @b (Wagner and Fischer, The
 * String-to-String Correction Problem, 1974); (size_t)-1 when @b is longer than HW_EDIT_MAX. */
size_t hw_edit_distance(const char *a, const char *b);

#endif
