/* SPDX-License-Identifier: Apache-2.0
 * The formulas of the metric tables: sums, products and quotients of event counts, written as they
 * are shown to people: "100 * STALL_BACKEND / cycles". */
#ifndef HW_EVENT_FORMULA_H
#define HW_EVENT_FORMULA_H

#include <stddef.h>

/* The value of the @len bytes at @name, which is a letter or '_' and then letters, digits, '_', '.'
 * and '-' before a letter, as in cache-misses: a minus sign has spaces around it. NAN when it is
 * not known. */
typedef double (*hw_formula_lookup)(void *ctx, const char *name, size_t len);

/* Computes @text: numbers, names, + - * / with their usual precedence, a sign before a factor,
 * parentheses, max(a, b) and min(a, b). A division by zero gives NAN, and so does all that is
 * computed from NAN, except that 0 times anything is 0. Returns 0 and sets *ret, or -EINVAL when
 * @text is malformed or nested more than 64 deep. */
int hw_formula_eval(const char *text, hw_formula_lookup lookup, void *ctx, double *ret);

#endif
