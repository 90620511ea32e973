/* SPDX-License-Identifier: Apache-2.0
 * Lists of sentences for people, and the figures in them. */
#ifndef HW_BOUND_SENTENCES_H
#define HW_BOUND_SENTENCES_H

/* Appends a sentence to the NULL-terminated *list (NULL: an empty one), which owns it.
 * Returns 0, or -ENOMEM with the list unchanged. */
int hw_sentences_add(char ***list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

char **hw_sentences_free(char **list); /* takes and returns NULL */

#define HW_GROUPED_SIZE 48

/* Prints @value, rounded to @places behind the point (at most 9), with its digits in threes:
 * "1,234,567.89". Values from 1e18 on come as "1.23e+18". Returns @buf. */
const char *hw_grouped(char buf[static HW_GROUPED_SIZE], double value, int places);

#endif
