/* SPDX-License-Identifier: Apache-2.0
 * What every JSON output of hwprof shares, over jansson. A constructor that fails returns NULL,
 * which json_pack(), hw_json_add() and jansson's *_new() setters pass on as a failure: an object is
 * whole, or is not made.
 *
 *	hw_auto(json_decref) json_t *row = json_pack("{s:o, s:o}", "name", hw_json_string(name),
 *						     "share", hw_json_real(share));
 *
 *	if (place && hw_json_add(row, "{s:o}", "file", hw_json_string(place->file)) < 0)
 *		return -ENOMEM;
 *	return row ? hw_json_print(f, row) : -ENOMEM;
 *
 * Keys keep the order in which they were set. */
#ifndef HW_REPORT_JSON_H
#define HW_REPORT_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "base/cleanup.h"

HW_DEFINE_AUTO(json_t *, json_decref)

/* The string @s, which may come from anywhere: bytes that are not UTF-8 become U+FFFD each.
 * NULL becomes null. Returns a new reference, or NULL without memory. */
json_t *hw_json_string(const char *s);

/* An array of the NULL-terminated @strings (NULL: an empty one), by hw_json_string(). */
json_t *hw_json_strings(char *const *strings);

/* @value with at most 9 places behind the point, so that seconds go down to nanoseconds without
 * 0.30000000000000004; what is not finite becomes null. */
json_t *hw_json_real(double value);

/* @value, a count, rounded to a whole number; null when it is negative (unknown), NaN or beyond
 * what a JSON integer holds. */
json_t *hw_json_count(double value);

/* Adds to @object the keys of another one, made as by json_pack(@format, ...). Returns 0, or -ENOMEM,
 * also when @object is NULL. */
int hw_json_add(json_t *object, const char *format, ...);

/* Prints @value on one line, with its newline. Returns 0, or -EIO when @f cannot be written. */
int hw_json_print(FILE *f, const json_t *value);

#endif
