/* SPDX-License-Identifier: Apache-2.0
 * Lists of sentences for people. */
#ifndef HW_BOUND_SENTENCES_H
#define HW_BOUND_SENTENCES_H

/* Appends a sentence to the NULL-terminated *list (NULL: an empty one), which owns it.
 * Returns 0, or -ENOMEM with the list unchanged. */
int hw_sentences_add(char ***list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

char **hw_sentences_free(char **list); /* takes and returns NULL */

#endif
