/* SPDX-License-Identifier: Apache-2.0
 * A command given as one text: its words, or the finding that it takes a shell. */
#ifndef HW_BASE_WORDS_H
#define HW_BASE_WORDS_H

/* Splits @text into words as sh(1) would: at blanks, with '...', "..." and \ as quotes. What else
 * the shell would do (pipes, lists, redirections, variables, patterns, ~, assignments, comments,
 * its reserved words and special builtins: POSIX.1-2017, XCU 2.2 to 2.4 and 2.14) is not done here,
 * but found, so that a plain command can be run without a shell in between.
 *
 * Returns 1 and sets *ret to the words, NULL-terminated, at least one, in one block (free(3));
 * 0 when @text takes a shell; -ENODATA when there is no word, -EINVAL when a quote does not end,
 * -ENOMEM. */
int hw_words_split(const char *text, char ***ret);

#endif
