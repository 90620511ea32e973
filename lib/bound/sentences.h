/* SPDX-License-Identifier: Apache-2.0
 * Sentences for people: lists of them and their writer. Which words a kind of
 * time has is in lib/profile/time_kinds.c. */
#ifndef HW_BOUND_SENTENCES_H
#define HW_BOUND_SENTENCES_H

#include "base/amount.h"
#include "base/cleanup.h"

/* Appends a sentence to the NULL-terminated *list (NULL: an empty one), which owns it.
 * Returns 0, or -ENOMEM with the list unchanged. */
int hw_sentences_add(char ***list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

char **hw_sentences_free(char **list); /* takes and returns NULL */

/* All zeros: nothing has been said. An error sticks: what is said after it is lost, and taking the
 * words returns it. */
struct hw_writer {
	char **list; /* the sentences that are done; owned */
	char *text;  /* the one that is being written, NULL: none; owned */
	int error;
};

/* Adds to the sentence that is being written. */
void hw_writer_put(struct hw_writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Ends the sentence that is being written with that, no full stop; without one it is a whole
 * sentence. */
void hw_writer_say(struct hw_writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Hand over the list of sentences (free with hw_sentences_free(); NULL when nothing was said), or
 * the one that is being written (caller frees). Return 0, or -ENOMEM with *ret untouched. */
int hw_writer_take(struct hw_writer *w, char ***ret);
int hw_writer_take_text(struct hw_writer *w, char **ret);

void hw_writer_done(struct hw_writer *w);
HW_DEFINE_AUTO_DONE(struct hw_writer, hw_writer_done)

/* Figures, in a buffer of the caller's block. */
#define HW_SECONDS(seconds) hw_amount_seconds((char[HW_AMOUNT_SIZE]){ 0 }, seconds)
#define HW_GROUPED(value)   hw_grouped((char[HW_GROUPED_SIZE]){ 0 }, (double)(value), 0)

#endif
